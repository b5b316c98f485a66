"""Skills as tools: their instructions, and nothing else of the user."""

from __future__ import annotations

import os

import pytest

from lsfs.core.errors import LsfsError
from lsfs.core.tools import ToolSource
from lsfs.tools.callers.skill import SkillCaller
from lsfs.tools.importers.skills import Skills
from tests.tools.callers.conftest import tool

TEXT = "---\nname: pdf\ndescription: d\n---\nRead this."


@pytest.fixture
def skills(tmp_path):
    (tmp_path / "private").mkdir()
    (tmp_path / "private/SKILL.md").write_text("the user's own")
    (tmp_path / "skills/pdf").mkdir(parents=True)
    (tmp_path / "skills/pdf/SKILL.md").write_text(TEXT)
    return tmp_path / "skills"


def replace(skills, how):
    file = skills / "pdf/SKILL.md"
    file.unlink()
    if how == "link":
        file.symlink_to("../../private/SKILL.md")
    elif how == "linked folder":
        file.parent.rmdir()
        file.parent.symlink_to("../private")
    elif how == "fifo":
        os.mkfifo(file)
    elif how == "flood":
        file.write_bytes(b"x" * (2 << 20))
    elif how == "folder":
        file.mkdir()


def called(skills, around, path):
    return SkillCaller().call(tool("skill", path=str(path)), {}, around(path=str(skills)))


def test_a_call_gives_the_instructions(skills, around):
    assert called(skills, around, skills / "pdf/SKILL.md").text == TEXT
    assert called(skills / "pdf/SKILL.md", around, skills / "pdf/SKILL.md").text == TEXT


@pytest.mark.parametrize("how", ["link", "linked folder", "fifo", "flood", "folder", "gone"])
def test_what_stands_in_the_place_of_the_instructions_is_not_given(skills, around, how):
    replace(skills, how)
    with pytest.raises(LsfsError):
        called(skills, around, skills / "pdf/SKILL.md")


def test_a_path_out_of_the_source_is_not_read(skills, around):
    for path in ("../private/SKILL.md", "/etc/hostname", ""):
        with pytest.raises(LsfsError):
            called(skills, around, skills / path if path else "")


@pytest.mark.parametrize("how", ["link", "fifo", "flood"])
def test_a_skill_that_is_no_file_of_its_folder_is_not_taken_in(skills, how):
    replace(skills, how)
    (skills / "good").mkdir()
    (skills / "good/SKILL.md").write_text("Good.")
    found = Skills().take(ToolSource(name="x", kind="skills", where={"path": str(skills)}))
    assert [one.name for one in found.tools] == ["good"] and [one.name for one in found.problems] == ["pdf"]
