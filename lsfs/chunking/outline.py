"""The headings of a text: where each section begins, how deep it is, and what it is called."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lsfs.chunking import code
from lsfs.core.records import Document

MAX_TITLE = 120
_PARTS = ("message ", "sheet ", "slide ")
"""Anchors that no passage runs across; a page ends in the middle of a sentence."""


class Section(NamedTuple):
    """From `offset` on, down to the next section of the same or a lower level, `title` is above the text."""

    offset: int
    level: int
    title: str
    hard: bool = False
    """Whether a passage may never run across its beginning (another message, sheet or slide)."""


def outline(document: Document) -> list[Section]:
    """The sections of a document in order of offset."""
    find = _FINDERS.get(document.markup)
    if document.markup == "code":
        sections = [Section(*item) for item in code.definitions(document.text, document.metadata.get("language", ""))]
    else:
        sections = list(find(document.text)) if find else []
    parts = [
        Section(
            anchor.offset, 0, anchor.label.removeprefix("sheet ") if anchor.label.startswith("sheet ") else "", True
        )
        for anchor in document.anchors
        if anchor.label.startswith(_PARTS)
    ]
    return sorted(parts + sections, key=lambda section: section.offset) if parts else sections


# Every pattern begins with a newline, a literal that the regex engine skips to; the text's first line is looked at
# with a newline put in front by `_matches`.

_MARKDOWN = re.compile(
    r"\n(?: {1,3})?(?=[#=\-`~])(?:(#{1,6})[ \t]+([^\n]*)|(=+|-+)[ \t]*(?=\n|\Z)"
    r"|(`{3}|~{3})[^\n]*(?:\n(?:.*?\n)? {0,3}\4|.*\Z))",
    re.S,
)
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n.{0,4000}?\n(?:---|\.\.\.)[ \t]*(?=\r?\n)", re.S)
_UNDERLINE = re.compile(r"\n([=\-~^\"'`#*+.:_<>])\1{2,}[ \t]*(?=\r?\n|\Z)")
_ORG = re.compile(r"\n(\*{1,8}) +([^\n]+)")
_ASCIIDOC = re.compile(r"\n(={1,6}) +([^\n]+)")
_LATEX = re.compile(
    r"\\(part|chapter|section|subsection|subsubsection|paragraph|begin\{abstract)\*?(?:\[[^\]\n]{0,200}\])?[{}]([^\n{}]*)"
)
_LATEX_LEVELS = {"part": 1, "chapter": 2, "section": 3, "subsection": 4, "subsubsection": 5, "paragraph": 6}


def _matches(pattern: re.Pattern[str], text: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Matches of a pattern that begins with a newline, in a text that is not copied to put one in front."""
    if start == 0 and not text.startswith("\n"):
        first = pattern.match("\n" + text[:4000])
        if first and first.lastindex and "\n" not in first[0][1:]:
            yield first
    yield from pattern.finditer(text, start)


def _markdown(text: str) -> Iterator[Section]:
    front = _FRONT_MATTER.match(text)
    begin = front.end() if front else 0
    for match in _matches(_MARKDOWN, text, begin):
        marks, title, underline, _fence = match.groups()
        offset = _offset(match, text)
        if marks:
            name = title.strip().rstrip("#").strip()
            if name:
                yield Section(offset, len(marks), _short(name))
        elif underline and len(underline) >= 2:
            line = _line_before(text, offset)
            if line and begin <= line[0] and line[1][:1] not in "|>-*+":
                yield Section(line[0], 1 if underline[0] == "=" else 2, _short(line[1]))


def _rst(text: str) -> Iterator[Section]:
    levels: dict[str, int] = {}
    for match in _UNDERLINE.finditer(text):
        line = _line_before(text, match.start() + 1)
        if line and len(match[0].rstrip()) - 1 >= len(line[1].rstrip()) and not line[1].startswith((" ", match[1] * 3)):
            start = line[0]
            over = _line_before(text, start)
            style = match[1]
            if over and over[1].startswith(match[1] * 3) and not over[1].strip(match[1] + " "):
                start, style = over[0], match[1] * 2
            yield Section(start, levels.setdefault(style, len(levels) + 1), _short(line[1]))


def _starred(pattern: re.Pattern[str]) -> Callable[[str], Iterator[Section]]:
    def find(text: str) -> Iterator[Section]:
        for match in _matches(pattern, text):
            yield Section(_offset(match, text), len(match[1]), _short(match[2]))

    return find


def _latex(text: str) -> Iterator[Section]:
    for match in _LATEX.finditer(text):
        level = _LATEX_LEVELS.get(match[1])
        yield Section(match.start(), level or 3, _short(match[2]) if level else "Abstract")


def _offset(match: re.Match[str], text: str) -> int:
    """Where the matched line begins in `text`; a match in the copy of the first line begins at 0."""
    return match.start() + 1 if match.string is text else 0


def _line_before(text: str, offset: int) -> tuple[int, str] | None:
    """Start and content of the line that ends just before `offset`, None where it is blank or too long for a title."""
    end = offset - 1
    if end <= 0:
        return None
    start = text.rfind("\n", max(0, end - 300), end) + 1
    line = text[start:end]
    return (start, line) if line.strip() and (start or end < 300) else None


def _short(title: str) -> str:
    return " ".join(title.split())[:MAX_TITLE]


_FINDERS: dict[str, Callable[[str], Iterator[Section]]] = {
    "markdown": _markdown,
    "rst": _rst,
    "org": _starred(_ORG),
    "asciidoc": _starred(_ASCIIDOC),
    "latex": _latex,
}
