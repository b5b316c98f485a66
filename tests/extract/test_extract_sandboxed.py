"""After the warm-up no extractor opens a file, runs a program or asks the network; limits hold for every document."""

from __future__ import annotations

import base64
import subprocess
import sys

import pytest

from lsfs.core.records import Anchor
from lsfs.extract.base import MAX_TEXT_CHARS, clean_line, make_document

PROGRAM = """
import base64, json, sys
from lsfs.chunking import chunk
from lsfs.extract import choose
from lsfs.extract.base import ExtractError

files = json.load(sys.stdin)
choose.warm_up("document")
seen = []
watching = False

def watch(event, args):
    if watching and event in {"open", "import", "subprocess.Popen", "os.exec", "socket.connect", "os.listdir"}:
        seen.append(f"{event} {args[0]}")

sys.addaudithook(watch)
watching = True
texts = 0
for name, data in files:
    data = base64.b64decode(data)
    try:
        document = choose.extract(data, name.encode(), choose.plan_for(name.encode(), data[:8192]))
        chunk(document)
        texts += bool(document.text)
    except ExtractError:
        pass
watching = False
print(json.dumps([texts, seen]))
"""


def test_nothing_is_opened_or_imported_after_the_warm_up(made, tmp_path):
    import json

    files = [
        ("a.pdf", made.pdf("the lease", "page two")),
        ("a.docx", made.docx("x")),
        ("a.xlsx", made.xlsx({"S": [["a", "b"]]})),
        ("a.pptx", made.pptx("x")),
        ("a.odt", made.odf("text", "<office:text><text:p>x</text:p></office:text>")),
        ("a.epub", made.epub("x")),
        ("a.zip", made.package({"x": "y"})),
        ("a.html", "<html><meta charset='koi8-r'><p>слово</p></html>".encode("koi8-r")),
        (
            "a.eml",
            b"From: a@b.c\nTo: d@e.f\nSubject: x\nContent-Type: text/plain; charset=iso-2022-jp\n\n"
            + "日本".encode("iso-2022-jp"),
        ),
        ("a.txt", "Русский текст в кодировке".encode("cp866")),
        ("a.jpg", made.jpeg(made.exif())),
        ("a.mp3", made.mp3("x", "y")),
        ("a.xml", b"<?xml version='1.0' encoding='windows-1252'?><a>caf\xe9</a>"),
        ("broken.pdf", b"%PDF-1.4 broken"),
        ("a.ipynb", b'{"cells": [{"cell_type": "markdown", "source": "x"}]}'),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nhello\n"),
    ]
    given = json.dumps([(name, base64.b64encode(data).decode()) for name, data in files])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=given,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": ":".join(sys.path), "TMPDIR": str(tmp_path), "HOME": str(tmp_path)},
    )
    texts, seen = json.loads(done.stdout)
    assert seen == []
    assert texts == len(files) - 1
    assert [path for path in tmp_path.rglob("*") if path.is_file() and "pdfium" not in path.name] == []


def test_a_document_keeps_the_output_limit_and_its_anchors_inside():
    document = make_document(
        "x" * (MAX_TEXT_CHARS + 5), anchors=(Anchor(0, "page 1"), Anchor(MAX_TEXT_CHARS, "page 2"))
    )
    assert (
        document.truncated
        and len(document.text) == MAX_TEXT_CHARS
        and [a.label for a in document.anchors] == ["page 1"]
    )


@pytest.mark.parametrize(
    ("value", "line"), [(" a\n b\t", "a b"), ("x\x00\x1b[31my", "x[31my"), ("a" * 50, "a" * 10), ("", "")]
)
def test_titles_and_metadata_are_one_clean_line(value, line):
    assert clean_line(value, 10) == line


def test_each_extractor_exists():
    from lsfs.extract.choose import _EXTRACTORS, _extractor

    assert all(callable(_extractor(kind).extract) for kind in _EXTRACTORS)
