"""What the router reads of a tool, and the texts by which it is embedded.  Pure."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

NAME, DESCRIPTION, PARAMETERS, SOURCE = 200, 4000, 2000, 200
"""Characters of each text that count: a tool cannot win by saying more."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z])(?=\d{2,})")
_PUNCTUATION = re.compile(r"[\W_]+")
_SECTION = re.compile(
    r"\s*(?:^|(?<=[\s.]))"
    r"(?:parameters?|params|arguments?|args|returns?|raises|notes?|examples?|see also|synopsis|inputs?|outputs?)\s*:\s",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=\S)|\n{2,}|\s+\|\|\s+")


class Card(msgspec.Struct, frozen=True):
    """The texts of one tool.  They come from outside and are not trusted: they decide its rank and nothing else."""

    name: str
    description: str
    parameters: str = ""
    """Names and descriptions of its parameters, as words."""
    source: str = ""
    """Words of the server or program that it belongs to."""
    weight: float = 1.0
    """What it counts that a request has the tool's words: less where people ask in others than its description has."""


def spelled(name: str) -> str:
    """A name as words: ``getUserInfo``, ``get_user-info`` and ``user.get`` cut at their joints."""
    return " ".join(_PUNCTUATION.sub(" ", _CAMEL.sub(" ", name[:NAME])).split())


def summary(description: str) -> str:
    """A description up to its first section on parameters, results or notes; all of it where that says nothing."""
    text = description[:DESCRIPTION]
    match = _SECTION.search(text)
    head = text[: match.start()].strip() if match else text.strip()
    return head or text.strip()


def rest(description: str) -> str:
    """What `summary` leaves out: words on parameters and results that stand in the description."""
    return description[:DESCRIPTION].strip()[len(summary(description)) :].strip()


def view_texts(card: Card) -> tuple[str, str, str]:
    """The texts by which a tool is embedded: all of it, its name with its summary, and its name.

    The first two are the same where there is nothing but a summary; embed equal texts once.
    """
    name, head = spelled(card.name), summary(card.description)
    whole = f"{name}: {card.description[:DESCRIPTION].strip()} {card.parameters[:PARAMETERS]}".strip()
    return whole, f"{name}: {head}", name


def fields(card: Card) -> tuple[str, str, str, str]:
    """The texts by whose words a tool is found: name, summary, the rest, and all of them with its source."""
    name, head = spelled(card.name), summary(card.description)
    further = f"{rest(card.description)} {card.parameters[:PARAMETERS]}".strip()
    return name, head, further, f"{name} {head} {further} {card.source[:SOURCE]}".strip()


def clause(card: Card, says: Callable[[str], float]) -> str:
    """The sentence of the summary that `says` the most, by its first 200 characters; the first of equals."""
    return max((one.strip()[:200] for one in _SENTENCE.split(summary(card.description))), key=says, default="")
