"""A program that lists and reads a mount for a while, and prints what it met as JSON.  Standard library only.

Arguments: a JSON document with `point`, `then` (folder below the point), `kept` (path below `then` to SHA-256),
`seconds`, `seed`, and `passing` (names of further errnos that are no fault).
"""

from __future__ import annotations

import collections
import errno
import hashlib
import json
import os
import random
import sys
import time

PASSING = (errno.ENOENT, errno.EAGAIN, errno.ETIMEDOUT)
"""What may be said where files come and go, and searches have to wait for their turn."""
WORDS = ("lease", "lyon", "flat", "garden", "quagga", "busy", "nothing-has-this")
MOST = 40
"""Names that one look takes from a folder."""


class Reader:
    """One process's looks, and what was wrong with what it saw."""

    def __init__(self, wanted: dict[str, object]) -> None:
        self.point = str(wanted["point"])
        self.then = f"{self.point}/{wanted['then']}"
        self.kept: dict[str, str] = wanted["kept"]  # type: ignore[assignment]
        self.allowed = {*PASSING, *(getattr(errno, name) for name in wanted["passing"])}  # type: ignore[attr-defined]
        self.random = random.Random(int(wanted["seed"]))  # type: ignore[call-overload]
        self.versions: dict[str, bytes] = {}
        self.looks: collections.Counter[str] = collections.Counter()
        self.passing: collections.Counter[str] = collections.Counter()
        self.wrong: list[str] = []
        self.slowest_s = 0.0

    def run(self, seconds: float) -> None:
        """Looks here and there."""
        until = time.monotonic() + seconds
        kinds = (self.search, self.by_type, self.by_tag, self.history, self.a_time, self.now, self.walk)
        while time.monotonic() < until:
            look = self.random.choice(kinds)
            begun = time.monotonic()
            try:
                look()
            except OSError as error:
                said = f"{look.__name__}: {errno.errorcode.get(error.errno or 0)} {error.filename}"
                if error.errno in self.allowed and look != self.a_time:
                    self.passing[f"{look.__name__}: {errno.errorcode[error.errno]}"] += 1
                else:
                    self.wrong.append(said)
            self.looks[look.__name__] += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)

    def search(self) -> None:
        """A search, narrowed or not."""
        words = " ".join(self.random.sample(WORDS, 2))
        self.follow(f"{self.point}/search/{words}{self.random.choice(('', '/by-type/md', '/search/lyon'))}")

    def by_type(self) -> None:
        """Files of a kind."""
        self.follow(f"{self.point}/by-type/{self.random.choice(('md', 'txt', 'note'))}")

    def by_tag(self) -> None:
        """Files with a tag."""
        self.follow(f"{self.point}/by-tag/kept")

    def follow(self, folder: str) -> None:
        """Reads what links in a folder lead to: each file says its name in its first line."""
        for name in self.some(folder):
            path = f"{folder}/{name}"
            try:
                if name.startswith("."):
                    self.read(path)
                    continue
                target = os.path.basename(os.readlink(path))
                line = self.read(path).partition(b"\n")[0].decode()
            except FileNotFoundError:
                continue
            if line != f"name {target}":
                self.wrong.append(f"{path} leads to {target} and says {line}")

    def history(self) -> None:
        """Versions of a file: a name is that of one content, with the size that was said, for ever."""
        folder = f"{self.point}/history/Documents/busy"
        for name in self.some(folder, 3):
            for version in os.listdir(f"{folder}/{name}"):
                path = f"{folder}/{name}/{version}"
                data = self.read(path)
                if os.lstat(path).st_size != len(data) or not data.startswith(f"name {name}\n".encode()):
                    self.wrong.append(f"{path} is {data[:80]!r}")
                if self.versions.setdefault(path, data) != data:
                    self.wrong.append(f"{path} has changed")

    def a_time(self) -> None:
        """Files as they were at a time that does not move."""
        for path in self.random.sample(sorted(self.kept), 10):
            if hashlib.sha256(self.read(f"{self.then}/{path}")).hexdigest() != self.kept[path]:
                self.wrong.append(f"{path} is another file")

    def now(self) -> None:
        """The files as they are."""
        folder = f"{self.point}/at/now/Documents/busy"
        for name in self.some(folder, 5):
            if not self.read(f"{folder}/{name}").startswith(f"name {name}\n".encode()):
                self.wrong.append(f"{folder}/{name} is another file")

    def walk(self) -> None:
        """A part of everything."""
        for seen, (_, folders, names) in enumerate(os.walk(self.point, onerror=self.walked)):
            self.random.shuffle(folders)
            if seen > 10 or len(names) > 10_000:
                return

    def walked(self, error: OSError) -> None:
        """Takes what `os.walk` would not tell."""
        raise error

    def some(self, folder: str, most: int = MOST) -> list[str]:
        """A few of the names in a folder, none of them twice."""
        names = os.listdir(folder)
        if len(set(names)) != len(names):
            self.wrong.append(f"{folder} has a name twice")
        return self.random.sample([name for name in names if name != "README.txt"], min(most, len(names) - 1))

    def read(self, path: str) -> bytes:
        """All of a file."""
        with open(path, "rb") as file:
            return file.read()


if __name__ == "__main__":
    reader = Reader(wanted := json.loads(sys.argv[1]))
    reader.run(wanted["seconds"])
    json.dump({name: getattr(reader, name) for name in ("looks", "passing", "wrong", "slowest_s")}, sys.stdout)
