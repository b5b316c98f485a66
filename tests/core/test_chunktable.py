from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core import chunktable

U32, U16 = st.integers(0, 2**32 - 1), st.integers(0, 2**16 - 1)


@given(st.lists(st.tuples(U32, U32, U16, U16)))
def test_rows_come_back_as_they_were(rows: list[tuple[int, int, int, int]]) -> None:
    table = chunktable.pack(rows)
    assert len(table) == chunktable.CHUNK_BYTES * len(rows)
    assert [(row.start, row.line, row.words, row.heading) for row in chunktable.unpack(table)] == rows


def test_the_layout_is_fixed_little_endian() -> None:
    assert chunktable.pack([(1, 2, 3, 4)]) == b"\x01\0\0\0\x02\0\0\0\x03\0\x04\0"


def test_a_count_of_words_that_does_not_fit_is_cut() -> None:
    assert chunktable.unpack(chunktable.pack([(0, 1, 1_000_000, 0)]))[0].words == 65535


def test_a_table_that_is_cut_off_is_refused() -> None:
    with pytest.raises(ValueError, match="cut off"):
        chunktable.unpack(b"x" * 13)
