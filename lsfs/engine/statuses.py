"""What the user asks about the state of things: totals, one file, what is wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from msgspec import UNSET

from lsfs.core.api import DiskUse, FileState, FileStatus, Queues, RootInfo, RootState, Totals
from lsfs.core.filetypes import family
from lsfs.core.paths import display, is_within
from lsfs.core.policy import MIB, InForce
from lsfs.core.wirepath import to_lossy
from lsfs.store.index import Content, FileRow, Index
from lsfs.store.vault import Root, Vault
from lsfs.watch import mounts


class Statuses:
    """Reads states out of vault and index; writes nothing.

    `root_state` says how a root is watched and why not; `ignored` why a path below a root is left out, or None;
    `in_force` what a root's settings come to.
    """

    def __init__(
        self,
        vault: Vault,
        index: Index,
        root_state: Callable[[Root], tuple[RootState, str]],
        ignored: Callable[[Root, bytes], str | None],
        in_force: Callable[[Root], InForce],
    ) -> None:
        self._vault = vault
        self._index = index
        self._root_state = root_state
        self._ignored = ignored
        self._in_force = in_force
        self._kept: tuple[int, float | None, int] = (-1, None, 0)

    def roots(self, absorbed: Mapping[int, tuple[bytes, ...]] | None = None) -> tuple[RootInfo, ...]:
        """The watched folders."""
        counts = self._index.files.counts_by_root()
        return tuple(
            self.root(root, counts.get(root.id, 0), (absorbed or {}).get(root.id, ()))
            for root in self._vault.roots.all()
        )

    def root(self, root: Root, files: int, absorbed: tuple[bytes, ...] = ()) -> RootInfo:
        """One watched folder."""
        state, reason = self._root_state(root)
        path, path_b64 = to_lossy(root.path)
        force = self._in_force(root)
        return RootInfo(
            path=path,
            state=state,
            files=files,
            added=_iso(root.added_ns),
            reason=reason,
            absorbed=tuple(display(child) for child in absorbed),
            versions=force.unversioned or "on",
            index="off" if force.unindexed else "on",
            max_file_mb=(force.max_bytes or 0) // MIB,
            exclude=force.exclude,
            path_b64=path_b64 or UNSET,
        )

    def protected(self) -> float | None:
        """The share of the bytes below the watched folders of which a version is kept; None where there are none."""
        return self._look_at_kept()[1]

    def _look_at_kept(self) -> tuple[int, float | None, int]:
        """(newest change, share of the bytes of which a version is kept, bytes that all versions take)."""
        seq = self._vault.seq()
        if self._kept[0] != seq:
            kept, total = self._vault.entries.protected()
            self._kept = (seq, kept / total if total else None, self._vault.pieces.stored_bytes())
        return self._kept

    def totals(self) -> tuple[Totals, Queues, DiskUse]:
        """How much is known, how much is to be done, and the bytes on disk."""
        files, contents = self._index.files.totals(), self._index.contents.totals()
        read = files.get("queued", 0) + files.get("unstable", 0)
        known = sum(count for state, count in files.items() if state not in ("bytes", "ignored"))
        totals = Totals(
            files=known,
            contents=sum(contents.get(state, 0) for state in ("text", "no-text", "failed")),
            chunks=contents["chunks"],
            vectors=contents["vectors"],
            failed=files.get("failed", 0) + contents.get("failed", 0),
        )
        disk = DiskUse(
            text=contents["text_bytes"],
            index=self._index.size(),
            vault=self._vault.size(),
            versions=self._look_at_kept()[2],
        )
        return totals, Queues(read=read, words=read, vectors=contents["unembedded"]), disk

    def file(self, path: bytes) -> FileStatus:
        """What is known of one path, whatever stands there."""
        shown, path_b64 = to_lossy(path)
        root = next((root for root in self._vault.roots.all() if is_within(path, root.path)), None)
        b64 = path_b64 or UNSET
        if root is None:
            state: FileState = "outside" if mounts.stands(path) else "missing"
            return FileStatus(path=shown, state=state, reason="below no watched folder", path_b64=b64)
        relative = path[len(root.path) :].lstrip(b"/")
        row = self._index.files.at(root.id, relative)
        root_path = display(root.path)
        if row is None:
            reason = self._ignored(root, relative)
            if not reason and not mounts.stands(path):
                return FileStatus(
                    path=shown, state="missing", reason="nothing stands there", root=root_path, path_b64=b64
                )
            state = "ignored" if reason else "waiting"
            return FileStatus(path=shown, state=state, reason=reason or "not seen yet", root=root_path, path_b64=b64)
        content = self._index.contents.get(row.content) if row.content is not None else None
        state, reason = _file_state(row, content, self._index.contents.embedded(content.id) if content else False)
        return FileStatus(
            path=shown,
            state=state,
            reason=reason,
            root=root_path,
            kind=family(row.ext) if row.kind == "file" else row.kind,
            size=row.size,
            modified=_iso(row.mtime_ns),
            content=row.hash.hex() if row.hash else "",
            chunks=content.chunks if content else 0,
            vectors=content.chunks if content and state == "indexed" else 0,
            path_b64=b64,
        )


def _file_state(row: FileRow, content: Content | None, embedded: bool) -> tuple[FileState, str]:
    if row.state == "ignored":
        return "ignored", row.reason
    if row.state == "unstable":
        return "unstable", row.reason
    if row.state == "failed":
        return "failed", row.reason
    if row.state == "queued":
        return "waiting", "its content has not been read yet"
    if content is None:
        return "name-only", row.reason or ("" if row.kind == "file" else f"a {row.kind} has no text")
    if content.state == "failed":
        return "failed", content.reason
    if content.state == "no-text":
        return "name-only", content.reason or "no text in it"
    return ("indexed" if embedded else "words"), ""


def _iso(ns: int) -> str:
    return dt.datetime.fromtimestamp(ns / 1e9, dt.UTC).isoformat(timespec="seconds")
