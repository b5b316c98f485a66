"""Move, copy, rename, group: files and folders in other places."""

from __future__ import annotations

import datetime as dt

import msgspec

from lsfs.core import actions
from lsfs.core.filetypes import extension, family
from lsfs.core.namedates import date_in
from lsfs.core.paths import display, join, split
from lsfs.core.records import Kind
from lsfs.core.times import zone_of
from lsfs.plan.carrying import check_carried
from lsfs.plan.draft import Draft, Effect, LeftOut
from lsfs.plan.nodes import Node
from lsfs.plan.problems import Problem
from lsfs.plan.steps import MakeDir, Move, Put, RemoveDir, State, Where

REPLACES = "what stands there is replaced, and kept as a version"


def mkdir(draft: Draft, action: actions.Mkdir) -> None:
    """A folder; nothing to do where it is."""
    draft.folder(draft.target(draft.where(action.path)))


def move(draft: Draft, action: actions.Move) -> None:
    """Into a folder."""
    sources = [draft.where(path) for path in action.paths]
    draft.look_up(sources)
    folder = _folder_for(draft, action.to, sources, action.name)
    for source in sources:
        name = _name(action.name, source)
        relocate(draft, source, Where(folder.base, join(folder.path, name)), "move", action.on_exists)


def rename(draft: Draft, action: actions.Rename) -> None:
    """Under another name in the same folder."""
    source = draft.where(action.path)
    name = _checked_name(action.name, source)
    relocate(draft, source, Where(source.base, join(split(source.path)[0], name)), "rename", action.on_exists)


def copy(draft: Draft, action: actions.Copy) -> None:
    """Copies in a folder; of a folder with everything in it."""
    sources = [draft.where(path) for path in action.paths]
    draft.look_up(sources)
    folder = _folder_for(draft, action.to, sources, action.name)
    for source in sources:
        node = draft.existing(source)
        wanted = Where(folder.base, join(folder.path, _name(action.name, source)))
        if (wanted.path + b"/").startswith(source.path + b"/") and wanted.base == source.base and wanted != source:
            raise Problem("into-itself", "a folder cannot be copied into itself", wanted)
        target = _destination(draft, wanted, None, action.on_exists)
        standing = draft.overlay.get(target)
        if standing is not None and (standing is node or _is_same_file(standing, node)):
            draft.left_out.append(LeftOut(draft.shown(source), "it is there already"))
            continue
        check_carried(draft, source, node, target)
        if standing is not None:
            _check_replaced(node, standing, target)
            copied = _copy_over(draft, source, node, target, standing)
        else:
            copied = copy_tree(draft, source, node, target)
        note = REPLACES if standing is not None else ""
        draft.effects.append(Effect("copy", draft.shown(source), draft.shown(target), note, copied))


def group(draft: Draft, action: actions.Group) -> None:
    """Into folders named by what files have in common."""
    sources = [draft.where(path) for path in action.paths]
    draft.look_up(sources)
    base = draft.where(action.to) if action.to is not None else None
    for source in sources:
        node = draft.existing(source)
        if node.kind is not Kind.FILE:
            draft.left_out.append(LeftOut(draft.shown(source), "only files are grouped"))
            continue
        above = base or Where(source.base, split(source.path)[0])
        folder = Where(above.base, join(above.path, _common(draft, action.by, source, node)))
        draft.folder(folder)
        relocate(draft, source, Where(folder.base, join(folder.path, split(source.path)[1])), "move", "number")


def _common(draft: Draft, by: actions.GroupBy, source: Where, node: Node) -> bytes:
    name = split(source.path)[1]
    ending = extension(name)
    if by == "extension":
        return ending.encode() or b"no extension"
    if by == "kind":
        kind = family(ending)
        return b"other" if kind == "file" else kind.encode()
    # A date that stands in the name says more than when the file was written last.
    zone = zone_of(draft.around.zone)
    said = date_in(display(name), dt.datetime.fromtimestamp(draft.around.now_ns / 1e9, zone).year)
    if said is not None and (by == "year" or said[1] is not None):
        return (f"{said[0]}" if by == "year" else f"{said[0]}-{said[1]:02}").encode()
    moment = dt.datetime.fromtimestamp(node.mtime_ns / 1e9, zone)
    return moment.strftime("%Y" if by == "year" else "%Y-%m").encode()


def _folder_for(draft: Draft, to: str, sources: list[Where], name: str | None) -> Where:
    if not sources:
        raise Problem("no-path", "no file is named")
    if name is not None and len(sources) > 1:
        raise Problem("one-name", "one name cannot be given to several files")
    folder = draft.where(to)
    node = draft.overlay.get(folder)
    if node is not None and node.kind is Kind.SYMLINK:
        target = draft.overlay.state(folder, node).target or b""
        folder = draft.where_of(target if target.startswith(b"/") else split(draft.shown(folder))[0] + b"/" + target)
    draft.folder(folder)
    return folder


def _name(name: str | None, source: Where) -> bytes:
    return _checked_name(name, source) if name is not None else split(source.path)[1]


def _checked_name(name: str, source: Where) -> bytes:
    encoded = name.encode("utf-8", "surrogateescape")
    if not encoded or b"/" in encoded or b"\0" in encoded or encoded in (b".", b".."):
        raise Problem("no-name", f"“{name}” cannot be a name", source)
    return encoded


def _destination(draft: Draft, wanted: Where, node: Node | None, on_exists: actions.OnExists) -> Where:
    """Where something goes; what stands there then is to be replaced."""
    draft.target(wanted)
    if draft.overlay.taken(wanted, node) is None:
        return wanted
    if on_exists == "number":
        return draft.free(wanted, node)
    if on_exists == "fail":
        raise Problem("in-the-way", "something stands there already", wanted)
    return wanted


