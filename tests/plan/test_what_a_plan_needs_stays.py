"""What a plan was told to be kept stays, be it given up and tidied away the next instant."""

from __future__ import annotations

import shutil
import time

import pytest

from lsfs.core import actions as act
from lsfs.versions.gc import Collector
from tests.plan.conftest import Desk
from tests.versions.cellar import DAY_NS


@pytest.fixture
def tidied_when_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    """Has all that was superseded, or ended, be given up and tidied away whenever somebody has asked what is kept."""
    parts = desk.lsfs.engine._parts
    collector = Collector(desk.vault, parts.contents, lambda: time.time_ns() + 40 * DAY_NS)
    kept, done = desk.vault.pieces.kept, []

    def asked(hashes):
        answer = kept(hashes)
        if not done:
            done.append(True)
            standing = {entry.content for entry in desk.vault.entries.below(1, b"")}
            rows = desk.vault._db.rows("SELECT seq, content FROM versions WHERE content IS NOT NULL")
            with desk.vault.write() as tx:
                going = [seq for seq, content in rows if content not in standing]
                desk.vault.versions.drop(tx, going, time.time_ns(), "thinned")
            collector.run(collector.plan())
        return answer

    def begin() -> None:
        monkeypatch.setattr(desk.vault.pieces, "kept", asked)

    return begin


def test_a_folder_is_restored_as_was_planned(desk, tidied_when_asked):
    desk.write("d/f.txt", "first\n")
    desk.flush()
    op = desk.do(act.Mkdir(path="elsewhere")).op
    desk.write("d/f.txt", "second\n")
    desk.flush()
    tidied_when_asked()
    desk.do(act.Restore(path="d", to=f"before op {op}"))
    assert desk.at("d/f.txt").read_bytes() == b"first\n"


def test_what_was_trashed_comes_back_as_was_planned_though_the_trash_was_emptied(desk, tidied_when_asked):
    desk.write("d/f.txt", "in a folder\n")
    desk.flush()
    op = desk.do(act.Trash(paths=("d",)))
    shutil.rmtree(desk.trash)
    tidied_when_asked()
    desk.undo(op)
    assert desk.at("d/f.txt").read_bytes() == b"in a folder\n"
