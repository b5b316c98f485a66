"""What extensions and the words for them mean."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.filetypes import FAMILIES, extension, family, is_textlike, language, types_for


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"Report.PDF", "pdf"),
        (b"dir.d/notes", ""),
        (b"a.tar.gz", "tar.gz"),
        (b"a.TGZ", "tar.gz"),
        (b"a.tar.xz", "tar.xz"),
        (b"notes.txt.gz", "txt.gz"),
        (b"photo.jpg.gz", "gz"),
        (b"ls.1.gz", "1.gz"),
        (b".bashrc", ""),
        (b".config.yaml", "yaml"),
        (b"Makefile", "makefile"),
        (b"Dr. Smith", ""),
        (b"\xff\xfe\xfa.docx", "docx"),
        (b"a." + b"x" * 50, ""),
        (b"trailing.", ""),
        (b"", ""),
    ],
)
def test_extensions(name, expected):
    assert extension(name) == expected


@given(st.binary(max_size=60))
def test_an_extension_is_always_short_and_plain(name):
    found = extension(name)
    assert found == found.lower() and len(found) <= 16 and "/" not in found and " " not in found


@pytest.mark.parametrize(
    ("word", "inside", "outside"),
    [
        ("pdfs", "pdf", "docx"),
        ("Photos", "jpg", "svg"),
        ("pictures", "png", "pdf"),
        ("spreadsheet", "xlsx", "docx"),
        ("slides", "pptx", "pdf"),
        ("documents", "odt", "png"),
        ("e-mails", "eml", "txt"),
        ("songs", "mp3", "mp4"),
        ("movies", "mkv", "mp3"),
        ("archives", "zip", "txt"),
        ("ebooks", "epub", "docx"),
        ("notes", "md", "pdf"),
        ("python", "py", "pyc"),
        ("code", "rs", "md"),
        ("source", "c", "md"),
        (".go", "go", "rs"),
        ("docx", "docx", "doc"),
        ("python files", "py", "rb"),
        ("text", "txt.gz", "pdf"),
        ("zip", "zip", "rar"),
    ],
)
def test_words_people_use(word, inside, outside):
    found = types_for(word)
    assert found is not None and inside in found and outside not in found


@pytest.mark.parametrize("word", ["lease", "", ".", "lyon", "xyzzy"])
def test_other_words_are_no_kind(word):
    assert types_for(word) is None


def test_every_known_extension_stands_for_itself_and_has_a_family():
    for name, extensions in FAMILIES.items():
        for ext in extensions:
            assert ext in (types_for("." + ext) or ())
            assert family(ext) != "file", name
    assert family("txt.gz") == "text" and family("nonsense") == "file"


def test_languages_and_text():
    assert language("py") == "python" and language("h") == "c" and language("pdf") is None
    assert is_textlike("md") and not is_textlike("png")


def test_the_tables_load_fast():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import lsfs.core.filetypes"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    lines = [line for line in done.stderr.splitlines() if line.endswith(" lsfs.core.filetypes")]
    assert int(lines[0].split("|")[0].split(":")[1]) < 50_000  # microseconds, with room for a busy machine
