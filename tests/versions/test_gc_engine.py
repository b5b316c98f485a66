"""Tidying up as the daemon does it, over a real folder; time passes by a clock in our hands."""

from __future__ import annotations

import dataclasses
import os
import time

import pytest

from lsfs.core import actions as act
from lsfs.core.api import HistoryRequest, PlanRequest, RetentionRequest, RetentionResult
from lsfs.core.errors import NothingFound
from lsfs.core.wirepath import to_wire
from lsfs.engine.keeping import Keeping
from lsfs.jobs import jobs
from lsfs.versions.gc import Collector
from lsfs.versions.retention import NEWEST, OVER_BUDGET, RECENT
from tests.running import Lsfs
from tests.versions.cellar import DAY_NS, HOUR_NS, random_bytes

YEARS_NS = 800 * DAY_NS


class Later:
    """The engine's own parts, so many ns later, and with another budget."""

    def __init__(self, lsfs: Lsfs, after_ns: int = 0, budget: int = 1 << 40) -> None:
        parts = lsfs.engine._parts
        collector = Collector(parts.vault, parts.contents, self.now_ns)
        self._after_ns = after_ns
        self.keeping = Keeping(dataclasses.replace(parts, collector=collector, budget=budget), self.now_ns)

    def now_ns(self) -> int:
        return time.time_ns() + self._after_ns

    def tidy(self) -> None:
        self.keeping.tidy()

    def retention(self, path: str | None = None, *, explain: bool = False) -> RetentionResult:
        return self.keeping.retention(RetentionRequest(path=path, explain=explain))


def wire(lsfs: Lsfs, name: str) -> str:
    return to_wire(os.fsencode(lsfs.root / name))


def save(lsfs: Lsfs, name: str, *texts: bytes) -> None:
    """Saves a file again and again; a command that names it makes each a version at once."""
    for text in texts:
        (lsfs.root / name).write_bytes(text)
        history(lsfs, name)


def history(lsfs: Lsfs, name: str):
    (found,) = lsfs.engine.past.history(HistoryRequest(path=wire(lsfs, name))).files
    return found.versions


@pytest.fixture
def watched(lsfs: Lsfs) -> Lsfs:
    lsfs.up()
    return lsfs


def test_of_old_versions_the_newest_stays_and_history_says_why_the_others_went(watched):
    save(watched, "a.txt", b"one", b"two", b"three")
    Later(watched, YEARS_NS).tidy()
    assert [version.kept for version in history(watched, "a.txt")] == [False, False, True]
    assert {version.reason for version in history(watched, "a.txt")} == {"superseded more than a year ago", ""}
    assert watched.disagreement() == []


def test_a_look_says_what_tidying_would_do_and_does_nothing(watched):
    save(watched, "a.txt", b"one" * 1000, b"two")
    save(watched, "b.txt", b"single")
    now = Later(watched).retention()
    assert (now.kept, now.dropped, now.freed, now.items) == (3, 0, 0, ())
    later = Later(watched, YEARS_NS).retention()
    assert (later.kept, later.dropped) == (2, 1) and later.freed > 0
    assert [(item.path, item.number, item.keep) for item in later.items] == [(str(watched.root / "a.txt"), 1, False)]
    assert all(version.kept for version in history(watched, "a.txt"))
    used = watched.vault.pieces.stored_bytes()
    Later(watched, YEARS_NS).tidy()
    assert used - watched.vault.pieces.stored_bytes() == later.freed


def test_every_version_is_named_when_that_is_asked_for(watched):
    save(watched, "a.txt", b"one", b"two")
    save(watched, "sub.txt", b"single")
    items = Later(watched).retention(explain=True).items
    assert [(os.path.basename(item.path), item.number, item.reason) for item in items] == [
        ("a.txt", 1, RECENT),
        ("a.txt", 2, NEWEST),
        ("sub.txt", 1, NEWEST),
    ]


