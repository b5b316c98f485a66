"""What a plan does to texts is shown before it is agreed to: a draft whole, of another text what is different."""

from __future__ import annotations

from lsfs.core import api

LONG = "".join(f"Line {n}.\n" for n in range(80))


def written(path: str, **change) -> dict:
    effect = api.EffectInfo(action="write", path=path)
    return {"effect": effect, "changes": (api.TextChange(path=path, **change),)}


def shown(door, preview, done, lsfs, **change) -> list[str]:
    made = written("/docs/letter.md", **change)
    door.on("do", done(preview(made["effect"], tier="rules", changes=made["changes"])))
    return lsfs("do", "rewrite letter.md as a poem", "--dry-run").out.splitlines()[2:]


def test_a_draft_is_shown_whole_however_long_it_is(door, preview, done, lsfs):
    lines = shown(door, preview, done, lsfs, drafted=LONG, unified="@@ -1 +1,80 @@\n", added=80, removed=1)
    assert lines == ["drafted for /docs/letter.md (+80 lines, −1 line):", *(f"  | Line {n}." for n in range(80))]


def test_what_is_different_is_shown_up_to_a_screenful(door, preview, done, lsfs):
    unified = "@@ -1,2 +1 @@\n same\n-old\n+new \x1b[2J\n"
    lines = shown(door, preview, done, lsfs, unified=unified, added=1, removed=1)
    assert lines[0] == "what changes in /docs/letter.md (+1 line, −1 line):"
    assert lines[1:3] == ["   same", "  -old"] and "\x1b" not in lines[3]
    many = "@@ -1,80 +0,0 @@\n" + "".join(f"-{line}\n" for line in LONG.splitlines())
    lines = shown(door, preview, done, lsfs, unified=many, removed=80)
    assert len(lines) < 30 and any("more" in line for line in lines)


def test_a_text_that_was_given_for_a_new_file_is_not_said_again(door, preview, done, lsfs):
    assert shown(door, preview, done, lsfs, unified="@@ -0,0 +1 @@\n+milk\n", added=1) == []
