"""What differs between two versions: texts by line, documents by their text, anything else by size and hash."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path

import pytest

from lsfs.core.api import DiffRequest
from lsfs.core.errors import NothingFound
from tests.running import Lsfs

SETTLED_S = 2.3


def saved(lsfs: Lsfs, path: Path, *contents: bytes) -> None:
    """Each is a version."""
    for number, content in enumerate(contents):
        if number:
            time.sleep(SETTLED_S)
        path.write_bytes(content)
        if number:
            lsfs.rescanned()
        else:
            lsfs.up()


def diff(lsfs: Lsfs, name: str, **sides: str):
    return lsfs.engine.diffing.diff(DiffRequest(path=str(lsfs.root / name), **sides))


def document(text: str) -> bytes:
    """A minimal .docx."""
    body = f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
        'wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", kinds)
        archive.writestr("_rels/.rels", relations)
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>')
    return file.getvalue()


def test_a_text_line_by_line(lsfs):
    saved(lsfs, lsfs.root / "a.txt", b"one\ntwo\nthree\n", b"one\n2\nthree\n", b"one\n2\nthree\nfour")
    whole = diff(lsfs, "a.txt", old="@1", new="@3")
    assert whole.kind == "text" and (whole.added, whole.removed) == (2, 1)
    assert whole.unified.splitlines()[2:] == [
        "@@ -1,3 +1,4 @@",
        " one",
        "-two",
        "+2",
        " three",
        "+four",
        "\\ No newline at end of file",
    ]
    assert (diff(lsfs, "a.txt").old.label, diff(lsfs, "a.txt").new.label) == ("@2", "@3")
    assert diff(lsfs, "a.txt", new="@2").old.label == "@1"
    assert diff(lsfs, "a.txt", old="@2", new="@2").kind == "same"


def test_only_a_line_feed_ends_a_line(lsfs):
    saved(lsfs, lsfs.root / "a.txt", "one\x0cpage\u2028end\n".encode(), "one\x0cpage\u2028END\n".encode())
    found = diff(lsfs, "a.txt")
    assert (found.added, found.removed) == (1, 1)
    assert "No newline" not in found.unified


def test_a_document_by_the_text_in_it(lsfs):
    saved(lsfs, lsfs.root / "a.docx", document("The rent is 800 euros."), document("The rent is 900 euros."))
    found = diff(lsfs, "a.docx")
    assert found.kind == "extracted" and (found.added, found.removed) == (1, 1)
    assert "-The rent is 800 euros." in found.unified and "+The rent is 900 euros." in found.unified


def test_other_files_by_size_and_hash(lsfs):
    saved(lsfs, lsfs.root / "a.bin", bytes(100) + b"\xff\x00", bytes(200) + b"\xfe\x00")
    found = diff(lsfs, "a.bin")
    assert found.kind == "binary" and not found.unified
    assert (found.old.size, found.new.size) == (102, 202)
    assert found.old.content != found.new.content


def test_what_cannot_be_compared_is_said(lsfs):
    (lsfs.root / "d").mkdir()
    saved(lsfs, lsfs.root / "a.txt", b"one")
    with pytest.raises(NothingFound, match="only 0 kept versions"):
        diff(lsfs, "a.txt")
    with pytest.raises(NothingFound, match="folders have no differences"):
        diff(lsfs, "d")
    with pytest.raises(NothingFound, match="nothing is known"):
        diff(lsfs, "nowhere")
