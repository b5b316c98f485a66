"""Create, write, append, merge: files whose text the plan gives."""

from __future__ import annotations

import os
from collections.abc import Iterator

from lsfs.core import actions
from lsfs.core.filetypes import extension, family
from lsfs.core.paths import display, split
from lsfs.core.records import Kind
from lsfs.plan.carrying import check_source
from lsfs.plan.disk import kind_of
from lsfs.plan.draft import Draft, Effect
from lsfs.plan.lower.moving import REPLACES
from lsfs.plan.lower.pdf import merged_pdf
from lsfs.plan.nodes import Node
from lsfs.plan.problems import Problem
from lsfs.plan.steps import State, Where

_MOST_BYTES = 256 << 20
"""Of a text that is appended to, and of all that is merged into one file."""
_NOT_TEXT = frozenset(
    ("pdf", "document", "presentation", "ebook", "drawing", "audio", "video", "archive", "font", "program")
)
_TEXTS = {
    "spreadsheet": frozenset(("csv", "tsv", "dbf")),
    "image": frozenset(("svg",)),
    "data": None,
    "mail": frozenset(("eml",)),
}
"""Families that hold both: the extensions of them that are text (None: all but those below)."""
_BINARY_DATA = frozenset("sqlite sqlite3 db parquet arrow feather npy npz h5 hdf5 pickle pkl avro accdb mdb".split())


def create(draft: Draft, action: actions.Create) -> None:
    """A new text file, under a numbered name where its own is taken."""
    where = draft.target(draft.where(action.path))
    _writable_type(where, None)
    draft.folder(Where(where.base, split(where.path)[0]))
    there = draft.overlay.get(where)
    if action.on_exists == "number" and draft.overlay.taken(where) is not None:
        where, there = draft.free(where), None
    _put_bytes(draft, where, there, action.text.encode(), "create", replace=action.on_exists == "replace")


def write(draft: Draft, action: actions.Write) -> None:
    """A text file's whole text."""
    where, node = _followed(draft, draft.target(draft.where(action.path)))
    _writable_type(where, _head(draft, where, node))
    draft.folder(Where(where.base, split(where.path)[0]))
    _put_bytes(draft, where, node, action.text.encode(), "write" if node is not None else "create", replace=True)


def append(draft: Draft, action: actions.Append) -> None:
    """Lines behind those of a text file; each begins on a line of its own."""
    where, node = _followed(draft, draft.target(draft.where(action.path)))
    old = _bytes(draft, where, node) if node is not None else b""
    _writable_type(where, old[:8192] if node is not None else None)
    text = action.text.encode()
    line_end = b"\r\n" if b"\r\n" in old[:8192] else b"\n"
    if old and not old.endswith(b"\n"):
        old += line_end
    if not text.endswith(b"\n"):
        text += line_end
    draft.folder(Where(where.base, split(where.path)[0]))
    _put_bytes(draft, where, node, old + text, "append", replace=True, added=len(text))


def merge(draft: Draft, action: actions.Merge) -> None:
    """One file with what several say: texts behind each other, or the pages of PDF documents."""
    if len(action.paths) < 2:
        raise Problem("too-few", "to merge takes two files at least")
    where = draft.target(draft.where(action.to))
    parts: list[tuple[Where, bytes]] = []
    total = 0
    for path in action.paths:
        source, node = _followed(draft, draft.where(path))
        if node is None or node.kind is not Kind.FILE:
            raise Problem("missing", "no file stands there", source)
        check_source(draft, source, node)
        total += node.size
        if total > _MOST_BYTES:
            raise Problem("too-large", f"what is to be merged is larger than {_MOST_BYTES >> 20} MiB together", source)
        draft.read.append(draft.shown(source))
        parts.append((source, _bytes(draft, source, node)))
    pdfs = [extension(split(source.path)[1]) == "pdf" for source, _ in (*parts, (where, b""))]
    if all(pdfs):
        data = merged_pdf([(draft.disk.shown(source), body) for source, body in parts], 2 * _MOST_BYTES)
    elif any(pdfs):
        raise Problem("not-text", "PDF documents are merged with PDF documents only, into one", where)
    else:
        for source, body in parts:
            _writable_type(source, body[:8192])
        _writable_type(where, None)
        data = b"".join(body if body.endswith(b"\n") or not body else body + b"\n" for _, body in parts)
    draft.folder(Where(where.base, split(where.path)[0]))
    there = draft.overlay.get(where)
    if action.on_exists == "number" and draft.overlay.taken(where) is not None:
        where, there = draft.free(where), None
    _put_bytes(draft, where, there, data, "merge", replace=action.on_exists == "replace")


