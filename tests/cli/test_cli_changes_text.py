"""Plans, versions and differences as people see them; nothing in them that a terminal would obey."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.api import EffectInfo, RootInfo
from lsfs.core.errors import UsageError
from lsfs_cli.diff_text import render_diff
from lsfs_cli.following import PATIENCE_S, op_progress
from lsfs_cli.history_text import changes
from lsfs_cli.listing import MOST_LINES, shortened
from lsfs_cli.plan_text import render_plan
from lsfs_cli.progress_lines import PHASES, progress_text
from lsfs_cli.retention_text import render_retention
from lsfs_cli.root_options import settings_of
from lsfs_cli.roots_text import USUAL_MAX_MB
from lsfs_cli.shown import local_time, shown_path
from lsfs_cli.style import Style
from lsfs_cli.typed import sentence, text_of

PLAIN = Style(False)
COLOUR = Style(True)
SIDE = {"label": "@1", "size": 1, "content": "aa", "modified": ""}


def effect(action: str, path: str, to: str | None = None, note: str = "", size: int = 0) -> dict[str, object]:
    made = EffectInfo(action=action, path=path, to=to, note=note, size=size)
    return {name: getattr(made, name) for name in ("action", "path", "to", "note", "size")}


def plan(*effects: dict[str, object], files: int = 0, summary: str = "") -> dict[str, object]:
    return {
        "op": 17, "files": files, "summary": summary, "effects": list(effects),
        "left_out": [], "conflicts": [], "notes": [],
    }  # fmt: skip


def diff(kind: str, unified: str = "", path: str = "/a") -> dict[str, object]:
    return {"path": path, "kind": kind, "unified": unified, "old": SIDE, "new": {**SIDE, "label": "now"}}


def version(**fields: object) -> dict[str, object]:
    usual = {"number": None, "path": "/h/a", "kind": "file", "mode": "0644", "target": "", "gone": False}
    return {**usual, **fields}


def test_arrows_stand_under_each_other_and_paths_are_near():
    made = plan(effect("move", "/h/a.md", "/h/old/a.md"), effect("rename", "/h/longer.md", "/else/b.md"), files=2)
    assert render_plan(made, PLAIN, "/h").splitlines() == [
        "Plan 17 · 2 files",
        "  move    a.md      → old/a.md",
        "  rename  longer.md → /else/b.md",
    ]


def test_a_plan_for_no_file_and_an_effect_without_a_path_say_what_they_are():
    made = plan(effect("save_query", "", note="leases: rent"))
    assert render_plan(made, PLAIN, "/h").splitlines() == ["Plan 17", "  save query  leases: rent"]


def test_an_effect_tells_its_note_and_how_much_is_written():
    made = plan(effect("restore", "/h/a", note="@2", size=12_300))
    assert render_plan(made, PLAIN, "/h").endswith("  restore  a  (@2, 12.3 kB)")


@given(st.text(), st.text(), st.text())
def test_nothing_of_a_plan_is_obeyed_by_a_terminal(path, to, note):
    made = plan(effect("move", path, to, note), effect("tag", path, note=note), summary=f"undo of op 3: {note}")
    made["left_out"] = made["conflicts"] = [{"path": path, "why": note}]
    made["notes"] = [note]
    said = render_plan(made, PLAIN, "/h")
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in said.replace("\n", ""))
    assert len(said.split("\n")) == 6


@given(st.integers(0, 3000))
def test_a_list_is_short_and_counts_what_it_leaves_out(count):
    lines = shortened(range(count), str)
    left = [int(line.split()[1].replace(",", "")) for line in lines if "more" in line]
    assert len(lines) <= MOST_LINES
    assert len(lines) - len(left) + sum(left) == count
    assert count == 0 or (lines[0], lines[-1]) == ("0", str(count - 1))


@pytest.mark.parametrize(
    ("path", "cwd", "shown"),
    [
        ("/h/a", "/h", "a"),
        ("/h", "/h", "."),
        ("/home/a", "/h", "/home/a"),
        ("/a", "/", "/a"),
        ("/h/\x1b[31m", "/h", "\\x1b[31m"),
    ],
)
def test_paths_below_the_working_directory_are_relative(path, cwd, shown):
    assert shown_path(path, cwd) == shown


def test_no_time_is_shown_as_nothing():
    assert local_time("") == ""


def test_a_diff_on_a_terminal_is_coloured_and_harmless():
    unified = "--- /a @1\t2026\n+++ /a now\t2026\n@@ -1 +1 @@\n same\n-one\x1b[2J\n+\ttwo\r\n"
    assert render_diff(diff("text", unified), COLOUR, terminal=True).split("\n") == [
        "\x1b[1m--- /a @1\t2026\x1b[0m",
        "\x1b[1m+++ /a now\t2026\x1b[0m",
        "\x1b[36m@@ -1 +1 @@\x1b[0m",
        " same",
        "\x1b[31m-one\\x1b[2J\x1b[0m",
        "\x1b[32m+\ttwo\\x0d\x1b[0m",
    ]


@given(st.lists(st.text(st.characters(blacklist_characters="\n", blacklist_categories=["Cs"]))))
def test_a_diff_in_a_pipe_is_as_it_is(lines):
    unified = "".join(f"{line}\n" for line in lines)
    said = render_diff(diff("text", unified), PLAIN, terminal=False)
    assert said == unified.removesuffix("\n")


def test_a_name_in_the_sizes_of_a_diff_is_harmless():
    assert "\x1b" not in render_diff(diff("binary", path="/\x1b[2J"), PLAIN, terminal=False)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ({"number": 1}, None, []),
        ({"number": 2}, {}, []),
        ({"path": "/h/b"}, {}, ["renamed to b"]),
        ({"mode": "0600"}, {}, ["permissions 0644 → 0600"]),
        ({"number": 3, "mode": "0600", "path": "/b"}, {}, ["renamed to /b", "permissions 0644 → 0600"]),
        ({}, {}, ["time or attributes"]),
        ({"gone": True}, {}, ["gone"]),
        ({"number": 3}, {"gone": True}, ["back"]),
        ({"kind": "symlink", "target": "/x\x1b"}, {}, ["a link to /x\\x1b"]),
        ({"kind": "dir"}, {}, ["a folder now"]),
    ],
)
def test_a_version_says_what_is_different(now, before, said):
    assert list(changes(version(**now), None if before is None else version(**before), "/h")) == said


def test_a_short_op_shows_no_progress_and_a_long_one_does():
    clock = iter([0.0, PATIENCE_S / 2, PATIENCE_S, PATIENCE_S * 2])
    events = [{"phase": phase, "done": 1, "total": 2, "result": None} for phase in ("queued", "check", "change")]
    shown = list(op_progress([*events, {"phase": "done", "done": 0, "total": 0, "result": {}}], lambda: next(clock)))
    assert [progress_text(event) for event in shown] == [
        f"{PHASES['check']}: 1 of 2 steps", f"{PHASES['change']}: 1 of 2 steps",
    ]  # fmt: skip


def test_settings_hold_what_was_named_and_an_empty_pattern_takes_all_back():
    assert settings_of(None, None, (), None) is None
    assert settings_of("off", 5, ("*.iso", "big/"), None) == {
        "versions": "off", "max_file_mb": 5, "exclude": ["*.iso", "big/"],
    }  # fmt: skip
    assert settings_of(None, None, ("",), None) == {"exclude": []}


def test_what_is_usual_is_what_the_record_says():
    assert RootInfo(path="/", state="watching").max_file_mb == USUAL_MAX_MB


def test_the_sentence_for_the_log_is_what_was_typed_cut_and_harmless():
    assert sentence(["restore", "a b", "--to", "@2"]) == "lsfs restore 'a b' --to @2"
    assert sentence(["tag", "\x1b\udce9"]).encode() == "lsfs tag '\\x1b\ufffd'".encode()
    assert len(sentence(["tag", *map(str, range(5000))])) == 500


def test_a_word_that_is_not_utf8_is_refused():
    assert text_of("naïve") == "naïve"
    with pytest.raises(UsageError):
        text_of("caf\udce9")


def test_retention_names_versions_with_their_reasons_and_the_sums():
    items = [
        {"path": "/h/a.md", "number": 2, "since": "", "size": 2000, "keep": False, "reason": "one an hour\x1b"},
        {"path": "/else/b", "number": 1, "since": "", "size": 10, "keep": True, "reason": "the newest"},
    ]
    result = {"items": items, "kept": 1, "dropped": 1, "used": 2010, "budget": 10_000, "freed": 2000}
    assert render_retention(result, PLAIN, "/h").splitlines() == [
        "goes  a.md @2    2.0 kB  one an hour\\x1b",
        "kept  /else/b @1    10 B  the newest",
        "1 version kept, 1 version to go; 2.0 kB of 10.0 kB in use, 2.0 kB to be freed",
    ]
