"""What the kernel is told that it may keep."""

from __future__ import annotations

import os
from types import SimpleNamespace

from lsfs.views.base import Attributes, File
from lsfs.views.tree import Fixed, Tree
from lsfsd.fuse.adapter import Adapter


class Numbered(File):
    """A file that never changes."""

    def __init__(self, number: int) -> None:
        self.number = number

    @property
    def attributes(self) -> Attributes:
        return Attributes(0o100644, 4)

    def read(self, offset: int, length: int) -> bytes:
        return (b"n%03d" % self.number)[offset : offset + length]


def adapter(nodes) -> Adapter:
    return Adapter(Tree(Fixed(nodes), Numbered), None, None, os.getpid, lambda: None)


def opened(made: Adapter, path: bytes) -> SimpleNamespace:
    info = SimpleNamespace(flags=os.O_RDONLY, fh=0, direct_io=0, keep_cache=0, noflush=0)
    made.opened(path, info)
    return info


def test_what_was_read_of_a_path_is_kept_as_long_as_it_is_the_same_file():
    nodes = {b"then.txt": Numbered(7)}
    made = adapter(nodes)
    assert opened(made, b"then.txt").keep_cache == 0  # nothing was read of it yet
    assert opened(made, b"then.txt").keep_cache == 1
    nodes[b"then.txt"] = Numbered(8)  # a day later, `at/yesterday` is another day
    info = opened(made, b"then.txt")
    assert (info.keep_cache, info.fh) == (0, 8)
    assert opened(made, b"then.txt").keep_cache == 1


def test_a_handle_finds_its_file_again_whatever_stands_at_the_path():
    nodes = {b"then.txt": Numbered(7)}
    made = adapter(nodes)
    handle = opened(made, b"then.txt").fh
    nodes[b"then.txt"] = Numbered(8)
    for number in range(100, 100 + 17_000):
        made.read(b"then.txt", 4, 0, number)  # more files than handles are remembered
    assert made.read(b"then.txt", 4, 0, handle) == b"n007"
