"""Which version a WHEN means, and what stood where at a point in the past: a table of histories written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from lsfs.core.errors import LsfsError, NothingFound, RefusedError, UsageError
from lsfs.core.records import Kind
from lsfs.core.times import Back, BeforeOp, First, Moment, Numbered
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.store.vault import Bound, Entry, Vault, Version
from lsfs.store.vault.ops import OpRow
from lsfs.versions.contents import ContentStore
from lsfs.versions.history import History

DAY = 86_400_000_000_000
START = 20_000 * DAY


class Past:
    """A vault into which versions are written as they are told; every one says its own number in its content."""

    def __init__(self, folder: Path) -> None:
        self.vault = Vault(folder / "vault.db")
        self.packs = Packs(folder / "objects")
        self.contents = ContentStore(self.vault, self.packs, Codec())
        self.history = History(self.vault)
        self.seq = 0
        self.numbers: dict[int, int] = {}
        with self.vault.write() as tx:
            self.root = self.vault.roots.add(tx, b"/watched", "", 1, START).id
        self.lineages: dict[str, int] = {}

    def close(self) -> None:
        self.packs.close()
        self.vault.close()

    def lineage(self, name: str) -> int:
        if name not in self.lineages:
            with self.vault.write() as tx:
                (self.lineages[name],) = self.vault.entries.new_lineages(tx, [None])
        return self.lineages[name]

    def write(self, who: str, path: bytes, text: str | None, day: float, *, gone: int = 0) -> Version:
        """`text` None: only the name, the mode or the time changed."""
        lineage = self.lineage(who)
        self.seq += 1
        numbered = text is not None
        if numbered:
            self.numbers[lineage] = self.numbers.get(lineage, 0) + 1
            content = self.contents.keep_bytes(text.encode())
        else:
            content = next((v.content for v in reversed(self.vault.versions.of(lineage)) if not v.gone), None)
        at = START + int(day * DAY)
        version = Version(
            seq=self.seq,
            lineage=lineage,
            number=self.numbers[lineage] if numbered else None,
            root=self.root,
            path=path,
            kind=Kind.FILE,
            content=content,
            target=None,
            size=0,
            mode=0o100644,
            mtime_ns=at,
            xattrs=None,
            seen_ns=at,
            since_ns=at,
            gone=gone,
        )
        with self.vault.write() as tx:
            self.vault.versions.add(tx, [version])
        return version

    def leaves(self, who: str, path: bytes, day: float) -> None:
        self.write(who, path, None, day, gone=1)

    def stands(self, who: str, path: bytes, *, gone: int = 0) -> None:
        """What an entry says of the present."""
        newest = self.vault.versions.of(self.lineage(who))[-1]
        with self.vault.write() as tx:
            entry = Entry(
                id=self.vault.entries.next_id(tx),
                root=self.root,
                path=path,
                kind=Kind.FILE,
                ino=newest.lineage,
                btime_ns=0,
                size=0,
                mode=newest.mode,
                mtime_ns=newest.mtime_ns,
                ctime_ns=newest.mtime_ns,
                target=None,
                content=newest.content,
                lineage=newest.lineage,
                seq=newest.seq,
                pending=None,
                gone=gone,
            )
            self.vault.entries.put(tx, [entry])

    def forget(self, version: Version, reason: str) -> None:
        """Thinning has given the version up, and its bytes were tidied away."""
        with self.vault.write() as tx:
            self.vault.versions.drop(tx, [version.seq], START, reason)
            tx.execute("DELETE FROM pieces WHERE hash = ?", (version.content,))

    def text(self, path: bytes, when, by: str = "") -> str:
        version = self.history.resolve(self.root, path, when, by)
        return b"".join(self.contents.read(version.content)).decode()

    def refused(self, kind: type[LsfsError], path: bytes, when, by: str = "") -> str:
        with pytest.raises(kind) as caught:
            self.history.resolve(self.root, path, when, by)
        return f"{caught.value.message} / {caught.value.hint}"


def on(day: float) -> Moment:
    return Moment(START + int(day * DAY))


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    past = Past(tmp_path)
    yield past
    past.close()


@pytest.fixture
def five(past: Past) -> Past:
    """`f` with five versions, one a day."""
    for number in range(1, 6):
        past.write("f", b"f", f"text {number}", number)
    past.stands("f", b"f")
    return past


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (Numbered(1), "text 1"),
        (Numbered(2), "text 2"),
        (Numbered(5), "text 5"),
        (Back(1), "text 4"),
        (Back(2), "text 3"),
        (Back(4), "text 1"),
        (First(), "text 1"),
        (on(1), "text 1"),
        (on(1.99), "text 1"),
        (on(2), "text 2"),
        (on(3.5), "text 3"),
        (on(500), "text 5"),
    ],
)
def test_a_file_of_five_versions(five, when, text):
    assert five.text(b"f", when) == text


def test_what_is_not_there_is_said_and_nothing_else_is_taken_for_it(five):
    assert "before the first version" in five.refused(NothingFound, b"f", on(0.5))
    assert "it has @1 to @5" in five.refused(NothingFound, b"f", Numbered(6))
    assert "only 4 kept versions" in five.refused(NothingFound, b"f", Back(5))
    assert "nothing is known" in five.refused(NothingFound, b"g", First())
    assert "no op 3" in five.refused(NothingFound, b"f", BeforeOp(3))


def test_a_version_that_was_thinned_names_those_near_it_and_is_never_replaced_by_another(five):
    second, third = five.vault.versions.of(five.lineage("f"))[1:3]
    five.forget(second, "thinned: hourly")
    five.forget(third, "thinned: hourly")
    for when in (Numbered(2), on(2.5)):
        said = five.refused(NothingFound, b"f", when)
        assert "thinned: hourly" in said and "@1 of" in said and "@4 of" in said
    # Back counts what is kept, a number what ever was.
    assert five.text(b"f", Back(1)) == "text 4"
    assert five.text(b"f", Back(2)) == "text 1"
    assert five.text(b"f", Numbered(4)) == "text 4"


def test_a_deleted_file_counts_back_from_its_last_content(past):
    past.write("f", b"f", "one", 1)
    past.write("f", b"f", "two", 2)
    past.leaves("f", b"f", 3)
    past.stands("f", b"f", gone=1)
    assert past.text(b"f", Back(1)) == "two"
    assert past.text(b"f", Back(2)) == "one"
    assert past.text(b"f", on(2.5)) == "two"
    assert "it was gone since" in past.refused(NothingFound, b"f", on(3.5))


def test_a_rename_does_not_break_the_history(past):
    past.write("f", b"old", "one", 1)
    past.write("f", b"new", None, 2)
    past.write("f", b"new", "two", 3)
    past.stands("f", b"new")
    assert past.text(b"new", on(1.5)) == "one"
    assert past.text(b"new", Numbered(1)) == "one"
    assert past.text(b"new", Back(1)) == "one"


def test_where_another_file_stood_then_both_readings_are_named_and_neither_is_guessed(past):
    past.write("first", b"a", "the first", 1)
    past.write("first", b"b", None, 2)  # mv a b
    past.write("second", b"a", "the second", 2)  # touch a
    past.stands("first", b"b")
    past.stands("second", b"a")
    said = past.refused(RefusedError, b"a", on(1.5))
    assert "did not exist then" in said and "which is b now" in said
    assert "--by file" in said and "--by path" in said
    assert past.text(b"a", on(1.5), by="path") == "the first"
    assert "before the first version" in past.refused(NothingFound, b"a", on(1.5), by="file")
    assert past.text(b"a", on(2.5)) == "the second"
    assert past.text(b"b", on(1.5)) == "the first"


def test_two_files_that_changed_places(past):
    past.write("x", b"a", "x", 1)
    past.write("y", b"b", "y", 1)
    past.write("x", b"b", None, 2)
    past.write("y", b"a", None, 2)
    past.stands("x", b"b")
    past.stands("y", b"a")
    assert past.text(b"a", on(1.5), by="file") == "y"
    assert past.text(b"a", on(1.5), by="path") == "x"
    assert "was b then" in past.refused(RefusedError, b"a", on(1.5))


def test_a_clock_set_back_does_not_change_the_order(past):
    past.write("f", b"f", "before", 5)
    past.write("f", b"f", "after", 3)  # the clock was put back two days
    past.write("f", b"f", "last", 4)
    past.stands("f", b"f")
    assert past.text(b"f", Back(1)) == "after"
    assert past.text(b"f", Numbered(1)) == "before"
    assert past.text(b"f", on(6)) == "last"
    assert past.text(b"f", on(3.5)) == "after"


def test_before_an_op_is_by_order_whatever_the_clock_said(past):
    past.write("f", b"f", "before", 5)
    with past.vault.write() as tx:
        row = OpRow(0, "running", "reversible", "cli", "", "", b"", 1, 0, START, START, seq=past.seq)
        op = past.vault.ops.add(tx, row, [], [])
    past.write("f", b"f", "by the op", 4)
    past.stands("f", b"f")
    assert past.text(b"f", BeforeOp(op)) == "before"


def test_a_tree_as_it_was(past):
    past.write("a", b"d/a", "a", 1)
    past.write("b", b"d/b", "b", 1)
    past.write("out", b"d0", "beside it", 1)
    past.write("b", b"e/b", None, 2)
    past.leaves("a", b"d/a", 3)
    past.write("c", b"d/a", "another a", 4)

    def tree(day: float, folder: bytes = b"d") -> dict[bytes, bytes | None]:
        found = past.history.tree(past.root, folder, Bound(ns=START + int(day * DAY)))
        return {path: version.content for path, version in found.items()}

    assert tree(0.5) == {}
    assert tree(1.5) == {b"d/a": blake3(b"a").digest(), b"d/b": blake3(b"b").digest()}
    assert tree(2.5) == {b"d/a": blake3(b"a").digest()}
    assert tree(3.5) == {}
    assert tree(4.5) == {b"d/a": blake3(b"another a").digest()}
    assert set(tree(2.5, b"")) == {b"d/a", b"d0", b"e/b"}


def test_versions_of_a_folder_are_not_counted(past):
    with pytest.raises(UsageError, match="not counted"):
        past.history.bound(Numbered(2))
