"""Answers as text: what was said, and numbered below it where that stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lsfs_cli.shown import shown_path
from lsfs_cli.style import Style, plain, readable


def render_answer(result: dict[str, Any], style: Style, cwd: str, *, said: bool = False) -> str:
    """The text of an answer with its citations (`lsfs.core.api.SayResult`, decoded).

    `said`: the answer itself stands there already.
    """
    parts = [] if said or not result["answer"] else [readable(result["answer"].strip())]
    if result["unanswered"]:
        parts.append("\n".join(f"The files do not say: {readable(part)}" for part in result["unanswered"]))
    if result["citations"]:
        parts.append("\n".join(_footnotes(result["citations"], style, cwd)))
    return ("\n" if said and parts else "") + "\n\n".join(parts)


def render_passages(citations: Sequence[dict[str, Any]], style: Style, cwd: str) -> str:
    """Citations with what they say: what there is to read where there is no answer."""
    return "\n".join(line for one in citations for line in _passage(one, style, cwd))


def place_of(citation: dict[str, Any], style: Style, cwd: str) -> str:
    """``notes.md:12``, ``lease.pdf:page 3``, or the path alone."""
    place = citation.get("anchor") or (str(citation["line"]) if citation["line"] else "")
    path = style.path(shown_path(citation["path"], cwd))
    return f"{path}:{style.place(plain(place))}" if place else path


def _footnotes(citations: Sequence[dict[str, Any]], style: Style, cwd: str) -> Iterator[str]:
    digits = len(str(len(citations)))
    for number, citation in enumerate(citations, 1):
        yield f"  {f'[{number}]':<{digits + 2}} {place_of(citation, style, cwd)}"


def _passage(citation: dict[str, Any], style: Style, cwd: str) -> Iterator[str]:
    yield place_of(citation, style, cwd)
    yield from (f"    {line}" for line in readable(citation["quote"]).split("\n") if line.strip())
