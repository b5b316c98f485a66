"""Cutting: pieces make up the content, an edit changes few of them, and a stream is cut as the whole is."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lsfs.objects.cut import LARGE_BYTES, MOST_PIECE_BYTES, WHOLE_BYTES, Cutters, average_of

CUTTERS = Cutters()


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def text(seed: int, size: int) -> bytes:
    chance = random.Random(seed)
    words = [chance.randbytes(chance.randrange(2, 9)).hex() for _ in range(500)]
    made = bytearray()
    while len(made) < size:
        made += " ".join(chance.choices(words, k=12)).encode() + b"\n"
    return bytes(made[:size])


@pytest.mark.parametrize("size", [0, 1, 63, WHOLE_BYTES])
def test_a_small_content_is_one_piece(size):
    assert [bytes(piece) for piece in CUTTERS.pieces(noise(1, size))] == [noise(1, size)]


@given(st.integers(WHOLE_BYTES + 1, 3 << 20), st.booleans())
@settings(max_examples=15)
def test_pieces_follow_each_other_without_a_gap(size, is_text):
    data = text(size, size) if is_text else noise(size, size)
    pieces = CUTTERS.pieces(data)
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= MOST_PIECE_BYTES for piece in pieces)


@given(st.integers(WHOLE_BYTES + 1, 2 << 20), st.lists(st.integers(1, 300_000), min_size=1, max_size=30))
@settings(max_examples=15)
def test_a_content_that_comes_in_parts_is_cut_as_the_whole_is(size, lengths):
    data = noise(size, size)

    def parts():
        at = 0
        while at < len(data):
            for length in lengths:
                if at < len(data):
                    yield data[at : at + length]
                    at += length

    streamed = [bytes(piece) for piece in CUTTERS.stream(len(data), data[:4096], parts())]
    assert streamed == [bytes(piece) for piece in CUTTERS.pieces(data)]


def test_an_edit_in_the_middle_leaves_most_pieces_as_they_are():
    before = text(7, 1 << 20)
    after = before[:500_000] + b"a few words more " + before[500_000:]
    known = {bytes(piece) for piece in CUTTERS.pieces(before)}
    new = [piece for piece in CUTTERS.pieces(after) if bytes(piece) not in known]
    assert len(new) <= 3 < len(known) // 5


def test_text_is_cut_finer_than_other_bytes_and_what_is_large_coarser():
    fine = average_of(1 << 20, b"plain words\n" * 300)
    coarse = average_of(1 << 20, b"\0" * 4096)
    large = average_of(LARGE_BYTES + 1, b"plain words")
    assert fine is not None and coarse is not None and large is not None and fine < coarse < large


def test_a_character_that_the_head_cuts_in_two_does_not_make_a_text_something_else():
    head = ("ü" * 3000).encode()
    assert average_of(1 << 20, b"a" + head) == average_of(1 << 20, b"plain words\n" * 400)
