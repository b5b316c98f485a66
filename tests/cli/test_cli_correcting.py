"""“Not this one”: what is left of a plan when lines of its preview are left out; previews on small screens."""

from __future__ import annotations

import os
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.errors import RefusedError, UsageError
from lsfs.core.locations import Paths
from lsfs_cli.correcting import numbers_of, without
from lsfs_cli.known_tags import known_tags
from lsfs_cli.last_result import files_of
from lsfs_cli.plan_text import render_plan
from lsfs_cli.style import Style

PLAIN = Style(False)


def effect(action: str, path: str, to: str | None = None, **fields: str) -> dict[str, object]:
    return {"action": action, "path": path, "to": to, "note": "", "size": 0, **fields}


def plan(count: int, **fields: object) -> dict[str, object]:
    effects = [effect("trash", f"/h/{at}.md") for at in range(count)]
    return {
        "op": 17, "class": "reversible", "files": count, "summary": "", "effects": effects, "left_out": [],
        "conflicts": [], "notes": [], **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [("-2", [2]), ("-2,5", [2, 5]), ("-2,-5", [2, 5]), ("- 1-3, 2", [1, 2, 3]), ("-9", [9])],
)
def test_an_answer_names_lines(answer, numbers):
    assert numbers_of(answer, 9) == numbers


@pytest.mark.parametrize("answer", ["-", "-0", "-10", "-2,99999999999", "--1", "-a", "-1,,2", "-1-99999999999"])
def test_lines_that_are_not_there_are_refused(answer):
    with pytest.raises(UsageError):
        numbers_of(answer, 9)


def test_what_was_to_happen_to_a_file_afterwards_goes_too():
    actions = [
        {"do": "mkdir", "path": "/h/Legal"},
        {"do": "move", "paths": ["/h/a.pdf", "b.pdf"], "to": "/h/Legal"},
        {"do": "tag", "paths": ["/h/Legal/a.pdf", "/h/Legal/b.pdf"], "tags": ["2025"]},
    ]
    effects = [
        effect("mkdir", "/h/Legal"),
        effect("move", "/h/a.pdf", "/h/Legal/a.pdf"),
        effect("move", "/h/b.pdf", "/h/Legal/b.pdf"),
        effect("tag", "/h/Legal/a.pdf"),
        effect("tag", "/h/Legal/b.pdf"),
    ]
    left = without(actions, effects, [3], b"/h")
    assert left == [
        actions[0],
        {"do": "move", "paths": ["/h/a.pdf"], "to": "/h/Legal"},
        {"do": "tag", "paths": ["/h/Legal/a.pdf"], "tags": ["2025"]},
    ]
    assert without(actions, effects, [4], b"/h") == [*actions[:2], {**actions[2], "paths": ["/h/Legal/b.pdf"]}]
    assert without(actions, effects, [1, 2], b"/h") == [
        {**actions[1], "paths": ["b.pdf"]}, {**actions[2], "paths": ["/h/Legal/b.pdf"]},
    ]  # fmt: skip
    with pytest.raises(RefusedError):
        without(actions, effects, [1, 2, 3], b"/h")


def test_an_action_on_one_file_goes_whole():
    actions = [{"do": "rename", "path": "/h/a", "name": "1"}, {"do": "rename", "path": "/h/b", "name": "2"}]
    effects = [effect("rename", "/h/a", "/h/1"), effect("rename", "/h/b", "/h/2")]
    assert without(actions, effects, [1], b"/") == actions[1:]


def test_a_path_of_any_bytes_is_known_again():
    odd = effect("trash", "/h/caf\ufffd", path_b64="L2gvY2Fm6Q==")
    actions = [{"do": "trash", "paths": ["base64:L2gvY2Fm6Q==", "/h/caf\ufffd", "base64:x"]}]
    assert without(actions, [odd], [1], b"/h") == [{"do": "trash", "paths": ["/h/caf\ufffd", "base64:x"]}]


def test_what_is_no_file_of_an_action_cannot_be_left_out():
    actions = [{"do": "move", "paths": ["/h/a"], "to": "/h/new"}, {"do": "save_query", "name": "x"}]
    for made in (effect("mkdir", "/h/new"), effect("save_query", "")):
        with pytest.raises(UsageError, match="line 1"):
            without(actions, [made], [1], b"/h")


def test_lines_have_numbers_also_where_some_are_not_shown():
    lines = render_plan(plan(100), PLAIN, "/h", numbered=True).splitlines()
    assert lines[1] == "    1  trash  0.md" and lines[-2] == "  100  trash  99.md"
    assert lines[-1] == "mind: it touches 100 files"


@given(st.integers(0, 300), st.integers(0, 300), st.integers(12, 60), st.integers(30, 200))
def test_a_preview_stands_on_the_screen(count, left_out, lines, columns):
    left = [{"path": f"/elsewhere/{at}", "why": "it is not meant"} for at in range(left_out)]
    text = render_plan(plan(count, left_out=left), PLAIN, "/h", screen=os.terminal_size((columns, lines)))
    rows = sum(-(-len(line) // columns) for line in text.splitlines())
    assert rows <= max(lines - 4, 2 * 6 + 3 * 2)


def test_tags_of_many_files_are_given_without_a_warning():
    assert "mind" not in render_plan(plan(100, **{"class": "silent"}), PLAIN, "/h")


def test_it_is_what_a_result_is_about():
    moved = effect("move", "/h/a", "/h/b")
    hit, citation = {"path": "/h/hit"}, {"path": "/h/cited"}
    assert files_of({"state": "preview", "effects": [moved], "hits": [hit]}) == ("/h/a",)
    assert files_of({"state": "applied", "effects": [moved, moved, effect("save_query", "")]}) == ("/h/b",)
    assert files_of({"state": "answered", "effects": [], "hits": [hit], "citations": [citation]}) == ("/h/hit",)
    assert files_of({"state": "answered", "citations": [citation, citation]}) == ("/h/cited",)
    assert files_of({"hits": [{"path": "/caf\ufffd", "path_b64": "L2NhZuk="}]}) == ("base64:L2NhZuk=",)
    assert files_of({}) == ()


def test_tags_are_looked_up_where_a_daemon_runs_and_nowhere_started(private_home):
    assert known_tags(os.environ) == []
    assert list(private_home.iterdir()) == []


def test_a_daemon_of_another_build_or_a_slow_one_is_left_as_it_is(private_home):
    path = Paths.from_env(os.environ).socket
    os.makedirs(os.path.dirname(path), mode=0o700)
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()

        def answer() -> None:
            for reply in (b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\n{}", b""):
                connection, _ = listener.accept()
                with connection:
                    asked.append(connection.recv(65536).split()[1])
                    connection.sendall(reply)
                    if not reply:
                        done.wait(10)

        done = threading.Event()
        answering = threading.Thread(target=answer)
        answering.start()
        assert known_tags(os.environ, 5.0) == []
        assert known_tags(os.environ, 0.05) == []
        done.set()
        answering.join()
    os.unlink(path)
    assert asked == [b"/v1/tags", b"/v1/tags"]
