"""Folders and files that a request names are found however they are written, and doctor says a thing once."""

from __future__ import annotations

import os

import pytest

from lsfs.core.api import FindRequest
from lsfs.core.chunktable import pack
from lsfs.core.errors import RefusedError, UsageError
from lsfs.core.records import Kind
from lsfs.engine.doctor import Doctor
from lsfs.engine.finding import Finding
from lsfs.index.layout import Layout
from lsfs.index.pipeline import Pipeline, Text
from lsfs.index.search import Search
from lsfs.index.texts import Texts
from lsfs.store.index import Index, NewContent
from lsfs.store.vault import Entry, Vault


def no_file(row) -> int:
    raise FileNotFoundError(row.path)


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "db" / "index.db")
    yield index
    index.close()


@pytest.fixture
def root(tmp_path):
    """A real folder, as roots are, with a link to it."""
    root = tmp_path.resolve() / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub/a.txt").write_text("the lease of a flat")
    (tmp_path / "link").symlink_to(root)
    return root


@pytest.fixture
def finding(index, root):
    layout = Layout()
    pipeline = Pipeline(index, layout, None)
    pipeline.prepare(embedder=None, extractor="1")
    said = (root / "sub/a.txt").read_text()
    content = NewContent(
        hash=b"h" * 32,
        state="text",
        extractor="1",
        own_text=True,
        text_bytes=len(said),
        chunks=1,
        chunk_table=pack([(0, 1, 5, 0)]),
    )
    entry = Entry(1, 1, b"sub/a.txt", Kind.FILE, 5, 0, len(said), 0, 0, 0, None, content.hash, 1, 1, None, 0)
    pipeline.follow([entry], judge=lambda entry: None, texts=[Text(content, [said])])
    roots = {1: os.fsencode(root)}
    search = Search(index, layout, None, None, lambda: roots)
    return Finding(index, search, Texts(index, no_file), lambda: roots, lambda: True, lambda: 0)


@pytest.mark.parametrize(
    "folder", ["root", "root/", "root/.", "root/sub/..", "root/./sub", "root//sub", "link", "link/sub/."]
)
def test_a_folder_is_itself_however_it_is_written(finding, tmp_path, folder):
    result = finding.find(FindRequest(words="lease", in_folder=f"{tmp_path}/{folder}"))
    assert [os.path.basename(hit.path) for hit in result.hits] == ["a.txt"]


def test_another_folder_holds_nothing_of_it(finding, tmp_path):
    assert finding.find(FindRequest(words="lease", in_folder=f"{tmp_path}/root/sub/../other")).hits == ()


@pytest.mark.parametrize("file", ["root/sub/a.txt", "root/./sub/../sub/a.txt", "link/sub/a.txt", "root/sub/./a.txt"])
def test_a_file_to_resemble_is_itself_however_it_is_written(finding, tmp_path, file):
    finding.find(FindRequest(words="", like=f"{tmp_path}/{file}"))


def test_a_file_that_is_not_indexed_cannot_be_resembled(finding, tmp_path):
    with pytest.raises(RefusedError):
        finding.find(FindRequest(words="", like=f"{tmp_path}/root/none.txt"))


@pytest.mark.parametrize("path", ["sub", "base64:?", "/a\0b"])
def test_what_is_no_absolute_path_is_refused(finding, path):
    with pytest.raises(UsageError):
        finding.find(FindRequest(words="lease", in_folder=path))
    with pytest.raises(UsageError):
        finding.find(FindRequest(words="lease", like=path))


def test_doctor_says_a_thing_once(index, tmp_path):
    vault = Vault(tmp_path / "db" / "vault.db")
    index.rebuilt = "the index was not usable"
    notes = (index.rebuilt, "no vectors: switched off", "something else")
    doctor = Doctor(vault, index, tmp_path / "copy.db", 1 << 30, 0, lambda: (), lambda: "switched off", lambda: notes)
    said = [finding.what for finding in doctor.findings()]
    vault.close()
    assert sorted(said) == sorted(set(said)) and set(notes) <= set(said)
