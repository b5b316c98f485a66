"""Paths as bytes: whatever the bytes, they are joined, split, shown and kept inside their root."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core import paths
from lsfs.core.errors import RefusedError

names = st.binary(min_size=1, max_size=12).filter(lambda name: not set(name) & {0, 47} and name not in (b".", b".."))
inside = st.lists(names, max_size=5).map(b"/".join)
roots = st.lists(names, max_size=3).map(lambda parts: b"/" + b"/".join(parts))


@given(inside, names)
def test_what_is_joined_comes_apart_again(folder, name):
    assert paths.split(paths.join(folder, name)) == (folder, name)


@given(inside)
def test_ancestors_go_from_the_root_to_the_folder(path):
    parts = path.split(b"/") if path else []
    assert list(paths.ancestors(path)) == [b"/".join(parts[:depth]) for depth in range(len(parts))]
    assert all(paths.is_within(path, above) for above in paths.ancestors(path))


@given(roots, inside)
def test_a_path_inside_a_root_is_found_there_again(root, path):
    assert paths.relative(root, os.path.join(root, path)) == path


@given(roots, st.binary(max_size=30).map(lambda tail: b"/" + tail))
def test_a_relative_path_is_always_confined(root, path):
    found = paths.relative(root, path)
    if found is not None and b"\0" not in found:
        assert paths.confined(found) == found
        assert paths.normal(os.path.join(root, found)) == paths.normal(path)


@given(st.binary(max_size=20))
def test_only_paths_without_tricks_are_confined(path):
    parts = path.split(b"/")
    harmless = not path or (b"\0" not in path and all(part not in (b"", b".", b"..") for part in parts))
    if harmless:
        assert paths.confined(path) == path
    else:
        with pytest.raises(RefusedError):
            paths.confined(path)


@pytest.mark.parametrize("path", [b"..", b"a/../b", b"/etc", b"a//b", b"a/", b"./a", b"a\0b"])
def test_a_path_that_leaves_its_root_is_refused(path):
    with pytest.raises(RefusedError):
        paths.confined(path)


def test_a_neighbour_with_the_same_beginning_is_not_inside():
    assert not paths.is_within(b"docs2/a", b"docs")
    assert paths.is_within(b"docs/a", b"docs")
    assert paths.relative(b"/home/u/docs", b"/home/u/docs2/a") is None
    assert paths.relative(b"/", b"//etc") == b"etc"


def test_a_name_that_is_not_utf_8_can_be_shown():
    assert (paths.display("über".encode()), paths.display(b"a\xff")) == ("über", "a\ufffd")


@given(st.binary(max_size=30))
def test_a_printed_path_is_one_line_without_escapes(path):
    assert paths.printable(path).isprintable()


def test_a_name_cannot_move_the_cursor():
    assert paths.printable(b"a\n\x1b[2Kb") == "a\\u000a\\u001b[2Kb"
