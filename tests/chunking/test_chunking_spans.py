"""The passages of any text follow each other without a gap, keep their bounds, and say their line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.chunking import chunk
from lsfs.core.records import Anchor, Document

MARKUPS = ("plain", "markdown", "rst", "latex", "org", "asciidoc", "code", "rows")
LANGUAGES = ("python", "c", "java", "typescript", "rust", "haskell", "sql", "unknown")
LINES = "# One|## Two two|Title\n=====|Sub\n---|```|~~~|def f(x):|class A:|    def m(self):|@deco|\\section{S}|* star"
LONG = ("word " * 40, "x" * 700, "漢字かな" * 90, "One sentence. And another. " * 20, "\U0001f600" * 50, "a,b,c\n" * 60)
PIECES = st.sampled_from(
    (*(f"{line}\n" for line in LINES.split("|")), "\n", "\n\n", "\r\n", " ", "\t", "\ud800", *LONG)
)
TEXTS = st.one_of(st.lists(PIECES, max_size=40).map("".join), st.text(max_size=3000))


@given(
    TEXTS,
    st.sampled_from(MARKUPS),
    st.sampled_from(LANGUAGES),
    st.lists(st.integers(0, 9000), max_size=6),
    st.integers(5, 200),
)
def test_passages_cover_the_text_in_order_and_within_bounds(text, markup, language, places, target_words):
    labels = ("page 1", "slide 2", "sheet S", "message 4")
    anchors = tuple(Anchor(min(place, len(text)), labels[i % 4]) for i, place in enumerate(sorted(places)))
    document = Document(text, title="One", metadata={"language": language}, anchors=anchors, markup=markup)
    chunks = chunk(document, target_words=target_words)
    assert (not text) == (not chunks)
    position = 0
    for passage in chunks:
        assert passage.start == position
        assert 0 < passage.end - passage.start <= target_words * 6 * 4 // 3
        assert passage.line == text.count("\n", 0, passage.start) + 1
        assert len(passage.heading) <= 300 and "\n" not in passage.heading
        position = passage.end
    assert position == len(text)


@given(TEXTS, st.sampled_from(MARKUPS))
def test_the_same_text_gives_the_same_passages(text, markup):
    document = Document(text, markup=markup, metadata={"language": "python"})
    assert chunk(document) == chunk(document)


def test_prose_gives_passages_of_about_the_target():
    text = "".join(f"Paragraph {i} says something about a lease in Lyon. " * 6 + "\n\n" for i in range(200))
    sizes = [c.end - c.start for c in chunk(Document(text))]
    assert 700 <= sum(sizes) / len(sizes) <= 1200
    assert all(text[c.start : c.start + 9] == "Paragraph" for c in chunk(Document(text)))


def test_a_script_without_spaces_gets_shorter_passages():
    text = "会議の記録と予算について" * 300
    assert max(c.end - c.start for c in chunk(Document(text))) <= 400


def test_no_passage_is_a_crumb_at_the_end_of_a_section():
    text = "word " * 250
    sizes = [c.end - c.start for c in chunk(Document(text))]
    assert len(sizes) == 2 and min(sizes) > 400


@pytest.mark.parametrize("label", ["slide 2", "message 2", "sheet Budget"])
def test_no_passage_runs_across_a_slide_sheet_or_message(label):
    text = "first part\nsecond part\n"
    chunks = chunk(Document(text, anchors=(Anchor(0, label[:-1] + "1"), Anchor(11, label))))
    assert [c.start for c in chunks] == [0, 11]
    assert chunks[1].heading == ("Budget" if label.startswith("sheet") else "")


def test_a_page_may_end_inside_a_passage():
    text = "a sentence that goes on\nover the page\n"
    assert len(chunk(Document(text, anchors=(Anchor(0, "page 1"), Anchor(24, "page 2"))))) == 1


def test_unclosed_fences_and_long_lines_do_not_cost_more_than_linear_time():
    text = "\n```a\n" + "~~~\n# x\n" * 20_000 + "\n`" * 20_000 + "-" * 100_000 + "\n" + "= " * 50_000
    assert chunk(Document(text, markup="markdown"))
    assert chunk(Document("=" * 300_000 + "\n" + "x\n==\n" * 50_000, markup="rst"))
    assert chunk(Document("\\section{" * 50_000, markup="latex"))
    for language in LANGUAGES:
        assert chunk(
            Document("int a(" * 50_000 + "\n" + "int b(\n" * 20_000, markup="code", metadata={"language": language})
        )
