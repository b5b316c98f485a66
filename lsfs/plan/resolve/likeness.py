"""How well the names of folders fit words that none of them bears as said.  Pure.

Ten thousand folders are to be looked through for one phrase: names, single words and the folders above repeat, and each
is compared once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from difflib import SequenceMatcher

from lsfs.core.paths import display
from lsfs.store.index.names import words as split_words

_ALIKE = 0.86
_IN_NAME, _BEGUN, _MISSPELT, _IN_PARENT = 1.0, 0.9, 0.7, 0.4
_ENDING = re.compile(r"(?:'s|’s|ies|es|s)$")
_SAME = 1e-6
"""Scores that differ by no more are equal."""


def likest(wanted: Sequence[str], paths: Collection[bytes]) -> list[bytes]:
    """Of these folders (absolute paths) those that words in lower case fit best, in the order given; none may fit."""
    likeness = _Likeness(wanted)
    called: dict[bytes, list[bytes]] = {}
    for path in paths:
        called.setdefault(path[path.rfind(b"/") + 1 :], []).append(path)
    scores = {path: score for name, some in called.items() for path, score in likeness.scores(display(name), some)}
    best = max(scores.values(), default=0.0)
    found = {path for path, score in scores.items() if best - score <= _SAME}
    return [path for path in paths if path in found]


class _Likeness:
    """Scores of folders for some words, with what was found out about words on the way."""

    def __init__(self, wanted: Sequence[str]) -> None:
        self._wanted = wanted
        self._stems = tuple(map(_stem, wanted))
        self._may_fit = _beginning({word[0] for word in wanted})
        self._fits: dict[tuple[str, str], float] = {}
        self._parts: dict[bytes, frozenset[str]] = {}

    def scores(self, name: str, paths: Iterable[bytes]) -> Iterator[tuple[bytes, float]]:
        """Of folders of one name those that every word fits, with scores above 0 and up to 1."""
        fits, said = self._in_name(name) if self._may_fit(name) else ((), 0.0)
        if not any(fits):
            return
        for path in paths:
            each = fits if all(fits) else self._with_above(fits, path)
            if all(each):
                yield path, sum(each) / len(each) * (0.6 + 0.4 * said)

    def _in_name(self, name: str) -> tuple[tuple[float, ...], float]:
        """How each word fits a name, and how much of the name they say."""
        own = split_words(name).lower().split()
        fits: list[float] = []
        matched: set[str] = set()
        for word in self._wanted:
            # Of whatever fits, the first letter does.
            each = {mine: self._fit(mine, word) for mine in own if mine[0] == word[0]}
            fits.append(max(each.values(), default=0.0))
            matched.update(mine for mine, fit in each.items() if fit and fit == fits[-1])
        return tuple(fits), len(matched) / max(len(own), 1)

    def _with_above(self, fits: Sequence[float], path: bytes) -> tuple[float, ...]:
        """The same, where a word that is not in the name may be in the folders above."""
        above = frozenset[str]().union(*map(self._said_in, path.split(b"/")[:-1]))
        return tuple(fit or (_IN_PARENT if stem in above else 0.0) for stem, fit in zip(self._stems, fits, strict=True))

    def _fit(self, mine: str, word: str) -> float:
        known = self._fits.get((mine, word))
        if known is None:
            known = self._fits[mine, word] = _fit(mine, word)
        return known

    def _said_in(self, name: bytes) -> frozenset[str]:
        """The stems that are looked for and stand in the name of a folder above."""
        known = self._parts.get(name)
        if known is None:
            known = frozenset(map(_stem, split_words(display(name).lower()).split())).intersection(self._stems)
            self._parts[name] = known
        return known


def _beginning(letters: Set[str]) -> Callable[[str], object]:
    """Whether a name may have a word that begins so: sooner told than what its words are.

    A word begins behind what is no letter, at a capital, or where digits do.
    """
    either = f"[{re.escape(''.join(sorted(letters)))}]"
    return re.compile(rf"(?:\b|(?<=[\d_]))(?i:{either})|(?=[A-Z\d])(?i:{either})").search


def _fit(mine: str, word: str) -> float:
    stem = _stem(word)
    if mine.startswith(stem) and _stem(mine) == stem:
        return _IN_NAME
    if len(word) >= 4 and mine.startswith(word):
        return _BEGUN
    return _MISSPELT if _misspelt(mine, word) else 0.0


def _misspelt(mine: str, word: str) -> bool:
    """Whether a word is nearly another one; numbers are never."""
    if min(len(mine), len(word)) < 4 or abs(len(mine) - len(word)) > 2 or mine[0] != word[0]:
        return False
    if any(map(str.isdigit, mine + word)):
        return False
    if 2 * sum(map(word.__contains__, mine)) < _ALIKE * len(mine + word):
        return False  # too few letters in common for the ratio, whatever their order
    matcher = SequenceMatcher(None, mine, word)
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _stem(word: str) -> str:
    return _ENDING.sub("", word) if len(word) > 3 else word