def relocate(draft: Draft, source: Where, wanted: Where, what: str, on_exists: actions.OnExists) -> None:
    """Adds the steps that bring what stands at one place to another."""
    node = draft.existing(source)
    if source == wanted:
        draft.left_out.append(LeftOut(draft.shown(source), "it is there already"))
        return
    target = _destination(draft, wanted, node, on_exists)
    check_carried(draft, source, node, target)
    standing = draft.overlay.get(target)
    notes = []
    if standing is not None and standing is not node:
        _check_replaced(node, standing, target)
        notes.append(REPLACES)
        # What stood there is kept, and goes before the other takes its place.
        draft.add(Put(target, draft.state(target, standing), None, standing.guard, draft.temporary()))
    tree = node.kind is Kind.DIR
    size = 0
    if _same_volume(draft, source, target):
        draft.add(Move(source, target, node.guard, tree))
    else:
        size = carry_over(draft, source, node, target)
        notes.append("to another volume, so that it is copied")
    draft.effects.append(Effect(what, draft.shown(source), draft.shown(target), "; ".join(notes), size))


def _check_replaced(node: Node, standing: Node, target: Where) -> None:
    """Raises `Problem` unless one may take the place of the other."""
    if Kind.DIR in (node.kind, standing.kind):
        raise Problem("in-the-way", "folders are not replaced", target)
    if standing.kind is Kind.OTHER:
        raise Problem("special", "devices, sockets and FIFOs are left alone", target)


def _same_volume(draft: Draft, source: Where, target: Where) -> bool:
    node = draft.overlay.get(source)
    origin = node.origin if node is not None else None
    one = device_of(draft, Where(source.base, split(source.path)[0])) if origin is None else device_of(draft, origin)
    return one == device_of(draft, Where(target.base, split(target.path)[0]))


def device_of(draft: Draft, where: Where) -> int:
    """The device of the disk's folder or file that a place is, or will be, in."""
    node = draft.overlay.get(where)
    while node is None or node.origin is None or node.found is None:
        where = Where(where.base, split(where.path)[0])
        node = draft.overlay.get(where)
    return node.found.st_dev


def copy_tree(draft: Draft, source: Where, node: Node, target: Where, *, moves: bool = False) -> int:
    """Adds the steps of a copy, which with `moves` takes along histories; how many bytes it takes."""
    if node.kind is Kind.DIR:
        draft.add(MakeDir(target, draft.overlay.meta(source, node)))
        total = 0
        for name in draft.overlay.names(source):
            below = Where(source.base, join(source.path, name))
            child = draft.overlay.get(below)
            assert child is not None
            if child.kind is Kind.OTHER:
                if moves:
                    raise Problem("special", "devices, sockets and FIFOs cannot go to another volume", below)
                draft.left_out.append(LeftOut(draft.shown(below), "devices, sockets and FIFOs are not copied"))
                continue
            total += copy_tree(draft, below, child, Where(target.base, join(target.path, name)), moves=moves)
        return total
    state = _copied_state(draft, source, node)
    entry = draft.entry(node)
    if moves and entry is not None:
        state = msgspec.structs.replace(state, takes=entry.lineage, parent=None, tags=entry.mirror)
    draft.put(target, state)
    return node.size


def _copy_over(draft: Draft, source: Where, node: Node, target: Where, standing: Node) -> int:
    """Adds the step that has a copy take the place of a file or link, whose history and tags go on."""
    tags = draft.state(target, standing).tags
    draft.put(target, msgspec.structs.replace(_copied_state(draft, source, node), tags=tags), replace=True)
    return node.size


def _is_same_file(one: Node, other: Node) -> bool:
    """Whether two places are names of one inode."""
    if one.found is None or other.found is None:
        return False
    return (one.found.st_dev, one.found.st_ino) == (other.found.st_dev, other.found.st_ino)


def _copied_state(draft: Draft, source: Where, node: Node) -> State:
    state = draft.state(source, node)
    entry = draft.entry(node)
    parent = (entry.lineage, entry.seq) if entry is not None else None
    tags = "" if state.tags is None else state.tags
    if node.kind is Kind.SYMLINK or isinstance(node.state, State):
        return msgspec.structs.replace(state, parent=parent, tags=tags)
    # Copied from the file itself: what is not kept yet need not be kept for it.
    content = state.content if state.content is not None and draft.contents.has(state.content) else None
    return msgspec.structs.replace(
        state, source=node.origin, source_guard=node.guard, content=content, parent=parent, tags=tags
    )


def carry_over(draft: Draft, source: Where, node: Node, target: Where) -> int:
    """Adds the steps of a move to another volume: a copy, then the original goes; how many bytes are copied."""
    size = copy_tree(draft, source, node, target, moves=True)
    _remove_copied(draft, source, target)
    return size


def _remove_copied(draft: Draft, source: Where, target: Where) -> None:
    node = draft.overlay.get(source)
    assert node is not None
    if node.kind is Kind.DIR:
        for name in draft.overlay.names(source):
            below = Where(source.base, join(source.path, name))
            _remove_copied(draft, below, Where(target.base, join(target.path, name)))
        draft.add(RemoveDir(source, node.guard, draft.overlay.meta(source, node)))
        return
    state = draft.state(source, node)
    entry = draft.entry(node)
    if node.kind is Kind.FILE:
        # Its bytes are where they went to; what takes this back copies them from there.
        state = msgspec.structs.replace(
            state, source=target, content=None, takes=entry.lineage if entry is not None else None
        )
    draft.add(Put(source, state, None, node.guard, draft.temporary()))
