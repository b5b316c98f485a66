"""What is searched and read is the user's to say: no plan of an agent changes the files that say it."""

from __future__ import annotations

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import RefusedError

AGENT = {"door": "mcp", "client": "agent"}


@pytest.mark.parametrize("name", [".lsfsignore", ".gitignore"])
def test_an_agent_changes_no_file_that_says_what_is_searched(room, name):
    room.write("d/rules", "*.log\n")
    room.write("d/other", "*.log\n")
    room.write(name, "*.log\n")
    room.write("e/" + name, "*.log\n")
    (room.root / "link.txt").symlink_to(name)
    room.flush()
    before = room.whole()
    for action in (
        act.Create(path=f"new/{name}", text="!.env"),
        act.Create(path=name, text="!.env", on_exists="replace"),
        act.Write(path=name, text="!.env"),
        act.Append(path=name, text="!.env"),
        act.Append(path="link.txt", text="!.env"),
        act.Move(paths=("d/rules",), to="d", name=name),
        act.Move(paths=(name,), to="d"),
        act.Copy(paths=("d/rules",), to="d", name=name),
        act.Copy(paths=(name,), to="d"),
        act.Rename(path="d/rules", name=name),
        act.Rename(path=name, name="rules"),
        act.Group(paths=(name,), by="extension"),
        act.Merge(paths=("d/rules", "d/other"), to=f"d/{name}"),
        act.Restore(path=name, to="@1"),
        act.Trash(paths=(name,)),
    ):
        with pytest.raises(RefusedError, match="left to the user"):
            room.preview(action, **AGENT)
    assert room.whole() == before
    room.preview(act.Append(path=name, text="!.env"))


def test_a_folder_restored_by_an_agent_keeps_the_rules_that_it_has(room):
    room.write("d/a.txt", "first\n")
    room.flush()
    number = room.do(act.Append(path="d/a.txt", text="second")).op
    room.write("d/.lsfsignore", "private\n")
    room.write("d/b.txt", "new\n")
    room.flush()
    back = act.Restore(path="d", to=f"before op {number}", exact=True)
    by_agent = {effect.path for effect in room.preview(back, **AGENT).effects}
    assert str(room.at("d/b.txt")) in by_agent and str(room.at("d/.lsfsignore")) not in by_agent
    assert str(room.at("d/.lsfsignore")) in {effect.path for effect in room.preview(back).effects}


def test_a_folder_goes_with_the_rules_that_are_in_it(room):
    room.write("d/.gitignore", "*.log\n")
    room.write("d/a.txt")
    room.flush()
    for action in (act.Copy(paths=("d",), to="e"), act.Rename(path="d", name="f"), act.Trash(paths=("d",))):
        assert room.preview(action, **AGENT).op is not None
