"""Landlock: this thread, and the threads it makes from now on, may open no file and use no TCP port by name.

Threads that run already are not bound before ABI 8; the seccomp filter binds those.  See landlock(7).
"""

from __future__ import annotations

import os
import struct

from lsfs.core.posix import libc

_SYS_CREATE_RULESET, _SYS_RESTRICT_SELF = 444, 446
_CREATE_RULESET_VERSION = 1
_RESTRICT_SELF_TSYNC = 1 << 3
_FILE_RIGHTS_BY_ABI = (0, 13, 14, 15, 15, 16)
"""How many rights over files (bits from 0 up) an ABI knows; later ones know as many as ABI 5."""


def abi() -> int:
    """Version of Landlock in the running kernel; 0 where it is absent or switched off."""
    return max(0, int(libc().syscall(_SYS_CREATE_RULESET, None, 0, _CREATE_RULESET_VERSION)))


def restrict(version: int) -> bool:
    """Takes every right that ABI `version` can take; False when the kernel refuses.

    ``no_new_privs`` must be set, or the process be privileged.
    """
    files = (1 << _FILE_RIGHTS_BY_ABI[min(version, 5)]) - 1
    network = 0b11 if version >= 4 else 0  # bind and connect over TCP
    scopes = 0b11 if version >= 6 else 0  # abstract Unix sockets and signals
    attributes = struct.pack("<Q", files)
    if version >= 4:
        attributes += struct.pack("<Q", network)
    if version >= 6:
        attributes += struct.pack("<Q", scopes)
    ruleset = int(libc().syscall(_SYS_CREATE_RULESET, attributes, len(attributes), 0))
    if ruleset < 0:
        return False
    try:
        flags = _RESTRICT_SELF_TSYNC if version >= 8 else 0
        return bool(libc().syscall(_SYS_RESTRICT_SELF, ruleset, flags) == 0)
    finally:
        os.close(ruleset)
