"""Whatever fails between two threads of the ingest, no file is lost, nothing is undone, and the end comes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import msgspec
import pytest

from lsfs.compose import readers
from lsfs.core.errors import DiskFull
from lsfs.core.xattrs import Attributes
from lsfs.ingest import agenda, feeder
from lsfs.watch.records import ScanBatch, Work
from lsfs.workers.messages import Outcome


@pytest.fixture(autouse=True)
def soon(monkeypatch) -> None:
    """What is tried again after a while is tried again at once."""
    monkeypatch.setattr(agenda, "RETRY_S", 0.1)
    monkeypatch.setattr(feeder, "_RETRY_S", 0.1)


def eventually(holds: Callable[[], object]) -> bool:
    until = time.monotonic() + 15
    while not holds() and time.monotonic() < until:
        time.sleep(0.02)
    return bool(holds())


def ends(engine) -> bool:
    closing = threading.Thread(target=engine.close, daemon=True)
    closing.start()
    closing.join(20)
    return not closing.is_alive()


def once(monkeypatch, owner: object, name: str, error: Exception, when: Callable[..., bool] = lambda *_, **__: True):
    """Has a method fail the first time that `when` holds for its arguments; says whether it has."""
    original = getattr(owner, name)
    failed: list[bool] = []

    def failing(*args, **named):
        if not failed and when(*args, **named):
            failed.append(True)
            raise error
        return original(*args, **named)

    monkeypatch.setattr(owner, name, failing)
    return failed


def test_an_engine_ends_while_its_pool_is_paused_and_full(tmp_path, start_lsfs):
    with start_lsfs(tmp_path) as lsfs:
        for number in range(900):
            (lsfs.root / f"{number}.txt").write_text(f"number {number}")
        parts = lsfs.engine._parts
        parts.pool.pause()
        root = parts.book.add(os.fsencode(lsfs.root)).root
        parts.keeper.scan(root.id)
        assert eventually(lambda: parts.pool._queue.waiting_jobs("text", False) == 256)
        lsfs.engine.pause()
        assert ends(lsfs.engine)
        lsfs.engine = lsfs._start()
        lsfs.settled()
        assert lsfs.differences() == []


def test_an_engine_ends_while_the_disk_is_full_and_a_scan_waits_for_it(tmp_path, start_lsfs, monkeypatch):
    with start_lsfs(tmp_path) as lsfs:
        lsfs.up()
        parts = lsfs.engine._parts
        root = parts.vault.roots.all()[0]

        def full(*_) -> None:
            raise DiskFull("no space is left")

        def much(*_) -> None:
            for _ in range(100):
                parts.ingest.observe(root, ScanBatch())

        monkeypatch.setattr(parts.ingest._recording, "observe", full)
        monkeypatch.setattr(parts.keeper, "_scan", much)
        parts.keeper.scan(root.id)
        assert eventually(lambda: len(parts.ingest._tasks) > 64)
        assert ends(lsfs.engine)


def test_a_file_that_is_back_before_its_end_is_recorded_stays(lsfs, monkeypatch):
    path = lsfs.root / "a.txt"
    path.write_text("first")
    lsfs.up()
    lineage = lsfs.lineage("a.txt")
    parts = lsfs.engine._parts
    root = parts.vault.roots.all()[0]
    parts.watcher.remove(root.id)
    path.unlink()
    hand_in = parts.keeper._hand_in_gone

    def overtaken(*args) -> None:
        path.write_text("second")
        parts.keeper.on_work(root.id, Work(paths=[b"a.txt"]))
        hand_in(*args)

    monkeypatch.setattr(parts.keeper, "_hand_in_gone", overtaken)
    lsfs.rescanned()
    assert lsfs.differences() == [] and lsfs.lineage("a.txt") == lineage


def test_a_file_that_is_gone_before_a_scan_of_it_is_recorded_stays_gone(lsfs, monkeypatch):
    lsfs.up()
    parts = lsfs.engine._parts
    root = parts.vault.roots.all()[0]
    parts.watcher.remove(root.id)
    path = lsfs.root / "a.txt"
    path.write_text("words")
    observe = parts.ingest.observe

    def overtaken(root, batch, *, urgent=False, **named) -> None:
        if not urgent and any(look.path == b"a.txt" for look in batch.seen):
            path.unlink()
            parts.keeper.on_work(root.id, Work(paths=[b"a.txt"]))
        observe(root, batch, urgent=urgent, **named)

    monkeypatch.setattr(parts.ingest, "observe", overtaken)
    lsfs.rescanned()
    assert not path.exists() and lsfs.differences() == []


def test_files_are_read_when_workers_start_again_and_the_user_is_told_meanwhile(tmp_path, start_lsfs, monkeypatch):
    settings = readers._pool_settings

    def broken(*args):
        return msgspec.structs.replace(settings(*args), command=("/bin/false",))

    monkeypatch.setattr(readers, "_pool_settings", broken)
    with start_lsfs(tmp_path) as lsfs:
        (lsfs.root / "a.txt").write_text("words")
        parts = lsfs.engine._parts
        root = parts.book.add(os.fsencode(lsfs.root)).root
        parts.keeper.scan(root.id)
        assert eventually(lambda: any("cannot be read now" in note for note in lsfs.engine.status().notes))
        assert "does not start" in lsfs.engine.activity.hindrance()
        good = settings(lsfs.paths, lsfs.config).command
        for lane in parts.pool._lanes:
            lane.settings = msgspec.structs.replace(lane.settings, command=good)
        lsfs.settled()
        assert lsfs.differences() == [] and not lsfs.engine.activity.hindrance()


@pytest.mark.parametrize("error", [DiskFull("the index cannot be read"), ValueError("a bug")])
def test_the_feeder_outlives_what_the_index_raises(error, lsfs, monkeypatch):
    (lsfs.root / "a.txt").write_text("words")
    failed = once(monkeypatch, lsfs.index.files, "queued", error)
    lsfs.up()
    assert failed and lsfs.differences() == []


def test_what_the_index_could_not_follow_reaches_it_with_the_next_task(lsfs, monkeypatch):
    (lsfs.root / "a.txt").write_text("words")
    pipeline = lsfs.engine._parts.pipeline
    failed = once(monkeypatch, pipeline, "follow", ValueError("a bug"), lambda entries, *_, **__: bool(entries))
    lsfs.up()
    (lsfs.root / "b.txt").write_text("other words")
    assert lsfs.disagreement() == [] and failed


@pytest.mark.parametrize("error", [ValueError("a bug"), DiskFull("no space is left")])
def test_a_reading_that_could_not_be_recorded_is_not_lost_nor_are_its_tags(error, lsfs, monkeypatch):
    monkeypatch.setattr(feeder.xattrs, "read", lambda _: Attributes(None, "harvest"))
    (lsfs.root / "a.txt").write_text("words")
    failed = once(
        monkeypatch, lsfs.engine._parts.pipeline, "follow", error, lambda *_, **named: bool(named.get("texts"))
    )
    lsfs.up()
    assert eventually(lambda: not lsfs.differences()) and failed
    assert lsfs.vault.tags.of_many([lsfs.lineage("a.txt")]) == {lsfs.lineage("a.txt"): ["harvest"]}
    lsfs.settled()
    assert not lsfs.engine._parts.feeder._in_flight and not lsfs.engine._parts.feeder._attributes


def test_a_content_that_was_swept_out_while_a_copy_of_it_was_read_is_read_again(lsfs, monkeypatch):
    (lsfs.root / "a.txt").write_text("the same words")
    lsfs.up()
    parts = lsfs.engine._parts
    receive = parts.ingest.receive
    swept: list[bool] = []

    def late(results) -> None:
        if not swept and any(result.outcome is Outcome.KNOWN for result in results):
            swept.append(True)
            (lsfs.root / "a.txt").unlink()
            parts.pipeline.forget_root(parts.vault.roots.all()[0].id)
            parts.pipeline.sweep()
        receive(results)

    monkeypatch.setattr(parts.ingest, "receive", late)
    (lsfs.root / "b.txt").write_text("the same words")
    assert eventually(lambda: swept) and lsfs.disagreement() == []


def test_a_content_is_asked_for_again_when_its_first_reader_brought_no_text(lsfs):
    reading = lsfs.engine._parts.feeder
    content = b"c" * 32
    first, second = feeder._Flight([1]), feeder._Flight([2])
    reading._in_flight.update({1: first, 2: second})
    assert reading._wanted(first, [content]) == [True] and reading._wanted(second, [content]) == [False]
    reading.finished([1], [])  # it kept changing: a result without a content
    future: feeder.Future[None] = feeder.Future()
    future.set_result(None)
    first.unanswered.clear()
    reading._ended(first, future)
    assert reading._wanted(second, [content]) == [True]
    reading.finished([2], [content])


def test_a_suspicion_of_one_folder_does_not_make_another_believed(lsfs, monkeypatch):
    lsfs.up()
    keeper = lsfs.engine._parts.keeper
    root = lsfs.vault.roots.all()[0]
    again: list[bytes] = []
    monkeypatch.setattr(keeper, "scan", lambda _, subtree, **__: again.append(subtree))
    for folder in (b"a", b"b"):
        keeper._hand_in_gone(root, keeper._scanner(root), folder, [b"%s/%d" % (folder, n) for n in range(200)])
    assert again == [b"a", b"b"]
