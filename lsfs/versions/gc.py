"""Tidying of kept bytes: a plan, a value that says what nothing needs, and a run, which does what still holds of it.

A plan marks what is in use (`Collector.in_use`); pieces and contents that are not are dead.  A run

1. forgets the dead in the vault, in transactions that first look at all that changed since the plan was made: what came
   into use again stays;
2. deletes the files of forgotten records that have one each;
3. deletes files that nothing has referred to for a day;
4. copies what is still needed out of packs that hold little else, has the vault refer to the copies, and deletes the
   packs.

It can be killed anywhere: the vault never refers to what is not there, and what is there without being referred to goes
with a later run.  Who reads meanwhile looks a second time (`ContentStore.read`).

What was written within the last hour is left alone, be it dead: whoever wrote it may not have said so yet.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from lsfs.core.errors import ConflictError, StorageError, UnavailableError
from lsfs.core.faults import Reach, unreached
from lsfs.objects.inventory import Inventory, PackFile, pack_file, take_inventory
from lsfs.objects.packs import LOOSE, Place
from lsfs.objects.piece import RecordKind, record_of
from lsfs.store.database import Transaction
from lsfs.store.vault import COPY, ContentRow, PieceRow, Span, Vault
from lsfs.store.vault.pieces import piece_ids
from lsfs.versions.contents import ContentStore
from lsfs.versions.retention import DAY_NS, HOUR_NS, UNDO_NS, Stored

YOUNG_NS = HOUR_NS
"""What was written since is nobody's business but its writer's."""
STRAY_NS = DAY_NS
"""Files that nothing refers to are kept so long: a vault may be mended from them."""
NOTES_NS = DAY_NS
"""Notes are needed that are younger than the vault's daily copy; and some more, since that took its time."""
_PART_BYTES = 4 << 20
"""Copied at a time; who captures a file waits meanwhile."""
_PART_ROWS = 5000
"""Forgotten at a time; who records anything waits meanwhile."""

T = TypeVar("T")
Row = PieceRow | ContentRow

log = logging.getLogger(__name__)


