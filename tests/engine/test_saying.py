"""Sentences about a small home: which files they mean, what would be done with them, and that nothing is changed."""

from __future__ import annotations

import pytest

from tests.engine.living import DOWNLOADS, INVOICES, home, living, plans, refused, trashed
from tests.engine.said import Home

__all__ = ["home", "living"]


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