def _followed(draft: Draft, where: Where) -> tuple[Where, Node | None]:
    """The file that is meant: a link stands for what it points to, which has to lie in a watched folder."""
    for _ in range(40):
        node = draft.overlay.get(where)
        if node is None or node.kind is not Kind.SYMLINK:
            break
        target = draft.overlay.state(where, node).target or b""
        folder = split(draft.shown(where).rstrip(b"/"))[0]
        where = draft.target(draft.where_of(target if target.startswith(b"/") else folder + b"/" + target))
    else:
        raise Problem("loop", "it is a link in a ring of links", where)
    if node is not None and node.kind is not Kind.FILE:
        raise Problem("not-a-file", "it is not a file", where)
    return where, node


def _put_bytes(
    draft: Draft, where: Where, node: Node | None, data: bytes, what: str, *, replace: bool, added: int | None = None
) -> None:
    content = draft.contents.keep_bytes(data)
    draft.lease(content)
    if node is None:
        state = State(content=content, size=len(data), mode=0o666 & ~draft.around.umask)
    else:
        old = draft.state(where, node)
        state = State(content=content, size=len(data), mode=old.mode, xattrs=old.xattrs, tags=old.tags)
    draft.put(where, state, replace=replace)
    note = REPLACES if node is not None and what in ("create", "merge") else ""
    draft.effects.append(Effect(what, draft.shown(where), note=note, size=len(data) if added is None else added))


def _bytes(draft: Draft, where: Where, node: Node) -> bytes:
    """What a file says, as the plan has it so far."""
    if node.size > _MOST_BYTES:
        raise Problem("too-large", f"it is larger than {_MOST_BYTES >> 20} MiB", where)
    if isinstance(node.state, State) and node.state.content is not None:
        return b"".join(draft.contents.read(node.state.content))
    return b"".join(_read(draft, where, node))


def _read(draft: Draft, where: Where, node: Node) -> Iterator[bytes]:
    if node.origin is None:
        raise Problem("unreachable", "its bytes are not there yet", where)
    try:
        fd = draft.disk.open(node.origin, os.O_RDONLY)
        with open(fd, "rb", buffering=0) as file:
            if kind_of(os.fstat(fd)) is not Kind.FILE:
                raise Problem("not-a-file", "it is not a file", where)
            while part := file.read(1 << 20):
                yield part
    except OSError as error:
        raise Problem("unreadable", f"it cannot be read: {error.strerror}", where) from error


def _head(draft: Draft, where: Where, node: Node | None) -> bytes | None:
    if node is None:
        return None
    if isinstance(node.state, State) and node.state.content is not None:
        return draft.contents.read_at(node.state.content, 0, 8192)
    return next(_read(draft, where, node), b"")[:8192]


def _writable_type(where: Where, head: bytes | None) -> None:
    """Raises `Problem` for what text written into it would spoil; `head` is its beginning where it exists."""
    name = split(where.path)[1]
    ending = extension(name)
    kind = family(ending)
    texts = _TEXTS.get(kind)
    binary = kind in _NOT_TEXT or (texts is not None and ending not in texts) or ending in _BINARY_DATA
    if binary and ending:
        raise Problem("not-text", f"{display(name)} is not a text file: writing text into it would spoil it", where)
    if head is not None and b"\0" in head:
        raise Problem("not-text", f"{display(name)} does not hold text: writing into it would spoil it", where)
