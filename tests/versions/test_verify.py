"""Every kept byte is proved: what is damaged is found, named, never handed out, and kept anew where it still is."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from blake3 import blake3

from lsfs.core.errors import StorageError
from lsfs.core.records import Kind, StatKey
from lsfs.objects.packs import LOOSE, Packs, Place
from lsfs.objects.piece import HEADER_BYTES, Codec, ObjectDamaged
from lsfs.store.vault import Entry, OpRow, Vault, Version
from lsfs.versions.contents import ContentStore
from lsfs.versions.history import History
from lsfs.versions.verify import DAMAGED, Looked, Verified, verify


class Kept(NamedTuple):
    """A vault with its objects, beside a folder that it watches."""

    vault: Vault
    packs: Packs
    contents: ContentStore
    root: Path

    def file(self, name: str, *bodies: bytes, there: bool = True) -> list[Version]:
        """A file with a version for each body; the last stands in the folder, where it is `there`."""
        path = self.root / name
        path.write_bytes(bodies[-1])
        key = StatKey.of(os.lstat(path))
        with self.vault.write() as tx:
            (lineage,) = self.vault.entries.new_lineages(tx, [None])
            versions = []
            for number, body in enumerate(bodies, 1):
                seq, content = self.vault.next_seq(tx), self.contents_of(body)
                versions.append(
                    Version(
                        seq,
                        lineage,
                        number,
                        1,
                        name.encode(),
                        "file",
                        content,
                        None,
                        len(body),
                        0o100600,
                        1,
                        None,
                        1,
                        1,
                    )
                )
            self.vault.versions.add(tx, versions)
            entry_id = self.vault.entries.next_id(tx)
            stat = (key.ino, 0, key.size, key.mode, key.mtime_ns, key.ctime_ns)
            last = versions[-1].content
            self.vault.entries.put(
                tx, [Entry(entry_id, 1, name.encode(), Kind.FILE, *stat, None, last, lineage, seq, None, 0)]
            )
        for body in bodies:
            self.contents.keep_bytes(body)
        if not there:
            path.unlink()
        return versions

    @staticmethod
    def contents_of(body: bytes) -> bytes:
        return blake3(body).digest()

    def verified(self) -> Verified:
        *before, last = verify(self.vault, self.contents, lambda: 7)
        assert all(isinstance(each, Looked) and each.done <= each.total for each in before)
        assert isinstance(last, Verified)
        return last

    def damage(self, body: bytes, how: str, piece: int = 0) -> None:
        """Damages the record of a piece of a content."""
        row = (self.vault.pieces.of(self.contents_of(body)) or [])[piece]
        place = Place(row.pack, row.offset, row.stored)
        path = self.packs.path(place, row.hash)
        if how == "gone":
            path.unlink()
            self.packs.close()  # a process that still has it open reads it
        elif how == "cut off":
            os.truncate(path, row.offset + row.stored - 1)
        else:
            at = row.offset + (10 if how == "header" else HEADER_BYTES + (row.stored - HEADER_BYTES) // 2)
            with open(path, "r+b") as file:
                file.seek(at)
                flipped = file.read(1)[0] ^ 0x10
                file.seek(at)
                file.write(bytes([flipped]))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    root = tmp_path / "root"
    root.mkdir()
    vault = Vault(tmp_path / "data/vault.db")
    with vault.write() as tx:
        vault.roots.add(tx, os.fsencode(root), "", 1, 0)
    packs = Packs(tmp_path / "data/objects")
    yield Kept(vault, packs, ContentStore(vault, packs, Codec()), root)
    packs.close()
    vault.close()


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def test_what_is_sound_is_said_to_be_and_stays(kept):
    kept.file("a", b"one", b"two", noise(1, 3_000_000))
    kept.file("many", *(b"%d" % number for number in range(250)))
    *before, last = verify(kept.vault, kept.contents, lambda: 7)
    assert before and last == Verified(kept.vault.pieces.stored_bytes(), (), 0)
    assert kept.verified().lost == () and b"".join(kept.contents.read(kept.contents_of(noise(1, 3_000_000))))


def test_what_is_moved_meanwhile_is_not_damaged(kept):
    bodies = [b"%d" % number for number in range(250)]
    kept.file("many", *bodies)
    run = verify(kept.vault, kept.contents, lambda: 7)
    assert isinstance(next(run), Looked)
    rows = list(kept.vault.pieces.in_turn())
    kept.packs.begin_new_pack()
    places = kept.packs.append([Codec().piece(kept.contents.proved(row)) for row in rows])
    with kept.vault.write() as tx:
        moved = [(row.hash, at.pack, at.offset, at.stored) for row, at in zip(rows, places, strict=True)]
        kept.vault.pieces.correct(tx, "pieces", moved)
        kept.vault.pieces.forget(tx, [rows[-1].hash])
    kept.packs.remove_pack(1)
    *_, last = run
    assert (last.lost, last.mended) == ((), 0)


@pytest.mark.parametrize("how", ["flipped", "header", "cut off", "gone"])
def test_damage_is_found_named_and_never_handed_out(kept, how):
    kept.file("sound", b"sound" * 100)
    kept.packs.begin_new_pack()
    kept.file("notes.txt", noise(1, 500), noise(2, 500), there=False)
    kept.damage(noise(2, 500), how)
    with pytest.raises(ObjectDamaged):
        b"".join(kept.contents.read(kept.contents_of(noise(2, 500))))
    lost = kept.verified().lost
    both = how == "gone"  # the pack with the first version too
    names = sorted((v.path, v.number) for each in lost for v in each.versions)
    assert names == [(b"notes.txt", n) for n in ((1, 2) if both else (2,))]
    assert all(each.reason for each in lost)
    with pytest.raises(ObjectDamaged):
        b"".join(kept.contents.read(kept.contents_of(noise(2, 500))))
    assert not kept.contents.has(kept.contents_of(noise(2, 500))) and kept.contents.has(
        kept.contents_of(b"sound" * 100)
    )
    listed = History(kept.vault).versions(lost[0].versions[0].lineage)
    assert [(each.kept, each.reason) for each in listed][-1] == (False, DAMAGED)
    assert kept.verified() == Verified(kept.vault.pieces.stored_bytes(), (), 0)  # told once, and forgotten


@pytest.mark.parametrize("how", ["flipped", "cut off", "gone"])
def test_a_damaged_object_with_a_file_of_its_own_is_found_and_replaced_by_the_next_capture(kept, how):
    body = noise(3, 2 << 20)

    def keep_whole() -> None:
        placed = kept.contents.place([Codec().piece(body)])
        with kept.vault.write() as tx:
            kept.contents.record(tx, placed)

    keep_whole()
    kept.file("film", body, there=False)
    assert [row.pack for row in kept.vault.pieces.of(kept.contents_of(body))] == [LOOSE]
    kept.damage(body, how)
    (lost,) = kept.verified().lost
    assert [(v.path, v.number) for v in lost.versions] == [(b"film", 1)]
    keep_whole()
    assert b"".join(kept.contents.read(lost.content)) == body and kept.verified().lost == ()


def test_a_damaged_piece_costs_every_content_that_has_it_and_no_other(kept):
    start, end = noise(4, 2_000_000), noise(5, 2_000_000)
    kept.file("a", start, start + end, end, there=False)
    kept.damage(start, "flipped")
    lost = kept.verified().lost
    assert sorted(v.number for each in lost for v in each.versions) == [1, 2]
    assert b"".join(kept.contents.read(kept.contents_of(end))) == end


def test_what_a_file_still_holds_is_read_again_instead_of_given_up(kept):
    (_, newest) = kept.file("a", noise(6, 500), noise(7, 500))
    kept.damage(noise(7, 500), "flipped")
    found = kept.verified()
    assert (found.lost, found.mended) == ((), 1)
    assert kept.vault.versions.dropped(newest.lineage) == {}
    assert len(kept.vault.entries.unkept(10)) == 1  # what the ingest thread reads again


def test_a_file_that_was_changed_since_it_was_read_holds_nothing(kept):
    kept.file("a", noise(8, 500))
    kept.damage(noise(8, 500), "flipped")
    (kept.root / "a").write_bytes(b"something else")
    assert [v.number for each in kept.verified().lost for v in each.versions] == [1]


def test_a_second_record_of_a_damaged_piece_takes_its_place(kept):
    body = noise(9, 500)
    kept.file("a", body, there=False)
    kept.packs.append([Codec().piece(body)])
    kept.damage(body, "flipped")
    found = kept.verified()
    assert (found.lost, found.mended) == ((), 1)
    assert b"".join(kept.contents.read(kept.contents_of(body))) == body


def test_a_damaged_list_of_pieces_is_written_anew(kept):
    body = noise(10, 3_000_000)
    kept.file("a", body, there=False)
    row = kept.vault.pieces.content(kept.contents_of(body))
    path = kept.packs.path(Place(row.pack, row.offset, row.stored))
    with open(path, "r+b") as file:
        file.seek(row.offset + row.stored - 3)
        file.write(b"???")
    found = kept.verified()
    assert (found.lost, found.mended) == ((), 1)
    again = kept.vault.pieces.content(kept.contents_of(body))
    assert len(kept.contents.listed(again)) == len(kept.vault.pieces.of(kept.contents_of(body)))
    assert b"".join(kept.contents.read(kept.contents_of(body))) == body
    assert kept.verified().mended == 0


def test_a_content_of_which_a_piece_is_not_known_is_lost(kept):
    body = noise(11, 3_000_000)
    kept.file("a", body, there=False)
    with kept.vault.write() as tx:
        kept.vault.pieces.forget(tx, [kept.vault.pieces.of(kept.contents_of(body))[1].hash])
    assert [v.number for each in kept.verified().lost for v in each.versions] == [1]


def test_an_op_that_cannot_be_taken_back_any_more_is_named(kept):
    body = noise(12, 500)
    kept.contents.keep_bytes(body)
    with kept.vault.write() as tx:
        op = OpRow(0, "applied", "reversible", "cli", "", "", b"{}", 1, 1, 1, 1)
        number = kept.vault.ops.add(tx, op, [], [])
        kept.vault.ops.hold(tx, number, [kept.contents_of(body)])
    kept.damage(body, "flipped")
    assert [each.ops for each in kept.verified().lost] == [(number,)]


def test_damage_to_what_nobody_needs_is_forgotten_and_not_told(kept):
    body = noise(13, 500)
    kept.contents.keep_bytes(body)
    kept.damage(body, "flipped")
    assert kept.verified().lost == () and not kept.contents.has(kept.contents_of(body))


def test_objects_that_are_away_are_not_damaged(kept, tmp_path):
    kept.file("a", noise(14, 500), there=False)
    kept.packs.close()
    (tmp_path / "data/objects").rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="folder of kept objects is not there"):
        kept.verified()
    (tmp_path / "elsewhere").rename(tmp_path / "data/objects")
    assert kept.verified().lost == ()


def test_objects_that_may_not_be_read_are_not_damaged(kept, monkeypatch):
    kept.file("a", noise(15, 500), there=False)
    kept.packs.close()
    real = os.open

    def refused(path, *rest, **named):
        if str(path).endswith(".pack"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *rest, **named)

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(StorageError, match="Permission denied") as raised:
        kept.verified()
    assert not isinstance(raised.value, ObjectDamaged)
    monkeypatch.undo()
    assert kept.verified().lost == ()
