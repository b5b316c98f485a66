"""A vault with kept contents whose clock is in our hands; nothing of a watched folder is on disk."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import msgspec
from blake3 import blake3

from lsfs.core.faults import Reach, unreached
from lsfs.core.records import Kind
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec, ObjectDamaged, RecordKind
from lsfs.store.vault import COPY, Entry, OpRow, Vault, Version
from lsfs.versions.contents import ContentStore
from lsfs.versions.gc import Collector, Tidied

HOUR_NS = 3_600_000_000_000
DAY_NS = 24 * HOUR_NS


def random_bytes(seed: int, size: int) -> bytes:
    """Bytes that no other seed has and that cannot be compressed."""
    return random.Random(seed).randbytes(size)


class Cellar:
    """Contents, and what needs them."""

    def __init__(self, folder: Path, reach: Reach = unreached) -> None:
        self.folder = folder
        self.now = time.time_ns()
        """Files are dated by the system's clock, so ours begins with that."""
        self.vault = Vault(folder / "vault.db")
        self.packs = Packs(folder / "objects", reach)
        self.contents = ContentStore(self.vault, self.packs, Codec())
        self.collector = Collector(self.vault, self.contents, lambda: self.now, reach)

        if not (roots := self.vault.roots.all()):
            with self.vault.write() as tx:
                roots = [self.vault.roots.add(tx, b"/watched", "", 1, self.now)]
        self.root = roots[0].id

    def close(self) -> None:
        self.packs.close()
        self.vault.close()

    def pass_time(self, hours: float = 2) -> None:
        self.now += int(hours * HOUR_NS)

    def copy(self, hours_ago: float) -> None:
        """The vault has a copy that was made so long ago."""
        copy = self.vault.path.with_name(COPY)
        self.vault.backup(copy)
        made = self.now - int(hours_ago * HOUR_NS)
        os.utime(copy, ns=(made, made))

    def keep(self, seed: int, size: int = 3000) -> bytes:
        """Bytes that nothing needs yet."""
        return self.contents.keep_bytes(random_bytes(seed, size))

    def save(self, path: bytes, content: bytes) -> int:
        """A file is found to hold a content, and that is a version; its number of change."""
        root = self.root
        with self.vault.write() as tx:
            known = self.vault.entries.at(root, [path]).get(path)
            lineage = known.lineage if known else self.vault.entries.new_lineages(tx, [None])[0]
            seq = self.vault.next_seq(tx, 2)
            number = self.vault.versions.next_numbers(tx, [lineage])[lineage]
            state = (self.now, self.now, None)
            entry = Entry(0, root, path, Kind.FILE, 1, 0, 9, 0o100644, *state, content, lineage, seq, None, 0)
            if known is None:
                entry = msgspec.structs.replace(entry, id=self.vault.entries.next_id(tx))
            self.vault.entries.put(tx, [entry])
            row = Version(
                seq + 1,
                lineage,
                number,
                root,
                path,
                "file",
                content,
                None,
                9,
                0o100644,
                self.now,
                None,
                self.now,
                self.now,
            )
            self.vault.versions.add(tx, [row])
        return seq + 1

    def give_up(self, *seqs: int) -> None:
        with self.vault.write() as tx:
            self.vault.versions.drop(tx, seqs, self.now, "thinned")

    def plan_op(self) -> int:
        """An op that is planned; its number."""
        row = OpRow(0, "preview", "reversible", "cli", "", "", b"{}", 1, 1, self.now, self.now + DAY_NS)
        with self.vault.write() as tx:
            return self.vault.ops.add(tx, row, [], [])

    def hold(self, op: int, content: bytes) -> None:
        with self.vault.write() as tx:
            self.vault.ops.hold(tx, op, [content])

    def finish_op(self, op: int) -> None:
        with self.vault.write() as tx:
            self.vault.ops.begin(tx, op, self.now, [], [])
            self.vault.ops.finish(tx, op, self.now, 0, [], [])

    def tidy(self) -> Tidied:
        return self.collector.run(self.collector.plan())

    def is_kept(self, content: bytes) -> bool:
        return bool(self.vault.pieces.kept([content]))

    def is_whole(self, content: bytes) -> bool:
        """Whether a content can be had."""
        try:
            return blake3(b"".join(self.contents.read(content))).digest() == content
        except ObjectDamaged:
            return False

    def pack_of(self, content: bytes) -> int:
        (row,) = self.vault.pieces.of(content) or []
        return row.pack

    def referred(self) -> set[tuple[bytes, int, int]]:
        """Hash, pack and offset of every record that the vault refers to."""
        sql = "SELECT hash, pack, offset FROM pieces UNION ALL SELECT hash, pack, offset FROM contents"
        return set(self.vault.pieces._db.rows(sql))

    def there(self) -> dict[tuple[bytes, int, int], int]:
        """The same of every record that there is but notes, with its bytes."""
        return {
            (found.header.hash, found.place.pack, found.place.offset): found.place.stored
            for found in self.packs.everything()
            if found.header.kind is not RecordKind.NOTE
        }

    def notes(self) -> int:
        return sum(found.header.kind is RecordKind.NOTE for found in self.packs.everything())
