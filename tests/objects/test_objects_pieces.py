"""One record: what is packed comes back as it was, and nothing that was changed passes for it."""

from __future__ import annotations

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from lsfs.objects.piece import (
    HEADER_BYTES,
    Codec,
    ManifestPiece,
    ObjectDamaged,
    Record,
    RecordKind,
    header_of,
    manifest_pieces,
    read_header,
)

CODEC = Codec()


def stored(record: Record) -> bytes:
    return header_of(record) + record.payload


@given(st.binary(max_size=5000) | st.binary(max_size=40).map(lambda part: part * 200))
def test_a_piece_comes_back_as_it_was(data):
    record = CODEC.piece(data)
    header, body = CODEC.unpack(stored(record))
    assert body == data and header.hash == blake3(data).digest() == record.hash
    assert header.stored == record.stored == len(stored(record)) <= HEADER_BYTES + len(data)
    assert header.kind is RecordKind.PIECE and header.size == len(data)


@given(st.binary(max_size=20).map(lambda part: part * 30), st.data())
def test_no_changed_bit_passes(data, draw):
    good = stored(CODEC.piece(data))
    bit = draw.draw(st.integers(0, len(good) * 8 - 1))
    bad = bytearray(good)
    bad[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ObjectDamaged):
        header, body = CODEC.unpack(bytes(bad))
        # The frame of zstd has bits that mean nothing; what comes of it is the same then.
        if body == data and header == read_header(good):
            raise ObjectDamaged("the same")


@given(st.binary(min_size=1, max_size=300), st.integers(1, 80))
def test_a_record_that_is_cut_off_is_none(data, missing):
    good = stored(CODEC.piece(data))
    with pytest.raises(ObjectDamaged):
        CODEC.unpack(good[: max(0, len(good) - missing)])


def test_a_manifest_lists_the_pieces_of_its_content_and_proves_itself():
    pieces = [ManifestPiece(blake3(bytes([n])).digest(), n) for n in range(200)]
    record = CODEC.manifest(b"c" * 32, pieces)
    header, body = CODEC.unpack(stored(record))
    assert header.kind is RecordKind.MANIFEST and header.hash == b"c" * 32
    assert manifest_pieces(body) == pieces
    damaged = bytearray(stored(record))
    damaged[-5] ^= 1
    with pytest.raises(ObjectDamaged):
        CODEC.unpack(bytes(damaged))


@given(st.binary(max_size=200))
def test_no_noise_is_taken_for_a_header(data):
    assert read_header(data) is None


def test_a_header_that_asks_for_gigabytes_is_none():
    record = Record(b"h" * 32, 1 << 30, 1, b"x")
    assert read_header(header_of(record)) is None
