"""Sentences about a small home: which files they mean, what would be done with them, and that nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import UNSET

from lsfs.core.api import ApplyRequest, AskRequest, CompareRequest, DoRequest, SummarizeRequest
from lsfs.core.errors import LsfsError
from lsfs.core.wirepath import to_lossy, to_wire
from lsfs.llm.scripted import ScriptedModel
from tests.engine.said import FILES, Home, make_home, no_model
from tests.running import engine_at

INVOICES = {f"Documents/Invoices/{who} invoice.txt" for who in ("painter", "plumber", "roofer")}
DOWNLOADS = {f"Downloads/{name}" for name in ("data.csv", "data (1).csv", "manual.pdf", "film.mp4", "clip.mp4")}


@pytest.fixture(scope="module")
def living(tmp_path_factory) -> Iterator[Home]:
    """The home that all tests of this file talk about; beside it lies what is nobody's business."""
    folder = tmp_path_factory.mktemp("saying")
    root, outside = folder / "root", folder / "outside"
    make_home(root)
    make_home(outside, {"secret.txt": ("2024-01-01", "The secret.\n")})
    (root / "out").symlink_to(outside)
    (root / "out.txt").symlink_to(outside / "secret.txt")
    (root / "in.txt").symlink_to(root / "Notes/shopping list.txt")
    with engine_at(folder, embedder="hashing") as lsfs:
        lsfs.up()
        yield Home(lsfs)


@pytest.fixture
def home(living) -> Iterator[Home]:
    """The same; whatever a test says, nothing on the disk changes."""
    before = living.tree()
    yield living
    assert living.tree() == before


def trashed(home: Home, sentence: str, wire: str | None = None, **how) -> set[str]:
    """What a sentence would throw away."""
    effects = home.effects(home.say(sentence, wire, **how))
    assert {effect[0] for effect in effects} == {"trash"}
    return {effect[1] for effect in effects}


def refused(home: Home, sentence: str, wire: str | None = None, **how):
    """The result of a sentence that is refused; no plan is stored of it."""
    before = plans(home)
    result = home.say(sentence, wire, **how)
    assert result.state == "refused", (result.state, result.effects)
    assert result.op is None and result.reason and not result.effects and not result.hits
    assert result.refusal is not UNSET and result.refusal.message == result.reason
    assert plans(home) == before
    return result


def plans(home: Home) -> int:
    return home.lsfs.vault._db.rows("SELECT count(*) FROM ops")[0][0]


# Which files are meant


@pytest.mark.parametrize(
    ("cwd", "words", "meant"),
    [
        ("", "lease.txt", "Documents/lease.txt"),
        ("", "Lease.TXT", "Documents/lease.txt"),
        ("Photos", "lease.txt", "Documents/lease.txt"),
        ("", "Documents/Legal/will.txt", "Documents/Legal/will.txt"),
        ("Documents", "Legal/will.txt", "Documents/Legal/will.txt"),
        ("Photos", "Legal/will.txt", "Documents/Legal/will.txt"),
        ("Photos", "./IMG_1.jpg", "Photos/IMG_1.jpg"),
        ("Photos", "../Documents/Legal/will.txt", "Documents/Legal/will.txt"),
        ("Work", "thesis.md", "Work/thesis.md"),
        ("Work/Old", "thesis.md", "Work/Old/thesis.md"),
        ("Work", "Old/thesis.md", "Work/Old/thesis.md"),
        ("", "2023/notes.txt", "Documents/Taxes/2023/notes.txt"),
        ("", "thesis.md in Work/Old", "Work/Old/thesis.md"),
        ("", "data (1).csv", "Downloads/data (1).csv"),
        ("", "Notes/onion tart.md", "Notes/onion tart.md"),
        ("", "the Legal folder", "Documents/Legal"),
        ("", "stars", "Work/stars.py"),
    ],
)
def test_a_name_or_a_path_is_what_stands_there_and_the_callers_folder_counts(home, cwd, words, meant):
    assert trashed(home, f"delete {words}", f"trash|what={words}", cwd=cwd) == {meant}


def test_a_whole_path_is_meant_from_anywhere(home):
    assert trashed(home, f"delete {home.root}/Work/stars.py", cwd="Photos") == {"Work/stars.py"}


def test_the_folder_in_which_the_caller_stands_may_lie_above_the_watched_one(home):
    assert trashed(home, f"delete {home.root.name}/Work/stars.py", cwd="..") == {"Work/stars.py"}
    assert home.effects(home.say("make a folder Letters", cwd="..")) == [("mkdir", "Letters")]


