"""Passages of stored texts are read back, and a stored text that is not what it says costs no memory."""

from __future__ import annotations

import pytest
import zstandard

from lsfs.core.chunktable import pack
from lsfs.index.texts import Texts
from lsfs.store.index import Index, NewContent


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "index.db")
    yield index
    index.close()


def passages(index: Index, body: bytes, text_bytes: int) -> list[str]:
    content = NewContent(
        hash=b"h" * 32,
        state="text",
        extractor="1",
        text_bytes=text_bytes,
        chunks=2,
        chunk_table=pack([(0, 1, 1, 0), (4, 2, 1, 0)]),
        text=body,
    )
    with index.write() as tx:
        number = index.contents.add(tx, content, 1)
    stored = index.contents.get(number)
    assert stored is not None
    return [passage.text for passage in Texts(index, lambda row: -1).passages(stored, [])]


@pytest.mark.parametrize("sized", [True, False])
def test_a_stored_text_is_cut_into_its_passages(index, sized):
    body = zstandard.ZstdCompressor(write_content_size=sized).compress(b"one\ntwo\n")
    assert passages(index, body, 8) == ["one\n", "two\n"]


@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("length", [7, 9])
def test_a_stored_text_of_another_length_is_none(index, sized, length):
    body = zstandard.ZstdCompressor(write_content_size=sized).compress(b"one\ntwo\n")
    assert passages(index, body, length) == []


def test_what_is_no_compressed_text_is_none(index):
    assert passages(index, b"no frame at all", 8) == []


def test_a_text_that_unfolds_to_more_than_it_says_is_not_unfolded(index, monkeypatch):
    body = zstandard.ZstdCompressor().compress(bytes(64 << 20))
    monkeypatch.setattr(zstandard, "ZstdDecompressor", lambda: pytest.fail("it was unfolded"))
    assert passages(index, body, 8) == []
