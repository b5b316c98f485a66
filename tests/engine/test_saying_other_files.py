"""A sentence about one file never touches another that is like it."""

from __future__ import annotations

import pytest

from tests.engine.living import home, living, refused, trashed

__all__ = ["home", "living"]


@pytest.mark.parametrize(
    ("sentence", "wire"),
    [
        ("overwrite lease.txt in Work with hello", "write|to=lease.txt|in=Work|text=hello"),
        ("delete Documents/lease.txt older than 30 years", "trash|what=Documents/lease.txt|time=older than 30 years"),
        ("delete lease.txt tagged nonsense", "trash|what=lease.txt|tagged=nonsense"),
        ("delete the folder Taxes in Downloads", "trash|what=folder Taxes|in=Downloads"),
    ],
)
def test_a_condition_holds_beside_a_name_in_full(home, sentence, wire):
    result = home.say(sentence, wire)
    assert "Documents/lease.txt" not in {effect.path for effect in result.effects}
    assert not [effect for effect in result.effects if effect.action == "trash"]


def test_those_are_only_those_that_the_condition_fits(home):
    last = ("Documents/lease.txt", "Notes/shopping list.txt")
    result = home.say("delete those bigger than 1 GB", "trash|what=those|size=bigger than 1 GB", last=last)
    assert result.state == "nothing" and not result.effects


def test_reading_and_changing_are_said_apart(home):
    refused(home, "summarize lease.txt and delete it", "summarize|what=lease.txt // trash|what=it")


def test_a_name_means_the_original_not_the_copy(home):
    wire = "copy|what=lease.txt|to=Work // trash|what=lease.txt|in=Documents"
    effects = home.effects(home.say("copy lease.txt to Work and delete lease.txt in Documents", wire))
    assert ("trash", "Documents/lease.txt") in effects


def test_everything_without_a_folder_is_too_much_however_old(home):
    refused(home, "delete everything older than a day", "trash|what=everything|time=older than a day")


def test_one_file_of_several_that_are_alike_is_thrown_away_by_its_name_alone(home):
    assert trashed(home, "delete Documents/lease.txt") == {"Documents/lease.txt"}
