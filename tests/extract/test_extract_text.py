"""Text files are their own text: decoded, titled and told apart, and never parsed by anything that could crash."""

from __future__ import annotations

import gzip
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.extract import base, choose
from lsfs.extract.base import make_document
from lsfs.extract.encoding import decode
from lsfs.extract.text import gunzip

SAMPLES = {
    "cp1251": "Русский текст в кодировке, протокол собрания жильцов дома",
    "koi8-r": "Русский текст в кодировке, протокол собрания жильцов дома",
    "cp866": "Русский текст в кодировке, протокол собрания жильцов дома",
    "cp1253": "Αυτό είναι ένα ελληνικό κείμενο για τη συνέλευση",
    "cp1255": "זהו טקסט בעברית על ישיבת הדיירים של הבניין",
    "cp1256": "هذا نص باللغة العربية عن اجتماع سكان المبنى",
    "cp874": "นี่คือข้อความภาษาไทยเกี่ยวกับการประชุม",
    "cp932": "日本語のメモ：来週の会議について。資料を準備してください",
    "euc_jp": "日本語のメモ：来週の会議について。資料を準備してください",
    "gb18030": "中文文件内容：会议记录和预算表，请大家下周准备",
    "big5": "中文文件內容：會議記錄和預算表，請大家下週準備",
    "cp949": "한국어 문서입니다. 다음 주 회의에 대한 메모",
    "cp1250": "Zażółć gęślą jaźń, protokół z zebrania mieszkańców był długi",
    "cp1252": "Procès-verbal de l’assemblée générale, à la réunion où ça a été décidé",
    "cp1254": "Bu Türkçe bir metindir, toplantı için hazırlanmış güzel ağaçlar",
    "utf-16": "plain words and naïve 日本語",
    "utf-32": "plain words and naïve 日本語",
    "utf-8-sig": "plain words and naïve 日本語",
    "utf-16-le": "plain words without a mark",
    "utf-16-be": "plain words without a mark",
}


@pytest.mark.parametrize("encoding", SAMPLES)
def test_encodings_are_detected(made, encoding):
    text = SAMPLES[encoding]
    for repeated in (text, "\n".join([text] * 30)):
        data = repeated.encode(encoding)
        document = made.read("a.txt", data)
        assert document.text == repeated
        assert ("encoding" in document.metadata) == (encoding != "utf-8-sig")


def test_a_utf8_text_with_one_broken_byte_stays_utf8():
    data = "Übung macht den Meister, ähnlich überall. ".encode() * 20 + b"\xff tail"
    assert decode(data).text.startswith("Übung macht") and decode(data).encoding == "utf-8"


@given(st.binary(max_size=500))
def test_any_bytes_decode(data):
    assert isinstance(decode(data).text, str)


@given(st.text(max_size=300))
def test_utf8_text_is_its_own_text(text):
    data = text.encode("utf-8", "replace")
    if "\0" in text or text.startswith("\ufeff"):
        return
    document = choose.extract(data, b"a.txt", base.Recipe("text", "text"))
    assert document.text == data.decode()


def test_a_cut_document_says_so():
    document = make_document("abcdef", limit=3)
    assert document.truncated and document.text == "abc"


@pytest.mark.parametrize(
    ("name", "text", "markup", "title", "language"),
    [
        ("a.md", "intro\n\n# The title #\n", "markdown", "The title", None),
        ("a.md", "---\ntitle: 'From matter'\n---\n# Other\n", "markdown", "From matter", None),
        ("a.rst", "=====\nTitle\n=====\nx", "rst", "Title", None),
        ("a.tex", "\\documentclass{a}\\title{My paper}\n", "latex", "My paper", None),
        ("a.org", "#+TITLE: Plans\n* One\n", "org", "Plans", None),
        ("a.adoc", "= Guide\n\ntext", "asciidoc", "Guide", None),
        ("a.csv", "a,b\n1,2\n", "rows", None, None),
        ("a.py", "def f(): ...\n", "code", None, "python"),
        ("script", "#!/usr/bin/env python3\nx = 1\n", "code", None, "python"),
        ("run", "#!/bin/bash\n", "code", None, "shell"),
        ("a.rs", "fn main() {}\n", "code", None, "rust"),
        ("a.json", '{"a": 1}', "plain", None, None),
        ("a.yaml", "a: 1\n", "plain", None, None),
        ("Makefile", "all:\n\techo\n", "code", None, "make"),
        ("LICENSE", "Permission is granted\n", "plain", None, None),
    ],
)
def test_markup_title_and_language_of_text_files(made, name, text, markup, title, language):
    assert choose.plan_for(name.encode(), text.encode()).tier == "text"
    document = made.read(name, text.encode())
    assert (document.markup, document.title, document.metadata.get("language")) == (markup, title, language)
    assert document.text == text


def test_gzipped_text_is_read_and_its_size_bounded(made):
    document = made.read("notes.md.gz", gzip.compress(b"# Notes\nwords\n") + gzip.compress(b"more\n"))
    assert (document.text, document.title, document.markup) == ("# Notes\nwords\nmore\n", "Notes", "markdown")
    bomb = made.read("a.txt.gz", gzip.compress(b"word " * (12 << 20)))
    assert bomb.truncated and len(bomb.text) == base.MAX_TEXT_CHARS


def test_a_gzip_bomb_is_not_unpacked_past_the_limit():
    text, more = gunzip(gzip.compress(b"\0" * (20 << 20)), 1000)
    assert (len(text), more) == (1000, True)


def test_a_cut_gzip_file_gives_what_is_there(made):
    data = gzip.compress(
        bytes(f"{i} words of the log\n" for i in range(0)) + "".join(f"{i} words\n" for i in range(9000)).encode()
    )
    document = made.read("a.log.gz", data[: len(data) // 2])
    assert document.truncated and document.text.startswith("0 words\n1 words\n")


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("a.bin", b"\0\1\2\3" * 50),
        ("sparse.one", (b"\0" * 14 + b"\1\2") * 500),
        ("empty.txt", b""),
        ("a.so", b"\x7fELF\2\1\1" + b"\0" * 50),
        ("x.db", b"SQLite format 3\0" + b"\0" * 50),
    ],
)
def test_what_holds_no_text_is_known_by_name_only(name, head):
    assert choose.plan_for(name.encode(), head).tier == "names"


def test_a_text_that_begins_like_a_magic_number_stays_text():
    for start in (b"FORM letter to the landlord\n", b"ID3 tags are described here\n"):
        assert choose.plan_for(b"a.txt", start).tier == "text"


def test_the_text_tier_loads_no_parser(tmp_path):
    import subprocess

    code = (
        "import sys; from lsfs.extract import choose; from lsfs.chunking import chunk; choose.warm_up('text');"
        "r = choose.plan_for(b'a.md', b'# T\\n'); chunk(choose.extract(b'# T\\n', b'a.md', r));"
        "print(sorted({'kreuzberg', 'zipfile', 'email', 'tinytag', 'json', 'tarfile'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.strip() == "[]"
