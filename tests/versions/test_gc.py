"""Tidying of kept bytes: what nothing needs goes, what anything needs stays, whatever happens meanwhile."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsfs.core.errors import ConflictError
from lsfs.objects import packs as packs_module
from lsfs.objects.packs import LOOSE, Place
from lsfs.store.vault.pieces import piece_ids
from lsfs.versions import contents as contents_module
from lsfs.versions.retention import UNDO_NS
from tests.versions.cellar import DAY_NS, Cellar, random_bytes


@pytest.fixture
def cellar(tmp_path: Path) -> Iterator[Cellar]:
    made = Cellar(tmp_path)
    yield made
    made.close()


def test_what_files_and_versions_and_ops_need_stays_and_the_rest_goes(cellar):
    old, new, held, over, dead = (cellar.keep(seed) for seed in range(5))
    cellar.save(b"f", old)
    cellar.save(b"f", new)
    cellar.hold(cellar.plan_op(), held)
    done = cellar.plan_op()
    cellar.hold(done, over)
    cellar.finish_op(done)
    cellar.pass_time()
    assert cellar.tidy().pieces == 1
    assert [cellar.is_kept(content) for content in (old, new, held, over, dead)] == [True, True, True, True, False]
    cellar.now += UNDO_NS
    cellar.tidy()
    assert [cellar.is_kept(content) for content in (old, new, held, over)] == [True, True, True, False]


def test_a_version_that_is_given_up_leaves_its_content_to_the_others(cellar):
    content, other = cellar.keep(1), cellar.keep(2)
    first, _ = cellar.save(b"f", content), cellar.save(b"f", other)
    same = cellar.save(b"g", content)
    cellar.save(b"g", other)
    cellar.pass_time()
    cellar.give_up(first)
    assert cellar.tidy().pieces == 0
    cellar.give_up(same)
    assert cellar.tidy().pieces == 1 and not cellar.is_kept(content)


def test_only_the_pieces_that_no_other_content_has_go_with_a_content(cellar):
    shared = random_bytes(1, 2_000_000)
    one, other = (cellar.contents.keep_bytes(shared + random_bytes(seed, 400_000)) for seed in (2, 3))
    cellar.save(b"f", one)
    before = cellar.vault.pieces.count()
    cellar.pass_time()
    tidied = cellar.tidy()
    assert tidied.contents == 1 and 0 < tidied.pieces < before / 2
    assert cellar.is_whole(one) and not cellar.is_kept(other)


def test_a_plan_says_what_a_run_does_and_does_nothing(cellar, tmp_path):
    first, _ = cellar.save(b"f", cellar.keep(1)), cellar.save(b"f", cellar.keep(2))
    cellar.keep(3, 900_000)
    cellar.pass_time()
    referred, files = cellar.referred(), sorted(tmp_path.rglob("*"))
    plan = cellar.collector.plan(without=[first])
    assert (cellar.referred(), sorted(tmp_path.rglob("*"))) == (referred, files)
    assert cellar.collector.run(cellar.collector.plan()).freed < plan.freed
    cellar.give_up(first)
    left = cellar.tidy().freed
    assert 0 < left < plan.freed and cellar.collector.plan().freed == 0


NEEDS: dict[str, Callable[[Cellar, bytes, int], object]] = {
    "a file": lambda cellar, content, _: cellar.save(b"new", content),
    "a new op": lambda cellar, content, _: cellar.hold(cellar.plan_op(), content),
    "an op that was planned before": lambda cellar, content, op: cellar.hold(op, content),
}


@pytest.mark.parametrize("size", [3000, 2_000_000], ids=["one piece", "several pieces"])
@pytest.mark.parametrize("need", NEEDS)
def test_what_came_into_use_again_since_the_plan_was_made_stays(cellar, need, size):
    content, dead = cellar.keep(1, size), cellar.keep(2, size)
    op = cellar.plan_op()
    cellar.pass_time()
    plan = cellar.collector.plan()
    NEEDS[need](cellar, content, op)
    cellar.collector.run(plan)
    assert cellar.is_whole(content) and not cellar.is_kept(dead)
    cellar.tidy()
    assert cellar.is_whole(content)


@pytest.mark.parametrize("size", [3000, 2_000_000], ids=["one piece", "several pieces"])
def test_what_is_leased_stays_for_as_long_as_it_is(cellar, size):
    content, dead = cellar.keep(1, size), cellar.keep(2, size)
    cellar.pass_time()
    plan = cellar.collector.plan()
    with cellar.contents.leased([content]):
        cellar.collector.run(plan)
        assert cellar.is_whole(content) and not cellar.is_kept(dead)
    cellar.tidy()
    assert not cellar.is_kept(content)


def test_a_lease_that_ends_while_things_are_forgotten_leaves_no_content_without_its_pieces(cellar, monkeypatch):
    content = cellar.keep(1, 2_000_000)
    cellar.pass_time()
    plan = cellar.collector.plan()
    lease = cellar.contents.leased([content])
    lease.__enter__()

    def reach(name: str) -> None:
        nonlocal lease
        if name == "gc.forgotten" and lease is not None:
            lease.__exit__(None, None, None)
            lease = None

    monkeypatch.setattr(cellar.collector, "_reach", reach)
    cellar.collector.run(plan)
    assert cellar.is_kept(content) and cellar.is_whole(content)


@pytest.mark.parametrize("size", [3000, 2_000_000], ids=["one piece", "several pieces"])
def test_who_was_told_within_a_lease_that_something_is_kept_can_rely_on_it(cellar, size):
    asked, kept, dead = (cellar.keep(seed, size) for seed in (1, 2, 3))
    cellar.pass_time()
    plan = cellar.collector.plan()
    with cellar.contents.leased():
        assert cellar.contents.has(asked)
        cellar.keep(2, size)  # all of it is there already
        cellar.collector.run(plan)
        assert cellar.is_whole(asked) and cellar.is_whole(kept) and not cellar.is_kept(dead)


def test_bytes_that_come_in_parts_are_whole_though_some_of_them_were_to_go(cellar, monkeypatch):
    monkeypatch.setattr(contents_module, "_PART_BYTES", 100_000)
    data = random_bytes(1, 2_000_000)
    cellar.contents.keep_bytes(data)
    cellar.pass_time()
    plan = cellar.collector.plan()

    def parts() -> Iterator[bytes]:
        yield data[:1_900_000]
        cellar.collector.run(plan)
        yield data[1_900_000:]

    assert cellar.is_whole(cellar.contents.keep_parts(parts(), len(data), data[:4096]))


def test_bytes_that_were_kept_within_a_lease_stay_whatever_of_them_was_there(cellar):
    data = random_bytes(1, 2_000_000)
    cellar.contents.keep_bytes(data)
    cellar.pass_time()
    plan = cellar.collector.plan()
    with cellar.contents.leased():
        content = cellar.contents.keep_parts(iter([data]), len(data), data[:4096])
        cellar.collector.run(plan)
        assert cellar.is_whole(content)


def test_nobody_is_told_that_something_is_kept_while_it_is_being_forgotten(cellar):
    content = cellar.keep(1)
    told: list[bool] = []

    def ask() -> None:
        with cellar.contents.leased():
            told.append(cellar.contents.has(content))

    asking = threading.Thread(target=ask)
    with cellar.contents.unasked(), cellar.vault.write() as tx:
        asking.start()
        cellar.vault.pieces.forget(tx, [content])
        asking.join(0.3)
        assert told == []
    asking.join()
    assert told == [False]


def test_pieces_of_a_content_that_was_kept_since_stay(cellar):
    shared = random_bytes(1, 2_000_000)
    cellar.contents.keep_bytes(shared)
    cellar.pass_time()
    plan = cellar.collector.plan()
    newer = cellar.contents.keep_bytes(shared + random_bytes(2, 300_000))
    cellar.save(b"f", newer)
    ids = set(piece_ids(cellar.vault.pieces.content(newer).pieces))
    assert ids & {row.id for row in plan.pieces}, "they share nothing, so this would show nothing"
    cellar.collector.run(plan)
    assert cellar.is_whole(newer)


def test_pieces_of_a_content_that_is_kept_while_others_are_forgotten_stay(cellar, monkeypatch):
    """It may get the id of the one that was forgotten."""
    shared = random_bytes(1, 2_000_000)
    cellar.contents.keep_bytes(shared)
    cellar.pass_time()
    plan = cellar.collector.plan()
    newer: list[bytes] = []

    def reach(name: str) -> None:
        if name == "gc.forgotten" and not newer:
            newer.append(cellar.contents.keep_bytes(shared + random_bytes(2, 300_000)))
            cellar.save(b"f", newer[0])

    monkeypatch.setattr(cellar.collector, "_reach", reach)
    cellar.collector.run(plan)
    assert cellar.is_whole(newer[0])


def test_what_was_written_within_the_hour_is_left_alone(cellar):
    content, several = cellar.keep(1), cellar.keep(2, 2_000_000)
    cellar.pass_time(0.9)
    plan = cellar.collector.plan()
    assert (plan.freed, plan.packs, plan.strays.packs) == (0, (), ())
    cellar.pass_time(0.2)
    cellar.tidy()
    assert not cellar.is_kept(content) and not cellar.is_kept(several)


def test_tidying_twice_at_once_is_refused(cellar, monkeypatch):
    cellar.keep(1)
    cellar.pass_time()
    plan = cellar.collector.plan()
    refused: list[str] = []

    def reach(_: str) -> None:
        with pytest.raises(ConflictError) as raised:
            cellar.collector.run(plan)
        refused.append(raised.value.message)

    monkeypatch.setattr(cellar.collector, "_reach", reach)
    cellar.collector.run(plan)
    assert refused
    monkeypatch.undo()
    cellar.collector.run(plan)  # and then it may


def test_large_records_go_with_their_files(cellar, monkeypatch):
    monkeypatch.setattr(packs_module, "LOOSE_BYTES", 2000)
    dead, needed = cellar.keep(1), cellar.keep(2)
    cellar.save(b"f", needed)
    cellar.pass_time()
    cellar.tidy()
    assert [digest for digest, _ in cellar.packs.loose()] == [needed] and not cellar.is_kept(dead)


def test_a_file_that_is_written_anew_while_its_record_is_forgotten_stays(cellar, monkeypatch):
    monkeypatch.setattr(packs_module, "LOOSE_BYTES", 2000)
    content = cellar.keep(1)
    path = cellar.packs.path(Place(LOOSE, 0, 0), content)
    cellar.pass_time(1 - 0.01)
    os.utime(path, ns=(cellar.now - DAY_NS, cellar.now - DAY_NS))
    plan = cellar.collector.plan()

    def reach(name: str) -> None:
        if name == "gc.forgotten" and not cellar.is_kept(content):
            cellar.keep(1)

    monkeypatch.setattr(cellar.collector, "_reach", reach)
    cellar.collector.run(plan)
    assert cellar.is_whole(content)


@given(st.data())
@settings(max_examples=25)
def test_whatever_is_needed_is_whole_afterwards_and_nothing_else_is_kept(tmp_path_factory, data):
    cellar = Cellar(tmp_path_factory.mktemp("gc"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs_module, "PACK_BYTES", 700_000)
        patch.setattr(packs_module, "LOOSE_BYTES", 200_000)
        stem = random_bytes(99, 900_000)
        sizes = data.draw(st.lists(st.sampled_from([0, 10, 3000, 60_000, 300_000]), min_size=1, max_size=12))
        contents = [
            cellar.contents.keep_bytes((stem if size > 100_000 else b"") + random_bytes(seed, size))
            for seed, size in enumerate(sizes)
        ]
        needed: set[bytes] = set()
        for _ in range(data.draw(st.integers(1, 3))):
            there = [content for content in contents if cellar.is_kept(content)]
            chosen = data.draw(st.lists(st.sampled_from(there), max_size=5)) if there else []
            for number, content in enumerate(chosen):
                cellar.save(b"%d" % number, content)
            needed |= set(chosen)
            cellar.pass_time(data.draw(st.sampled_from([0.5, 3, 50])))
            cellar.tidy()
            assert all(cellar.is_whole(content) for content in needed)
        cellar.pass_time(50)
        cellar.tidy()
        assert {content for content in contents if cellar.is_kept(content)} == needed
        assert cellar.referred() <= cellar.there().keys()
        assert cellar.collector.plan().freed == 0
    cellar.close()
