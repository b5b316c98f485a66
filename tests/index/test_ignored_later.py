"""A file that becomes ignored leaves the search whole, and comes back when it is ignored no more."""

from __future__ import annotations

import pytest

from lsfs.core.chunktable import pack
from lsfs.core.records import Kind
from lsfs.index.layout import Layout
from lsfs.index.pipeline import Pipeline, Standing, Text
from lsfs.store.index import Index, NewContent
from lsfs.store.vault import Entry

HASH = b"h" * 32


def entry(number: int = 1, seq: int = 1) -> Entry:
    return Entry(
        number, 1, b"lease%d.txt" % number, Kind.FILE, 5, 0, 5, 0o100644, 0, 0, None, HASH, number, seq, None, 0
    )


def text() -> Text:
    content = NewContent(
        hash=HASH,
        state="text",
        extractor="1",
        own_text=True,
        text_bytes=5,
        chunks=1,
        chunk_table=pack([(0, 1, 1, 0)]),
    )
    return Text(content, ["lease"])


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "index.db")
    yield index
    index.close()


@pytest.fixture
def pipeline(index):
    pipeline = Pipeline(index, Layout(), None)
    pipeline.prepare(embedder=None, extractor="1")
    pipeline.follow([entry()], judge=searched, texts=[text()])
    return pipeline


def searched(entry: Entry) -> None:
    return None


def ignored(entry: Entry) -> Standing:
    return Standing("ignored", "the user's wish")


def test_an_ignored_file_keeps_neither_content_nor_name(index, pipeline):
    assert index.files.many([1])[1].content is not None and index.names.holding("lease") == [1]
    pipeline.follow([entry(seq=2)], judge=ignored)
    assert index.files.many([1]) == {}
    assert index.names.holding("lease") == [] and index.contents.unembedded(10) == []
    assert pipeline.sweep() == 1
    assert len(index.passages.match("lease")) == 0


@pytest.mark.parametrize("swept", [True, False])
def test_a_file_that_is_ignored_no_more_is_read_again(index, pipeline, swept):
    pipeline.follow([entry(seq=2)], judge=ignored)
    if swept:
        pipeline.sweep()
    pipeline.follow([entry(seq=3)], judge=searched)
    assert index.files.many([1])[1].state == ("queued" if swept else "done") and index.names.holding("lease") == [1]
    pipeline.follow([entry(seq=3)], judge=searched, texts=[text()], read=True)
    row = index.files.many([1])[1]
    assert row.state == "done" and row.content is not None
