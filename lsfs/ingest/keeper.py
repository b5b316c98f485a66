"""Keeps the vault in step with the roots: scans them, looks where events point, and freezes those that vanished."""

from __future__ import annotations

import functools
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from lsfs.core.errors import LsfsError
from lsfs.core.paths import display
from lsfs.core.records import Kind
from lsfs.ingest.ingest import Ingest
from lsfs.ingest.known import Known
from lsfs.ingest.roots import RootBook
from lsfs.store.vault import Root, Vault
from lsfs.watch.records import ScanBatch, Work
from lsfs.watch.scan import Scanner

MANY = 100
"""More than this many paths gone in one scan, and more than half of a root, wait for a second scan."""

log = logging.getLogger(__name__)


class Keeper:
    """A thread that scans roots one after the other; events are looked at on their caller's thread.

    `scanner` makes a scanner for a root, with its ignore rules and its hook for watches.
    """

    def __init__(
        self,
        vault: Vault,
        book: RootBook,
        ingest: Ingest,
        scanner: Callable[[Root], Scanner],
        on_change: Callable[[], None],
    ) -> None:
        self._vault = vault
        self._book = book
        self._ingest = ingest
        self._scanner = scanner
        self._on_change = on_change
        self._wake = threading.Condition()
        self._due: OrderedDict[tuple[int, bytes], bool] = OrderedDict()
        self._scanning: int | None = None
        self._suspects: set[tuple[int, bytes]] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="lsfs-scan", daemon=True)

    def start(self) -> None:
        """Begins to scan what is due."""
        self._thread.start()

    def begin_stop(self) -> None:
        """Breaks off a running scan; the next start scans again."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def stop(self) -> None:
        """Waits for the thread's end."""
        self.begin_stop()
        self._thread.join()

    def scan(self, root: int, subtree: bytes = b"", *, recheck: bool = False) -> None:
        """Has a root, or what lies at a path in it, scanned soon."""
        with self._wake:
            key = (root, subtree)
            self._due[key] = recheck or self._due.get(key, False)
            self._wake.notify_all()

    def scan_all(self, *, recheck: bool = False) -> None:
        """Has every root scanned soon."""
        for root in self._vault.roots.all():
            self.scan(root.id, recheck=recheck)

    def scanning(self, root: int | None = None) -> bool:
        """Whether a root (any, when None) is being scanned or is to be."""
        with self._wake:
            busy = {key[0] for key in self._due} | ({self._scanning} if self._scanning is not None else set())
        return bool(busy) if root is None else root in busy

    def on_work(self, root_id: int, work: Work) -> None:
        """Takes what events have pointed at; called by the watcher."""
        for subtree in work.subtrees:
            self.scan(root_id, subtree)
        root = self._present(root_id)
        if root is None or not work.paths:
            return
        scanner = self._scanner(root)
        batch = scanner.look(work.paths)
        self._hand_in(root, batch, urgent=True)
        if other_names := self._other_names(root, batch):
            self._hand_in(root, scanner.look(other_names), urgent=True)

    def _other_names(self, root: Root, batch: ScanBatch) -> list[bytes]:
        """The other known names of hard-linked files: an event tells of one name only."""
        inodes = {(look.key.ino, look.btime_ns) for look in batch.seen if look.nlink > 1 and look.kind is Kind.FILE}
        # A name less is a change of the names that are left.
        left = self._vault.entries.at(root.id, batch.gone).values()
        inodes |= {(entry.ino, entry.btime_ns) for entry in left if entry.kind is Kind.FILE and not entry.gone}
        looked_at = {look.path for look in batch.seen} | set(batch.gone)
        known = (entry for inode in inodes for entry in self._vault.entries.by_inode(*inode))
        others = {entry.path for entry in known if entry.root == root.id and not entry.gone}
        return sorted(others - looked_at)

    def scan_unwatched(self, folders: Callable[[int], Sequence[bytes]]) -> None:
        """Scans the folders that no watch could be had for; `folders` gives them by root."""
        for root in self._vault.roots.all():
            for folder in folders(root.id):
                self.scan(root.id, folder)

    def check_presence(self) -> None:
        """Marks roots that vanished or came back; one that came back is scanned."""
        for root in self._vault.roots.all():
            was = root.online
            now = self._present(root.id)
            if now is not None and not was:
                self.scan(root.id)

    def _run(self) -> None:
        while (item := self._next()) is not None:
            root_id, subtree, recheck = item
            try:
                self._scan(root_id, subtree, recheck)
            except LsfsError as error:
                log.error("a scan failed: %s", error.message)
            except Exception:
                log.exception("a scan failed")
            with self._wake:
                self._scanning = None
                self._wake.notify_all()
            self._on_change()

    def _next(self) -> tuple[int, bytes, bool] | None:
        with self._wake:
            while not self._due and not self._stopping:
                self._wake.wait()
            if self._stopping:
                return None
            (root_id, subtree), recheck = self._due.popitem(last=False)
            self._scanning = root_id
            return root_id, subtree, recheck

    def _present(self, root_id: int) -> Root | None:
        """The root where it is watched and there; its state is recorded either way."""
        root = next((root for root in self._vault.roots.all() if root.id == root_id), None)
        if root is None:
            return None
        reason = self._book.presence(root)
        if (root.state == "online") == bool(reason) or root.reason != reason:
            root = self._book.mark(root, reason)
            self._on_change()
        return None if reason else root

    def _scan(self, root_id: int, subtree: bytes, recheck: bool) -> None:
        root = self._present(root_id)
        if root is None:
            return
        first = not root.baseline and not self._vault.entries.any(root.id)
        # What is known to stand in no known folder is missed by no walk.
        gone = [] if subtree or first else list(self._vault.entries.orphans(root.id))
        whole = True
        scanner = self._scanner(root)
        for batch in scanner.scan(Known(self._vault, root.id), subtree, recheck=recheck):
            if self._stopping:
                return
            whole &= all(path for path, _ in batch.errors)
            gone += batch.gone
            batch.gone = []
            self._hand_in(root, batch, first=first)
        if not whole or self._present(root_id) is None:
            return  # it went away meanwhile: nothing that seemed gone is
        self._hand_in_gone(root, scanner, subtree, gone)
        if not subtree:
            self._ingest.call(lambda: self._baseline_done(root_id))
            self._ingest.read_again(root_id)

    def _hand_in_gone(self, root: Root, scanner: Scanner, subtree: bytes, gone: Sequence[bytes]) -> None:
        suspect = (root.id, subtree)
        if len(gone) > MANY and len(gone) * 2 > self._vault.entries.living(root.id) and suspect not in self._suspects:
            log.warning(
                "%d paths of %s are gone at once; scanning again before it is believed", len(gone), display(root.path)
            )
            self._suspects.add(suspect)
            self.scan(root.id, subtree)
            return
        self._suspects.discard(suspect)
        for start in range(0, len(gone), 500):
            # Looked at again when their turn comes: meanwhile an event may have told that they are back.
            look = functools.partial(self._look_again, root, scanner, gone[start : start + 500])
            self._ingest.observe_later(root, look)

    def _look_again(self, root: Root, scanner: Scanner, paths: Sequence[bytes]) -> ScanBatch:
        batch = scanner.look(paths)
        self._note_errors(root, batch)
        return batch

    def _hand_in(self, root: Root, batch: ScanBatch, *, first: bool = False, urgent: bool = False) -> None:
        self._note_errors(root, batch)
        if batch.seen or batch.gone or batch.left_out:
            self._ingest.observe(root, batch, first=first, urgent=urgent)

    def _note_errors(self, root: Root, batch: ScanBatch) -> None:
        for path, reason in batch.errors:
            if not path:
                self._book.mark(root, reason)
            log.info("not listed: %s: %s", display(path), reason)

    def _baseline_done(self, root_id: int) -> None:
        """The first scan is recorded; runs in the ingest thread, behind its batches."""
        with self._vault.write() as tx:
            self._vault.roots.set_baseline(tx, root_id)
