"""Hits as text: path and line, then the passage, with what matched marked."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from lsfs_cli.style import Style, plain

_WORD = re.compile(r"\w{2,}")
_LINE_END = re.compile(r"\r(?=\n|\Z)")
"""The half of a line end that would show as a control character."""


def render_hits(result: dict[str, Any], style: Style) -> str:
    """The text of a find result (`lsfs.core.api.FindResult`, decoded)."""
    spread = "\n\n" if style.colour else "\n"
    return spread.join("\n".join(_lines(hit, result["query"], style)) for hit in result["hits"])


def _lines(hit: dict[str, Any], query: str, style: Style) -> Iterator[str]:
    place = hit.get("anchor") or (str(hit["line"]) if hit.get("line") else "")
    head = style.path(plain(hit["path"]))
    yield f"{head}:{style.dim(plain(place))}" if place else head
    snippet = hit["snippet"]
    spans = hit.get("marks") or spans_of_words(snippet, query)
    text = marked(snippet, spans, style)
    yield from (f"    {line}" for line in text.split("\n") if line.strip())
    why = hit.get("why")
    if why:
        parts = ", ".join(f"{name} {value:.3f}" for name, value in why["parts"].items())
        matched = f"; matched: {' '.join(why['matched'])}" if why.get("matched") else ""
        yield "    " + style.dim(plain(f"score {hit['score']:.3f} ({parts}){matched}"))


def spans_of_words(snippet: str, query: str) -> list[tuple[int, int]]:
    """Where the words of `query` stand in `snippet`, whatever their case; from word begin to word end."""
    wanted = {word.casefold() for word in _WORD.findall(query)}
    return [match.span() for match in _WORD.finditer(snippet) if match[0].casefold() in wanted]


def marked(text: str, spans: Sequence[Sequence[int]], style: Style) -> str:
    """`text` with `spans` marked and control characters made visible, but for line ends."""
    left_out = [match.start() for match in _LINE_END.finditer(text)]
    text = _LINE_END.sub("", text)
    pieces, at = [], 0
    for span in sorted((span[0], span[1]) for span in spans):
        start, end = (offset - bisect_left(left_out, offset) for offset in span)
        if start >= at:
            pieces += [_lines_kept(text[at:start]), style.match(_lines_kept(text[start:end]))]
            at = end
    return "".join([*pieces, _lines_kept(text[at:])])


def _lines_kept(text: str) -> str:
    return "\n".join(plain(line.replace("\t", " ")) for line in text.split("\n"))
