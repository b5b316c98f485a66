"""A process that mounts as `lsfsd fuse` does, with one file to read; what it does wrong is in its first argument."""

from __future__ import annotations

import argparse
import errno
import fcntl
import json
import os
import signal
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["FUSE_LIBRARY_NAME"] = "fuse3"

from mfusepy import FUSE, FuseOSError, Operations

SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon")]
TEXT = b"shown by the stand-in\n"
FOLDERS = ("/", "/folder")


class Shown(Operations):
    use_ns = True

    def __init__(self, ready: int, hung: bool, say: Callable[..., None], point: str) -> None:
        self.ready = ready
        self.say = say
        self.point = os.fsencode(point)
        self.hung = hung

    def init(self, path: str) -> None:
        from lsfsd.mounts.process import device_at

        self.say(device=device_at(self.point))
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
    sys.path[:0] = SOURCES
    if build == "this":
        from lsfs.rpc.build import build_id

        build = build_id()
    lock = os.open(asked.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    vault = os.stat(asked.vault)
    claim: dict[str, object] = {}

    def say(**more: object) -> None:
        claim.update(more)
        os.ftruncate(lock, 0)
        os.pwrite(lock, json.dumps(claim).encode() + b"\n", 0)

    say(pid=os.getpid(), build=build, vault_ino=vault.st_ino, vault_dev=vault.st_dev)
    say(mount=asked.point, allow_other=asked.allow_other)
    if asked.behaviour == "fails":
        error = {"code": "storage", "message": "it went wrong", "path": None, "hint": "do this"}
        os.write(asked.ready_fd, json.dumps({"error": error}).encode() + b"\n")
        sys.exit(7)
    if asked.behaviour == "dies":
        sys.exit(3)
    if asked.behaviour == "never-ready":
        signal.pause()
    shown = Shown(asked.ready_fd, asked.behaviour == "hung", say, asked.point)
    try:
        FUSE(shown, asked.point, foreground=True, fsname="lsfs", subtype="lsfs", auto_unmount=True, ro=True)
        say(ended="unmounted")
    except RuntimeError:
        say(ended="signal")


if __name__ == "__main__":
    main()