def test_a_tilde_is_the_callers_home(home, monkeypatch):
    monkeypatch.setenv("HOME", str(home.root))
    assert trashed(home, "delete ~/Work/stars.py") == {"Work/stars.py"}
    monkeypatch.setenv("HOME", str(home.root.parent))
    assert trashed(home, "delete ~/root/Work/stars.py") == {"Work/stars.py"}


@pytest.mark.parametrize("sentence", ["delete notes.txt", "move notes.txt to Work", "tag notes.txt as old"])
def test_of_two_files_with_one_name_none_is_taken(home, sentence):
    result = refused(home, sentence)
    assert "2 files have the name" in result.reason
    assert set(result.readings) == {
        sentence.replace("notes.txt", f'"{home.root}/Documents/Taxes/{year}/notes.txt"') for year in (2023, 2024)
    }
    assert result.tier == "rules"


def test_both_of_two_files_with_one_name_are_both(home):
    assert trashed(home, "delete both notes.txt") == {f"Documents/Taxes/{year}/notes.txt" for year in (2023, 2024)}


def test_a_description_is_the_one_file_that_clearly_fits_best(home):
    assert trashed(home, "delete the onion tart") == {"Notes/onion tart.md"}
    assert trashed(home, "delete the contract with the gardener") == {"Documents/Legal/gardener contract.txt"}


def test_a_description_that_several_files_fit_is_refused_with_them(home):
    result = refused(home, "delete the minutes about the gate")
    assert set(result.readings) >= {
        f'delete the "{home.root}/Notes/minutes 2024-{day}.md"' for day in ("03-20", "09-18")
    }


def test_for_what_is_not_there_nothing_else_is_taken(home):
    for name in (
        "nowhere.txt",
        "lost.md",
        "IMG_4.jpg",
        "minutes 2024-05-05.md",
        "data (2).csv",
        "manual2.pdf",
        "onion soup.md",
    ):
        _resolved_to_nothing(home, f"trash|what={name}")
    _resolved_to_nothing(home, "trash|what=nowhere.txt|in=Photos")
    _resolved_to_nothing(home, "move|what=Photos/nowhere.jpg|to=Work")
    assert home.effects(home.taken_for("append|to=Notes/nowhere.txt|text=milk")) == [("append", "Notes/nowhere.txt")]


def test_a_misspelt_name_is_asked_about_and_found(home):
    result = refused(home, "delete leese.txt")
    assert "no file is called" in result.reason and [home.root.name in reading for reading in result.readings] == [True]
    assert "lease.txt" in result.readings[0]
    refused(home, "delete the onoin tart.md", "trash|what=onoin tart.md")
    assert home.say("summarize leese.txt", "summarize|what=leese.txt").state != "preview"


def test_every_takes_all_that_fit(home):
    effects = home.effects(home.say("move every invoice to Documents/Paid"))
    assert {effect[1:] for effect in effects if effect[0] == "move"} == {
        (path, path.replace("Invoices", "Paid")) for path in INVOICES
    }


@pytest.mark.parametrize("words", ["all invoices", "all three invoices", "all the invoices"])
def test_all_files_of_a_name_are_not_the_folder_that_is_called_so(home, words):
    """The folder Invoices is named by its name alone."""
    assert trashed(home, f"delete {words}") == INVOICES


def test_a_folder_is_meant_by_its_name(home):
    assert trashed(home, "delete the Invoices folder") == {"Documents/Invoices"}
    assert trashed(home, "delete Photos") == {"Photos"}


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("delete both invoices", "2 were named, 3 fit"),
        ("delete the four invoices", "4 were named, 3 fit"),
        ("delete the 3 files in Downloads", "3 were named, 5 fit"),
        ("move both jpg files in Photos to Work", "2 were named, 4 fit"),
        ("tag all six mp4 files as film", "6 were named, 2 fit"),
    ],
)
def test_a_number_that_is_not_that_of_the_files_is_refused(home, sentence, count):
    assert count in refused(home, sentence, _wire_of(sentence)).reason


def _wire_of(sentence: str) -> str | None:
    return {
        "delete the four invoices": "trash|what=four invoices",
        "delete the 3 files in Downloads": "trash|what=3 files|in=Downloads",
        "tag all six mp4 files as film": "tag|what=all six mp4 files|tag=film",
    }.get(sentence)


def test_a_number_that_is_that_of_the_files_takes_them(home):
    assert trashed(home, "delete both mp4 files") == {"Downloads/film.mp4", "Downloads/clip.mp4"}
    assert trashed(home, "delete the 5 files in Downloads", "trash|what=5 files|in=Downloads") == DOWNLOADS


