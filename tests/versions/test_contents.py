"""The store of contents: what goes in comes out, pieces are shared, damage is said."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st

from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec, ObjectDamaged
from lsfs.store.vault import Vault
from lsfs.versions.contents import ContentStore, NotStill


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ContentStore]:
    vault = Vault(tmp_path / "vault.db")
    packs = Packs(tmp_path / "objects")
    yield ContentStore(vault, packs, Codec())
    packs.close()
    vault.close()


def text(seed: int, size: int) -> bytes:
    chance = random.Random(seed)
    words = [chance.randbytes(4).hex() for _ in range(2000)]
    return " ".join(chance.choices(words, k=size // 9 + 1)).encode()[:size]


def kept_bytes(store: ContentStore) -> int:
    return sum(found.place.stored for found in store.packs.everything())


@given(st.lists(st.integers(0, 300_000), max_size=4), st.integers(0))
@settings(max_examples=15)
def test_what_goes_in_comes_out(tmp_path_factory, sizes, seed):
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("contents")
    vault, packs = Vault(folder / "vault.db"), Packs(folder / "objects")
    store = ContentStore(vault, packs, Codec())
    for size in sizes:
        data = chance.randbytes(size)
        content = store.keep_bytes(data)
        assert content == blake3(data).digest() and store.has(content) and store.size(content) == size
        assert b"".join(store.read(content)) == data
        offset, length = chance.randrange(size + 1), chance.randrange(size + 1)
        assert store.read_at(content, offset, length) == data[offset : offset + length]
    packs.close()
    vault.close()


def test_a_content_is_kept_once(store):
    data = text(1, 500_000)
    store.keep_bytes(data)
    before = kept_bytes(store)
    store.keep_bytes(data)
    assert kept_bytes(store) == before


def test_forty_versions_of_a_megabyte_of_text_with_small_edits_take_two_megabytes_at_most(store):
    chance = random.Random(3)
    data = bytearray(text(3, 1 << 20))
    for _ in range(40):
        for _ in range(3):
            at = chance.randrange(len(data))
            data[at : at + 20] = b"a few words changed "
        store.keep_bytes(bytes(data))
    assert kept_bytes(store) <= 2_000_000


def test_a_large_file_is_kept_without_being_held_in_memory_whole(store, tmp_path):
    path = tmp_path / "large"
    chance = random.Random(5)
    with open(path, "wb") as file:
        for _ in range(70):
            file.write(chance.randbytes(1 << 20))
    with open(path, "rb") as file:
        kept = store.keep_file(file.fileno())
    assert kept.content == blake3(path.read_bytes()).digest()
    assert store.read_at(kept.content, 69 << 20, 100) == path.read_bytes()[69 << 20 :][:100]
    pieces = store._vault.pieces.of(kept.content)
    assert pieces is not None and len(pieces) > 30


def test_a_file_that_never_stands_still_is_not_kept_torn(store, tmp_path, monkeypatch):
    path = tmp_path / "busy"
    path.write_bytes(b"x" * 1000)
    real = os.pread

    def busy(fd: int, count: int, offset: int) -> bytes:
        with open(path, "ab") as file:
            file.write(b"more")
        return real(fd, count, offset)

    monkeypatch.setattr(os, "pread", busy)
    with open(path, "rb") as file, pytest.raises(NotStill):
        store.keep_file(file.fileno(), attempts=2)


def test_a_flipped_bit_is_never_handed_out(store):
    content = store.keep_bytes(text(9, 300_000))
    (pack,) = store.packs.numbers()
    path = store.packs.folder / "packs" / f"{pack:08d}.pack"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    with pytest.raises(ObjectDamaged):
        b"".join(store.read(content))


def test_a_content_that_was_never_kept_is_said_to_be_missing(store):
    assert not store.has(b"x" * 32) and store.size(b"x" * 32) is None
    with pytest.raises(ObjectDamaged):
        next(store.read(b"x" * 32))


def test_bytes_that_are_not_the_ones_announced_are_refused(store):
    with pytest.raises(ValueError, match="other bytes"):
        store.keep_parts(iter([b"other"]), 5, b"other", b"c" * 32)


def test_a_lease_lasts_as_long_as_its_block(store):
    with store.leased([b"a"]) as lease:
        lease(b"b")
        with store.leased([b"a"]):
            assert store.leases() == {b"a", b"b"}
        assert store.leases() == {b"a", b"b"}
    assert store.leases() == set()
