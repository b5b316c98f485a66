"""The past as the doors ask for it: versions of files, trees as they were, tags and saved queries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from msgspec import UNSET

from lsfs.core.api import (
    AtEntry,
    AtRequest,
    AtResult,
    FileHistory,
    HistoryRequest,
    HistoryResult,
    SavedList,
    SavedQuery,
    TaggedFile,
    TagsRequest,
    TagsResult,
    VersionInfo,
)
from lsfs.core.errors import NothingFound
from lsfs.core.paths import display, join, split
from lsfs.core.records import Kind
from lsfs.core.times import BeforeOp, parse_when, zone_of
from lsfs.core.wirepath import absolute_from_wire, to_lossy
from lsfs.engine.parts import Parts
from lsfs.engine.places import Place, place_of
from lsfs.engine.timestamps import iso
from lsfs.store.vault import Entry, Root, Version
from lsfs.versions.history import History, Listed

_GLOB = frozenset(b"*?[")
SETTLE_NOTE = "a content that stood for less than 2 s, or only while lsfs did not run, has no version"


class Past:
    """Answers about what was; writes nothing but versions of what stands there now."""

    def __init__(self, parts: Parts, now_ns: Callable[[], int]) -> None:
        self._parts = parts
        self._now_ns = now_ns
        self._history = History(parts.vault)

    def history(self, request: HistoryRequest) -> HistoryResult:
        """The versions of a file, of every file of a folder, or of those that a pattern matches."""
        path = absolute_from_wire(request.path)
        place = place_of(self._parts.vault, path)
        self.flush(place)
        entry = self._history.entry(place.root.id, place.path)
        if entry is None and not _GLOB.isdisjoint(place.path):
            found = self._matching(place, request.limit)
        elif not place.path or (entry is not None and entry.kind is Kind.DIR):
            below = self._parts.vault.entries.below(place.root.id, place.path, gone=True)
            found = [e for e in below if e.kind is not Kind.DIR][: request.limit]
        else:
            found = [entry] if entry is not None else []
        files = [history for each in found if (history := self._of(place.root, each)) is not None]
        if not files:
            raise NothingFound("nothing is known of it", path=display(path), hint=self._why_nothing(place, entry))
        return HistoryResult(files=tuple(files), notes=(SETTLE_NOTE,))

    def _why_nothing(self, place: Place, entry: Entry | None) -> str:
        if entry is not None and entry.unversioned:
            return f"no versions are kept of it: {entry.unversioned}"
        reason = self._parts.ignored(place.root, place.path) if place.path else None
        return f"it is ignored: {reason}" if reason else "lsfs status PATH"

    def _matching(self, place: Place, limit: int) -> list[Entry]:
        """What a pattern matches: the part of a path behind its longest beginning that has no special character, or
        is a folder's name as it stands."""
        vault, folder = self._parts.vault, place.path
        while not _GLOB.isdisjoint(folder) and self._history.entry(place.root.id, folder) is None:
            folder = split(folder)[0]
        self.flush(Place(place.root, folder))
        pattern = place.path[len(folder) :].lstrip(b"/")
        paths = vault.versions.paths_like(place.root.id, folder, pattern, limit)
        found = vault.entries.at(place.root.id, paths)
        return [found[path] for path in sorted(found) if found[path].kind is not Kind.DIR]

    def _of(self, root: Root, entry: Entry) -> FileHistory | None:
        listed = self._history.versions(entry.lineage)
        if not listed:
            return None
        path, path_b64 = to_lossy(join(root.path, entry.path))
        return FileHistory(
            path=path,
            state="gone" if entry.gone else "there",
            versions=tuple(self._version(each, entry, listed, root) for each in listed),
            notes=tuple(self._notes(root, entry)),
            path_b64=path_b64 or UNSET,
        )

    def _version(self, each: Listed, entry: Entry, listed: list[Listed], root: Root) -> VersionInfo:
        version = each.version
        home = self._parts.vault.roots.get(version.root) or root
        path, path_b64 = to_lossy(join(home.path, version.path))
        return VersionInfo(
            number=version.number,
            since=iso(version.since_ns),
            seen=iso(version.seen_ns),
            path=path,
            kind=version.kind,
            size=version.size,
            mode=f"{version.mode & 0o7777:04o}",
            modified=iso(version.mtime_ns),
            content=version.content.hex() if version.content else "",
            target=display(version.target) if version.target else "",
            current=each is listed[-1] and not entry.gone and not version.gone,
            gone=bool(version.gone),
            kept=each.kept,
            assumed=_is_assumed(version, home),
            op=version.op,
            reason=each.reason,
            path_b64=path_b64 or UNSET,
        )

    def _notes(self, root: Root, entry: Entry) -> Iterable[str]:
        vault = self._parts.vault
        if entry.unversioned:
            yield f"no versions are kept of it any more: {entry.unversioned}"
        others = {v.lineage for v in vault.versions.moments(root.id, entry.path) if v.lineage != entry.lineage}
        for lineage in sorted(others):
            now = next(iter(vault.entries.holders([lineage])), None)
            where = f"is {self._shown(now)} now" if now is not None else "is gone"
            yield f"another file stood here once, which {where}"
        if entry.gone and (now := next(iter(vault.entries.holders([entry.lineage])), None)) is not None:
            yield f"it is {self._shown(now)} now"

    def _shown(self, entry: Entry) -> str:
        root = self._parts.vault.roots.get(entry.root)
        return display(join(root.path, entry.path) if root is not None else entry.path)

    def at(self, request: AtRequest) -> AtResult:
        """A folder as it was."""
        path = absolute_from_wire(request.path)
        place = place_of(self._parts.vault, path)
        self.flush(place)
        when = parse_when(request.when, now_ns=self._now_ns(), zone=request.zone, locale=request.locale)
        history = History(self._parts.vault, zone_of(request.zone))
        bound = history.bound(when)
        tree = history.tree(place.root.id, place.path, bound)
        if not tree and place.path:
            alone = self._parts.vault.versions.standing(place.root.id, place.path, bound)
            tree = {place.path: alone} if alone is not None else {}
        if not tree:
            raise NothingFound("nothing is known of it from then", path=display(path), hint="lsfs history PATH")
        contents = [version.content for version in tree.values() if version.content is not None]
        kept = self._parts.vault.pieces.kept(contents)
        shown, path_b64 = to_lossy(place.absolute)
        return AtResult(
            when=f"before op {when.op}" if isinstance(when, BeforeOp) else iso(bound.ns),
            path=shown,
            entries=tuple(_at_entry(place.root, version, kept) for version in tree.values()),
            path_b64=path_b64 or UNSET,
        )

    def tags(self, request: TagsRequest) -> TagsResult:
        """The tags of files, or every file that has some."""
        vault = self._parts.vault
        entries: list[tuple[Root, Entry]] = []
        roots = {root.id: root for root in vault.roots.all()}
        if request.paths:
            for text in request.paths:
                place = place_of(vault, absolute_from_wire(text))
                self.flush(place, below=False)
                entry = self._history.entry(place.root.id, place.path)
                if entry is None or entry.gone:
                    raise NothingFound("nothing is known of it", path=display(place.absolute))
                entries.append((place.root, entry))
        else:
            holders = vault.entries.holders(vault.tags.tagged())
            entries = sorted(
                ((roots[e.root], e) for e in holders if e.root in roots), key=lambda one: (one[0].path, one[1].path)
            )
        return TagsResult(files=tuple(self._tagged(root, entry) for root, entry in entries))

    def _tagged(self, root: Root, entry: Entry) -> TaggedFile:
        path, path_b64 = to_lossy(join(root.path, entry.path))
        tags = tuple(self._parts.vault.tags.of(entry.lineage))
        return TaggedFile(path=path, tags=tags, path_b64=path_b64 or UNSET)

    def saved(self) -> SavedList:
        """The saved queries."""
        queries = self._parts.vault.saved.all()
        return SavedList(queries=tuple(SavedQuery(name=name, query=query) for name, query in queries.items()))

    def flush(self, place: Place, *, below: bool = True) -> None:
        """Has what stands there, and `below` it, be the newest version; a root that is away stays as it was known."""
        if self._parts.vault.newer or self._parts.book.presence(place.root):
            return
        absolute = place.absolute
        if below and os.path.isdir(absolute) and not os.path.islink(absolute):
            self._parts.flusher.tree(place.root, place.path)
        elif place.path:
            self._parts.flusher.paths(place.root, [place.path])


def _is_assumed(version: Version, root: Root) -> bool:
    """Whether a version was found by the first scan of its folder: it counts as valid from before anybody looked."""
    found = version.lineage <= root.baseline or not root.baseline
    return found and version.number == 1 and version.since_ns == version.mtime_ns < version.seen_ns


def _at_entry(root: Root, version: Version, kept: set[bytes]) -> AtEntry:
    path, path_b64 = to_lossy(join(root.path, version.path))
    return AtEntry(
        path=path,
        kind=version.kind,
        size=version.size,
        modified=iso(version.mtime_ns),
        number=version.number,
        kept=version.content is None or version.content in kept,
        assumed=_is_assumed(version, root),
        path_b64=path_b64 or UNSET,
    )
