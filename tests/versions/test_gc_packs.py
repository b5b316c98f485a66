"""What tidying does with the files of kept bytes: packs that hold little are written anew, strays go, damage stays."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.errors import UnavailableError
from lsfs.objects import packs as packs_module
from lsfs.objects.packs import LOOSE, Place
from lsfs.objects.piece import Codec
from lsfs.versions.gc import Collector
from tests.crash.boundaries import GC
from tests.versions.cellar import Cellar, random_bytes


@pytest.fixture
def cellar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cellar]:
    """Its packs hold ten records of 3000 bytes."""
    monkeypatch.setattr(packs_module, "PACK_BYTES", 31_000)
    made = Cellar(tmp_path)
    yield made
    made.close()


def filled(cellar: Cellar, needed: int, of: int = 10) -> list[bytes]:
    """A pack with so many contents, of which `needed` are; those."""
    contents = [cellar.keep(seed) for seed in range(of)]
    assert {cellar.pack_of(content) for content in contents} == {1}
    for content in contents[:needed]:
        cellar.save(content.hex().encode(), content)
    return contents[:needed]


def test_a_pack_that_is_mostly_dead_is_written_anew(cellar):
    needed = filled(cellar, 4)
    cellar.keep(99)
    cellar.pass_time()
    assert cellar.tidy().packs == 2
    assert all(cellar.is_whole(content) for content in needed)
    assert cellar.packs.numbers() == [3] and {cellar.pack_of(content) for content in needed} == {3}
    assert cellar.referred() <= cellar.there().keys()


def test_a_pack_of_which_half_is_needed_stays(cellar):
    needed = filled(cellar, 6)
    cellar.keep(99)
    cellar.pass_time()
    cellar.tidy()
    assert {cellar.pack_of(content) for content in needed} == {1} and cellar.packs.numbers()[0] == 1


def test_lists_of_pieces_are_copied_as_the_pieces_are(cellar, monkeypatch):
    monkeypatch.setattr(packs_module, "PACK_BYTES", 4_000_000)
    several = cellar.keep(1, 900_000)
    cellar.keep(2, 2_500_000)
    cellar.save(b"f", several)
    cellar.keep(3, 900_000)
    cellar.pass_time()
    cellar.tidy()
    assert cellar.is_whole(several) and cellar.packs.numbers() == [3]
    row = cellar.vault.pieces.content(several)
    assert row.pack == 3 and len(cellar.contents.listed(row)) > 1


def test_the_newest_pack_is_written_anew_too(cellar):
    (needed,) = filled(cellar, 1)
    cellar.pass_time()
    assert cellar.tidy().packs == 1 and cellar.packs.numbers() == [2] and cellar.is_whole(needed)


def test_a_newest_pack_of_which_nothing_is_needed_waits_for_a_newer_one(cellar):
    """Its number must not be given to another."""
    filled(cellar, 0)
    cellar.pass_time()
    assert cellar.tidy().pieces == 10 and cellar.packs.numbers() == [1]
    cellar.packs.begin_new_pack()
    cellar.keep(99)
    cellar.pass_time(30)
    cellar.tidy()
    assert cellar.packs.numbers() == [2]


def noted(cellar: Cellar) -> int:
    """A pack with a note and more that is dead than not; its number."""
    content = cellar.keep(1)
    cellar.save(b"f", content)
    for seed in range(2, 8):
        cellar.keep(seed)
    with cellar.vault.write() as tx:
        cellar.contents.record(tx, cellar.contents.place([], note=random_bytes(50, 400)))
    return cellar.pack_of(content)


@pytest.mark.parametrize("hours_ago", [None, 40, 2000])
def test_a_note_goes_along_while_it_is_younger_than_the_vaults_copy(cellar, hours_ago):
    noted(cellar)
    cellar.pass_time(1000)
    if hours_ago is not None:
        cellar.copy(hours_ago + 1000)
    assert cellar.tidy().packs == 1 and cellar.notes() == 1


def test_a_note_that_is_older_than_the_vaults_copy_is_left_behind(cellar):
    noted(cellar)
    cellar.pass_time(1000)
    cellar.copy(970)
    assert cellar.tidy().packs == 1 and cellar.notes() == 0


def test_a_note_that_was_written_while_the_vault_was_copied_goes_along(cellar):
    noted(cellar)
    cellar.pass_time(1000)
    cellar.copy(999)
    assert cellar.tidy().packs == 1 and cellar.notes() == 1


def test_a_pack_that_has_nothing_but_notes_stays_for_as_long(cellar):
    with cellar.vault.write() as tx:
        cellar.contents.record(tx, cellar.contents.place([], note=random_bytes(50, 400)))
    cellar.packs.begin_new_pack()
    cellar.save(b"f", cellar.keep(1))
    cellar.pass_time(1000)
    cellar.copy(1001)
    assert cellar.tidy().strays == 0 and cellar.notes() == 1
    cellar.copy(1)
    assert cellar.tidy().strays == 1 and cellar.notes() == 0


def test_a_young_pack_is_not_written_anew_for_its_notes_alone(cellar):
    cellar.save(b"f", cellar.keep(1))
    with cellar.vault.write() as tx:
        cellar.contents.record(tx, cellar.contents.place([], note=random_bytes(50, 9000)))
    cellar.pass_time(2)
    assert cellar.collector.plan().packs == ()
    cellar.pass_time(50)
    cellar.copy(1)
    assert cellar.collector.plan().packs == (1,)


def test_a_pack_with_damage_in_what_is_needed_of_it_is_left_to_be_verified(cellar):
    needed = filled(cellar, 2)
    cellar.keep(99)
    (row,) = cellar.vault.pieces.of(needed[0])
    written = cellar.packs.path(Place(1, 0, 0)).stat().st_mtime_ns
    with open(cellar.packs.path(Place(1, 0, 0)), "r+b") as file:
        file.seek(row.offset + 100)
        file.write(b"damage")
    os.utime(cellar.packs.path(Place(1, 0, 0)), ns=(written, written))
    cellar.pass_time()
    cellar.tidy()
    assert 1 in cellar.packs.numbers() and cellar.is_whole(needed[1])


def test_who_reads_while_a_pack_is_written_anew_reads_on(cellar, monkeypatch):
    monkeypatch.setattr(packs_module, "PACK_BYTES", 4_000_000)
    several = cellar.keep(1, 900_000)
    cellar.keep(2, 2_500_000)
    cellar.save(b"f", several)
    cellar.keep(3, 900_000)
    reading = cellar.contents.read(several)
    first = next(reading)
    cellar.pass_time()
    cellar.tidy()
    assert cellar.packs.numbers() == [3]
    assert first + b"".join(reading) == random_bytes(1, 900_000)


def test_a_pack_that_is_written_to_while_it_is_copied_stays(cellar, monkeypatch):
    needed = filled(cellar, 2)
    cellar.keep(99)
    cellar.pass_time()

    def reach(name: str) -> None:
        if name == "gc.moved":
            os.utime(cellar.packs.path(Place(1, 0, 0)))

    monkeypatch.setattr(cellar.collector, "_reach", reach)
    cellar.tidy()
    assert 1 in cellar.packs.numbers()
    assert all(cellar.is_whole(content) for content in needed)


def test_files_that_nothing_refers_to_stay_for_a_day(cellar, monkeypatch):
    codec = Codec()
    cellar.packs.append([codec.piece(random_bytes(seed, 3000)) for seed in range(10)])
    monkeypatch.setattr(packs_module, "LOOSE_BYTES", 2000)
    large = codec.piece(random_bytes(20, 3000))
    cellar.packs.append([large])
    monkeypatch.undo()
    partial = cellar.packs.path(Place(LOOSE, 0, 0), large.hash).with_suffix(".partial")
    partial.write_bytes(b"half")
    cellar.packs.begin_new_pack()
    cellar.save(b"f", cellar.keep(30))
    cellar.pass_time(20)
    assert cellar.tidy().strays == 0 and cellar.packs.numbers() == [1, 2] and partial.exists()
    cellar.pass_time(5)
    assert cellar.tidy().strays == 3
    assert cellar.packs.numbers() == [2] and list(cellar.packs.loose()) == [] and not partial.exists()


def test_the_newest_pack_stays_though_nothing_refers_to_it(cellar):
    cellar.packs.append([Codec().piece(random_bytes(1, 3000))])
    cellar.pass_time(30)
    assert cellar.tidy().strays == 0 and cellar.packs.numbers() == [1]


def test_a_pack_that_something_refers_to_again_is_no_stray(cellar):
    record = Codec().piece(random_bytes(1, 3000))
    (place,) = cellar.packs.append([record])
    cellar.packs.begin_new_pack()
    cellar.save(b"f", cellar.keep(2))
    cellar.pass_time(30)
    plan = cellar.collector.plan()
    assert plan.strays.packs == (1,)
    with cellar.vault.write() as tx:
        cellar.vault.pieces.add(tx, [(record.hash, place.pack, place.offset, place.stored, record.size)])
    cellar.collector.run(plan)
    assert cellar.is_whole(record.hash)


def test_a_file_of_its_own_that_is_kept_again_is_no_stray(cellar, monkeypatch):
    monkeypatch.setattr(packs_module, "LOOSE_BYTES", 2000)
    record = Codec().piece(random_bytes(1, 3000))
    cellar.packs.append([record])
    cellar.pass_time(30)
    plan = cellar.collector.plan()
    assert plan.strays.loose == (record.hash,)
    content = cellar.keep(1)
    cellar.collector.run(plan)
    assert cellar.is_whole(content)


@pytest.mark.parametrize("boundary", sorted(GC - {"gc.moved"}))
def test_a_run_that_is_stopped_leaves_the_rest_to_a_later_one(cellar, monkeypatch, boundary):
    monkeypatch.setattr(packs_module, "LOOSE_BYTES", 20_000)
    needed = filled(cellar, 4)
    cellar.keep(99)
    cellar.keep(100, 25_000)
    cellar.pass_time()
    collector = cellar.collector

    def reach(name: str) -> None:
        if name == boundary:
            collector.stop()

    monkeypatch.setattr(collector, "_reach", reach)
    with pytest.raises(UnavailableError):
        cellar.tidy()
    assert all(cellar.is_whole(content) for content in needed) and cellar.packs.numbers() != [3]
    cellar.collector = Collector(cellar.vault, cellar.contents, lambda: cellar.now)
    cellar.pass_time(30)
    cellar.tidy()
    assert all(cellar.is_whole(content) for content in needed)
    assert {cellar.pack_of(content) for content in needed} == set(cellar.packs.numbers())
    assert list(cellar.packs.loose()) == []


def test_a_plan_is_not_made_once_it_was_stopped(cellar):
    filled(cellar, 4)
    cellar.collector.stop()
    with pytest.raises(UnavailableError):
        cellar.collector.plan()


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from lsfs.objects import packs
from tests.versions.cellar import Cellar

packs.PACK_BYTES, packs.LOOSE_BYTES = 310_000, 200_000
first, now = Path(sys.argv[1]), int(sys.argv[2])
for number in range(10_000):
    folder = first.with_name(f"{first.name}-{number}")
    shutil.copytree(first, folder)
    pid = os.fork()
    if pid == 0:
        left = number
        def reach(name):
            global left
            if left == 0:
                (folder / "boundary").write_text(name)
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
        cellar = Cellar(folder, reach)
        cellar.now = now
        cellar.collector.run(cellar.collector.plan())
        os._exit(0)
    if os.waitpid(pid, 0)[1] == 0:
        break
"""


