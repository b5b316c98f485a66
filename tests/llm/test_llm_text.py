"""Text that comes in pieces of bytes is handed on in whole characters, up to what ends it."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.llm.text import TextInPieces

LETTERS = st.text(alphabet="abé日🜁", max_size=40)


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({min(cut, len(data)) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(ends)]


@given(
    LETTERS, st.lists(st.integers(0, 200), max_size=10), st.lists(st.text("abé", min_size=1, max_size=4), max_size=3)
)
def test_what_is_said_is_the_text_up_to_the_first_stop_string(text, cuts, stop):
    pieces = TextInPieces(stop)
    said = [pieces.add(data) for data in in_pieces(text.encode(), cuts)]
    said.append(pieces.end())
    found = [at for string in stop if (at := text.find(string)) >= 0]
    assert "".join(said) == pieces.text
    assert pieces.stopped == bool(found)
    assert text.startswith(pieces.text)
    if not found:
        assert pieces.text == text
    else:
        assert not any(string in pieces.text for string in stop)
        # A piece may end with one stop string before an earlier, longer one is whole.
        assert len(pieces.text) >= min(found)


@given(LETTERS, st.lists(st.integers(0, 200), max_size=10))
def test_only_whole_characters_are_said(text, cuts):
    pieces = TextInPieces(())
    assert all("\ufffd" not in pieces.add(data) for data in in_pieces(text.encode(), cuts))


def test_what_may_become_a_stop_string_is_held_back():
    pieces = TextInPieces(("</end>",))
    assert pieces.add(b"one <") == "one "
    assert pieces.add(b"/en") == ""
    assert pieces.add(b"vy") == "</envy"
    assert pieces.add(b"</end> two") == ""
    assert pieces.add(b"more") == pieces.end() == ""
    assert pieces.text == "one </envy"


@pytest.mark.parametrize(("data", "text"), [(b"caf\xc3", "caf\ufffd"), (b"\xff!", "\ufffd!")])
def test_bytes_that_are_no_text_are_marked(data, text):
    pieces = TextInPieces(())
    assert pieces.add(data) + pieces.end() == text
