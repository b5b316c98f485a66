"""Sentences that are agreed to: what they leave on the disk, what takes them back, what is said of it afterwards."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from lsfs.core.api import DoRequest, SayEvent, SayResult, UndoRequest
from lsfs.core.errors import RefusedError
from lsfs.engine.streaming import streamed
from tests.engine.said import Home, make_home
from tests.running import Lsfs, engine_at


@pytest.fixture
def home(tmp_path) -> Iterator[Home]:
    """A home that a test may change."""
    make_home(tmp_path / "root")
    with engine_at(tmp_path) as lsfs:
        lsfs.up()
        yield Home(lsfs)


def saved(home: Home, path: str, *texts: str) -> None:
    """Has the texts written one after another, each as a version of its own."""
    for text in texts:
        home.done(f"replace the text of {path} with {text}", f"write|to={path}|text={text}")


def test_what_is_agreed_to_is_done_and_taken_back_by_a_sentence(home):
    before = home.tree()
    home.done(
        "make a folder Papers and move every invoice there", "mkdir|name=Papers // move|what=every invoice|to=there"
    )
    after = home.tree()
    assert {path for path in after if path.startswith("Papers/")} == {
        f"Papers/{who} invoice.txt" for who in ("painter", "plumber", "roofer")
    }
    home.done("undo that")
    assert home.tree() == before
    home.done("redo that")
    assert home.tree() == after


def test_an_undo_that_was_said_is_an_op_like_any_other(home):
    """The command steps over the ops that it made itself; what a sentence did, it takes back."""
    before = home.tree()
    home.done("move lease.txt to Work")
    moved = home.tree()
    home.done("undo that")
    assert home.tree() == before
    home.apply(home.lsfs.engine.changing.undo(UndoRequest()))
    assert home.tree() == moved


def test_an_op_is_taken_back_by_its_number(home):
    first = home.done("move lease.txt to Work")
    home.done("move stars.py to Notes")
    home.done(f"undo op {first.op}")
    assert {"Documents/lease.txt", "Notes/stars.py"} <= home.tree().keys()


def test_with_nothing_to_take_back_nothing_is_done(home):
    for sentence in ("undo that", "redo that"):
        result = home.say(sentence)
        assert (result.state, result.op) == ("nothing", None) and result.reason


def test_a_file_is_put_back_to_the_version_that_is_said(home):
    first = (home.root / "Work/stars.py").read_text()
    saved(home, "Work/stars.py", "second", "third")
    home.done("put stars.py back to how it was before my last change")
    assert (home.root / "Work/stars.py").read_text() == "second\n"
    home.done("restore stars.py to the first version")
    assert (home.root / "Work/stars.py").read_text() == first
    home.done("restore version 3 of stars.py")
    assert (home.root / "Work/stars.py").read_text() == "third\n"


def test_a_file_that_was_thrown_away_is_brought_back(home):
    text = (home.root / "Work/stars.py").read_text()
    for words in ("Work/stars.py", "stars.py", "Stars.py in Work"):
        home.done("delete stars.py")
        assert not (home.root / "Work/stars.py").exists()
        home.done(f"restore {words}", f"restore|what={words.replace(' in ', '|in=')}")
        assert (home.root / "Work/stars.py").read_text() == text
    assert home.say("restore sun.py", "restore|what=sun.py").state == "nothing"


def test_tags_are_given_found_and_taken(home):
    home.done("tag lease.txt and will.txt as home")
    tagged = {"Documents/lease.txt", "Documents/Legal/will.txt"}
    assert home.found(home.say("find files tagged home")) == tagged
    assert home.effects(home.say("move everything tagged home to Work", "move|what=everything|tagged=home|to=Work"))
    home.done("remove the tag home from lease.txt")
    assert home.found(home.say("find files tagged home")) == {"Documents/Legal/will.txt"}


def test_texts_are_made_filled_and_joined(home):
    home.done("create a file Notes/todo.txt with the text: call the roofer")
    home.done("add milk to the shopping list")
    home.done("merge minutes 2024-09-18.md and minutes 2024-03-20.md into Notes/year.md")
    notes = home.root / "Notes"
    assert (notes / "todo.txt").read_text() == "call the roofer\n"
    assert (notes / "shopping list.txt").read_text() == "- eggs\n- flour\n- milk\n"
    year = (notes / "year.md").read_text()
    assert year.index("September") < year.index("March")
    assert (notes / "minutes 2024-03-20.md").exists()


def test_everything_in_a_folder_goes_and_comes_back(home):
    before = home.tree()
    home.done("delete everything in Downloads")
    assert home.tree() == {path: body for path, body in before.items() if not path.startswith("Downloads/")}
    home.done("undo that")
    assert home.tree() == before


def test_of_equal_files_one_stays(home):
    home.done("delete the duplicates in Downloads")
    assert "Downloads/data.csv" in home.tree() and "Downloads/data (1).csv" not in home.tree()
    assert home.say("find duplicates").state == "nothing"


def test_a_name_that_is_no_text_goes_where_it_is_to_go(home):
    home.done("move everything in Notes to Work")
    assert os.path.exists(os.fsencode(home.root) + b"/Work/caf\xe9.txt")
    assert not list((home.root / "Notes").iterdir())


def test_a_search_that_was_saved_has_its_name(home):
    home.done("save the search for invoices as bills")
    assert [(one.name, one.query) for one in home.lsfs.engine.past.saved().queries] == [("bills", "invoices")]


def test_the_past_of_a_file_and_what_was_done_just_now_are_told(home):
    saved(home, "Work/stars.py", "second")
    answer = home.say("show the history of stars.py").answer
    assert "@1" in answer and "@2" in answer
    home.done("move stars.py to Notes")
    assert "@2" in home.say("show the history of stars.py").answer


def test_what_changed_between_saying_and_agreeing_is_not_touched(home):
    plan = home.say("delete stars.py")
    (home.root / "Work/stars.py").write_text("something else")
    with pytest.raises(Exception, match="changed"):
        home.apply(plan)
    assert (home.root / "Work/stars.py").read_text() == "something else"


def test_only_what_was_agreed_to_is_learnt_and_only_if_it_may_be(home):
    confirmed = home.lsfs.vault.ops.confirmed
    plan = home.say("move lease.txt to Work", door="cli")
    assert confirmed(10) == []
    home.apply(plan)
    home.done("move stars.py to Notes", learn=False, door="cli")
    home.done("copy stars.py to Notes")
    assert [sentence for sentence, _ in confirmed(10)] == ["move lease.txt to Work"]
    home.done(f"undo op {plan.op}")
    assert confirmed(10) == []


def test_with_two_watched_folders_a_new_one_goes_where_it_is_clear(home, tmp_path):
    other = tmp_path / "other"
    make_home(other, {"Papers/lease.txt": ("2024-03-10", "Another lease.\n")})
    home.lsfs.up(other)
    elsewhere = {"cwd": ".."}
    assert home.say("make a folder Letters", **elsewhere).state == "refused"
    assert home.effects(home.say("make a folder Letters", cwd="Work")) == [("mkdir", "Work/Letters")]
    assert home.effects(home.say(f"make a folder {other}/Letters", **elsewhere)) == [("mkdir", f"{other}/Letters")]
    result = home.say("delete lease.txt", **elsewhere)
    assert result.state == "refused" and set(result.readings) == {
        f'delete "{home.root}/Documents/lease.txt"',
        f'delete "{other}/Papers/lease.txt"',
    }
    assert home.touched(home.say("delete Papers/lease.txt", **elsewhere)) == {str(other / "Papers/lease.txt")}


def test_without_a_watched_folder_nothing_is_meant(lsfs: Lsfs):
    home = Home(lsfs)
    for sentence in ("delete lease.txt", "make a folder New things", "find the lease", "list Downloads"):
        result = home.say(sentence)
        assert result.state in ("refused", "nothing") and result.op is None


# How it is told


def test_a_sentence_is_told_about_until_it_is_done(home):
    events = list(home.saying().do(DoRequest(sentence="delete stars.py", cwd=str(home.root), llm=False)))
    assert [event.phase for event in events if event.result is None] == ["understanding", "looking"]
    assert events[-1].phase == "done" and events[-1].result.elapsed_ms > 0


def test_work_to_which_nobody_listens_any_more_hears_so_within_a_second(wait_until):
    heard: list[bool] = []

    def work(emit) -> SayResult:
        while not heard or heard[-1]:
            heard.append(emit("reading", ""))
            time.sleep(0.01)
        return SayResult(op=None, state="answered")

    events = streamed(work)
    assert next(events).phase == "reading"
    assert heard[0] is True
    events.close()
    wait_until(lambda: heard[-1] is False, timeout_s=1)


def test_silent_work_gives_a_beat_with_the_phase_that_it_is_in(wait_until):
    beats: list[SayEvent] = []

    def work(emit) -> SayResult:
        emit("reading", "")
        wait_until(lambda: len(beats) > 2)
        return SayResult(op=None, state="answered")

    for event in streamed(work):
        beats.append(event)
    assert [event.phase for event in beats[:3]] == ["reading"] * 3 and beats[-1].result.state == "answered"


def test_what_the_work_raises_whoever_listens_gets():
    def work(emit) -> SayResult:
        raise RefusedError("no")

    with pytest.raises(RefusedError, match="no"):
        list(streamed(work))
