"""What a model leaves out of a sentence is noticed before anything is planned."""

from __future__ import annotations

import pytest

from lsfs.plan.checks import omitted
from lsfs.plan.request import decode


@pytest.mark.parametrize(
    ("sentence", "wire"),
    [
        ("delete everything in Downloads except the invoices", "trash|what=everything|in=Downloads"),
        ("please don't delete the lease", "trash|what=lease"),
        ("if the lease is signed delete the draft", "trash|what=draft"),
        ("delete the blurry holiday photos in Old", "trash|what=photos"),
        ("take the tag legal off the lease", "untag|what=lease"),
        ("overwrite the todo in Work with hello", "write|to=todo|text=hello"),
        ("lösche alles in Bilder außer den Hochzeitsfotos", "trash|what=alles|in=Bilder"),
    ],
)
def test_an_exception_a_negation_or_a_qualifier_that_is_left_out_is_named(sentence, wire):
    assert list(omitted(sentence, decode(wire)))


@pytest.mark.parametrize(
    ("sentence", "wire"),
    [
        ("move the lease to Documents/Legal", "move|what=lease|to=Documents/Legal"),
        ("I don't need the csv of my payments any longer, throw it out", "trash|what=csv of my payments"),
        ("delete the blurry holiday photos in Old", "trash|what=blurry holiday photos|in=Old"),
        ("what did I not pay?", "ask"),
        ("verschiebe CV.docx nach Documents/Bewerbungen", "move|what=CV.docx|to=Documents/Bewerbungen"),
    ],
)
def test_what_is_said_whole_passes(sentence, wire):
    assert not list(omitted(sentence, decode(wire)))