# Conditions


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("the pdfs in Downloads", {"manual.pdf"}),
        ("*.csv in Downloads", {"data.csv", "data (1).csv"}),
        ("all csv files", {"data.csv", "data (1).csv"}),
        ("files in Downloads bigger than 4 MB", {"film.mp4"}),
        ("mp4 files smaller than 3 kB", {"clip.mp4"}),
        ("files in Downloads older than 2 years", {"manual.pdf"}),
        ("everything in Downloads from the last 2 weeks", {"film.mp4", "clip.mp4"}),
        ("mp4 files in Downloads from 20 November 2026", {"film.mp4"}),
        ("the newest file in Downloads", {"clip.mp4"}),
        ("the oldest file in Downloads", {"manual.pdf"}),
        ("the largest file in Downloads", {"film.mp4"}),
        ("the two newest files in Downloads", {"film.mp4", "clip.mp4"}),
        ("the duplicates in Downloads", {"data (1).csv"}),
    ],
)
def test_kind_folder_time_size_and_order_limit_what_is_meant(home, words, meant):
    place = " in Downloads" if " in Downloads" in words else ""
    what = words.removeprefix("the ").replace(place, "")
    for limit in ("bigger than 4 MB", "smaller than 3 kB", "older than 2 years", "from the last 2 weeks"):
        what = what.replace(limit, f"|{'size' if 'B' in limit else 'time'}={limit}").replace(" |", "|")
    what = what.replace(" from 20 November 2026", "|time=20 November 2026")
    wire = f"trash|what={what}{place.replace(' in ', '|in=')}"
    assert trashed(home, f"delete {words}", wire) == {f"Downloads/{name}" for name in meant}


def test_a_time_is_that_of_the_file_and_of_its_name(home):
    sentence = "find all the pictures in Photos from 2023"
    assert home.found(home.say(sentence)) == {"Photos/IMG_3.jpg", "Photos/Trips/lake.jpg"}
    assert home.found(home.say("find files in Notes from March 2024")) == {"Notes/minutes 2024-03-20.md"}


def test_a_folder_that_is_not_there_limits_to_nothing_and_never_to_all(home):
    _resolved_to_nothing(home, "trash|what=pdfs|in=Nowhere")
    refused(home, "delete the pdfs in Nowhere")


def test_a_time_that_is_none_is_refused(home):
    assert "not a time" in home.taken_for("trash|what=pdfs|time=whenever").reason
    assert "not a size" in home.taken_for("trash|what=pdfs|size=rather big").reason


# All of it


@pytest.mark.parametrize(
    ("sentence", "wire"),
    [
        ("delete everything", "trash|what=everything"),
        ("move everything to Work", "move|what=everything|to=Work"),
        ("tag all files as old", "tag|what=all files|tag=old"),
    ],
)
def test_everything_is_refused_with_a_reason_unless_a_folder_is_named(home, sentence, wire):
    result = refused(home, sentence, wire)
    assert "everything" in result.reason and "not understand" not in result.reason


def test_everything_is_refused_with_a_reason_without_a_model_too(home):
    assert "everything" in refused(home, "delete everything").reason


def test_everything_in_a_folder_is_what_lies_in_it(home):
    assert trashed(home, "delete everything in Downloads") == DOWNLOADS
    assert trashed(home, "delete everything in Work") == {"Work/Old", "Work/stars.py", "Work/thesis.md"}
    assert trashed(home, "delete everything in Downloads older than 3 years") == {"Downloads/manual.pdf"}


def test_a_watched_folder_itself_is_not_thrown_away(home):
    refused(home, f"delete {home.root}", f"trash|what={home.root}")
    refused(home, f"move {home.root} to Work", f"move|what={home.root}|to=Work")


# Out of bounds

OUTSIDE = [
    "/etc/passwd",
    "../../../../etc/passwd",
    "../outside/secret.txt",
    "~root/.profile",
    "/home/bob/a.txt",
    "~/a.txt",
]


@pytest.mark.parametrize("path", [*OUTSIDE, "out/secret.txt"])
@pytest.mark.parametrize(
    "wire",
    [
        "trash|what={}",
        "move|what={}|to=Work",
        "copy|what={}|to=Work",
        "tag|what={}|tag=x",
        "rename|what={}|name=x.txt",
        "append|to={}|text=x",
        "write|to={}|text=x",
        "restore|what={}|version=first",
        "create|name={}|text=x",
        "mkdir|name={}",
        "merge|what=data.csv|what={}|to=x.csv",
        "merge|what=data.csv|what=data (1).csv|to={}",
        "move|what=lease.txt|to={}",
        "copy|what=lease.txt|to={}",
        "trash|what=files|in={}",
        "group|in={}|by=year",
    ],
)
def test_nothing_outside_of_the_watched_folder_is_touched_or_filled(home, wire, path):
    _resolved_to_nothing(home, wire.format(path))


