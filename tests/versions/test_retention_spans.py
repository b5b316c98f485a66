"""How long each version was what its file held, read off the rows of the vault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.store.vault import Version
from tests.versions.cellar import Cellar


@pytest.fixture
def cellar(tmp_path: Path) -> Iterator[Cellar]:
    made = Cellar(tmp_path)
    yield made
    made.close()


class File:
    """Versions of one file at given times, of contents that are kept."""

    def __init__(self, cellar: Cellar) -> None:
        self.cellar = cellar
        with cellar.vault.write() as tx:
            (self.lineage,) = cellar.vault.entries.new_lineages(tx, [None])

    def state(
        self, since: int, content: bytes | None, *, counts: bool = True, gone: int = 0, seen: int | None = None
    ) -> int:
        """Its number of change."""
        vault = self.cellar.vault
        with vault.write() as tx:
            seq = vault.next_seq(tx)
            number = vault.versions.next_numbers(tx, [self.lineage])[self.lineage] if counts else None
            kind = "file" if content is not None else "symlink"
            seen = since if seen is None else seen
            place = (self.cellar.root, b"f", kind, content, None, 10, 0o100644)
            vault.versions.add(tx, [Version(seq, self.lineage, number, *place, since, None, seen, since, None, gone)])
        return seq

    def spans(self, *, single: bool = False) -> list[tuple[int, int, int | None]]:
        """(number, since, until)."""
        found = self.cellar.vault.versions.spans(single=single)
        return [(span.number, span.since_ns, span.until_ns) for span in found]


@pytest.fixture
def file(cellar: Cellar) -> File:
    return File(cellar)


@pytest.fixture
def contents(cellar: Cellar) -> list[bytes]:
    return [cellar.keep(seed) for seed in range(3)]


def test_a_version_stood_until_the_next_began(file, contents):
    for since, content in zip((10, 20, 30), contents, strict=True):
        file.state(since, content)
    assert file.spans() == [(1, 10, 20), (2, 20, 30), (3, 30, None)]


def test_a_touch_or_a_new_name_ends_no_version(file, contents):
    file.state(10, contents[0])
    file.state(15, contents[0], counts=False)
    file.state(20, contents[1])
    file.state(25, contents[1], counts=False)
    assert file.spans() == [(1, 10, 20), (2, 20, None)]


def test_a_deletion_and_a_link_in_its_place_end_a_version(file, contents):
    file.state(10, contents[0])
    file.state(15, contents[0], counts=False, gone=1)
    file.state(20, contents[1])
    file.state(25, None, counts=False)
    assert file.spans() == [(1, 10, 15), (2, 20, 25)]


def test_a_content_that_came_back_stood_until_it_went_for_good(file, contents):
    file.state(10, contents[0])
    file.state(12, contents[0], counts=False, gone=1)
    file.state(14, contents[0], counts=False)
    file.state(16, contents[0], counts=False, gone=1)
    file.state(20, contents[1])
    assert file.spans() == [(1, 10, 16), (2, 20, None)]


def test_a_clock_that_was_set_back_makes_no_version_old(file, contents):
    file.state(1000, contents[0], seen=1002)
    file.state(5, contents[1])
    file.state(7, contents[2])
    assert file.spans() == [(1, 1000, 1002), (2, 5, 7), (3, 7, None)]


def test_what_a_first_scan_found_did_not_end_before_it_was_found(file, contents):
    """Its time is that of the file, years ago; the clock was wrong when the next one came."""
    file.state(10, contents[0], seen=500)
    file.state(20, contents[1])
    assert file.spans()[0] == (1, 10, 500)


def test_what_is_not_kept_has_no_span_but_ends_the_one_before(cellar, file, contents):
    file.state(10, contents[0])
    given_up = file.state(20, contents[1])
    file.state(30, b"never kept")
    file.state(40, contents[2])
    cellar.give_up(given_up)
    assert file.spans() == [(1, 10, 20), (4, 40, None)]
    assert cellar.vault.versions.kept() == 2


def test_files_that_had_one_version_are_told_when_asked_for(file, contents):
    file.state(10, contents[0])
    file.state(15, contents[0], counts=False)
    assert file.spans() == [] and file.spans(single=True) == [(1, 10, None)]


def test_a_version_goes_with_the_touches_and_renames_after_it(cellar, file, contents):
    first = file.state(10, contents[0])
    touched = file.state(15, contents[0], counts=False)
    file.state(16, contents[0], counts=False, gone=1)
    other = file.state(20, contents[1])
    again = file.state(30, contents[0])
    file.state(35, contents[0], counts=False)
    followers = cellar.vault.versions.with_followers([first, other])
    assert {touched, first, other} <= followers.keys() and again not in followers
    assert followers[touched] == first and len(followers) == 4


def test_a_content_is_needed_by_the_versions_that_have_not_given_it_up(cellar, file, contents):
    seqs = [file.state(10 * at, content) for at, content in enumerate(contents)]
    cellar.give_up(seqs[0])
    assert cellar.vault.versions.contents() == set(contents[1:])
    assert cellar.vault.versions.contents(without=[seqs[1]]) == {contents[2]}
    assert cellar.vault.versions.contents_after(seqs[1]) == {contents[2]}