def test_it_can_be_killed_at_every_boundary(cellar, tmp_path, monkeypatch):
    """After each kill everything that is needed is whole, and the next run leaves what one without a kill leaves."""
    monkeypatch.setattr(packs_module, "PACK_BYTES", 310_000)
    monkeypatch.setattr(packs_module, "LOOSE_BYTES", 200_000)
    needed = [cellar.keep(seed, size) for seed, size in enumerate((3000, 900_000, 70_000))]
    for seed in range(10, 16):
        cellar.keep(seed, 90_000 if seed % 2 else 1_100_000)
    needed += [cellar.keep(seed) for seed in range(20, 30)]
    for number, content in enumerate(needed):
        cellar.save(b"%d" % number, content)
    cellar.packs.append([Codec().piece(random_bytes(60, 3000))])  # whose writer was killed
    cellar.pass_time(30)
    now = cellar.now
    cellar.close()
    first = tmp_path.with_name(f"{tmp_path.name}-first")
    shutil.copytree(tmp_path, first)
    subprocess.run(
        [sys.executable, "-c", KILLED, first, str(now)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), *sys.path]))},
        check=True,
    )
    folders = sorted(first.parent.glob(f"{first.name}-*"), key=lambda folder: int(folder.name.rpartition("-")[2]))
    whole = Cellar(folders.pop())
    kept = {digest for digest, _, _ in whole.referred()}
    whole.close()
    reached = set()
    for folder in folders:
        reached.add((folder / "boundary").read_text())
        again = Cellar(folder)
        again.now = now
        assert again.referred() <= again.there().keys()
        assert all(again.is_whole(content) for content in needed)
        again.now += 30 * 3_600_000_000_000
        again.tidy()
        assert {digest for digest, _, _ in again.referred()} == kept
        assert all(again.is_whole(content) for content in needed)
        again.close()
    assert reached >= GC
    for folder in (first, *first.parent.glob(f"{first.name}-*")):
        shutil.rmtree(folder)
