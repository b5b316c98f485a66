"""Asks a program for help: ``--help``, without a shell, with nothing to read, in a scratch home, for a few seconds."""

from __future__ import annotations

import os
import tempfile

from lsfs.tools.callers.processes import run

_SECONDS = 3.0
_MOST_BYTES = 1 << 16
_LEAST_CHARS = 20


def ask_help(program: str) -> str:
    """What the program at an absolute path prints about itself; '' where that is nothing, or it fails, or hangs."""
    with tempfile.TemporaryDirectory(prefix="lsfs-help-") as scratch:
        environ = {"PATH": os.environ.get("PATH") or os.defpath, "HOME": scratch, "LC_ALL": "C.UTF-8", "TERM": "dumb"}
        try:
            ran = run(
                [program, "--help"],
                stdin=b"",
                cwd=scratch,
                environ={**environ, "TMPDIR": scratch},
                deadline_s=_SECONDS,
                cancelled=lambda: False,
                most_bytes=_MOST_BYTES,
            )
        except OSError:
            return ""
    said = ran.out if len(ran.out) >= _LEAST_CHARS or ran.code else ran.err
    text = said.decode("utf-8", "replace").strip()
    return text if not ran.why and ran.code in (0, 1, 2) and len(text) >= _LEAST_CHARS else ""