def test_with_a_path_only_what_lies_there_is_named(watched):
    (watched.root / "folder").mkdir()
    save(watched, "folder/a.txt", b"one", b"two")
    save(watched, "b.txt", b"one", b"other")
    look = Later(watched, YEARS_NS)
    for path in ("folder", "folder/a.txt"):
        items = look.retention(wire(watched, path)).items
        assert [(os.path.basename(item.path), item.number, item.keep) for item in items] == [
            ("a.txt", 1, False),
            ("a.txt", 2, True),
        ]
    assert look.retention(wire(watched, "folder")).dropped == 2
    with pytest.raises(NothingFound):
        look.retention(wire(watched, "nothing"))


def test_the_last_version_of_a_deleted_file_can_be_had_for_years(watched, wait_until):
    save(watched, "a.txt", b"one", b"two")
    (watched.root / "a.txt").unlink()
    assert history(watched, "a.txt")[-1].gone
    Later(watched, YEARS_NS).tidy()
    assert [version.kept for version in history(watched, "a.txt") if version.number] == [False, True]


def test_over_budget_the_versions_that_were_superseded_first_go(watched):
    texts = [random_bytes(seed, 60_000) for seed in range(5)]
    save(watched, "a.txt", *texts)
    Later(watched, 2 * HOUR_NS, budget=200_000).tidy()
    versions = history(watched, "a.txt")
    assert [version.kept for version in versions] == [False, False, True, True, True]
    assert versions[0].reason == OVER_BUDGET
    assert watched.vault.pieces.stored_bytes() <= 200_000
    assert watched.engine._parts.room.full is False


def test_what_must_be_kept_may_fill_the_budget_alone_and_large_files_are_kept_again_when_there_is_room(
    watched, wait_until
):
    save(watched, "must.bin", random_bytes(1, 300_000))
    full = Later(watched, budget=200_000)
    assert "versions may take" in full.retention().note
    full.tidy()
    assert full.keeping.notes() and watched.engine._parts.room.full
    (watched.root / "large.bin").write_bytes(random_bytes(2, 1_500_000))
    save(watched, "small.txt", b"still kept")
    watched.rescanned()
    watched.engine._parts.ingest.run(lambda: None)
    large = watched.entry("large.bin")
    history(watched, "large.bin")
    assert large.content is not None and not watched.vault.pieces.kept([large.content])
    again = Later(watched)
    again.tidy()
    assert again.keeping.notes() == () and not watched.engine._parts.room.full
    wait_until(lambda: watched.vault.pieces.kept([large.content]), 60)
    assert watched.vault.versions.dropped(large.lineage)
    again.tidy()
    assert not watched.vault.versions.dropped(large.lineage)


def plan(lsfs: Lsfs, name: str) -> int:
    action = act.Write(path=wire(lsfs, name), text="something new")
    made = lsfs.engine.changing.plan(PlanRequest(actions=(action,), sentence="", umask=0o022))
    assert made.op is not None
    return made.op


def test_plans_that_were_never_carried_out_end_and_are_forgotten(watched):
    save(watched, "a.txt", b"one")
    number = plan(watched, "a.txt")
    assert watched.vault.ops.get(number).state == "preview"
    Later(watched, 2 * DAY_NS).tidy()
    assert watched.vault.ops.get(number).state == "expired"
    Later(watched, 30 * DAY_NS).tidy()
    assert watched.vault.ops.get(number) is None


def test_what_lsfs_left_where_is_forgotten_once_every_look_is_recorded(watched, wait_until):
    own = watched.engine._parts.own
    own.record(1, b"a.txt", None)
    wait_until(lambda: watched.engine._parts.ingest.idle() and not watched.engine._parts.keeper.scanning())
    Later(watched).tidy()
    assert not own._left


def test_what_lsfs_left_where_is_not_forgotten_while_a_look_may_be_under_way(watched):
    own = watched.engine._parts.own
    own.record(1, b"a.txt", None)
    watched.engine._parts.keeper.begin_stop()
    watched.engine._parts.keeper.scan(1)
    Later(watched).tidy()
    assert own._left


def test_the_daemon_tidies_up_every_hour(watched):
    (job,) = [job for job in jobs(watched.config) if job.name == "tidy"]
    assert job.every_s == 3600 and job.first_s is not None and 60 < job.first_s < 3600
    save(watched, "a.txt", b"one", b"two")
    watched.engine.run_job("tidy")
    assert all(version.kept for version in history(watched, "a.txt"))
