"""Files that are sorted by sentences: by topic, into folders that are named, by what they say of themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.api import ProgressRequest
from tests.engine.living import refused
from tests.engine.said import Home, make_home
from tests.running import engine_at

_COOKING = {
    "onion tart.txt": "Onion tart. Cook four onions slowly in butter, fill the pastry with cream and eggs and bake it.",
    "lentils.txt": "Lentil soup with carrots. Fry the onion, add lentils, stock and cumin, and let it cook.",
    "dessert.txt": "Melt the chocolate with butter, beat the eggs with sugar, fold in flour and bake the cake.",
    "sunday.txt": "Roast chicken: salt the bird the day before, roast it with potatoes and thyme in the oven.",
}
_CYCLING = {
    "brakes.txt": "How to change the brake pads of the bike. Loosen the bolt, slide the pads out, clean the rim.",
    "chain.txt": "Clean the bike chain with degreaser, dry it and oil each link. Replace it when it is worn.",
    "tyres.txt": "New tyres for the road bike: 28 mm, pressure 6 bar. Patch the inner tube before the ride.",
    "shifting.txt": "The rear derailleur of the bike does not shift well: adjust the cable and the limit screws.",
}
_MONEY = {
    "pension.txt": "The pension fund: contributions go from the bank account each month, with an expected interest.",
    "house.txt": "Mortgage renewal at the bank: the interest rate is fixed for ten years, with a monthly payment.",
    "reserve.txt": "Savings account at the bank: move money each month, the interest is low. Keep three salaries.",
    "april.txt": "Tax return: declare the salary and the interest of the bank account, deduct the travel costs.",
}
_OTHER = {"river.txt": "The river sleeps under a silver moon and dreams of the sea."}
TOPICS = (_COOKING, _CYCLING, _MONEY)

DOWNLOADS = {
    "scan 7.txt": "Invoice no 7. Plumber Smith, repair of the boiler. Amount due: 120 euros, payable in 14 days.",
    "scan 8.txt": "Invoice number 2231. Total 99.50 including tax. Please pay to the account below.",
    "letter to the bank.txt": "Dear Sir or Madam, please close my account. Yours faithfully",
    "tart.txt": "Onion tart. Four onions, cream, eggs; bake for forty minutes.",
    "IMG_1.jpg": "\xff\xd8one",
    "invoice scan.jpg": "\xff\xd8two",
}


def _living(folder: Path, models: Path) -> Iterator[Home]:
    files = {f"Inbox/{name}": text for topic in (*TOPICS, _OTHER) for name, text in topic.items()}
    files |= {f"Downloads/{name}": text for name, text in DOWNLOADS.items()}
    make_home(folder / "root", {path: ("2024-05-01", text) for path, text in files.items()})
    data = folder / "home/.local/share/lsfs"
    data.mkdir(parents=True)
    (data / "models").symlink_to(models)
    with engine_at(folder, embedder="minilm-l6-int8") as lsfs:
        lsfs.up()
        for event in lsfs.engine.progress(ProgressRequest(until="all")):
            if event.finished:
                break
        yield Home(lsfs)


@pytest.fixture(scope="module")
def home(tmp_path_factory, models_folder) -> Iterator[Home]:
    """A home that no test changes, with vectors."""
    yield from _living(tmp_path_factory.mktemp("sorted"), models_folder)


@pytest.fixture
def own_home(tmp_path, models_folder) -> Iterator[Home]:
    """A home that a test may change, with vectors."""
    yield from _living(tmp_path, models_folder)


def folders_of(home: Home, sentence: str, wire: str | None = None) -> dict[str, str]:
    """Name of each file that would be moved → folder that it would be in, below that in which it lies."""
    moves = [effect for effect in home.effects(home.say(sentence, wire)) if effect[0] == "move"]
    return {
        os.path.basename(path): os.path.relpath(os.path.dirname(to), os.path.dirname(path)) for _, path, to in moves
    }


def left_out(home: Home, sentence: str, wire: str | None = None) -> dict[str, str]:
    """Name of each file that would stay → why."""
    return {os.path.basename(one.path): one.why for one in home.say(sentence, wire).left_out}


def test_documents_of_three_topics_go_to_three_folders_and_come_back(own_home):
    home = own_home
    before = home.tree()
    home.done("group the documents in Inbox by topic")
    tree = home.tree()
    found = [{os.path.dirname(path) for path in tree if os.path.basename(path) in topic} for topic in TOPICS]
    assert [len(folders) for folders in found] == [1, 1, 1]
    assert len(set.union(*found)) == 3 and all(os.path.dirname(folder) == "Inbox" for folder in set.union(*found))
    assert found[1] == {"Inbox/Bike"}
    assert "Inbox/river.txt" in tree
    home.done("undo that")
    assert home.tree() == before


def test_what_is_about_something_else_stays_and_the_preview_says_so(home):
    assert left_out(home, "sort Inbox by topic") == {"river.txt": "it is about something else than the others"}
    said = folders_of(home, "sort Inbox by what they are about")
    assert said == folders_of(home, "Ordne Inbox nach Themen", "group|in=Inbox|by=Themen")
    assert said.keys() == {name for topic in TOPICS for name in topic}


def test_a_folder_that_is_there_and_says_the_topic_takes_its_files(own_home):
    home = own_home
    (home.root / "Inbox/Recipes").mkdir()
    home.lsfs.rescanned()
    found = folders_of(home, "group the files in Inbox by topic")
    assert {found[name] for name in _COOKING} == {"Recipes"}


def test_topics_stand_below_other_folders(home):
    found = folders_of(home, "sort Inbox by year, then by topic")
    assert found["chain.txt"] == "2024/Bike"


def test_few_files_and_files_that_nothing_tells_apart_are_refused(home):
    two = "group chain.txt and house.txt by topic"
    assert "three files" in refused(home, two, "group|what=chain.txt|what=house.txt|by=topic").reason
    three = "group chain.txt, house.txt and river.txt by topic"
    wire = "group|what=chain.txt|what=house.txt|what=river.txt|by=topic"
    assert "nothing tells these files apart" in refused(home, three, wire).reason


def test_files_go_to_the_named_folder_that_they_clearly_fit(home):
    sentence = "sort Downloads into Invoices, Letters and Photos"
    assert folders_of(home, sentence) == {
        "scan 7.txt": "Invoices",
        "scan 8.txt": "Invoices",
        "letter to the bank.txt": "Letters",
        "IMG_1.jpg": "Photos",
    }
    assert left_out(home, sentence) == {
        "invoice scan.jpg": "it fits Invoices and Photos",
        "tart.txt": "it clearly fits none of the folders",
    }


def test_the_model_may_put_the_names_of_the_folders_into_either_slot(home):
    sentence = "distribute Downloads into Invoices and Photos please"
    by = folders_of(home, sentence, "group|in=Downloads|by=Invoices and Photos")
    assert by == folders_of(home, sentence, "group|in=Downloads|to=Invoices and Photos")
    assert by["IMG_1.jpg"] == "Photos"


def test_a_folder_for_each_of_two_kinds(home):
    found = folders_of(home, "sort the files in Downloads into a folder for pictures and one for documents")
    assert {name: found[name] for name in ("IMG_1.jpg", "invoice scan.jpg", "tart.txt")} == {
        "IMG_1.jpg": "Pictures",
        "invoice scan.jpg": "Pictures",
        "tart.txt": "Documents",
    }


def test_a_name_may_say_the_meaning_alone_and_another_one_take_the_rest(home):
    found = folders_of(home, "sort Downloads into Cooking and Other")
    assert (found["tart.txt"], found["scan 7.txt"]) == ("Cooking", "Other")


def test_folders_that_are_all_there_are_meant(own_home):
    home = own_home
    for name in ("Bills", "Pictures"):
        (home.root / name).mkdir()
    home.lsfs.rescanned()
    assert folders_of(home, "sort Downloads into Bills and Pictures")["IMG_1.jpg"] == "../Pictures"
    assert folders_of(home, "sort Downloads into Letters and Pictures")["IMG_1.jpg"] == "Pictures"


def test_keys_that_files_do_not_say_are_refused_with_the_reason(home):
    for key, why in (
        ("album", "it does not say its album"),
        ("tag", "it has no tag"),
        ("client", "cannot sort by “client”"),
        ("folder", "in their folders already"),
    ):
        assert why in refused(home, f"group the files in Inbox by {key}", f"group|what=files|in=Inbox|by={key}").reason


def test_files_are_sorted_by_their_tags(own_home):
    home = own_home
    home.done("tag chain.txt and tyres.txt as sport")
    assert folders_of(home, "sort Inbox by tag") == {"chain.txt": "sport", "tyres.txt": "sport"}
    assert set(left_out(home, "sort Inbox by tag").values()) == {"it has no tag"}


def test_what_is_sorted_is_tagged_where_it_is_then(own_home):
    home = own_home
    sentence = "sort Downloads by extension and tag them as done"
    home.done(sentence, "group|in=Downloads|by=extension // tag|what=them|tag=done")
    assert "Downloads/jpg/IMG_1.jpg" in home.found(home.say("find files tagged done"))


def test_what_lies_in_its_folder_already_stays_there(own_home):
    home = own_home
    home.done("sort Downloads by extension")
    again = home.say("sort everything in Downloads and its subfolders by extension")
    assert again.state == "nothing" and "already" in again.reason


def test_nothing_leads_out_of_the_folders(home):
    for by in ("../../etc and ../x", "/etc and /tmp", ".. and ..."):
        assert refused(home, f"sort Downloads into {by}", f"group|in=Downloads|by={by}").effects == ()
