"""Restore: a file, or a whole folder, as it was.

Of a folder nothing is touched of which no versions are kept, and what is newer stays, unless all is to be exactly as it
was; then it goes to the Trash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lsfs.core import actions
from lsfs.core.errors import NothingFound
from lsfs.core.paths import ancestors, display, join, split
from lsfs.core.records import Kind
from lsfs.core.times import First, When, parse_when, zone_of
from lsfs.plan.carrying import check_source
from lsfs.plan.draft import Draft, Effect, LeftOut
from lsfs.plan.lower.trashing import to_trash
from lsfs.plan.nodes import Node
from lsfs.plan.problems import Problem
from lsfs.plan.steps import Meta, SetMeta, State, Where
from lsfs.store.vault import Entry, Version
from lsfs.versions.history import History

BESIDE = "what has the same name there stays as it is: what is restored beside it gets a number"
_EXACT = "; --exact moves it to the Trash"
_SPARED = "no versions are kept of what stands there now"


def restore(draft: Draft, action: actions.Restore) -> None:
    """A file or folder goes back to what it was."""
    around = draft.around
    when = parse_when(action.to, now_ns=around.now_ns, zone=around.zone, locale=around.locale)
    where = draft.where(action.path)
    history = History(draft.vault, zone_of(around.zone))
    output = draft.output(action.output) if action.output is not None else None
    if output is not None and where.path:
        check_source(draft, where, None)
    entry = history.entry(where.base, where.path)
    node = draft.overlay.get(where)
    folder = node.kind is Kind.DIR if node is not None else entry is not None and entry.kind is Kind.DIR
    if not where.path or folder or (entry is None and not isinstance(when, First) and _was_folder(draft, where)):
        _restore_folder(draft, where, history, when, action, output)
    else:
        version = history.resolve(where.base, where.path, when, action.by)
        target = where if output is None else Where(output.base, join(output.path, split(where.path)[1]))
        if output is not None:
            draft.folder(output)
        _restore_file(draft, draft.target(target), version, where)


def _was_folder(draft: Draft, where: Where) -> bool:
    return any(version.kind == Kind.DIR for version in draft.vault.versions.moments(where.base, where.path))


def _restore_file(draft: Draft, target: Where, version: Version, source: Where) -> None:
    target, node = _free_outside(draft, target)
    state = state_of(draft, version, draft.entry(node))
    if node is not None and node.kind is Kind.DIR:
        raise Problem("in-the-way", "a folder stands there", target)
    if node is not None and _is_so(draft, target, node, state):
        draft.left_out.append(LeftOut(draft.shown(target), "it is as it was then"))
        return
    draft.folder(Where(target.base, split(target.path)[0]))
    _bring(draft, target, node, state)
    to = None if target == source else draft.shown(target)
    draft.effects.append(Effect("restore", draft.shown(source), to, _said(version), version.size))


def _free_outside(draft: Draft, wanted: Where) -> tuple[Where, Node | None]:
    """Where something is restored to, with what stands there and is replaced: nothing outside the watched folders,
    where no versions are kept."""
    node = draft.overlay.get(wanted)
    if node is None or wanted.base > 0:
        return wanted, node
    if BESIDE not in draft.notes:
        draft.notes.append(BESIDE)
    return draft.free(wanted), None


def _bring(draft: Draft, target: Where, node: Node | None, state: State) -> None:
    """Adds the step that has `state` stand at a place, the least of those that do."""
    if node is not None and node.kind is state.kind is Kind.FILE and node.links == 1:
        now = draft.state(target, node)
        if now.content is not None and now.content == state.content:
            before = draft.overlay.meta(target, node)
            draft.add(SetMeta(target, before, Meta(state.mode, state.mtime_ns, state.xattrs), node.guard))
            return
    draft.put(target, state, replace=True)


def _is_so(draft: Draft, target: Where, node: Node, state: State) -> bool:
    if node.kind is not state.kind:
        return False
    now = draft.state(target, node)
    if state.kind is Kind.SYMLINK:
        return now.target == state.target
    return (now.content, now.mode & 0o7777, now.mtime_ns, now.xattrs) == (
        state.content,
        state.mode & 0o7777,
        state.mtime_ns,
        state.xattrs,
    )


def state_of(draft: Draft, version: Version, entry: Entry | None) -> State:
    """What a version says, for a step; tags are those of now."""
    if version.kind == Kind.DIR:
        raise Problem("folder", "a folder stood there then: restore it as one", None)
    if version.kind not in (Kind.FILE, Kind.SYMLINK):
        raise Problem("special", "devices, sockets and FIFOs are not brought back", None)
    if version.content is not None:
        draft.lease(version.content)
    return State(
        kind=Kind(version.kind),
        content=version.content,
        target=version.target,
        size=version.size,
        mode=version.mode,
        mtime_ns=version.mtime_ns,
        xattrs=version.xattrs,
        tags=entry.mirror if entry is not None else None,
        version=version.seq,
    )


def _said(version: Version) -> str:
    return f"@{version.number}" if version.number is not None else ""


def _restore_folder(
    draft: Draft,
    where: Where,
    history: History,
    when: When,
    action: actions.Restore,
    output: Where | None,
) -> None:
    bound = history.bound(when)
    then = history.tree(where.base, where.path, bound)
    itself = draft.vault.versions.standing(where.base, where.path, bound)
    if not then:
        raise NothingFound(
            "nothing is known of it from then",
            path=display(draft.shown(where)),
            hint="lsfs history tells since when it is",
        )
    contents = [version.content for version in then.values() if version.content is not None]
    kept = draft.contents.kept(contents)
    base = where if output is None else Where(output.base, join(output.path, split(where.path)[1]))

    def target(path: bytes) -> Where:
        return Where(base.base, join(base.path, path[len(where.path) :].lstrip(b"/")))

    draft.look_up(target(path) for path in then)
    if base.path:
        draft.folder(Where(base.base, split(base.path)[0]))
        _folder_as_then(draft, base, itself if itself is not None and itself.kind == Kind.DIR else None)
    if action.exact and output is None:
        _clear(draft, where, then)
    for path, version in then.items():
        _restore_one(draft, Where(where.base, path), target(path), version, kept)


def _restore_one(draft: Draft, source: Where, at: Where, version: Version, kept: set[bytes]) -> None:
    shown = draft.shown(source)
    try:
        draft.target(at)
        if at != source:
            check_source(draft, source, None)
    except Problem as problem:
        draft.left_out.append(LeftOut(shown, problem.message))
        return
    node = draft.overlay.get(at)
    entry = draft.entry(node)
    if version.kind == Kind.OTHER:
        if node is None or node.kind is not Kind.OTHER:
            draft.left_out.append(LeftOut(shown, "devices, sockets and FIFOs are not brought back"))
        return
    if node is not None and at.base > 0 and (entry is None or entry.unversioned):
        folders = version.kind == Kind.DIR and node.kind is Kind.DIR
        if not folders and (version.size, version.mtime_ns) != (node.size, node.mtime_ns):
            why = entry.unversioned if entry is not None else ""
            draft.left_out.append(LeftOut(shown, _SPARED + (f": {why}" if why else "")))
        return
    exact = _EXACT if at == source else ""
    if version.kind == Kind.DIR:
        _restore_one_folder(draft, at, node, version, exact)
        return
    if version.content is not None and version.content not in kept:
        draft.left_out.append(LeftOut(shown, "its content is not kept any more"))
        return
    if version.kind == Kind.FILE and version.content is None:
        draft.left_out.append(LeftOut(shown, "its content was never kept"))
        return
    if node is not None and node.kind is Kind.DIR:
        draft.left_out.append(LeftOut(shown, f"a newer folder is in the way{exact}"))
        return
    parent = Where(at.base, split(at.path)[0])
    above = draft.overlay.get(parent)
    if above is not None and above.kind is not Kind.DIR:
        draft.left_out.append(LeftOut(shown, f"a newer file stands where its folder was{exact}"))
        return
    state = state_of(draft, version, entry)
    if node is not None and _is_so(draft, at, node, state):
        return
    at, node = _free_outside(draft, at)
    draft.folder(parent)
    _bring(draft, at, node, state)
    to = None if at == source else draft.shown(at)
    draft.effects.append(Effect("restore", shown, to, _said(version), version.size))


def _restore_one_folder(draft: Draft, at: Where, node: Node | None, version: Version, exact: str) -> None:
    if node is None:
        above = draft.overlay.get(Where(at.base, split(at.path)[0]))
        if above is None or above.kind is Kind.DIR:
            _folder_as_then(draft, at, version)
    elif node.kind is not Kind.DIR:
        draft.left_out.append(LeftOut(draft.shown(at), f"a newer file stands where a folder was{exact}"))
    elif node.mode != version.mode & 0o7777 and at.base > 0:
        before = draft.overlay.meta(at, node)
        draft.add(SetMeta(at, before, Meta(version.mode & 0o7777, None, before.xattrs), node.guard))
        draft.effects.append(Effect("restore", draft.shown(at), note="its permissions"))


def _folder_as_then(draft: Draft, at: Where, version: Version | None) -> None:
    """Has a folder at a place; where it is made again, as it was."""
    if version is None:
        draft.folder(at)
    else:
        draft.folder(at, version.mode & 0o7777, version.mtime_ns)


def _clear(draft: Draft, where: Where, then: Mapping[bytes, Version]) -> None:
    """Sends to the Trash what was not there then, or was of another kind, and is versioned."""
    nodes = list(draft.overlay.walk(where))
    draft.look_up(Where(where.base, path) for path, _ in nodes)
    kept = _with_ancestors(
        path for path, node in nodes if _is_spared(draft, node) or draft.is_the_users(Where(where.base, path))
    )
    stood = _with_ancestors(then)
    gone: set[bytes] = set()
    for path, node in nodes:
        if not gone.isdisjoint(ancestors(path)):
            continue
        version = then.get(path)
        if version is not None:
            stays = (version.kind == Kind.DIR) == (node.kind is Kind.DIR)
        else:
            stays = node.kind is Kind.DIR and path in stood
        if not stays and path not in kept:
            to_trash(draft, Where(where.base, path), node)
            gone.add(path)


def _with_ancestors(paths: Iterable[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for path in paths:
        found.update((path, *ancestors(path)))
    return found


def _is_spared(draft: Draft, node: Node) -> bool:
    """Whether no versions are kept of a file or folder: then it stays."""
    entry = draft.entry(node)
    return entry is None or bool(entry.unversioned)
