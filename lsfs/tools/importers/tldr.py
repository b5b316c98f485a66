"""Pages of tldr (https://github.com/tldr-pages/tldr), where a client of it has put them: examples by need."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lsfs.core.errors import LsfsError
from lsfs.tools.importers.files import read_file

_FOLDERS = ("pages", "pages.en")
_PLATFORMS = ("linux", "common")
_MOST_BYTES = 1 << 16
_NEED = re.compile(r"^\s*-\s+(.+?):?\s*$", re.MULTILINE)
_SAID = re.compile(r"^>[ \t]*+(?!More information|See also)(.+?)\s*$", re.MULTILINE)
_MARKS = re.compile(r"\[([^\]]*)\]|`")


class TldrPage(msgspec.Struct, frozen=True):
    """What a page says."""

    summary: str
    needs: tuple[str, ...]
    """What each of its examples is for."""


def tldr_folders(environ: Mapping[str, str]) -> list[Path]:
    """The folders in which the usual clients keep their pages, those that are there."""
    home = environ.get("HOME", "")
    cache = environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache")
    data = environ.get("XDG_DATA_HOME") or os.path.join(home, ".local/share")
    tops = [
        *(os.path.join(base, name) for base in (cache, data) for name in ("tldr", "tealdeer/tldr-pages", "tlrc")),
        os.path.join(home, ".tldr/cache"),
        os.path.join(home, ".tldrc/tldr"),
        "/usr/share/tldr",
        "/usr/share/tldr-pages",
    ]
    found = [Path(top, name) for top in tops if os.path.isabs(top) for name in _FOLDERS]
    return [folder for folder in found if folder.is_dir()]


def tldr_pages(folders: list[Path]) -> dict[str, Path]:
    """The files of the pages, by command; a page of this platform before one of all."""
    found: dict[str, Path] = {}
    for folder in folders:
        for platform in _PLATFORMS:
            for path in sorted((folder / platform).glob("*.md")):
                found.setdefault(path.stem, path)
    return found


def read_tldr(path: Path) -> TldrPage | None:
    """A page, None where it cannot be read or says nothing."""
    try:
        text = read_file(path, _MOST_BYTES).decode("utf-8", "replace")
    except LsfsError:
        return None
    needs = tuple(_MARKS.sub(r"\1", need) for need in _NEED.findall(text))
    summary = " ".join(_MARKS.sub(r"\1", line) for line in _SAID.findall(text))
    return TldrPage(summary, needs) if needs or summary else None
