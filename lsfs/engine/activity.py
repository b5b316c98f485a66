"""What is going on now, and what the user should know of it: read from the parts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lsfs.core.api import RootState, WorkerInfo
from lsfs.engine.parts import Parts
from lsfs.store.vault import Root


class Activity:
    """The state of the work, asked from any thread."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._no_events = ""

    def without_events(self, reason: str) -> None:
        """Takes note of why the system tells of no changes."""
        self._no_events = reason

    @property
    def paused(self) -> bool:
        """Whether the backlog waits by the user's wish."""
        return self._parts.paused.is_set()

    def complete(self) -> bool:
        """Whether every file that can be is found by its words and, where there is an embedder, by its meaning."""
        return not self.working() and not (self._parts.embedding is not None and self._parts.embedding.trouble)

    def working(self) -> bool:
        """Whether anything is still to be done."""
        return self.scanning() or self.reading() or self.embedding() == ""

    def scanning(self) -> bool:
        """Whether a scan runs or is due."""
        return self._parts.keeper.scanning()

    def reading(self) -> bool:
        """Whether files wait to be read or recorded."""
        return not self._parts.ingest.idle()

    def embedding(self) -> str | None:
        """Why vectors are not made though some are missing, '' while they are made, None when none is missing."""
        parts = self._parts
        if parts.embedding is None:
            return parts.no_embedder
        if parts.embedding.trouble:
            return parts.embedding.trouble
        return "" if parts.embedding.missing() else None

    def unversioned(self) -> int:
        """How many captured contents are not versions yet."""
        return self._parts.vault.entries.unversioned()

    def hindrance(self) -> str:
        """Why nothing can be done now, '' when all is well."""
        trouble = self._parts.ingest.trouble
        if trouble is not None:
            return trouble.message
        return "paused" if self.paused else self._parts.feeder.trouble

    def root_state(self, root: Root) -> tuple[RootState, str]:
        """How a root is watched, and why not as it should be."""
        if not root.online:
            return "offline", root.reason
        if self._parts.vault.newer:
            return "paused", "the vault is only read"
        if self._parts.keeper.scanning(root.id):
            return "scanning", ""
        if reason := self._no_events or self._parts.watcher.unwatched(root.id).reason:
            return "polling", reason
        return "watching", ""

    def workers(self) -> Iterator[WorkerInfo]:
        """The processes that run."""
        for report in self._parts.pool.report():
            if report.pid is not None:
                name = f"{report.tier} worker{' (saved files)' if report.urgent else ''}"
                yield WorkerInfo(
                    name=name, state="busy" if report.busy else "idle", pid=report.pid, memory=_resident(report.pid)
                )
        for name, embedder in zip(("query embedder", "embedder"), self._parts.embedders, strict=False):
            if embedder.pid is not None:
                yield WorkerInfo(name=name, state="running", pid=embedder.pid, memory=_resident(embedder.pid))
        pid = self._parts.llm_pid()
        if pid is not None:
            yield WorkerInfo(name="language model", state="running", pid=pid, memory=_resident(pid))

    def sandbox(self) -> tuple[str, ...]:
        """What confines the workers that have been started."""
        active: dict[str, None] = {}
        for report in self._parts.pool.report():
            if report.sandbox is not None:
                active.update(dict.fromkeys(report.sandbox.active))
        return tuple(active)

    def notes(self) -> tuple[str, ...]:
        """What the user should know."""
        notes = [self._parts.index.rebuilt] if self._parts.index.rebuilt else []
        if self._parts.vault.newer:
            notes.append(f"the vault is only read: {self._parts.vault.newer}")
        if self._parts.ingest.trouble is not None:
            notes.append(f"nothing is written: {self._parts.ingest.trouble.message}")
        if self._parts.feeder.trouble:
            notes.append(f"files cannot be read now: {self._parts.feeder.trouble}")
        notes += [
            reason
            for root in self._parts.vault.roots.all()
            if (reason := self._parts.watcher.unwatched(root.id).reason)
        ]
        if self._parts.no_embedder:
            notes.append(f"no vectors: {self._parts.no_embedder}")
        elif self._parts.embedding is not None and self._parts.embedding.trouble:
            notes.append(f"no vectors: {self._parts.embedding.trouble}")
        return tuple(notes)


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
