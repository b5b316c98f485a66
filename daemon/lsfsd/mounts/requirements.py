"""What the system has to have before anything can be mounted."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import shutil

from lsfs.core.errors import UnavailableError

DEVICE = "/dev/fuse"
OTHER_WAY = "lsfs materialize QUERY DIR makes a folder of links without it"


def fusermount() -> str | None:
    """The program that unmounts for users; None where it is not installed."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/bin", "/bin"))
    return shutil.which("fusermount3", path=path)


def missing() -> tuple[str, str] | None:
    """What is missing first, and what to do; None where everything is there."""
    install = "sudo apt install fuse3"
    if importlib.util.find_spec("mfusepy") is None:
        return "the Python package mfusepy is not installed", "pip install 'lsfs[mount]'"
    if ctypes.util.find_library("fuse3") is None:
        return "libfuse 3 is not installed", install
    if fusermount() is None:
        return "the program fusermount3 is not installed", install
    if not os.path.exists(DEVICE):
        return f"the system has no {DEVICE}", "sudo modprobe fuse; a container has to be given the device"
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return f"you may not use {DEVICE}", f"sudo chmod a+rw {DEVICE}"
    return None


def require_fuse() -> None:
    """Raises `UnavailableError` where something is missing."""
    found = missing()
    if found is not None:
        what, remedy = found
        raise UnavailableError(f"nothing can be mounted: {what}", hint=f"{remedy}; {OTHER_WAY}")
