"""What speaks against a request for a sentence, and what is mended in it."""

from __future__ import annotations

import pytest

from lsfs.plan.checks import faults, repaired
from lsfs.plan.request import Request, decode, encode


class Tree:
    """A few names."""

    def folder(self, words: str) -> bool:
        return words.casefold() in {"downloads", "rowing club", "papers", "notes"}

    def file(self, words: str) -> bool:
        return words.casefold() in {"run1.csv", "run2.csv", "plan b.txt"}

    def tag(self, words: str) -> bool:
        return False


GOOD = [
    ("move plans.md to Papers", "move|what=plans.md|to=Papers"),
    ("bin the two scans in Downloads", "trash|what=two scans|in=Downloads"),
    ("delete 3 files in Downloads", "trash|what=3 files|in=Downloads"),
    ("summarise lease.pdf in 3 sentences", "summarize|what=lease.pdf"),
    ("put “buy milk” on the shopping list", "append|to=shopping list|text=buy milk"),
    ("restore plans.md to how it was before", "restore|what=plans.md|version=previous"),
    ("restore version 3 of plans.md", "restore|what=plans.md|version=@3"),
    ("put old_ before the names of the files in Notes", "rename|what=files|in=Notes|name=old_*"),
    ("sort the photos by year (2023, 2024)", "group|what=photos|by=year"),
    ("where is scan 12 from March 2024 then?", "find|what=scan"),
    ("make a note saying: delete the old photos", "create|name=note|text=delete the old photos"),
    ("Verschiebe plan.md nach Papers", "move|what=plan.md|to=Papers"),
    ("supprime plan.md", "trash|what=plan.md"),
    ("mvoe plan.md to Papers", "move|what=plan.md|to=Papers"),
    ("undo op 17", "undo|op=17"),
    ("who owes the most?", "ask"),
]
BAD = [
    ("retrouve la facture", "restore|what=facture", "asks to restore"),
    ("show me plans.md", "trash|what=plans.md", "asks to throw anything away"),
    ("i want plans.md in Papers too, but leave the original", "trash|what=plans.md", "original"),
    ("delete plans.md but keep the originals", "trash|what=plans.md", "original"),
    ("delete everything", "trash|what=everything", "everything"),
    ("delete plans.md and notes.md", "trash|what=plans.md", "notes.md"),
    ("move plans.md to Papers/Old", "move|what=plans.md|to=Papers", "Papers/Old"),
    ("tag plans.md as “to do”", "tag|what=plans.md|tag=urgent", "to do"),
    ("bin the scans older than 3 years", "trash|what=scans", "3"),
    ("move plans.md to Papers", "move|what=plan.md|to=Papers", "not in the sentence"),
    ("move pictures larger than 4 MB to Papers", "move|what=pictures|size=größer als 4 MB|to=Papers", "not in the"),
    ("copy a.md to Papers and delete b.md", "copy|what=a.md|what=b.md|to=Papers", "delete"),
    ("tag the lease as old, then rename it", "tag|what=lease|tag=old", "rename"),
]


@pytest.mark.parametrize(("say", "request_text"), GOOD)
def test_nothing_speaks_against_what_was_said(say: str, request_text: str) -> None:
    assert faults(say, decode(request_text)) == ()


@pytest.mark.parametrize(("say", "request_text", "reason"), BAD)
def test_what_was_not_said_or_was_left_out_is_a_fault(say: str, request_text: str, reason: str) -> None:
    assert any(reason in fault for fault in faults(say, decode(request_text)))


def test_no_request_has_no_faults() -> None:
    assert faults("hello", Request()) == ()


MENDED = [
    (
        "find the speech for the club dinner about our old coach",
        "find|what=speech|in=club dinner",
        "find|what=speech for the club dinner",
    ),
    (
        "bin the saved thread on the seized bottom bracket",
        "trash|what=saved thread|in=seized bottom bracket",
        "trash|what=saved thread on the seized bottom bracket",
    ),
    ("the map in the Rowing Club folder", "find|what=map in the Rowing Club folder", "find|what=map|in=Rowing Club"),
    (
        "pdfs in Downloads older than a year",
        "find|what=pdfs in Downloads older than a year",
        "find|what=pdfs|in=Downloads|time=older than a year",
    ),
    (
        "i want the map in Papers too but leave the original",
        "copy|what=map|to=Papers\ntrash|what=map",
        "copy|what=map|to=Papers",
    ),
    ("copy run1.csv as run3.csv", "copy|what=run1.csv|to=run3.csv", "copy|what=run1.csv|name=run3.csv"),
    ("delete run1.csv and run2.csv", "trash|what=run1.csv and run2.csv", "trash|what=run1.csv|what=run2.csv"),
    ("delete plan b.txt and run1.csv", "trash|what=plan b.txt|what=run1.csv", "trash|what=plan b.txt|what=run1.csv"),
    ("tag run1.csv as data, school", "tag|what=run1.csv|tag=data, school", "tag|what=run1.csv|tag=data|tag=school"),
    (
        "restore the very first version of run1.csv",
        "restore|what=run1.csv|version=the very first version",
        "restore|what=run1.csv|version=first",
    ),
    (
        "put run1.csv back to how it was before my last change",
        "restore|what=run1.csv|version=before my last change",
        "restore|what=run1.csv|version=previous",
    ),
    (
        "restore run1.csv from yesterday",
        "restore|what=run1.csv|version=yesterday",
        "restore|what=run1.csv|version=yesterday",
    ),
    (
        "move “run1.csv” to the Papers folder",
        "move|what=“run1.csv”|to=the Papers folder",
        "move|what=run1.csv|to=Papers",
    ),
    (
        "make a folder Car and move run1.csv there",
        "mkdir|name=Car\nmove|what=run1.csv|to=there",
        "mkdir|name=Car\nmove|what=run1.csv|to=Car",
    ),
]


@pytest.mark.parametrize(("say", "written", "meant"), MENDED)
def test_a_request_is_mended(say: str, written: str, meant: str) -> None:
    assert encode(repaired(say, decode(written), Tree())) == meant
