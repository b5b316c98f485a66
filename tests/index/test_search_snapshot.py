"""A search sees one state of the index from its beginning to its end, whatever is committed meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from lsfs.core.chunktable import pack
from lsfs.core.records import Kind
from lsfs.core.selector import Filters
from lsfs.index.layout import Layout
from lsfs.index.pipeline import Pipeline, Text
from lsfs.index.query import parse
from lsfs.index.search import Search
from lsfs.store.index import FileRow, Index, NewContent


def content(number: int, said: str) -> Text:
    return Text(
        NewContent(
            hash=bytes([number]) * 32,
            state="text",
            extractor="1",
            own_text=True,
            text_bytes=len(said),
            chunks=1,
            chunk_table=pack([(0, 1, len(said.split()), 0)]),
        ),
        [said],
    )


class Folder:
    """An index over files that never were."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.layout = Layout()
        self.pipeline = Pipeline(index, self.layout, None)
        self.pipeline.prepare(embedder=None, extractor="1")
        self.search = Search(index, self.layout, None, None, lambda: {1: b"/root"})
        self.count = 0

    def add(self, said: str) -> int:
        self.count += 1
        number = self.count
        text = content(number, said)
        self.pipeline.follow([], judge=lambda entry: None, texts=[text])
        row = FileRow(
            number, 1, b"f%d.txt" % number, f"f{number}.txt", "txt", Kind.FILE.value, 10, 0, text.content.hash, None,
            number, "done",
        )  # fmt: skip
        with self.index.write() as tx:
            self.index.files.put(tx, [row])
        return number

    def find(self, line: str) -> list[int]:
        answer = self.search.run(parse(line, now_ns=0), Filters(extensions=("txt",)), limit=10)
        return sorted(found.file.id for found in answer.found)


@pytest.fixture
def folder(tmp_path):
    index = Index(tmp_path / "index.db")
    yield Folder(index)
    index.close()


@pytest.mark.parametrize("line", ['lease "flat"', "lease -boat", "lease OR flat"])
def test_what_is_committed_during_a_search_does_not_disturb_it(folder, monkeypatch, line):
    for _ in range(3):
        folder.add("the lease of a flat")
    match = type(folder.index.passages).match

    def match_after_a_commit(passages, phrase, *, cjk=False):
        # More than the arrays have room for, so that they are made anew.
        for _ in range(3):
            folder.add("another lease of another flat")
        return match(passages, phrase, cjk=cjk)

    monkeypatch.setattr(type(folder.index.passages), "match", match_after_a_commit)
    assert folder.find(line) == [1, 2, 3]
    monkeypatch.undo()
    assert folder.find(line) == list(range(1, folder.count + 1))


def test_a_content_that_was_removed_is_not_alive(folder):
    first, second = folder.add("one lease"), folder.add("two leases")
    folder.pipeline.drop([(first, 1, 1)])
    alive = folder.layout.collection.content_alive
    assert alive is not None and np.flatnonzero(alive).tolist() == [second]


def test_a_mask_of_contents_leaves_out_what_the_snapshot_does_not_know(folder):
    folder.add("one lease")
    mask = folder.layout.collection.content_mask(np.array([1, 7]))
    assert mask.tolist() == [False, True]


def test_a_content_with_the_number_of_one_that_was_removed_has_its_own_passages_only(folder):
    folder.add("one lease")
    folder.pipeline.drop([(1, 1, 1)])
    with folder.index.write() as tx:
        folder.index.files.remove(tx, [1])
    folder.add("another lease")
    (found,) = folder.search.run(parse("lease", now_ns=0), Filters(), limit=10).found
    assert (found.file.content, found.chunk) == (1, 0)
