"""The program of an extract worker whose extractor obeys the files: a stand-in for hostile ones.

The first word of a file's text is what its extraction does.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lsfs.core.records import Chunk, Document
from lsfs.extract.base import ExtractError, Recipe, Tier
from lsfs.workers.extract_worker import run


class StubPanic(BaseException):
    """What a panic of a Rust library looks like from Python."""


def _loop() -> str:
    while True:
        pass


def _hang() -> str:
    time.sleep(3600)
    return ""


def _allocate() -> str:
    return "x" * len(bytearray(4 << 30))


def _exit() -> str:
    os._exit(3)


def _abort() -> str:
    os.abort()


def _panic() -> str:
    raise StubPanic("index out of bounds")


def _damaged() -> str:
    raise ExtractError("damaged", "no end of central directory")


def _passwd() -> str:
    return Path("/etc/passwd").read_text()


def _socket() -> str:
    with socket.socket() as connection:
        connection.connect(("127.0.0.1", 9))
    return "connected"


def _exec() -> str:
    os.execv("/bin/true", ["true"])


def _fork() -> str:
    return f"forked {os.fork()}"


def _kill() -> str:
    os.kill(os.getppid(), signal.SIGCONT)
    return "signalled the parent"


def _write() -> str:
    Path("/tmp/lsfs-stub-worker").write_text("escaped")
    return "written"


def _touch() -> str:
    os.utime(int(os.environ.get("LSFS_STUB_FD", "0")))
    return "touched"


ACTIONS: dict[str, Callable[[], str]] = {
    "loop": _loop,
    "hang": _hang,
    "allocate": _allocate,
    "exit": _exit,
    "abort": _abort,
    "panic": _panic,
    "damaged": _damaged,
    "passwd": _passwd,
    "socket": _socket,
    "exec": _exec,
    "fork": _fork,
    "kill": _kill,
    "write": _write,
    "touch": _touch,
    "pid": lambda: str(os.getpid()),
    "policy": lambda: str(os.sched_getscheduler(0)),
}


class StubExtraction:
    """Decodes UTF-8, in one chunk a line, unless the first word is one of `ACTIONS`."""

    def warm_up(self) -> None:
        """Nothing is needed."""

    def plan(self, name: bytes, head: bytes) -> Recipe:
        """``*.doc`` is for the document tier, ``*.bin`` for nobody."""
        tiers: dict[bytes, Tier] = {b"doc": "document", b"bin": "names"}
        return Recipe(tiers.get(name.rpartition(b".")[2], "text"), "stub-1")

    def extract(self, data: bytes, name: bytes, recipe: Recipe) -> Document:
        """The text, or what the action gives."""
        text = data.decode("utf-8", "surrogateescape")
        action = ACTIONS.get(text.split(None, 1)[0]) if text.strip() else None
        return Document(action() if action else text, title="stub")

    def chunk(self, document: Document) -> Sequence[Chunk]:
        """A chunk a line."""
        chunks, at = [], 0
        for number, line in enumerate(document.text.splitlines(keepends=True), 1):
            chunks.append(Chunk(at, at + len(line), number, "even" if number % 2 == 0 else "odd"))
            at += len(line)
        return chunks


if __name__ == "__main__":
    run(sys.argv[1:], StubExtraction())
