"""How good a router is on a set of requests whose tools are known.  Pure.

A set is what ``tools eval`` reads: lines of ``{"id", "name", "description", "parameters"}`` and lines of
``{"query", "gold": [ids], "candidates": [ids]}``; a query without gold is one that none of its candidates fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from lsfs.core.errors import UsageError
from lsfs.tools.routing.cards import Card, spelled
from lsfs.tools.routing.router import Router


class Judged(msgspec.Struct, frozen=True):
    """A request and the ids of the tools that it needs."""

    query: str
    gold: tuple[str, ...]
    candidates: tuple[str, ...] | None = None
    """The only tools that may be chosen; None for all."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a set; shares are 0..1."""

    requests: int
    """Requests that some tool fits."""
    recall: float
    """Of the tools they need, the share in the top k, on average."""
    complete: float
    """The share of them with all they need in the top k."""
    refused_wrongly: float
    """The share of them of which it was said that no tool fits."""
    without: int
    """Requests that none of their candidates fits."""
    refused_rightly: float
    """The share of those of which that was said."""


class _Tool(msgspec.Struct):
    id: str
    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None


def read_tools(lines: bytes) -> dict[str, Card]:
    """The tools of a set by id; raises UsageError for what is none."""
    try:
        tools = [msgspec.json.decode(line, type=_Tool) for line in lines.splitlines() if line.strip()]
    except msgspec.DecodeError as error:
        raise UsageError(f"not a list of tools: {error}") from error
    return {tool.id: Card(tool.name, tool.description, parameter_words(tool.parameters or {})) for tool in tools}


def read_requests(lines: bytes) -> list[Judged]:
    """The requests of a set; raises UsageError for what is none."""
    try:
        return [msgspec.json.decode(line, type=Judged) for line in lines.splitlines() if line.strip()]
    except msgspec.DecodeError as error:
        raise UsageError(f"not a list of requests: {error}") from error


def parameter_words(properties: Mapping[str, Any]) -> str:
    """Names and descriptions of parameters as words, from the properties of a JSON schema."""
    words = []
    for name, schema in properties.items():
        described = schema.get("description") if isinstance(schema, Mapping) else None
        words.append(f"{spelled(name)}. {described}" if isinstance(described, str) else spelled(name))
    return ". ".join(words)


def figures(router: Router, numbers: Mapping[str, int], requests: Iterable[Judged], k: int = 5) -> Figures:
    """Asks the router all requests; `numbers`: of each tool by id.  Ids that it does not know are never found."""
    recall, complete, wrongly, rightly = [], [], [], []
    for one in requests:
        allowed = None
        if one.candidates is not None:
            allowed = np.zeros(len(router.catalogue.cards), np.bool_)
            allowed[[numbers[name] for name in one.candidates if name in numbers]] = True
        found = router.find(one.query, k, allowed=allowed)
        if not one.gold:
            rightly.append(found.none_fits)
            continue
        hits = {hit.tool for hit in found.hits}
        got = [numbers.get(name) in hits for name in one.gold]
        recall.append(sum(got) / len(got))
        complete.append(all(got))
        wrongly.append(found.none_fits)
    return Figures(
        requests=len(recall),
        recall=_mean(recall),
        complete=_mean(complete),
        refused_wrongly=_mean(wrongly),
        without=len(rightly),
        refused_rightly=_mean(rightly),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else 0.0
