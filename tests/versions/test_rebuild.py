"""A vault that disagrees with its objects is brought to what lies there; notes tell what its copy does not know."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from lsfs.core.errors import StorageError
from lsfs.core.records import Kind
from lsfs.objects.packs import Packs, Place
from lsfs.objects.piece import Codec, RecordKind
from lsfs.store.vault import Bound, Entry, Vault, Version
from lsfs.versions.contents import ContentStore
from lsfs.versions.history import History
from lsfs.versions.notes import Found, all_notes, note_of
from lsfs.versions.rebuild import Rebuilt, rebuild
from lsfs.versions.verify import Verified, verify

ROOT = b"/home/me/Documents"
NOW = 1_000_000


class Lost:
    """A vault and its objects, and a copy of the vault that is older than both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = Vault(folder / "vault.db")
        self.packs = Packs(folder / "objects")
        with self.vault.write() as tx:
            self.vault.roots.add(tx, ROOT, "", 1, 0)

    @property
    def contents(self) -> ContentStore:
        return ContentStore(self.vault, self.packs, Codec())

    def close(self) -> None:
        self.packs.close()
        self.vault.close()

    def noted(
        self, lineage: int, path: bytes, body: bytes, seen: int, *, root: bytes = ROOT, known: bool = False
    ) -> None:
        """A capture as the ingest thread does it: bytes and note first; the vault learns of it where it is `known`."""
        content = blake3(body).digest()
        note = note_of([Found(content, root, path, lineage, len(body), 0o100600, seen, seen)])
        placed = self.contents.place([Codec().piece(body)], (), note)
        if not known:
            return
        with self.vault.write() as tx:
            self.contents.record(tx, placed)
            if lineage not in self.vault.entries.lineages_in(tx, [lineage]):
                self.vault.entries.begin_lineage(tx, lineage)
            (number,) = self.vault.versions.next_numbers(tx, [lineage]).values()
            seq = self.vault.next_seq(tx)
            stat = (body and 5, 5, len(body), 0o100600, seen, seen)
            old = self.vault.entries.at(1, [path]).get(path)
            entry_id = old.id if old else self.vault.entries.next_id(tx)
            self.vault.entries.put(
                tx, [Entry(entry_id, 1, path, Kind.FILE, *stat, None, content, lineage, seq, None, 0)]
            )
            row = (1, path, "file", content, None, len(body), 0o100600, seen, None, seen, seen)
            self.vault.versions.add(tx, [Version(seq, lineage, number, *row)])

    def copied(self) -> None:
        """The daily copy."""
        self.vault.backup(self.folder / "vault.copy.db")

    def back_to_the_copy(self) -> None:
        self.close()
        shutil.copy(self.folder / "vault.copy.db", self.folder / "vault.db")
        self.vault = Vault(self.folder / "vault.db")
        self.packs = Packs(self.folder / "objects")

    def rebuilt(self, stands: Callable[[bytes], bool] = lambda _: False) -> Rebuilt:
        return rebuild(self.vault, self.contents, NOW, stands)

    def history(self, path: bytes) -> list[tuple[int | None, bytes, int, bool]]:
        """(number, bytes, since, gone) of each version of the file at a path; everything numbered can be read."""
        entry = self.vault.entries.at(1, [path])[path]
        return [
            (v.number, b"".join(self.contents.read(v.content)), v.since_ns, bool(v.gone))
            for v in self.vault.versions.of(entry.lineage)
        ]

    def verified(self) -> Verified:
        *_, last = verify(self.vault, self.contents, lambda: NOW)
        assert isinstance(last, Verified)
        return last


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Lost]:
    made = Lost(tmp_path)
    yield made
    made.close()


