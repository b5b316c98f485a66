"""Which object files there are, how large and how old: for whoever tidies them."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from lsfs.objects.packs import Packs, Place


class PackFile(msgspec.Struct, frozen=True, array_like=True):
    """A pack."""

    number: int
    size: int
    written_ns: int
    """When it was written to last."""


class LooseFile(msgspec.Struct, frozen=True, array_like=True):
    """A record with a file of its own."""

    hash: bytes
    size: int
    written_ns: int


class Partial(msgspec.Struct, frozen=True, array_like=True):
    """What a crash has left of a file that was being written."""

    path: Path
    size: int
    written_ns: int


class Inventory(msgspec.Struct, frozen=True):
    """Every object file."""

    packs: tuple[PackFile, ...]
    """The newest last."""
    loose: tuple[LooseFile, ...]
    partials: tuple[Partial, ...]


def pack_file(packs: Packs, number: int) -> PackFile | None:
    """A pack as it is now; None where there is none."""
    with contextlib.suppress(FileNotFoundError):
        said = packs.path(Place(number, 0, 0)).stat()
        return PackFile(number, said.st_size, said.st_mtime_ns)
    return None


def take_inventory(packs: Packs) -> Inventory:
    """The object files that there are; those that come or go meanwhile may be in it or not."""
    loose, partials = [], []
    found = [file for number in packs.numbers() if (file := pack_file(packs, number)) is not None]
    for digest, path in packs.loose():
        with contextlib.suppress(FileNotFoundError):
            said = path.stat()
            loose.append(LooseFile(digest, said.st_size, said.st_mtime_ns))
    for path in sorted(packs.folder.glob("??/*.partial")):
        with contextlib.suppress(FileNotFoundError):
            said = path.stat()
            partials.append(Partial(path, said.st_size, said.st_mtime_ns))
    return Inventory(tuple(found), tuple(loose), tuple(partials))
