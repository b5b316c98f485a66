"""Brings the vault to what stands on the disk now, for paths that a command names: before their past is asked for, and
before they are changed.

On the caller's thread, which need not wait for the backlog; the index follows later.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence

from lsfs.core import xattrs
from lsfs.core.records import Kind
from lsfs.ingest.capture import Capturer, Reading
from lsfs.ingest.known import Known
from lsfs.ingest.mirror import Reflector
from lsfs.ingest.opening import Opener
from lsfs.ingest.reconcile import Reconciler
from lsfs.store.vault import Entry, Root, Vault
from lsfs.versions.contents import ContentStore, NotStill
from lsfs.watch.records import ScanBatch
from lsfs.watch.scan import Scanner

log = logging.getLogger(__name__)


class Flusher:
    """Makes versions at once of what would become one later; for any thread.

    `is_there` says whether a root's own folder stands at its path.  `changing` is called once the vault's entries are
    changed, before anybody else can change some; `changed` after; `keep_missing` has kept later what was not now.
    """

    def __init__(
        self,
        vault: Vault,
        contents: ContentStore,
        reconciler: Reconciler,
        capturer: Capturer,
        opener: Opener,
        reflector: Reflector,
        scanner: Callable[[Root], Scanner],
        is_there: Callable[[Root], bool],
        changing: Callable[[], None],
        changed: Callable[[], None],
        keep_missing: Callable[[], None],
    ) -> None:
        self._vault = vault
        self._contents = contents
        self._reconciler = reconciler
        self._capturer = capturer
        self._opener = opener
        self._reflector = reflector
        self._scanner = scanner
        self._is_there = is_there
        self._changing = changing
        self._changed = changed
        self._keep_missing = keep_missing

    def paths(self, root: Root, paths: Sequence[bytes]) -> None:
        """Records what stands at the paths, and makes versions of it; what keeps changing is left as it is."""
        with self._vault.turn:
            changed = self._reconciler.apply(root, self._look(root, self._scanner(root), paths))
            self._changing()
            entries = [entry for entry in self._vault.entries.at(root.id, paths).values() if not entry.gone]
        done = self._settle(entries)
        if changed.entries or changed.gone or done:
            self._changed()

    def tree(self, root: Root, folder: bytes) -> None:
        """The same for everything below a folder; what the first scan found and nobody has read yet is not read now."""
        scanner = self._scanner(root)
        news = False
        gone: list[bytes] = []
        for batch in scanner.scan(Known(self._vault, root.id), folder):
            gone += batch.gone
            batch.gone = []
            if batch.seen or batch.left_out:
                with self._vault.turn:
                    self._reconciler.apply(root, batch)
                    self._changing()
                news = True
        for start in range(0, len(gone), 500):
            with self._vault.turn:
                self._reconciler.apply(root, self._look(root, scanner, gone[start : start + 500]))
                self._changing()
            news = True
        waiting = self._vault.entries.unsettled(root.id, folder, root.baseline)
        news |= self._settle(waiting)
        if news:
            self._changed()

    def _look(self, root: Root, scanner: Scanner, paths: Sequence[bytes]) -> ScanBatch:
        """What stands at paths; of a root that went away, nothing that seems gone is."""
        batch = scanner.look(paths)
        if batch.gone and not self._is_there(root):
            batch.gone = []
        return batch

    def _settle(self, entries: Sequence[Entry]) -> bool:
        """Reads what was not read since it changed, and makes versions of all; whether there was anything to do."""
        unread = [e for e in entries if e.kind is Kind.FILE and e.content is None and not e.unversioned]
        for entry in unread:
            self._read(entry)
        read = {entry.id for entry in unread}
        waiting = [entry for entry in entries if entry.pending is not None or entry.id in read]
        if waiting:
            self._capturer.settle(waiting)
        return bool(waiting)

    def _read(self, entry: Entry) -> None:
        if self._capturer.refusal(entry.size):
            return  # what a plan needs it keeps by itself; the rest is read in its turn
        try:
            descriptor = self._opener.open(entry.root, entry.path)
        except OSError as error:
            log.info("a file could not be read at once: %s", error.strerror)
            return
        try:
            with self._contents.leased():
                self._keep(entry, descriptor)
        except (OSError, NotStill) as error:
            log.info("a file could not be read at once: %s", error)
        finally:
            os.close(descriptor)

    def _keep(self, entry: Entry, descriptor: int) -> None:
        kept = self._contents.keep_file(descriptor)
        attributes = xattrs.read(descriptor)
        with self._vault.turn:
            captured = self._capturer.apply([Reading(entry.id, kept.content, kept.key, attributes, kept=True)])
            self._changing()
        self._reflector.write_back(captured.mirrors)
        if captured.unkept:
            self._keep_missing()
