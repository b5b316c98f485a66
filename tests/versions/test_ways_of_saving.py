"""However programs save, a file has one history, and every content that stood still is one version of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lsfs.core import actions
from lsfs.core.api import ApplyRequest, HistoryRequest, PlanRequest

SETTLED_S = 2.6
"""More than the settle time, so that each save is a version."""


def in_place(path: Path, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def atomic(path: Path, text: str) -> None:
    """As most editors do: a temporary file takes its place."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    os.replace(temporary, path)


def vim(path: Path, text: str) -> None:
    """Vim with backupcopy=no: the file becomes the backup, and another is written."""
    backup = path.with_name(f"{path.name}~")
    if path.exists():
        os.rename(path, backup)
    path.write_text(text)
    backup.unlink(missing_ok=True)


def vim_copying(path: Path, text: str) -> None:
    """Vim with backupcopy=yes: the backup is a copy, and the file is written in place."""
    backup = path.with_name(f"{path.name}~")
    if path.exists():
        shutil.copy2(path, backup)
    in_place(path, text)
    backup.unlink(missing_ok=True)


def keeping_a_backup(path: Path, text: str) -> None:
    """As with a backup that stays, `f.bak`."""
    if path.exists():
        os.replace(path, path.with_name(f"{path.name}.bak"))
    path.write_text(text)


def office(path: Path, text: str) -> None:
    """LibreOffice: a lock beside it, a temporary file with a name of its own, renamed over the document."""
    lock = path.with_name(f".~lock.{path.name}#")
    lock.write_text("me")
    temporary = path.with_name(f"lu{os.getpid()}{abs(hash(text)) % 1000}.tmp")
    temporary.write_text(text)
    os.fsync(os.open(temporary, os.O_RDONLY))
    os.rename(temporary, path)
    lock.unlink()


def rsync(path: Path, text: str) -> None:
    """rsync without --inplace: a hidden temporary file, its time set, renamed over the target."""
    temporary = path.with_name(f".{path.name}.Xy{abs(hash(text)) % 1000}")
    temporary.write_text(text)
    os.utime(temporary, (time.time() - 100, time.time() - 100))
    os.rename(temporary, path)


def truncating_slowly(path: Path, text: str) -> None:
    """Emptied first, and written a moment later."""
    with open(path, "w") as file:
        file.flush()
        time.sleep(0.05)
        file.write(text)


WAYS: tuple[Callable[[Path, str], None], ...] = (
    in_place,
    atomic,
    vim,
    vim_copying,
    keeping_a_backup,
    office,
    rsync,
    truncating_slowly,
)


def history(lsfs, path: Path):
    result = lsfs.engine.past.history(HistoryRequest(path=str(path), cwd=str(lsfs.root)))
    (file,) = result.files
    return file


def restore(lsfs, path: Path, to: str) -> None:
    action = actions.Restore(path=str(path), to=to)
    plan = lsfs.engine.changing.plan(PlanRequest(actions=(action,), cwd=str(lsfs.root)))
    for _ in lsfs.engine.changing.apply(ApplyRequest(op=plan.op)):
        pass


def test_every_way_of_saving_keeps_one_history_with_a_version_for_each_save(lsfs):
    def path(way) -> Path:
        return lsfs.root / f"{way.__name__}.txt"

    texts = [f"save number {number}\n" * (number + 1) for number in range(4)]
    for way in WAYS:
        path(way).write_text(texts[0])
    lsfs.up()
    for text in texts[1:]:
        time.sleep(SETTLED_S)
        for way in WAYS:
            way(path(way), text)
    time.sleep(0.5)
    for way in WAYS:
        file = history(lsfs, path(way))
        numbered = [version for version in file.versions if version.number is not None]
        assert [version.number for version in numbered] == [1, 2, 3, 4], way.__name__
        kept = [b"".join(lsfs.engine._parts.contents.read(bytes.fromhex(v.content))).decode() for v in numbered]
        assert kept == texts, way.__name__
        restore(lsfs, path(way), "@2")
        assert path(way).read_text() == texts[1], way.__name__
        restore(lsfs, path(way), "@-2")  # what it was put back to is its fifth version
        assert path(way).read_text() == texts[2], way.__name__


def test_saves_within_the_settle_time_are_one_version_with_the_last_content(lsfs, wait_until):
    path = lsfs.root / "a.txt"
    path.write_text("first")
    lsfs.up()
    time.sleep(SETTLED_S)
    for number in range(8):
        atomic(path, f"save {number}")
        time.sleep(0.1)

    def versions():
        return [v for v in lsfs.versions("a.txt") if v.number is not None]

    wait_until(lambda: len(versions()) >= 2, 20)
    time.sleep(1)
    contents = [b"".join(lsfs.engine._parts.contents.read(version.content)) for version in versions()]
    assert contents == [b"first", b"save 7"]


def test_a_content_that_comes_back_is_a_version_again(lsfs):
    path = lsfs.root / "a.txt"
    path.write_text("A")
    lsfs.up()
    for text in ("B", "A"):
        time.sleep(SETTLED_S)
        atomic(path, text)
    file = history(lsfs, path)
    assert [version.number for version in file.versions] == [1, 2, 3]
    assert file.versions[0].content == file.versions[2].content != file.versions[1].content


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.long)])
def test_a_checkout_of_another_branch_and_back_keeps_one_history_a_file(lsfs, wait_until, count):
    git = ["git", "-C", str(lsfs.root), "-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]

    def run(*arguments: str) -> None:
        subprocess.run([*git, *arguments], check=True, capture_output=True)

    def write(text: str) -> None:
        for number in range(count):
            (lsfs.root / f"{number}.txt").write_text(f"{text} {number}\n")

    write("one")
    run("init", "-q", "-b", "one")
    run("add", ".")
    run("commit", "-qm", "one")
    run("checkout", "-qb", "two")
    write("two")
    run("commit", "-qam", "two")
    lsfs.up()
    before = {number: lsfs.lineage(f"{number}.txt") for number in range(count)}
    for branch in ("one", "two"):
        time.sleep(SETTLED_S)
        run("checkout", "-q", branch)
        lsfs.rescanned()
    wait_until(lambda: not any(e.pending for e in lsfs.vault.entries.pending()), 30)
    assert {number: lsfs.lineage(f"{number}.txt") for number in range(count)} == before
    for number in (0, 17, count - 1):
        contents = [v.content for v in lsfs.versions(f"{number}.txt") if v.number is not None]
        assert len(contents) == 3 and contents[0] == contents[2] != contents[1]


def test_a_new_file_that_stood_still_and_is_deleted_before_its_turn_came_has_a_version(lsfs, wait_until):
    lsfs.up()
    path = lsfs.root / "short lived.txt"
    path.write_text("it stood long enough\n")
    wait_until(lambda: (entry := lsfs.entry(path.name)) is not None and entry.content is not None)
    # A backlog: what is due waits, and the news that it is gone comes first.
    lsfs.engine._parts.ingest.call(lambda: time.sleep(3))
    time.sleep(2.2)
    path.unlink()
    wait_until(lambda: lsfs.entry(path.name).gone)
    there, gone = lsfs.versions(path.name)
    assert (there.number, there.size, gone.gone) == (1, len("it stood long enough\n"), 1)
