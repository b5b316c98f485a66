"""What was synced is found again, whatever a crash has made of the rest; and what comes after it is found, too."""

from __future__ import annotations

import errno
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from lsfs.core.errors import DiskFull
from lsfs.core.faults import unreached
from lsfs.objects import packs as packs_module
from lsfs.objects.packs import LOOSE_BYTES, Packs, Place
from lsfs.objects.piece import Codec, ObjectDamaged, Record, header_of
from tests.crash.boundaries import OBJECTS

CODEC = Codec()
TAILS: dict[str, Callable[[int], bytes]] = {
    "nothing": lambda _: b"",
    "zeros": bytes,
    "garbage": lambda count: random.Random(count).randbytes(count),
}


@pytest.fixture
def folder(other_volume: Path) -> Path:
    """Where a sync costs nothing: what it is for is played here."""
    return other_volume


@pytest.fixture
def open_packs() -> Iterator[Callable[..., Packs]]:
    opened: list[Packs] = []

    def open_at(folder: Path, reach=unreached) -> Packs:
        opened.append(Packs(folder, reach))
        return opened[-1]

    yield open_at
    for packs in opened:
        packs.close()


def piece(size: int, seed: int) -> Record:
    return CODEC.piece(random.Random(seed).randbytes(size))


def is_there(packs: Packs, place: Place, record: Record) -> bool:
    header, _ = CODEC.unpack(packs.read(place, record.hash))
    return header.hash == record.hash


def walked(packs: Packs) -> set[bytes]:
    """The hashes of records that are found without anybody saying where they are, and sound."""
    found = set()
    for each in packs.everything():
        try:
            found.add(CODEC.unpack(packs.read(each.place, each.header.hash))[0].hash)
        except ObjectDamaged:
            continue
    return found


def check_goes_on(packs: Packs, synced: dict[Place, Record]) -> None:
    """What was synced can be read, and what is appended now as well, by its place and by walking through."""
    new = piece(150, 99)
    (place,) = packs.append([new])
    assert all(is_there(packs, at, record) for at, record in {**synced, place: new}.items())
    assert walked(packs) >= {record.hash for record in [*synced.values(), new]}


@pytest.mark.parametrize("tail", TAILS)
def test_a_pack_that_ends_anywhere_behind_its_last_sync_gives_all_that_was_synced_and_goes_on(folder, open_packs, tail):
    first = open_packs(folder / "first")
    records = [piece(size, size) for size in (40, 300, 90)]
    synced = dict(zip(first.append(records), records, strict=True))
    path = first.path(Place(1, 0, 0))
    end = path.stat().st_size
    first.append([piece(70, 1), CODEC.piece(b"a" * 900), piece(0, 2)])
    whole = path.read_bytes()
    for length in range(end, len(whole) + 1):
        again = open_packs(folder / f"{length}")
        copy = again.path(Place(1, 0, 0))
        copy.parent.mkdir(parents=True)
        copy.write_bytes(whole[:length] + TAILS[tail](len(whole) - length))
        check_goes_on(again, synced)
        again.close()


def test_half_a_record_that_itself_holds_records_does_not_swallow_what_comes_after_it(folder, open_packs):
    inner = [piece(60, 3), piece(60, 4)]
    kept_pack = b"".join(header_of(record) + record.payload for record in inner)
    data = kept_pack + random.Random(5).randbytes(200)
    outer = Record(blake3(data).digest(), len(data), 0, data)
    whole = header_of(outer) + outer.payload
    for length in range(1, len(whole)):
        packs = open_packs(folder / f"{length}")
        path = packs.path(Place(1, 0, 0))
        path.parent.mkdir(parents=True)
        path.write_bytes(whole[:length])
        check_goes_on(packs, {})
        packs.append([piece(400, number) for number in range(6, 9)])
        assert len(walked(packs)) >= 4, length
        packs.close()


def test_a_byte_that_flips_anywhere_costs_the_record_that_it_is_in_and_no_other(folder, open_packs):
    packs = open_packs(folder)
    records = [piece(size, size) for size in (40, 300, 90, 10)]
    places = packs.append(records)
    path = packs.path(places[0])
    sound = path.read_bytes()
    for at in range(len(sound)):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0xFF]) + sound[at + 1 :])
        left = {r.hash for r, p in zip(records, places, strict=True) if not p.offset <= at < p.offset + p.stored}
        assert walked(packs) == left, at


WRITER = """
import os, signal, sys
from pathlib import Path
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec

def reach(name):
    if name == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)

Packs(Path(sys.argv[1]), reach).append([Codec().piece(Path(name).read_bytes()) for name in sys.argv[3:]])
"""


@pytest.mark.parametrize("size", [700, LOOSE_BYTES])
@pytest.mark.parametrize("boundary", sorted(OBJECTS))
def test_what_is_killed_while_it_writes_has_written_whole_records_or_none_and_they_can_be_written_again(
    folder, open_packs, boundary, size
):
    record, earlier = piece(size, 1), [piece(800, 2), piece(LOOSE_BYTES, 3)]
    packs = open_packs(folder / "objects")
    synced = dict(zip(packs.append(earlier), earlier, strict=True))
    if boundary == "objects.pack":
        packs.remove_pack(1)
        del synced[Place(1, 0, earlier[0].stored)]
    packs.close()
    (folder / "bytes").write_bytes(record.payload)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", WRITER, folder / "objects", boundary, folder / "bytes"]
    killed = subprocess.run(command, env=environment).returncode == -signal.SIGKILL
    assert killed == (boundary == "objects.written" or ("loose" in boundary) == (size == LOOSE_BYTES))
    packs = open_packs(folder / "objects")
    assert walked(packs) - {record.hash} == {each.hash for each in synced.values()}
    assert (record.hash in walked(packs)) == (
        not killed or boundary in ("objects.appended", "objects.loose", "objects.written")
    )
    (place,) = packs.append([record])
    assert is_there(packs, place, record) and list((folder / "objects").rglob("*.partial")) == []
    check_goes_on(packs, synced)


@pytest.mark.parametrize(
    "boundary", ["objects.before-append", "objects.appended", "objects.before-loose", "objects.pack"]
)
def test_a_full_disk_costs_nothing_that_was_kept_and_nothing_that_is_kept_later(
    folder, open_packs, boundary, monkeypatch
):
    monkeypatch.setattr(packs_module, "PACK_BYTES", 2000)
    full = False

    def reach(name: str) -> None:
        if full and name == boundary:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    packs = open_packs(folder, reach)
    records = [piece(700, 1), piece(700, 2)]
    synced = dict(zip(packs.append(records), records, strict=True))
    full = True
    for _ in range(3):
        with pytest.raises(DiskFull):
            packs.append([piece(800, 3), piece(LOOSE_BYTES, 4)])
    full = False
    check_goes_on(packs, synced)


def test_a_pack_that_could_not_be_begun_leaves_no_descriptor_that_another_file_may_get(
    folder, open_packs, monkeypatch, tmp_path
):
    monkeypatch.setattr(packs_module, "PACK_BYTES", 1000)
    packs = open_packs(folder)
    packs.append([piece(800, 1)])
    with monkeypatch.context() as patch:
        patch.setattr(packs, "_make_folder", lambda _: (_ for _ in ()).throw(OSError(errno.ENOSPC, "no inode is left")))
        with pytest.raises(DiskFull):
            packs.append([piece(800, 2)])
    # The number that the closed descriptor had goes to the next file that anybody opens.
    with open(tmp_path / "a user's file", "wb") as file:
        packs.append([piece(50, 3)])
    assert Path(file.name).read_bytes() == b""
    assert len(walked(packs)) == 2
