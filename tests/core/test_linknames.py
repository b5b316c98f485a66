"""Names for links in one folder."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.linknames import NAME_BYTES, link_names, numbered, root_names

NAMES = st.one_of(
    st.sampled_from([b"a.txt", b"a (2).txt", b"a (3).txt", b".hidden", b"noext", b"\xff\xfe.bin", b"x" * 255]),
    st.binary(min_size=1, max_size=255).filter(lambda name: b"/" not in name and b"\0" not in name),
)


def test_a_second_file_of_a_name_is_numbered_before_its_extension():
    assert link_names([b"a.txt", b"b.txt", b"a.txt", b"a.txt"]) == [b"a.txt", b"b.txt", b"a (2).txt", b"a (3).txt"]


def test_names_of_the_folder_itself_are_left_free():
    assert link_names([b"by-type", b"search"], {b"by-type", b"search"}) == [b"by-type (2)", b"search (2)"]


def test_a_number_that_is_taken_by_a_real_name_is_skipped():
    assert link_names([b"a (2).txt", b"a.txt", b"a.txt"]) == [b"a (2).txt", b"a.txt", b"a (3).txt"]


def test_a_long_name_is_cut_between_characters():
    name = "ä".encode() * 127
    assert numbered(name, 2) == "ä".encode() * 125 + b" (2)"
    assert len(numbered(b"x" * 251 + b".txt", 12)) == NAME_BYTES


def test_roots_of_one_name_are_told_apart_by_their_order():
    assert root_names([b"/a/Docs", b"/b/Docs", b"/c/Docs-2", b"/c/Music"]) == [
        b"Docs",
        b"Docs-2",
        b"Docs-2-2",
        b"Music",
    ]


@given(st.lists(NAMES, max_size=40))
def test_names_are_all_different_and_can_all_be_names(names):
    given_names = link_names(names, {b"search", b".why.txt"})
    assert len(set(given_names)) == len(names)
    assert all(0 < len(name) <= NAME_BYTES and b"/" not in name for name in given_names)
    for name, given_name in zip(names, given_names, strict=True):
        assert given_name == name or b" (" in given_name
