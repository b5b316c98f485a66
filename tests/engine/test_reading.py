"""What files say, piece by piece, and what is not read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.api import ReadPlace, ReadRequest
from lsfs.core.errors import ConflictError, LsfsError, NothingFound, RefusedError
from lsfs.engine.pages import BEGINNING, at_character, at_line, page
from lsfs.extract.samples import pdf

TEXTS = st.text(st.sampled_from("aé€😀\n"), max_size=60)


def slices(text: str):
    body = text.encode()
    return lambda offset, length: body[offset : offset + length]


@given(TEXTS, st.integers(1, 9))
def test_the_pieces_of_a_text_are_the_text(text, most):
    found, place = "", BEGINNING
    while True:
        piece = page(slices(text), place, most)
        found, place = found + piece.text, piece.end
        assert place == ReadPlace(byte=len(found.encode()), character=len(found), line=1 + found.count("\n"))
        if piece.complete:
            break
        assert piece.text
    assert found == text


@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_any_character_and_any_line_is_found_where_it_stands(text, character, line):
    if character <= len(text):
        assert page(slices(text), at_character(slices(text), character), 100).text == text[character:]
    else:
        with pytest.raises(NothingFound):
            at_character(slices(text), character)
    lines = text.split("\n")
    if 1 <= line <= len(lines):
        place = at_line(slices(text), line)
        assert page(slices(text), place, 100).text == "\n".join(lines[line - 1 :])
        until = page(slices(text), place, 100, line + 1)
        assert until.text.rstrip("\n") == lines[line - 1] and until.complete
    elif line:
        with pytest.raises(NothingFound):
            at_line(slices(text), line)


def test_a_place_is_found_beyond_the_first_block_even_where_a_character_lies_across_it():
    text = "a" * ((1 << 20) - 1) + "€" + "b\nlast"
    assert page(slices(text), at_character(slices(text), 1 << 20), 100).text == "b\nlast"
    assert page(slices(text), at_line(slices(text), 2), 100).text == "last"


def read(lsfs, path: Path | str, **fields):
    return lsfs.engine.reading.read(ReadRequest(path=str(path), **fields))


def failure(lsfs, path: Path | str, **fields) -> LsfsError:
    with pytest.raises(LsfsError) as caught:
        read(lsfs, path, **fields)
    return caught.value


def test_a_text_file_is_read_as_it_is_now_by_lines_and_by_characters(lsfs):
    path = lsfs.root / "list.txt"
    path.write_text("one\ntwo\nthree\n")
    lsfs.up()
    assert read(lsfs, path).text == "one\ntwo\nthree\n"
    assert read(lsfs, path, line=2, until_line=3).text == "two\n"
    assert read(lsfs, path, character=4, most=3).text == "two"
    path.write_text("changed\n")
    whole = read(lsfs, path)
    assert (whole.text, whole.complete, whole.extracted) == ("changed\n", True, False)


def test_a_piece_of_a_file_that_changed_since_is_refused(lsfs):
    path = lsfs.root / "list.txt"
    path.write_text("one\ntwo\n")
    lsfs.up()
    first = read(lsfs, path, most=4)
    assert not first.complete
    path.write_text("something else\n")
    assert isinstance(failure(lsfs, path, place=first.end, state=first.state), ConflictError)


def test_a_document_is_read_as_its_text_with_the_page_it_is_on(lsfs):

    path = lsfs.root / "letter.pdf"
    path.write_bytes(pdf("The lease ends in March."))
    assert isinstance(failure(lsfs, path), NothingFound)  # nothing is watched yet
    lsfs.up()
    found = read(lsfs, path)
    assert found.extracted and found.text.strip() == "The lease ends in March."


def test_what_is_no_text_is_refused_with_the_reason(lsfs):
    (lsfs.root / "data.bin").write_bytes(os.urandom(64) + b"\0")
    (lsfs.root / "folder").mkdir()
    lsfs.up()
    assert failure(lsfs, lsfs.root / "data.bin").message.startswith("it has no text to read")
    assert "only files" in failure(lsfs, lsfs.root / "folder").message
    assert "only files" in failure(lsfs, lsfs.root).message
    assert isinstance(failure(lsfs, lsfs.root / "absent"), NothingFound)


@pytest.mark.parametrize(
    "name", [".env", ".ssh/id_rsa", "passwords.kdbx", "node_modules/x.js", "a/.hidden/x", "build.log"]
)
def test_what_is_not_searched_is_not_read(lsfs, name):
    (lsfs.root / ".gitignore").write_text("*.log\n")
    path = lsfs.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("secret\n")
    lsfs.up()
    error = failure(lsfs, path)
    assert isinstance(error, RefusedError) and "left out of searching" in error.message


def test_nothing_is_read_out_of_the_watched_folders(lsfs):
    outside = lsfs.home / "outside.txt"
    outside.write_text("private\n")
    (lsfs.root / "inside.txt").write_text("open\n")
    (lsfs.root / "link").symlink_to(outside)
    (lsfs.root / "folder").symlink_to(lsfs.home)
    (lsfs.root / "good").symlink_to("inside.txt")
    lsfs.up()
    assert read(lsfs, lsfs.root / "good").text == "open\n"
    for path in ("link", "folder/outside.txt", "../outside.txt", "../../../etc/passwd", "folder/../etc/passwd"):
        assert isinstance(failure(lsfs, lsfs.root / path), RefusedError | NothingFound), path
    assert isinstance(failure(lsfs, lsfs.root / "link"), RefusedError)


def test_a_secret_is_not_read_by_a_link_to_it(lsfs):
    (lsfs.root / ".env").write_text("TOKEN=1\n")
    (lsfs.root / "plain.txt").symlink_to(".env")
    lsfs.up()
    assert isinstance(failure(lsfs, lsfs.root / "plain.txt"), RefusedError)


def test_to_agents_secrets_are_secret_though_the_user_has_them_searched(lsfs):
    (lsfs.root / ".lsfsignore").write_text("!.env\n!.ssh\n!.notes\n")
    (lsfs.root / ".ssh").mkdir()
    for name in (".env", ".ssh/plain.txt", ".notes"):
        (lsfs.root / name).write_text("words\n")
    lsfs.up()
    for name in (".env", ".ssh/plain.txt"):
        assert read(lsfs, lsfs.root / name).text == "words\n"
        error = failure(lsfs, lsfs.root / name, door="mcp")
        assert isinstance(error, RefusedError) and "secret" in error.message
    assert read(lsfs, lsfs.root / ".notes", door="mcp").text == "words\n"


def test_an_agent_is_not_told_how_to_have_searched_what_is_not(lsfs):
    (lsfs.root / ".hidden").write_text("words\n")
    lsfs.up()
    assert "!" in (failure(lsfs, lsfs.root / ".hidden").hint or "")
    assert not failure(lsfs, lsfs.root / ".hidden", door="mcp").hint