class Strays(msgspec.Struct, frozen=True):
    """Files that nothing refers to."""

    packs: tuple[int, ...] = ()
    loose: tuple[bytes, ...] = ()
    partials: tuple[Path, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """What a run would do."""

    seq: int
    """The vault's newest change when it was made."""
    newest_content: int
    """Id of the vault's newest content of several pieces then."""
    pieces: tuple[PieceRow, ...]
    """Those that are dead."""
    contents: tuple[ContentRow, ...]
    """Those of several pieces that are dead."""
    packs: tuple[int, ...]
    """Those of which less than half is needed."""
    strays: Strays

    @property
    def freed(self) -> int:
        """Bytes of the records that are dead."""
        return _stored(self.pieces) + _stored(self.contents)


class Tidied(msgspec.Struct, frozen=True):
    """What a run has done."""

    pieces: int
    contents: int
    """Forgotten."""
    packs: int
    """Deleted, once what was needed of them was copied."""
    strays: int
    """Deleted."""
    freed: int
    """Bytes of the records that were forgotten."""


class Collector:
    """Tidies the kept bytes of one vault; for any thread."""

    def __init__(
        self, vault: Vault, contents: ContentStore, now_ns: Callable[[], int], reach: Reach = unreached
    ) -> None:
        """`reach` is called at each boundary that a crash may fall on."""
        self._vault = vault
        self._contents = contents
        self._packs = contents.packs
        self._now_ns = now_ns
        self._reach = reach
        self._running = threading.Lock()
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Ends what is under way, soon; for the end of the program."""
        self._stopped.set()

    def go_on(self) -> None:
        """Raises UnavailableError once it was stopped."""
        if self._stopped.is_set():
            raise UnavailableError("lsfs is stopping")

    # What is needed

    def in_use(self, without: Iterable[int] = ()) -> set[bytes]:
        """The contents that something needs: files, versions but those `without`, what ops may need, and leases."""
        vault = self._vault
        held = vault.ops.held(self._now_ns() - UNDO_NS)
        return vault.entries.contents() | vault.versions.contents(without) | held | self._contents.leases()

    def stored(self, spans: Sequence[Span]) -> Stored:
        """What room the contents of these versions take, and what is needed besides them."""
        pieces = self._vault.pieces
        others = self.in_use(self._vault.versions.with_followers(span.seq for span in spans))
        records = pieces.records_of(list({span.content for span in spans}))
        needed = {which for content, found in records.items() if content in others for which, _ in found}
        count = 0
        for content in self._until_stopped(pieces.contents_in_turn()):
            if content.hash in others:
                needed.update(piece_ids(content.pieces))
                count += content.stored
        for piece in self._until_stopped(pieces.in_turn()):
            if piece.id in needed or piece.hash in others:
                needed.add(piece.id)
                count += piece.stored
        return Stored(records, needed, count)

    def plan(self, without: Iterable[int] = ()) -> Plan:
        """What tidying would do now, were the contents of the versions `without` (by number of change) given up."""
        pieces = self._vault.pieces
        # Before anything is looked at, so that whatever changes while it is looked at counts as changed since.
        seq, newest_content = self._vault.seq(), pieces.newest_content()
        files = take_inventory(self._packs)
        used = self.in_use(without)
        young = _Young(files, self._now_ns() - YOUNG_NS)
        needed: set[int] = set()
        weights: Counter[int] = Counter()
        dead_contents: list[ContentRow] = []
        dead_pieces: list[PieceRow] = []
        for content in self._until_stopped(pieces.contents_in_turn()):
            if content.hash in used or young.holds(content):
                needed.update(piece_ids(content.pieces))
                weights[content.pack] += content.stored
            else:
                dead_contents.append(content)
        for piece in self._until_stopped(pieces.in_turn()):
            if piece.id in needed or piece.hash in used or young.holds(piece):
                weights[piece.pack] += piece.stored
            else:
                dead_pieces.append(piece)
        referred = weights.keys() | {row.pack for row in dead_contents} | {row.pack for row in dead_pieces}
        old = [file for file in files.packs if file.number not in young.packs]
        return Plan(
            seq=seq,
            newest_content=newest_content,
            pieces=tuple(dead_pieces),
            contents=tuple(dead_contents),
            packs=tuple(f.number for f in old if f.number in referred and self._is_sparse(f, weights[f.number])),
            strays=self._strays(files, referred),
        )

    def _is_sparse(self, file: PackFile, weight: int) -> bool:
        """Whether less than half of a pack is needed, of which the vault needs `weight` bytes."""
        return 2 * weight < file.size and 2 * (weight + sum(note.stored for note in self._notes(file))) < file.size

    def _notes(self, file: PackFile) -> list[Place]:
        """The notes of a pack that are still needed."""
        if file.written_ns <= self._copied_ns() - NOTES_NS:
            return []
        found = self._packs.records(file.number)
        return [record.place for record in found if record.header.kind is RecordKind.NOTE]

    def _copied_ns(self) -> int:
        """When the vault's daily copy was made, in ns; 0 where there is none."""
        try:
            return self._vault.path.with_name(COPY).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _strays(self, files: Inventory, referred: Iterable[int]) -> Strays:
        before = self._now_ns() - STRAY_NS
        loose = [file.hash for file in files.loose if file.written_ns <= before]
        kept = self._vault.pieces.kept(loose)
        # The newest pack stays: its number is not to be given to another.
        packs = [file for file in files.packs[:-1] if file.written_ns <= before and file.number not in set(referred)]
        return Strays(
            packs=tuple(file.number for file in packs if not self._notes(file)),
            loose=tuple(digest for digest in loose if digest not in kept),
            partials=tuple(file.path for file in files.partials if file.written_ns <= before),
        )

    # What is done

    def run(self, plan: Plan) -> Tidied:
        """Does what still holds of a plan; raises ConflictError where another run is under way.

        Raises UnavailableError where it was stopped: the rest is for a later run.
        """
        if not self._running.acquire(blocking=False):
            raise ConflictError("kept contents are being tidied already")
        try:
            gone = _Forgetting(self._vault, self._contents, plan, self._now_ns, self._boundary).run()
            before = self._now_ns() - YOUNG_NS
            for row in gone:
                if row.pack == LOOSE:
                    self._packs.remove_loose(row.hash, before)
                    self._boundary("gc.unlinked")
            strays = self._remove_strays(plan.strays)
            if plan.packs[-1:] == tuple(self._packs.numbers()[-1:]):
                self._packs.begin_new_pack()  # else what is copied would come to lie in a pack that is to go
            packs = sum(self._rewritten(number) for number in plan.packs)
        finally:
            self._running.release()
        done = Tidied(
            pieces=sum(isinstance(row, PieceRow) for row in gone),
            contents=sum(isinstance(row, ContentRow) for row in gone),
            packs=packs,
            strays=strays,
            freed=_stored(gone),
        )
        if any(msgspec.structs.astuple(done)):
            log.info("tidied: %s", done)
        return done

    def _rewritten(self, number: int) -> bool:
        """Copies what is needed of a pack and deletes it; False where it stays."""
        try:
            return self._rewrite(number)
        except StorageError as error:  # it is damaged, say, or the disk is full: the others may do all the same
            log.warning("a pack is left as it is: %s", error.message)
            return False

    def _rewrite(self, number: int) -> bool:
        file = pack_file(self._packs, number)
        pieces, contents = self._vault.pieces.lying_in(number)
        if file is None or file.written_ns > self._now_ns() - YOUNG_NS:
            return False
        for piece in self._until_stopped(pieces):
            self._contents.proved(piece)
        for content in self._until_stopped(contents):
            self._contents.listed(content)
        rows: list[Row] = [*pieces, *contents]
        notes = [(place, b"") for place in self._notes(file)]
        if not rows and not notes and number == self._packs.numbers()[-1]:
            return False  # the next pack would get its number again, under which others may have it open
        self._copy(notes)
        places = self._copy([(Place(row.pack, row.offset, row.stored), row.hash) for row in rows])
        with self._vault.write() as tx:
            self._move(tx, "pieces", pieces, places)
            self._move(tx, "contents", contents, places[len(pieces) :])
        self._reach("gc.moved")
        gone = self._packs.remove_pack(number, file.written_ns)
        self._boundary("gc.removed")
        return gone

    def _copy(self, records: Sequence[tuple[Place, bytes]]) -> list[Place]:
        """Where copies of records lie, by place and hash, once they are on the disk."""
        places: list[Place] = []
        for part in _in_parts(records):
            places += self._packs.append([record_of(self._packs.read(place, digest)) for place, digest in part])
            self._boundary("gc.copied")
        return places

    def _boundary(self, name: str) -> None:
        self._reach(name)
        self.go_on()

    def _until_stopped(self, rows: Iterable[T]) -> Iterator[T]:
        for row in rows:
            self.go_on()
            yield row

    def _move(self, tx: Transaction, table: str, rows: Sequence[Row], places: Sequence[Place]) -> None:
        moved = {row.hash: (place.pack, place.offset) for row, place in zip(rows, places, strict=False)}
        self._vault.pieces.move(tx, table, moved)

    def _remove_strays(self, strays: Strays) -> int:
        before = self._now_ns() - STRAY_NS
        kept = self._vault.pieces.kept(strays.loose)
        gone = []
        for digest in strays.loose:
            if digest not in kept:
                gone.append(self._packs.remove_loose(digest, before))
                self._boundary("gc.unlinked")
        for number in strays.packs:
            if not any(self._vault.pieces.lying_in(number)):
                gone.append(self._packs.remove_pack(number, before))
                self._boundary("gc.removed")
        for path in strays.partials:
            path.unlink(missing_ok=True)
        return sum(gone) + len(strays.partials)


class _Young:
    """The object files that were written to lately."""

    def __init__(self, files: Inventory, since_ns: int) -> None:
        self.packs = {file.number for file in files.packs if file.written_ns > since_ns}
        self._loose = {file.hash for file in files.loose if file.written_ns > since_ns}
        self._known = {file.number for file in files.packs}

    def holds(self, row: Row) -> bool:
        """Whether a record lies in one of them, or in one that came after they were looked at."""
        if row.pack == LOOSE:
            return row.hash in self._loose
        return row.pack in self.packs or row.pack not in self._known


class _Forgetting:
    """Takes what a plan calls dead out of the vault, but what came into use again since."""

    def __init__(
        self, vault: Vault, contents: ContentStore, plan: Plan, now_ns: Callable[[], int], reach: Reach
    ) -> None:
        self._vault = vault
        self._contents = contents
        self._plan = plan
        self._now_ns = now_ns
        self._reach = reach

    def run(self) -> list[Row]:
        """What was forgotten; contents first, so that none is left without its pieces."""
        gone: list[Row] = []
        spared: set[int] = set()
        for part in _slices(self._plan.contents):
            with self._used_since() as (tx, used):
                forgotten = [row for row in part if row.hash not in used]
                self._vault.pieces.forget(tx, (), [row.hash for row in forgotten])
            gone += forgotten
            spared.update(which for row in part if row.hash in used for which in piece_ids(row.pieces))
            self._reach("gc.forgotten")
        for some in _slices(self._plan.pieces):
            with self._used_since() as (tx, used):
                since = self._vault.pieces.contents_after(self._plan.newest_content)
                needed = spared.union(*(piece_ids(row.pieces) for row in since))
                dead = [row for row in some if row.hash not in used and row.id not in needed]
                self._vault.pieces.forget(tx, [row.hash for row in dead])
            gone += dead
            self._reach("gc.forgotten")
        return gone

    @contextlib.contextmanager
    def _used_since(self) -> Iterator[tuple[Transaction, set[bytes]]]:
        """A transaction, and what came into use since the plan was made; neither changes but by the caller."""
        vault, seq = self._vault, self._plan.seq
        with vault.turn, self._contents.unasked() as leased, vault.write() as tx:
            since = vault.entries.contents(seq) | vault.versions.contents_after(seq)
            # Anew and whole: an op that was planned before the plan was made may have begun, and kept pre-images.
            yield tx, leased | since | vault.ops.held(self._now_ns() - UNDO_NS)


def _stored(rows: Sequence[Row]) -> int:
    return sum(row.stored for row in rows)


def _slices(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    return (rows[start : start + _PART_ROWS] for start in range(0, len(rows), _PART_ROWS))


def _in_parts(records: Sequence[tuple[Place, bytes]]) -> Iterator[list[tuple[Place, bytes]]]:
    part: list[tuple[Place, bytes]] = []
    size = 0
    for place, digest in records:
        if part and size + place.stored > _PART_BYTES:
            yield part
            part, size = [], 0
        part.append((place, digest))
        size += place.stored
    if part:
        yield part
