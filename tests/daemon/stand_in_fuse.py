"""A process that mounts as `lsfsd fuse` does, with one file to read; what it does wrong is in its first argument."""

from __future__ import annotations

import argparse
import contextlib
import errno
import fcntl
import json
import os
import signal
import stat
import sys
import time
from pathlib import Path

os.environ["FUSE_LIBRARY_NAME"] = "fuse3"

from mfusepy import FUSE, FuseOSError, Operations

SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon")]
TEXT = b"shown by the stand-in\n"
FOLDERS = ("/", "/folder")


class Shown(Operations):
    use_ns = True

    def __init__(self, ready: int, hung: bool) -> None:
        self.ready = ready
        self.hung = hung

    def init(self, path: str) -> None:
        os.write(self.ready, b'{"ready": true}\n')
        os.close(self.ready)

    def getattr(self, path: str, fh: int | None = None) -> dict[str, int]:
        if self.hung:
            time.sleep(3600)
        if path in FOLDERS:
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2}
        if path == "/hello.txt":
            return {"st_mode": stat.S_IFREG | 0o444, "st_nlink": 1, "st_size": len(TEXT)}
        raise FuseOSError(errno.ENOENT)

    def readdir(self, path: str, fh: int) -> list[str]:
        return [".", "..", *(["hello.txt", "folder"] if path == "/" else [])]

    def open(self, path: str, flags: int) -> int:
        return 0

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        return TEXT[offset : offset + size]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("behaviour", choices=["well", "hung", "fails", "dies", "never-ready"])
    parser.add_argument("build")
    parser.add_argument("vault")
    parser.add_argument("point")
    parser.add_argument("--lock")
    parser.add_argument("--ready-fd", type=int)
    parser.add_argument("--allow-other", action="store_true")
    asked = parser.parse_args()
    build = asked.build
    if build == "this":
        sys.path[:0] = SOURCES
        from lsfs.rpc.build import build_id

        build = build_id()
    lock = os.open(asked.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    vault = os.stat(asked.vault)
    said = {"pid": os.getpid(), "build": build, "schema": 1, "vault_ino": vault.st_ino, "vault_dev": vault.st_dev}
    os.ftruncate(lock, 0)
    os.write(lock, json.dumps(said | {"mount": asked.point}).encode() + b"\n")
    if asked.behaviour == "fails":
        error = {"code": "storage", "message": "it went wrong", "path": None, "hint": "do this"}
        os.write(asked.ready_fd, json.dumps({"error": error}).encode() + b"\n")
        sys.exit(7)
    if asked.behaviour == "dies":
        sys.exit(3)
    if asked.behaviour == "never-ready":
        signal.pause()
    shown = Shown(asked.ready_fd, asked.behaviour == "hung")
    with contextlib.suppress(RuntimeError):  # how a signal ends it
        FUSE(shown, asked.point, foreground=True, fsname="lsfs", subtype="lsfs", auto_unmount=True, ro=True)


if __name__ == "__main__":
    main()