def _resolved_to_nothing(home: Home, wire: str) -> None:
    """Where the model, or the rules, took a sentence for this; whatever checks come before."""
    before = plans(home)
    result = home.taken_for(wire)
    assert result.state in ("refused", "nothing"), result.effects
    assert result.op is None and not result.hits and result.reason
    assert plans(home) == before


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize(
    "wire", ["list|in={}", "list|what={}", "find|what=files|in={}", "summarize|what={}", "history|what={}"]
)
def test_nothing_outside_of_the_watched_folder_is_read(home, wire, path):
    _resolved_to_nothing(home, wire.format(path))


@pytest.mark.parametrize("name", ["../x.txt", "a/../../x.txt", "/etc/x.txt", "..", ".", "a/b.txt"])
def test_a_new_name_is_no_way_out(home, name):
    _resolved_to_nothing(home, f"rename|what=lease.txt|name={name}")


def test_a_path_is_refused_with_the_path(home):
    result = refused(home, "delete /etc/passwd")
    assert result.refusal.code == "refused" and result.refusal.path == "/etc/passwd"
    assert "no watched folder" in result.reason


def test_a_link_is_thrown_away_as_a_link_and_written_through_only_inside(home):
    assert trashed(home, "delete out.txt") == {"out.txt"}
    refused(home, "add milk to out.txt", "append|to=out.txt|text=milk")
    assert home.effects(home.say("add milk to in.txt", "append|to=in.txt|text=milk")) == [
        ("append", "Notes/shopping list.txt")
    ]


# What "it" and "them" mean


def test_it_is_the_last_result(home):
    assert trashed(home, "delete it", last=("Documents/lease.txt",)) == {"Documents/lease.txt"}
    assert trashed(home, "delete them", last=tuple(INVOICES)) == INVOICES
    assert home.found(home.say("show them", last=tuple(INVOICES))) == INVOICES


def test_it_means_nothing_where_nothing_was_found(home):
    assert "means nothing" in refused(home, "delete it").reason


def test_the_last_result_keeps_its_times_and_texts(home):
    photos = tuple(f"Photos/IMG_{number}.jpg" for number in (1, 2, 3))
    effects = home.effects(home.say("sort them by year", last=photos))
    assert ("move", "Photos/IMG_3.jpg", "Photos/2023/IMG_3.jpg") in effects and len(effects) == 5
    numbered = home.say("number them by date", "rename|what=them|name=x-#|by=date", last=photos)
    assert [effect[1] for effect in home.effects(numbered)] == [photos[2], photos[1], photos[0]]
    assert home.say("summarize it", last=("Documents/lease.txt",)).refusal.code == "model-unavailable"


@pytest.mark.parametrize("last", ["Documents/gone.txt", "/etc/passwd", "../outside/secret.txt"])
def test_what_was_found_last_and_is_gone_or_outside_is_not_touched(home, last):
    for sentence in ("delete it", "show them", "tag it as x", "move it to Work"):
        result = home.say(sentence, last=(last,))
        assert result.state in ("refused", "nothing") and result.op is None and not result.hits


def test_it_is_not_what_was_thrown_away_before(home):
    sentence, wire = "delete stars.py and move it to Work/Old", "trash|what=stars.py // move|what=it|to=Work/Old"
    refused(home, sentence, wire, last=("Documents/lease.txt",))


# Several actions


def test_there_is_the_folder_that_is_made(home):
    assert home.effects(home.say("make a folder Papers and move lease.txt there")) == [
        ("mkdir", "Papers"),
        ("move", "Documents/lease.txt", "Papers/lease.txt"),
    ]


def test_later_actions_find_what_earlier_ones_renamed_and_moved(home):
    named = [("rename", "Documents/lease.txt", "Documents/flat.txt"), ("move", "Documents/flat.txt", "Work/flat.txt")]
    assert home.effects(home.say("rename lease.txt to flat.txt and move it to Work")) == named
    assert home.effects(home.say("rename lease.txt to flat.txt and move flat.txt to Work")) == named
    assert home.effects(home.say("move lease.txt to Work, then delete lease.txt")) == [
        ("move", "Documents/lease.txt", "Work/lease.txt"),
        ("trash", "Work/lease.txt"),
    ]


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
