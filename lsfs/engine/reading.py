"""What files say, for whoever may read them: text files as they are, documents as their extracted text."""

from __future__ import annotations

import errno
import os
import stat

from msgspec import UNSET

from lsfs.core.api import ReadPlace, ReadRequest, ReadResult
from lsfs.core.errors import ConflictError, NothingFound, PermissionRefused, RefusedError, UsageError
from lsfs.core.ignore_defaults import SECRET, defaults
from lsfs.core.paths import display
from lsfs.core.records import storable_ns
from lsfs.core.wirepath import absolute_from_wire, to_lossy
from lsfs.engine.pages import Read, at_character, at_line, page
from lsfs.engine.parts import Parts
from lsfs.engine.places import Place, place_of
from lsfs.extract.choose import plan_for
from lsfs.store.index import Content, FileRow
from lsfs.watch import mounts

MOST_CHARACTERS = 100_000
"""In one answer."""
_HEAD = 8192
"""Bytes of a file by which it is taken for text or not."""


class Reading:
    """Gives the texts of files below the watched folders, as far as they are searched."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._defaults = defaults()

    def read(self, request: ReadRequest) -> ReadResult:
        """A piece of what a file says.

        Raises RefusedError for what is ignored, binary, or reached by a link out of the watched folders, NothingFound
        for what is not there, ConflictError where the file changed since an earlier piece or has not been read yet.
        """
        if not 1 <= request.most <= MOST_CHARACTERS:
            raise UsageError(f"between 1 and {MOST_CHARACTERS} characters can be read at once")
        place = self._place(absolute_from_wire(request.path))
        shown = to_lossy(place.absolute)[0]
        by_agent = request.door == "mcp"
        reason = self._why_not(place, by_agent) if place.path else None
        if reason:
            hint = None if by_agent else "a line with ! in .lsfsignore has it searched and read"
            raise RefusedError(
                f"it is left out of searching, so it is not read either: {reason}", path=shown, hint=hint
            )
        descriptor = self._opened(place, shown)
        try:
            return self._read(request, place, descriptor, shown)
        except OSError as error:
            raise PermissionRefused(f"it cannot be read: {error.strerror}", path=shown) from error
        finally:
            os.close(descriptor)

    def _why_not(self, place: Place, by_agent: bool) -> str | None:
        """Why a path is not read; to agents, secrets are secret whatever the user has had searched."""
        if by_agent and self._defaults.is_secret(place.path):
            return SECRET
        return self._parts.ignored(place.root, place.path)

    def _read(self, request: ReadRequest, place: Place, descriptor: int, shown: str) -> ReadResult:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise RefusedError("it is no file: only files have a text", path=shown)
        state = f"{found.st_size}-{found.st_mtime_ns}"
        if request.state not in ("", state):
            raise ConflictError("the file has changed since", path=shown, hint="read it from the beginning again")
        content = self._content(place, found)
        text = None if _is_plain(descriptor, place.path) else self._extracted(place, found, content, shown)
        read = _file(descriptor) if text is None else _slices(text)
        try:
            start = _start(read, request)
        except NothingFound as error:
            raise NothingFound(error.message, path=shown) from None
        piece = page(read, start, request.most, request.until_line)
        return ReadResult(
            path=shown,
            text=piece.text,
            start=start,
            end=piece.end,
            complete=piece.complete,
            size=len(text) if text is not None else found.st_size,
            extracted=text is not None,
            state=state,
            title=content.title if content is not None else "",
            anchor=_anchor(content, start.byte) if content is not None and text is not None else "",
            path_b64=to_lossy(place.absolute)[1] or UNSET,
        )

    def _place(self, path: bytes) -> Place:
        """Where the file itself lies, its links followed."""
        place = place_of(self._parts.vault, path)
        real = mounts.real(place.absolute)
        if real == place.absolute:
            return place
        try:
            return place_of(self._parts.vault, real)
        except NothingFound as error:
            raise RefusedError("the link leads out of the watched folders", path=display(path)) from error

    def _opened(self, place: Place, shown: str) -> int:
        try:
            return self._parts.opener.open(place.root.id, place.path or b".")
        except FileNotFoundError as error:
            raise NothingFound("there is no such file", path=shown) from error
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EXDEV):
                raise RefusedError("a link on the way leads elsewhere by now", path=shown) from error
            raise PermissionRefused(f"it cannot be read: {error.strerror}", path=shown) from error

    def _row(self, place: Place, found: os.stat_result) -> FileRow | None:
        """What is known of the file as it stands there."""
        row = self._parts.index.files.at(place.root.id, place.path)
        if row is None or (row.size, row.mtime_ns) != (found.st_size, storable_ns(found.st_mtime_ns)):
            return None
        return row

    def _content(self, place: Place, found: os.stat_result) -> Content | None:
        row = self._row(place, found)
        return self._parts.index.contents.get(row.content) if row is not None and row.content is not None else None

    def _extracted(self, place: Place, found: os.stat_result, content: Content | None, shown: str) -> bytes:
        """What was read out of the file, which is no plain text."""
        text = self._parts.texts.stored(content) if content is not None else None
        if text is not None:
            return text
        if content is not None:
            raise RefusedError(f"it has no text to read: {content.reason or 'there is none in it'}", path=shown)
        row = self._row(place, found)
        if row is None or row.state == "queued":
            raise ConflictError("its text has not been taken out of it yet", path=shown, hint="try again in a moment")
        raise RefusedError(f"it has no text to read: {row.reason or 'it is known by its name only'}", path=shown)


def _start(read: Read, request: ReadRequest) -> ReadPlace:
    if request.place is not None:
        return request.place
    return at_line(read, request.line) if request.character is None else at_character(read, request.character)


def _is_plain(descriptor: int, path: bytes) -> bool:
    """Whether the file's own bytes are its text, in UTF-8."""
    head = os.pread(descriptor, _HEAD, 0)
    if not head:
        return True
    return b"\0" not in head and _is_utf8(head) and plan_for(os.path.basename(path), head).extractor_id == "text"


def _file(descriptor: int) -> Read:
    return lambda offset, length: _pread(descriptor, offset, length)


def _slices(text: bytes) -> Read:
    return lambda offset, length: text[offset : offset + length]


def _pread(descriptor: int, offset: int, length: int) -> bytes:
    """All `length` bytes but at the end of the file, for which a single call need not suffice."""
    parts: list[bytes] = []
    while length and (part := os.pread(descriptor, length, offset)):
        parts.append(part)
        offset, length = offset + len(part), length - len(part)
    return b"".join(parts)


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(head) == _HEAD and error.start >= len(head) - 3 and error.reason == "unexpected end of data"
    return True


def _anchor(content: Content, offset: int) -> str:
    return next((label for start, label in reversed(content.anchors) if start <= offset), "")
