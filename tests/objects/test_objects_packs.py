"""The files of records: appended, synced, found again, whatever stands between them."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.errors import DiskFull
from lsfs.objects import packs as packs_module
from lsfs.objects.packs import LOOSE, LOOSE_BYTES, Packs, Place
from lsfs.objects.piece import Codec, ObjectDamaged

CODEC = Codec()


@pytest.fixture
def packs(tmp_path: Path) -> Iterator[Packs]:
    made = Packs(tmp_path / "objects")
    yield made
    made.close()


def records(*seeds: int, size: int = 2000):
    return [CODEC.piece(os.urandom(size - 8) + seed.to_bytes(8, "big")) for seed in seeds]


def body(packs: Packs, place: Place, record) -> bytes:
    return CODEC.unpack(packs.read(place, record.hash))[1]


def test_small_records_share_a_pack_and_large_ones_have_a_file_each(packs):
    small = records(1, 2, 3)
    (large,) = records(4, size=LOOSE_BYTES)
    places = packs.append([small[0], large, small[1], small[2]])
    assert [place.pack for place in places] == [1, LOOSE, 1, 1]
    for place, record in zip(places, [small[0], large, small[1], small[2]], strict=True):
        assert packs.read(place, record.hash)[-len(record.payload) :] == record.payload
    assert [digest for digest, _ in packs.loose()] == [large.hash]
    assert sum(1 for _ in packs.everything()) == 4


def test_everything_is_for_its_owner_alone(packs):
    packs.append([*records(1), *records(2, size=LOOSE_BYTES)])
    for path in (packs.folder, *packs.folder.rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_pack_that_is_full_is_followed_by_another(packs, monkeypatch):
    monkeypatch.setattr(packs_module, "PACK_BYTES", 10_000)
    made = records(*range(12))
    places = packs.append(made)
    assert max(place.pack for place in places) == 3
    assert all(place.offset + place.stored <= 10_000 for place in places)
    assert [body(packs, p, r)[-8:] for p, r in zip(places, made, strict=True)] == [
        n.to_bytes(8, "big") for n in range(12)
    ]


def test_a_new_process_goes_on_with_the_newest_pack(packs, tmp_path):
    packs.append(records(1))
    packs.close()
    again = Packs(tmp_path / "objects")
    (place,) = again.append(records(2))
    assert place.pack == 1 and place.offset > 0
    again.close()


@pytest.mark.parametrize("tail", [b"L", b"LSFP" + b"\0" * 60, b"\0" * 5000, os.urandom(777)])
def test_a_pack_with_half_a_record_at_its_end_is_left_as_it_is(packs, tmp_path, tail):
    (first,) = packs.append(records(1))
    packs.close()
    path = packs.path(first)
    with open(path, "ab") as file:
        file.write(tail)
    again = Packs(tmp_path / "objects")
    made = records(2)
    (place,) = again.append(made)
    assert place.pack == 2 and body(again, place, made[0])
    assert [found.place for found in again.records(1)] == [first]
    again.close()


def test_records_behind_damage_are_found_again(packs):
    made = records(1, 2, 3)
    places = packs.append(made)
    with open(packs.path(places[1]), "r+b") as file:
        file.seek(places[1].offset)
        file.write(os.urandom(30))
    found = [one.place for one in packs.records(1)]
    assert places[0] in found and places[2] in found and places[1] not in found
    with pytest.raises(ObjectDamaged):
        body(packs, places[1], made[1])


def test_a_record_that_could_not_be_written_whole_leaves_no_half_of_it(packs, tmp_path):
    packs.append(records(1))
    size = packs.path(Place(1, 0, 0)).stat().st_size

    def full(name: str) -> None:
        if name == "objects.appended":
            raise OSError(errno.ENOSPC, "No space left on device")

    packs.close()
    broken = Packs(tmp_path / "objects", reach=full)
    with pytest.raises(DiskFull):
        broken.append(records(2))
    assert packs.path(Place(1, 0, 0)).stat().st_size == size
    broken.close()


def test_what_is_gone_or_cut_off_is_said(packs):
    small, large = packs.append([*records(1), *records(2, size=LOOSE_BYTES)])
    packs.close()
    os.truncate(packs.path(small), small.stored - 1)
    with pytest.raises(ObjectDamaged):
        packs.read(small, b"")
    digest, path = next(packs.loose())
    path.unlink()
    with pytest.raises(ObjectDamaged):
        packs.read(large, digest)
    packs.remove_pack(1)
    with pytest.raises(ObjectDamaged):
        packs.read(small, b"")


def test_a_damaged_file_of_its_own_is_written_anew(packs):
    (record,) = records(1, size=LOOSE_BYTES)
    (place,) = packs.append([record])
    path = packs.path(place, record.hash)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    packs.append([record])
    assert packs.read(place, record.hash)[-len(record.payload) :] == record.payload


def test_many_threads_may_append_and_read_at_once(packs):
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                made = records(number * 100 + turn)
                (place,) = packs.append(made)
                assert body(packs, place, made[0])[-8:] == (number * 100 + turn).to_bytes(8, "big")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed and sum(1 for _ in packs.everything()) == 80
