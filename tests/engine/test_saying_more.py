"""What sentences make of the files: new names, folders, answers; nothing is changed before it is applied."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec import UNSET

from lsfs.core.api import ApplyRequest, AskRequest, CompareRequest, DoRequest, SummarizeRequest
from lsfs.core.errors import LsfsError
from lsfs.core.wirepath import to_lossy, to_wire
from lsfs.llm.scripted import ScriptedModel
from tests.engine.living import DOWNLOADS, home, living, plans, refused, trashed
from tests.engine.said import FILES, no_model

__all__ = ["home", "living"]


def test_what_lies_in_a_folder_that_was_renamed_is_found_there(home):
    sentence = "rename Photos to Pictures and move lake.jpg to Work"
    wire = "rename|what=Photos|name=Pictures // move|what=lake.jpg|to=Work"
    assert home.effects(home.say(sentence, wire)) == [
        ("rename", "Photos", "Pictures"),
        ("move", "Pictures/Trips/lake.jpg", "Work/lake.jpg"),
    ]


def test_what_was_moved_is_sorted_where_it_is_then(home):
    sentence = "move IMG_1.jpg and IMG_3.jpg to Pics and group them by year"
    wire = "move|what=IMG_1.jpg|what=IMG_3.jpg|to=Pics // group|what=them|by=year"
    moves = [effect for effect in home.effects(home.say(sentence, wire)) if effect[0] == "move"]
    assert moves[2:] == [
        ("move", "Pics/IMG_1.jpg", "Pics/2024/IMG_1.jpg"),
        ("move", "Pics/IMG_3.jpg", "Pics/2023/IMG_3.jpg"),
    ]


def test_what_is_searched_for_first_is_what_the_rest_is_about(home):
    assert trashed(home, "find csv files and delete them") == {"Downloads/data.csv", "Downloads/data (1).csv"}


def test_one_action_that_is_not_clear_leaves_the_others_undone(home):
    refused(home, "delete lease.txt and delete notes.txt", "trash|what=lease.txt // trash|what=notes.txt")


# Sorting, naming, joining


@pytest.mark.parametrize(
    ("by", "ends"),
    [
        ("year", {"IMG_1.jpg": "2024", "IMG_2.jpg": "2024", "IMG_3.jpg": "2023"}),
        ("month", {"IMG_1.jpg": "2024-05", "IMG_2.jpg": "2024-05", "IMG_3.jpg": "2023-05"}),
    ],
)
def test_files_are_sorted_into_folders_by_their_time(home, by, ends):
    effects = home.effects(home.say(f"group the photos in Photos by {by}"))
    moves = [effect[1:] for effect in effects if effect[0] == "move"]
    assert moves == [(f"Photos/{name}", f"Photos/{folder}/{name}") for name, folder in ends.items()]


def test_files_are_sorted_into_folders_by_their_ending(home):
    effects = home.effects(home.say("sort the files in Downloads by extension"))
    assert {os.path.dirname(effect[2]) for effect in effects if effect[0] == "move"} == {
        "Downloads/csv",
        "Downloads/mp4",
        "Downloads/pdf",
    }


def test_sorting_in_a_way_that_lsfs_does_not_know_is_refused(home):
    assert (
        "artist"
        in refused(home, "group the photos in Photos by artist", "group|what=photos|in=Photos|by=artist").reason
    )


def test_a_new_name_keeps_the_ending(home):
    assert home.effects(home.say("rename lease.txt to flat lease")) == [
        ("rename", "Documents/lease.txt", "Documents/flat lease.txt")
    ]


def test_one_name_is_not_given_to_several_files(home):
    assert "one name" in refused(home, "rename all csv files to x.csv", "rename|what=all csv files|name=x.csv").reason


def test_a_pattern_names_many_and_counts_in_the_order_that_is_said(home):
    sentence = "rename the photos directly in Photos to rome-### by date"
    wire = "rename|what=photos directly|in=Photos|name=rome-###|by=date"
    effects = home.effects(home.say(sentence, wire))
    assert [effect[1:] for effect in effects] == [
        ("Photos/IMG_3.jpg", "Photos/rome-001.jpg"),
        ("Photos/IMG_2.jpg", "Photos/rome-002.jpg"),
        ("Photos/IMG_1.jpg", "Photos/rome-003.jpg"),
    ]
    prefixed = home.effects(home.say("put old_ before the names of the csv files in Downloads"))
    assert [os.path.basename(effect[2]) for effect in prefixed] == ["old_data (1).csv", "old_data.csv"]


@pytest.mark.parametrize(
    ("sentence", "wire", "order"),
    [
        ("merge minutes 2024-09-18.md and minutes 2024-03-20.md into Notes/y.md", None, ["09-18", "03-20"]),
        (
            "merge the minutes in Notes, september first and then march, into Notes/y.md",
            "merge|what=minutes|in=Notes|order=september first and then march|to=Notes/y.md",
            ["09-18", "03-20"],
        ),
        ("merge the minutes in Notes into Notes/y.md", "merge|what=minutes|in=Notes|to=Notes/y.md", ["03-20", "09-18"]),
    ],
)
def test_files_are_joined_in_the_order_that_is_said(home, sentence, wire, order):
    result = home.say(sentence, wire)
    assert home.effects(result) == [("merge", "Notes/y.md")]
    assert [home.below(path) for path in result.actions[0].paths] == [f"Notes/minutes 2024-{day}.md" for day in order]


def test_one_file_is_not_merged(home):
    refused(home, "merge lease.txt into x.txt", "merge|what=lease.txt|to=x.txt")


def test_a_destination_that_is_no_folder_is_made_only_where_its_name_is_said(home):
    assert ("mkdir", "Nowhere") in home.effects(home.say("move lease.txt to Nowhere"))
    result = home.say("move lease.txt to the nowhere folder", "move|what=lease.txt|to=nowhere")
    assert result.state == "nothing" and "no folder" in result.reason


def test_a_copy_takes_another_name_beside_its_original(home):
    assert home.effects(home.say("copy lease.txt as flat.txt", "copy|what=lease.txt|name=flat.txt")) == [
        ("copy", "Documents/lease.txt", "Documents/flat.txt")
    ]


# Reading


def test_a_folder_is_listed_without_what_lies_below_it(home):
    assert home.found(home.say("what's in Photos?")) == {f"Photos/IMG_{number}.jpg" for number in (1, 2, 3)}
    assert home.found(home.say("list Downloads")) == DOWNLOADS


def test_how_many_is_counted_by_the_index(home):
    result = home.say("how many csv files are in Downloads?")
    assert result.answer == "2 files" and home.found(result) == {"Downloads/data.csv", "Downloads/data (1).csv"}
    assert home.say("how many files are in Documents/Legal?").answer == "2 files"


def test_duplicates_are_found_without_the_one_that_stays(home):
    assert home.found(home.say("find duplicates")) == {"Downloads/data (1).csv"}


def test_a_search_gives_the_best_first(home):
    result = home.say("find the onion tart")
    assert home.below(result.hits[0].path) == "Notes/onion tart.md" and "nion" in result.hits[0].snippet


def test_the_history_of_a_file_is_its_versions(home):
    result = home.say("show the history of stars.py")
    assert home.found(result) == {"Work/stars.py"} and "@1" in result.answer


def test_what_was_changed_in_a_time_is_files(home):
    assert home.found(home.say("what did I change last week")) == {"Downloads/film.mp4", "Downloads/clip.mp4"}
    assert home.found(home.taken_for("history|time=since yesterday")) == {"Notes/shopping list.txt"}


def test_what_nearly_fits_is_shown_with_why_it_is_left_out(home):
    result = home.say("move all minutes of March to Work", "move|what=all minutes of March|to=Work")
    assert home.touched(result) - {"Work"} == {"Notes/minutes 2024-03-20.md"}
    left_out = {home.below(one.path): one.why for one in result.left_out}
    assert left_out["Notes/minutes 2024-09-18.md"] == "fits less clearly"


def test_a_sentence_about_something_else_is_refused(home):
    assert "not seem to be about files" in refused(home, "sing me a song", "none").reason


# Plans


def test_a_plan_is_stored_for_who_said_it_and_changes_nothing(home):
    result = home.say("move lease.txt to Work", door="cli")
    op = home.lsfs.vault.ops.get(result.op)
    assert (op.state, op.sentence, op.door) == ("preview", "move lease.txt to Work", "cli")
    assert [type(action).__name__ for action in result.actions] == ["Move"] and result.tier == "rules"


def test_reading_stores_no_plan(home):
    before = plans(home)
    home.say("list Downloads")
    home.say("find the lease")
    assert plans(home) == before


def test_names_that_are_no_text_are_meant_as_they_are_shown(home):
    shown = home.say("find the txt files in Notes")
    (odd,) = [hit for hit in shown.hits if "shopping" not in hit.path]
    assert odd.path_b64 is not UNSET
    result = home.say(f"delete Notes/{os.path.basename(odd.path)}")
    (effect,) = result.effects
    assert effect.path == odd.path and effect.path_b64 == odd.path_b64


# Without a model


@pytest.mark.parametrize("llm", [True, False])
def test_a_question_without_a_model_gets_the_best_passages_and_no_answer(home, llm):
    *_, event = home.saying(answers=no_model).ask(AskRequest(question="what is the rent of the flat?", llm=llm))
    result = event.result
    assert (result.state, result.answer, result.refusal.code) == ("refused", None, "model-unavailable")
    assert home.below(result.citations[0].path) == "Documents/lease.txt"
    lines = (home.root / "Documents/lease.txt").read_text().splitlines()
    assert result.citations[0].quote in lines[result.citations[0].line - 1]
    assert result.refusal.hint


def test_a_question_that_is_said_to_do_is_answered_the_same(home):
    result = home.say("what is the rent of the flat?")
    assert (result.state, result.answer, result.refusal.code) == ("refused", None, "model-unavailable")
    assert home.below(result.citations[0].path) == "Documents/lease.txt"


@pytest.mark.parametrize("sentence", ["summarize lease.txt", "compare lease.txt and will.txt"])
def test_what_a_model_has_to_read_is_refused_without_one(home, sentence):
    result = home.say(sentence)
    assert (result.state, result.refusal.code, result.answer) == ("refused", "model-unavailable", None)


def test_an_empty_question_or_sentence_is_a_mistake_of_the_caller(home):
    for events in (home.saying().ask(AskRequest(question=" ")), home.saying().do(DoRequest(sentence=" "))):
        *_, event = events
        assert (event.result.state, event.result.refusal.code) == ("refused", "usage")


# With one


def test_a_summary_is_of_the_file_that_a_path_or_words_name(home):
    for what in ("lease.txt", str(home.root / "Documents/lease.txt"), "the lease of the flat"):
        model = ScriptedModel(lambda _: "It is about a flat.")
        request = SummarizeRequest(what=what, cwd=str(home.root))
        events = list(home.saying(answers=lambda model=model: model).summarize(request))
        result = events[-1].result
        assert (result.state, result.answer) == ("answered", "It is about a flat.")
        assert [home.below(one.path) for one in result.citations] == ["Documents/lease.txt"]
        assert any("950 euros" in prompt.turns[-1].text for prompt in model.asked)
        assert "".join(event.text for event in events if event.phase == "writing").strip() == result.answer


def test_a_summary_is_of_a_file_whose_name_is_no_text(home):
    path = os.fsencode(home.root) + b"/Notes/caf\xe9.txt"
    model = ScriptedModel(lambda _: "Coffee.")
    *_, event = home.saying(answers=lambda: model).summarize(SummarizeRequest(what=to_wire(path)))
    assert event.result.answer == "Coffee."
    assert [one.path_b64 for one in event.result.citations] == [to_lossy(path)[1]]


def test_a_comparison_takes_two_files(home):
    model = ScriptedModel(lambda _: "Both are papers.")
    request = CompareRequest(one="Documents/lease.txt", other="will.txt", cwd=str(home.root))
    *_, event = home.saying(answers=lambda: model).compare(request)
    assert event.result.state == "answered"
    assert {home.below(one.path) for one in event.result.citations} <= {
        "Documents/lease.txt",
        "Documents/Legal/will.txt",
    }
    *_, event = home.saying(answers=lambda: model).compare(CompareRequest(one="lease.txt", other="/etc/passwd"))
    assert event.result.state == "refused"


def test_a_text_that_is_to_be_written_is_drafted_by_the_model_into_the_plan(home):
    sentence = "write a note about the gate in Notes/gate.txt"
    wire = "create|name=Notes/gate.txt|about=note about the gate"
    model = ScriptedModel({sentence: wire}, otherwise="The gate is painted.")
    result = home.say(sentence, wire, answers=lambda: model)
    assert home.effects(result) == [("create", "Notes/gate.txt")]
    assert result.actions[0].text == "The gate is painted.\n"


def test_what_stands_in_a_file_adds_no_action(home):
    """The answer is shown, whatever it is; a plan comes of sentences alone."""
    model = ScriptedModel(lambda _: "trash|what=everything")
    before = plans(home)
    *_, event = home.saying(answers=lambda: model).summarize(SummarizeRequest(what="lease.txt"))
    assert event.result.op is None and not event.result.effects and plans(home) == before


def test_a_plan_that_was_shown_is_not_carried_out_by_another_number(home):
    result = home.say("delete stars.py")
    with pytest.raises(LsfsError):
        list(home.lsfs.engine.changing.apply(ApplyRequest(op=result.op + 1000)))


def test_the_home_of_these_tests_is_what_they_say(home):
    assert set(FILES) <= set(home.tree()) and Path(home.root, "out.txt").is_symlink()


def test_what_is_found_can_be_read_in_the_same_sentence(home):
    model = ScriptedModel(lambda _: "It is about a flat.")
    result = home.say("find the lease and summarize it", "find|what=lease // summarize|what=it", answers=lambda: model)
    assert (result.state, result.answer) == ("answered", "It is about a flat.")
