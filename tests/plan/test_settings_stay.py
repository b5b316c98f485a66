"""The settings of lsfs, which say what agents may do and which programs are tools: no plan changes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import RefusedError
from lsfs.core.wirepath import to_wire


@pytest.mark.parametrize("linked", [False, True])
def test_no_plan_of_any_door_changes_the_settings(start_desk, tmp_path: Path, linked: bool):
    settings = tmp_path / "home/.config/lsfs"
    kept = tmp_path / "dotfiles/of lsfs" if linked else settings
    (kept / "tools.d").mkdir(parents=True)
    (kept / "config.toml").write_text("")
    (kept / "tools.d/one.toml").write_text("")
    if linked:
        settings.parent.mkdir(parents=True)
        settings.symlink_to(kept)
    with start_desk(tmp_path) as desk:
        desk.write("pw.toml")
        desk.write("lsfs/tools.d/pw.toml")
        desk.lsfs.up(tmp_path)
        around = {"cwd": to_wire(os.fsencode(tmp_path))}
        for folder in {os.path.relpath(settings, tmp_path), os.path.relpath(kept, tmp_path)}:
            for action in (
                act.Create(path=f"{folder}/tools.d/pw.toml", text='source = "sh"'),
                act.Create(path=f"{folder}/new.toml", text=""),
                act.Append(path=f"{folder}/config.toml", text="mcp_permissions = []"),
                act.Move(paths=("root/pw.toml",), to=f"{folder}/tools.d"),
                act.Copy(paths=("root/pw.toml",), to=f"{folder}/tools.d"),
                act.Rename(path=f"{folder}/tools.d/one.toml", name="two.toml"),
                act.Trash(paths=(f"{folder}/config.toml",)),
                act.Trash(paths=(folder,)),
                act.Trash(paths=(os.path.dirname(folder),)),
                act.Mkdir(path=f"{folder}/more"),
            ):
                for door in ("cli", "mcp", "http"):
                    with pytest.raises(RefusedError, match="lsfs itself"):
                        desk.preview(action, **around, door=door)


def test_a_folder_of_settings_that_is_not_there_is_not_made_by_a_plan(start_desk, tmp_path: Path):
    with start_desk(tmp_path) as desk:
        desk.write("lsfs/tools.d/pw.toml")
        desk.lsfs.up(tmp_path)
        around = {"cwd": to_wire(os.fsencode(tmp_path))}
        for action in (
            act.Move(paths=("root/lsfs",), to="home/.config"),
            act.Move(paths=("root",), to="home", name=".config"),
            act.Create(path="home/.config/lsfs/tools.d/pw.toml"),
        ):
            with pytest.raises(RefusedError, match=r"lsfs itself|a watched folder"):
                desk.preview(action, **around)
