"""What differs between two states of a file: their text line by line, the text in documents, or sizes and hashes."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
import threading
from collections.abc import Callable

import msgspec
from msgspec import UNSET

from lsfs.core.api import DiffRequest, DiffResult, DiffSide
from lsfs.core.errors import NothingFound
from lsfs.core.paths import display
from lsfs.core.records import Kind
from lsfs.core.times import Back, parse_when, zone_of
from lsfs.core.wirepath import absolute_from_wire, to_lossy
from lsfs.engine.linediff import TooManyLines, difference
from lsfs.engine.parts import Parts
from lsfs.engine.past import Past
from lsfs.engine.places import place_of
from lsfs.engine.timestamps import iso
from lsfs.store.vault import Version
from lsfs.versions.history import History
from lsfs.workers.messages import Outcome, ReadResult
from lsfs.workers.pool import ReadJob

_MOST_TEXT = 16 << 20
"""Bytes of a side that is compared line by line."""
_EXTRACT_S = 60.0


class _Side(msgspec.Struct, frozen=True):
    label: str
    version: Version
    content: bytes
    """Hash."""


class Diffing:
    """Compares versions; reads only."""

    def __init__(self, parts: Parts, past: Past, now_ns: Callable[[], int]) -> None:
        self._parts = parts
        self._now_ns = now_ns
        self._past = past

    def diff(self, request: DiffRequest) -> DiffResult:
        """What differs from `old` to `new`."""
        path = absolute_from_wire(request.path)
        place = place_of(self._parts.vault, path)
        self._past.flush(place)
        history = History(self._parts.vault, zone_of(request.zone))
        new = self._side(history, place.root.id, place.path, request.new, request)
        old = self._old(history, place.root.id, place.path, request, new)
        shown, path_b64 = to_lossy(place.absolute)
        same = DiffResult(path=shown, old=_told(old), new=_told(new), kind="same", path_b64=path_b64 or UNSET)
        if old.content == new.content:
            return same
        kind, before, after, note = self._texts(os.path.basename(place.path), old, new)
        if kind == "binary":
            return msgspec.structs.replace(same, kind=kind, note=note)
        try:
            found = difference(before, after)
        except TooManyLines:
            return msgspec.structs.replace(same, kind="binary", note="it has too many lines to be compared by line")
        unified = _names(shown, old, new) + found.hunks if found.hunks else ""
        return msgspec.structs.replace(
            same, kind=kind, unified=unified, added=found.added, removed=found.removed, note=note
        )

    def _side(self, history: History, root: int, path: bytes, when: str | None, request: DiffRequest) -> _Side:
        if when is not None:
            parsed = parse_when(when, now_ns=self._now_ns(), zone=request.zone, locale=request.locale)
            version = history.resolve(root, path, parsed, request.by)
        else:
            version = self._now(history, root, path)
        return self._of(version, history, path)

    @staticmethod
    def _now(history: History, root: int, path: bytes) -> Version:
        entry = history.entry(root, path)
        if entry is None:
            raise NothingFound("nothing is known of it", path=display(path), hint="lsfs status PATH")
        if entry.kind is Kind.DIR:
            raise NothingFound("folders have no differences of their own", path=display(path), hint="lsfs at WHEN PATH")
        listed = [each for each in history.versions(entry.lineage) if each.version.content is not None]
        if not listed:
            raise NothingFound("it has no versions", path=display(path))
        return listed[-1].version

    def _old(self, history: History, root: int, path: bytes, request: DiffRequest, new: _Side) -> _Side:
        if request.old is not None:
            return self._side(history, root, path, request.old, request)
        if request.new is None:
            return self._of(history.resolve(root, path, Back(1)), history, path)
        earlier = [
            each.version
            for each in history.versions(new.version.lineage)
            if each.kept and each.version.number is not None and each.version.seq < new.version.seq
        ]
        earlier = [version for version in earlier if version.content != new.content]
        if not earlier:
            raise NothingFound("there is no kept version before that one", path=display(path), hint="lsfs history")
        return self._of(earlier[-1], history, path)

    def _of(self, version: Version, history: History, path: bytes) -> _Side:
        if version.content is None:
            raise NothingFound("it had no content then: a link, or a folder", path=display(path))
        numbers = {
            each.version.content: each.version.number
            for each in history.versions(version.lineage)
            if each.version.number is not None and each.version.seq <= version.seq
        }
        number = version.number if version.number is not None else numbers.get(version.content)
        return _Side(f"@{number}" if number is not None else "now", version, version.content)

    # Their texts

    def _texts(self, name: bytes, old: _Side, new: _Side) -> tuple[str, str, str, str]:
        """(kind, text before, text after, note)."""
        sizes = [self._parts.contents.size(side.content) or 0 for side in (old, new)]
        if max(sizes) > _MOST_TEXT:
            return "binary", "", "", "too large to be compared line by line"
        data = [b"".join(self._parts.contents.read(side.content)) for side in (old, new)]
        plain = [_decoded(one) for one in data]
        if plain[0] is not None and plain[1] is not None:
            return "text", plain[0], plain[1], ""
        found = [self._extracted(name, one) for one in data]
        if found[0] is None or found[1] is None:
            return "binary", "", "", "there is no text in it"
        note = "the text in both is the same; what differs is not text" if found[0] == found[1] else ""
        return "extracted", found[0], found[1], note

    def _extracted(self, name: bytes, data: bytes) -> str | None:
        """The text in a document's bytes, read by a sandboxed worker; None where there is none."""
        import zstandard

        results: list[ReadResult] = []
        done = threading.Event()
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            job = ReadJob(0, name, os.dup(file.fileno()))
            future = self._parts.pool.submit([job], None, results.extend, urgent=True)
            future.add_done_callback(lambda _: done.set())
            done.wait(_EXTRACT_S)
        text = next((result for result in results if result.outcome is Outcome.TEXT), None)
        if text is None:
            return None
        body = data if text.own_text else zstandard.ZstdDecompressor().decompress(text.text_zstd, text.text_bytes)
        return body.decode("utf-8", "replace")


def _decoded(data: bytes) -> str | None:
    """The text that bytes are; None where they are none."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _names(path: str, old: _Side, new: _Side) -> str:
    """The two lines that a unified diff begins with."""
    sides = (("---", old), ("+++", new))
    return "".join(f"{mark} {path} {side.label}\t{_date(side.version.since_ns)}\n" for mark, side in sides)


def _date(ns: int) -> str:
    return dt.datetime.fromtimestamp(ns / 1e9, dt.UTC).strftime("%Y-%m-%d %H:%M:%S +0000")


def _told(side: _Side) -> DiffSide:
    version = side.version
    return DiffSide(label=side.label, size=version.size, content=side.content.hex(), modified=iso(version.mtime_ns))
