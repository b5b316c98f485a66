"""Manual pages of sections 1 and 8: which there are, and to which program each belongs.

A page belongs to the program of its name, or else to the program that its name begins with and whose subcommand it
describes (``git-commit``, ``openssl-x509``).  Pages that are links to one file, or say no more than ``.so``, are one.
"""

from __future__ import annotations

import bz2
import lzma
import os
import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import msgspec
import zstandard

from lsfs.core.errors import UsageError
from lsfs.tools.importers.files import read_file

_FILE = re.compile(r"(?P<name>.+)\.(?P<section>[18][a-z]*)(?P<packed>\.(?:gz|bz2|xz|lzma|zst|Z))?")
_MOST_PACKED = 4 << 20
_MOST_BYTES = 4 << 20
_SO = re.compile(r"\A(?:(?:[.'][\t ]*)?\\\".*\n|\.\s*\n|\s*\n)*\.so[\t ]+(\S+)")
_JOINT = re.compile(r"[-_.]")
_UNITS = (".service", ".socket", ".target", ".timer", ".mount", ".path", ".slice", ".conf", ".d")


class Page(msgspec.Struct, frozen=True):
    """A page: the name that it is filed under, and its file with every link followed."""

    name: str
    section: str
    path: str


def man_folders(environ: Mapping[str, str]) -> list[str]:
    """The folders with ``man1`` and ``man8``: those of ``MANPATH``, else those beside ``PATH``'s (manpath(1))."""
    own = [part for part in environ.get("MANPATH", "").split(":") if part]
    if own and not environ["MANPATH"].startswith(":") and not environ["MANPATH"].endswith(":"):
        return list(dict.fromkeys(own))
    beside = []
    for folder in environ.get("PATH", os.defpath).split(":"):
        if os.path.isabs(folder):
            parent = os.path.dirname(os.path.normpath(folder))
            beside += [os.path.join(parent, "share/man"), os.path.join(parent, "man")]
    return list(dict.fromkeys([*own, *beside, "/usr/local/share/man", "/usr/share/man"]))


def pages(folders: Collection[str]) -> dict[str, Page]:
    """The pages of sections 1 and 8 by name: of several the first folder's, and there the plain section's."""
    found: dict[str, Page] = {}
    for folder in folders:
        here: dict[str, Page] = {}
        for section in ("1", "8"):
            for name, said, path in _listed(os.path.join(folder, f"man{section}")):
                before = here.get(name)
                if before is None or (len(said), said) < (len(before.section), before.section):
                    here[name] = Page(name, said, path)
        found = {**here, **found}
    return found


def _listed(folder: str) -> Iterator[tuple[str, str, str]]:
    try:
        entries = sorted(os.listdir(folder))
    except OSError:
        return
    for entry in entries:
        match = _FILE.fullmatch(entry)
        if match and not match["name"].endswith(_UNITS):
            yield match["name"], match["section"], os.path.join(folder, entry)


def owner(name: str, programs: Collection[str]) -> str:
    """The program that a page belongs to by its name: itself, or the longest that it begins with; '' for none."""
    if name in programs:
        return name
    for joint in reversed(list(_JOINT.finditer(name))):
        if name[: joint.start()] in programs:
            return name[: joint.start()]
    return ""


def words_of(name: str) -> list[str]:
    """The words of a page's name: those of the program and its subcommand."""
    return [word for word in _JOINT.split(name) if word]


def source_of(path: str, folders: Collection[str], hops: int = 5) -> tuple[str, str]:
    """The file that a page is in the end, and its text.  Raises LsfsError where it cannot be read."""
    real = os.path.realpath(path)
    text = unpacked(Path(real))
    match = _SO.match(text) if hops and len(text) < 2000 else None
    if match is None:
        return real, text
    here = os.path.dirname(os.path.dirname(path))
    for folder in (here, *folders):
        for packed in ("", ".gz", ".zst", ".xz", ".bz2"):
            target = os.path.join(folder, match[1] + packed)
            if os.path.isfile(target):
                return source_of(target, folders, hops - 1)
    return real, text


def unpacked(path: Path) -> str:
    """A page's text.  Raises LsfsError where it cannot be read, or is larger than a page is."""
    data = read_file(path, _MOST_PACKED)
    try:
        plain = _unpack(data, path.suffix)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        raise UsageError(f"the page cannot be unpacked: {error}", path=str(path)) from error
    if len(plain) > _MOST_BYTES:
        raise UsageError(f"the page is larger than {_MOST_BYTES >> 20} MiB", path=str(path))
    try:
        return plain.decode()
    except UnicodeDecodeError:
        return plain.decode("latin-1")


def _unpack(data: bytes, suffix: str) -> bytes:
    """Unpacks up to one byte more than a page may have: what is packed may be a bomb."""
    most = _MOST_BYTES + 1
    if suffix == ".gz":
        return zlib.decompressobj(wbits=31).decompress(data, most)
    if suffix == ".bz2":
        return bz2.BZ2Decompressor().decompress(data, most)
    if suffix in (".xz", ".lzma"):
        return lzma.LZMADecompressor(memlimit=64 << 20).decompress(data, most)
    if suffix == ".zst":
        with zstandard.ZstdDecompressor(max_window_size=1 << 27).stream_reader(data) as reader:
            return reader.read(most)
    return data