def test_a_vault_that_agrees_is_left_as_it_is(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.contents.keep_bytes(bytes(range(256)) * 4000)
    assert lost.rebuilt() == Rebuilt()


def test_contents_kept_since_the_copy_are_known_again(lost):
    lost.copied()
    bodies = [b"small", bytes(range(256)) * 4000, b"", b"text " * 100_000]
    for body in bodies:
        lost.contents.keep_bytes(body)
    lost.back_to_the_copy()
    assert lost.rebuilt().added > len(bodies)
    assert [b"".join(lost.contents.read(blake3(body).digest())) for body in bodies] == bodies
    assert lost.rebuilt() == Rebuilt()


def test_records_that_were_moved_since_the_copy_are_found_where_they_lie_now(lost):
    small, large = b"small", b"text " * 100_000
    for body in (small, large):
        lost.contents.keep_bytes(body)
    lost.copied()
    moved = [lost.packs.read(found.place, found.header.hash) for found in lost.packs.records(1)]
    lost.packs.begin_new_pack()
    lost.packs.append([Codec().piece(b"something else before them")])
    lost.packs.close()
    with open(lost.packs.path(Place(2, 0, 0)), "ab") as file:
        file.write(b"".join(reversed(moved)))
    lost.packs.remove_pack(1)
    lost.back_to_the_copy()
    found = lost.rebuilt()
    assert (found.moved, found.added, found.lost) == (len(moved), 1, 0)
    assert b"".join(lost.contents.read(blake3(large).digest())) == large
    assert lost.verified().lost == () and lost.verified().mended == 0
    assert lost.rebuilt() == Rebuilt()


def test_what_is_nowhere_is_forgotten_and_its_versions_say_so(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.packs.begin_new_pack()
    lost.noted(1, b"a", b"two", 20, known=True)
    lost.packs.remove_pack(1)
    assert lost.rebuilt().lost == 1
    listed = History(lost.vault).versions(1)
    assert [each.kept for each in listed] == [False, True] and "repaired" in listed[0].reason
    lost.contents.keep_bytes(b"one")
    lost.rebuilt()
    assert [(each.kept, each.reason) for each in History(lost.vault).versions(1)] == [(True, ""), (True, "")]
    assert lost.vault.versions.dropped(1) == {}


def test_a_content_that_lost_one_of_its_pieces_is_not_taken_for_kept(lost):
    body = b"text %d " * 100_000
    content = lost.contents.keep_bytes(body)
    records = list(lost.packs.records(1))
    lost.packs.close()
    with open(lost.packs.path(Place(1, 0, 0)), "r+b") as file:
        file.seek(records[0].place.offset)
        file.write(b"????")
    assert lost.rebuilt().lost == 2 and not lost.contents.has(content)
    assert lost.contents.keep_bytes(body) == content and b"".join(lost.contents.read(content)) == body


def test_damaged_records_are_not_taken_for_kept(lost):
    lost.copied()
    lost.contents.keep_bytes(b"words" * 100)
    (found,) = (f for f in lost.packs.records(1) if f.header.kind is RecordKind.PIECE)
    lost.packs.close()
    with open(lost.packs.path(Place(1, 0, 0)), "r+b") as file:
        file.seek(found.place.offset + found.place.stored - 1)
        file.write(b"\xff")
    lost.back_to_the_copy()
    assert lost.rebuilt() == Rebuilt()


def test_objects_that_are_away_stop_it(lost, tmp_path):
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.packs.close()
    (tmp_path / "objects").rename(tmp_path / "away")
    with pytest.raises(StorageError, match="is not there"):
        lost.rebuilt()
    (tmp_path / "away").rename(tmp_path / "objects")
    assert lost.rebuilt() == Rebuilt()


def test_captures_since_the_copy_become_versions_of_the_file_that_the_copy_knows(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.copied()
    for number, body in enumerate((b"two", b"three", b"two"), 2):
        lost.noted(1, b"a", body, number * 10, known=True)
    lost.back_to_the_copy()
    assert lost.rebuilt().versions == 3
    expected = [(1, b"one", 10, False), (2, b"two", 20, False), (3, b"three", 30, False), (4, b"two", 40, False)]
    assert lost.history(b"a") == expected
    assert lost.rebuilt() == Rebuilt() and lost.history(b"a") == expected
    assert lost.vault.entries.at(1, [b"a"])[b"a"].gone == 0  # what stands there is for the scan to tell


def test_notes_that_tidying_has_moved_are_taken_in_the_order_in_which_they_were_written(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.copied()
    lost.noted(1, b"a", b"two", 20)
    lost.noted(1, b"a", b"three", 30)
    records = [lost.packs.read(found.place, found.header.hash) for found in lost.packs.records(1)]
    lost.packs.close()
    lost.packs.path(Place(1, 0, 0)).write_bytes(b"".join(reversed(records)))
    lost.back_to_the_copy()
    assert [note[0].seen_ns for note in all_notes(lost.packs)] == [10, 20, 30]
    lost.rebuilt()
    assert [body for _, body, _, _ in lost.history(b"a")] == [b"one", b"two", b"three"]


def test_a_file_that_the_copy_does_not_know_has_a_history_and_counts_as_gone(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    with lost.vault.write() as tx:
        lost.vault.roots.set_baseline(tx, 1)
    lost.copied()
    lost.noted(2, b"new/b", b"first", 20, known=True)
    lost.noted(2, b"new/b", b"second", 30, known=True)
    lost.back_to_the_copy()
    assert lost.rebuilt().versions == 2
    entry = lost.vault.entries.at(1, [b"new/b"])[b"new/b"]
    assert (entry.gone, entry.lineage) == (1, 2)
    assert lost.history(b"new/b") == [
        (1, b"first", 20, False),
        (2, b"second", 30, False),
        (None, b"second", NOW, True),
    ]
    assert lost.vault.versions.tree(1, b"", Bound(ns=25)).keys() == {b"a", b"new/b"}
    assert lost.vault.versions.tree(1, b"", Bound(ns=NOW)).keys() == {b"a"}
    assert lost.rebuilt() == Rebuilt()


def test_a_new_file_that_stands_there_still_is_not_said_to_have_ended(lost):
    lost.copied()
    lost.noted(2, b"b", b"first", 20, known=True)
    lost.back_to_the_copy()
    lost.rebuilt(stands=lambda path: path == ROOT + b"/b")
    assert [(number, gone) for number, _, _, gone in lost.history(b"b")] == [(1, False)]


def test_a_file_found_by_a_first_scan_counts_as_unchanged_since_its_mtime(lost):
    lost.copied()  # before the first scan was whole
    with lost.vault.write() as tx:
        lost.vault.entries.begin_lineage(tx, 1)
    note = Found(blake3(b"old").digest(), ROOT, b"a", 1, 3, 0o100600, 5, 20)
    lost.contents.place([Codec().piece(b"old")], (), note_of([note]))
    lost.back_to_the_copy()
    lost.rebuilt(stands=lambda _: True)
    assert lost.history(b"a") == [(1, b"old", 5, False)]


def test_a_moved_file_keeps_its_lineage(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.copied()
    lost.noted(1, b"b", b"two", 20)
    lost.back_to_the_copy()
    lost.rebuilt()
    assert [(v.number, v.path) for v in lost.vault.versions.of(1)] == [(1, b"a"), (2, b"b")]
    assert lost.history(b"b") == lost.history(b"a")


def test_files_that_swapped_their_names_keep_their_histories(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.noted(2, b"b", b"two", 20, known=True)
    lost.copied()
    lost.noted(1, b"b", b"one, changed", 30)
    lost.noted(2, b"a", b"two, changed", 40)
    lost.back_to_the_copy()
    lost.rebuilt()
    assert [body for _, body, _, _ in lost.history(b"a")] == [b"one", b"one, changed"]
    assert [body for _, body, _, _ in lost.history(b"b")] == [b"two", b"two, changed"]


def test_another_file_at_a_known_path_adds_to_the_history_there(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.copied()
    lost.noted(7, b"a", b"two", 20)
    lost.back_to_the_copy()
    lost.rebuilt()
    assert [body for _, body, _, _ in lost.history(b"a")] == [b"one", b"two"]


def test_what_was_pending_in_the_copy_comes_before_what_was_noted_after_it(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    two = lost.contents.keep_bytes(b"two")
    with lost.vault.write() as tx:
        (entry,) = lost.vault.entries.at(1, [b"a"]).values()
        fields = {"content": two, "pending": 20, "ctime_ns": 19, "seq": lost.vault.next_seq(tx)}
        lost.vault.entries.put(tx, [Entry(**{name: getattr(entry, name) for name in entry.__struct_fields__} | fields)])
    lost.copied()
    lost.noted(1, b"a", b"three", 30)
    lost.back_to_the_copy()
    lost.rebuilt()
    assert lost.history(b"a") == [(1, b"one", 10, False), (2, b"two", 19, False), (3, b"three", 30, False)]
    assert lost.vault.entries.pending() == []


def test_notes_of_what_left_no_trace_or_is_not_watched_make_no_versions(lost):
    lost.noted(2, b"born and gone", b"brief", 5)
    lost.noted(1, b"a", b"one", 10, known=True)
    lost.noted(3, b"x", b"elsewhere", 40, root=b"/media/stick")
    lost.copied()
    lost.noted(4, b"y", b"elsewhere too", 50, root=b"/media/stick")
    lost.back_to_the_copy()
    assert lost.rebuilt().versions == 0
    assert [entry.path for entry in lost.vault.entries.below(1, b"", gone=True)] == [b"a"]


def test_notes_of_a_folder_that_is_part_of_a_watched_one_now_are_taken(lost):
    lost.copied()
    lost.noted(2, b"b", b"first", 20, root=ROOT + b"/letters")
    lost.back_to_the_copy()
    lost.rebuilt()
    assert lost.history(b"letters/b")[0][1] == b"first"


def test_what_has_no_versions_gets_none(lost):
    lost.noted(1, b"a", b"one", 10, known=True)
    with lost.vault.write() as tx:
        (entry,) = lost.vault.entries.at(1, [b"a"]).values()
        fields = {name: getattr(entry, name) for name in entry.__struct_fields__} | {"unversioned": "a secret"}
        lost.vault.entries.put(tx, [Entry(**fields)])
    lost.copied()
    lost.noted(1, b"a", b"two", 20)
    lost.back_to_the_copy()
    assert lost.rebuilt().versions == 0


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=12),
    st.integers(0, 12),
)
@settings(max_examples=25)
def test_no_version_is_lost_and_none_is_made_twice(
    tmp_path_factory: pytest.TempPathFactory, captures: Sequence[tuple[int, int]], copied_after: int
) -> None:
    """Whenever the copy was made: after a repair each file has the contents that it had, in their order."""
    lost = Lost(tmp_path_factory.mktemp("lost"))
    expected: dict[bytes, list[bytes]] = {}
    lost.copied()
    for number, (file, content) in enumerate(captures):
        path, body = b"file %d" % file, b"content %d" % content
        if number == copied_after:
            lost.copied()
        if expected.get(path, [None])[-1] != body:
            expected.setdefault(path, []).append(body)
            lost.noted(file + 1, path, body, 10 * number + 10, known=True)
    lost.back_to_the_copy()
    for _ in range(2):
        lost.rebuilt()
        assert {path: [body for n, body, _, _ in lost.history(path) if n] for path in expected} == expected
    lost.close()
