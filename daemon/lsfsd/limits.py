"""What the daemon asks of the system for itself."""

from __future__ import annotations

import resource

DESCRIPTORS = 8192
"""Some 600 files may wait open for their readers, beside databases, workers and connections; 1024 is usual."""


def allow_descriptors(wanted: int = DESCRIPTORS) -> int:
    """The number of files that this process may have open, after raising it towards `wanted` as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft == resource.RLIM_INFINITY or soft >= most:
        return soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most
