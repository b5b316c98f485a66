"""Extended attributes as one value, and the tags beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsfs.core import xattrs


@pytest.fixture
def file(tmp_path: Path) -> bytes:
    path = tmp_path / "file"
    path.write_text("text")
    return os.fsencode(path)


def test_all_but_tags_and_the_systems_own_are_one_value_that_comes_back(file, tmp_path):
    os.setxattr(file, "user.origin", b"\x00\xffhere")
    os.setxattr(file, "user.comment", b"")
    os.setxattr(file, xattrs.TAGS, b"home, todo")
    found = xattrs.read(file)
    assert found.tags == "home, todo"
    assert xattrs.unpack(found.packed) == {"user.origin": b"\x00\xffhere", "user.comment": b""}
    copy = tmp_path / "copy"
    copy.write_text("")
    os.setxattr(copy, "user.old", b"goes")
    assert xattrs.write(os.fsencode(copy), found.packed)
    assert xattrs.read(os.fsencode(copy)).packed == found.packed


def test_a_file_without_any_has_none(file):
    assert xattrs.read(file) == xattrs.Attributes(None, "")
    assert xattrs.pack({}) is None and xattrs.unpack(None) == {}


def test_tags_are_written_and_taken_away(file):
    assert xattrs.write_tags(file, "a,b") and xattrs.read(file).tags == "a,b"
    assert xattrs.write_tags(file, "") and xattrs.read(file).tags == ""
    assert xattrs.write_tags(file, "")


def test_a_link_has_none_and_says_so_without_a_failure(file, tmp_path):
    link = os.fsencode(tmp_path / "link")
    os.symlink(file, link)
    os.setxattr(file, "user.origin", b"of the file")
    assert xattrs.read(link).packed is None
    assert not xattrs.write_tags(link, "a")


@pytest.mark.parametrize(
    ("value", "tags"),
    [("", ()), ("a", ("a",)), (" a , b,,a", ("a", "b")), ("two words,ü", ("two words", "ü")), (",", ())],
)
def test_tags_in_a_value(value, tags):
    assert xattrs.split_tags(value) == tags
