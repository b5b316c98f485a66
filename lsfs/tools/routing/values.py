"""The values that a request brings, and the parameters of a tool that would take them.  Pure.

Among tools that say much the same, the one that has a place for what the request says is likelier meant: a request
with a city and a date wants the forecast that takes both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lsfs.index.bm25 import inverse_frequency

Floats = NDArray[np.float32]

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_BROUGHT = {
    "date": re.compile(
        rf"\b(?:\d{{4}}[-/.]\s?\d{{1,2}}(?:[-/.]\d{{1,2}})?|\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?|{_MONTHS}\s+\d{{1,2}}|"
        rf"\d{{1,2}}(?:st|nd|rd|th)|(?i:today|tomorrow|yesterday|tonight|next (?:week|month)|"
        r"(?:mon|tues|wednes|thurs|fri|satur|sun)day))\b",
        re.IGNORECASE,
    ),
    "time": re.compile(r"\b(?:\d{1,2}:\d{2}|\d{1,2}\s?(?:am|pm|o'clock))\b", re.IGNORECASE),
    "place": re.compile(r"\b(?:in|at|near|to|from|for|around)\s+[A-Z][a-z]+|\b[A-Z][a-z]+,\s*[A-Z]{2}\b"),
    "address": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
    "link": re.compile(r"https?://|www\.|\b[\w-]+\.(?:com|org|net|io)\b"),
    "file": re.compile(r"(?:^|\s)[~.]?/[\w.-]+|\b[\w-]+\.(?:pdf|txt|csv|jpe?g|png|mp[34]|docx?|xlsx?|zip|py|json)\b"),
    "money": re.compile(r"[$€£¥]\s?\d|\b\d[\d,.]*\s?(?:dollars|euros|pounds|usd|eur|gbp)\b", re.IGNORECASE),
    "number": re.compile(r"(?<![\w.])\d[\d,.]*(?![\w/:-])"),
}
_TAKEN = {
    "date": r"dates?|days?|month|year|when|deadline|calendar|start|end",
    "time": r"times?|hours?|minutes?|when",
    "place": r"locations?|place|city|cities|country|state|region|address|area|town|where|latitude|destination|origin",
    "address": r"e-?mails?|recipients?",
    "link": r"urls?|links?|web|website|domain|uri|site",
    "file": r"files?|paths?|folder|director(?:y|ies)|document|filename",
    "money": r"prices?|amount|cost|budget|currency|salary|principal|payment|investment|money|dollars?",
    "number": r"numbers?|count|amount|integers?|floats?|values?|size|limit|quantity|total|rate|percentage|age|"
    r"length|width|height|radius|weight|distance|mass|temperature|speed|degree",
}
KINDS = tuple(_BROUGHT)
_PARAMETERS = {kind: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for kind, words in _TAKEN.items()}


def brought(request: str) -> NDArray[np.bool_]:
    """Which kinds of values a request brings: ``[kinds]``."""
    return np.array([pattern.search(request) is not None for pattern in _BROUGHT.values()])


class Takers:
    """Which kinds of values the parameters of each tool take."""

    def __init__(self, parameters: Sequence[str]) -> None:
        """`parameters`: words on the parameters of each tool, '' where none are known."""
        takes = [[pattern.search(one) is not None for pattern in _PARAMETERS.values()] for one in parameters]
        self._takes = np.array(takes, np.float32).reshape(len(parameters), len(KINDS))
        counts = self._takes.sum(axis=0)
        self._idf = np.array([inverse_frequency(int(count), len(parameters)) for count in counts], np.float32)

    def shares(self, request: str) -> Floats:
        """By tool, the share of what the request brings that the tool takes, 0..1; rare kinds count more."""
        wanted = brought(request) * self._idf
        total = float(wanted.sum())
        shares: Floats = self._takes @ (wanted / np.float32(total if total > 0 else 1.0)).astype(np.float32)
        return shares
