"""How strongly each found file is what a description means: what search says of it, and what it says itself."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

import msgspec
import numpy as np

from lsfs.core.paths import display
from lsfs.index.functionwords import content_words
from lsfs.index.rank import confidence_of
from lsfs.index.search import Found
from lsfs.plan.resolve.phrases import Described, head_noun
from lsfs.plan.resolve.wanted import Chosen, Target
from lsfs.store.index import FileRow
from lsfs.store.index.names import words as split_words

_SURE, _LIKELY, _POSSIBLE = 0.8, 0.5, 0.3
"""Calibrated scores of search."""
_COVERED, _PARTLY = 0.8, 0.34
"""Share of the words that a file has to say where search is not sure of it, and where it is."""
_MEANT = 0.45
"""Cosine from which a file may be meant whatever words it has."""
_LEAD = 0.2
"""By how much the evidence for the best must be above that for the next, when one file is meant."""
_LESS = 0.25
"""Share of the description that a file may say less than the best, and still be as good."""
_COVERING = 0.4
"""What it adds to the evidence that a file says all words of the description."""
_GENERIC = frozenset(
    "list log file note document doc sheet paper page text report record copy version thing item letter email mail"
    " message table form liste datei dokument fichier archivo elenco".split()
)
"""Nouns that say what sort of document it is; they weigh a quarter of what tells it from others."""
_GENERIC_WEIGHT = 0.25
_COPY = re.compile(r"(\(\d+\)|[-_ ]cop(?:y|ies)(?:[-_ ]?\d+)?|[-_ ]kopie|[-_ ]copie)$", re.IGNORECASE)
_SPELT = 0.84
"""Ratio of `difflib` from which a word of a name is taken for a misspelt one."""
_COPY_COST = 0.35
"""What a name as copies have takes from the evidence, where no copy is asked for."""


class Weighed(msgspec.Struct):
    """A file that was found, and what speaks for it."""

    row: FileRow
    path: bytes
    score: float
    """Calibrated, 0 to 1."""
    strength: float
    """All that speaks for it, added up: comparable within one description."""
    covered: float
    """Share of the description's words that the file says, in its name or its text."""
    named: float
    """Share of them that its name says."""
    meaning: float
    """Cosine of its best passage."""
    head: bool
    """Whether it says the noun that the description is about."""


def terms(described: Described) -> tuple[list[str], str]:
    """The words of a description that tell files apart, cut to their stems, and the noun that it is about."""
    asked = split_words(described.words).lower().split()
    wanted = list(dict.fromkeys(stem(word) for word in content_words(asked) or asked))
    head = stem(split_words(head_noun(described.words.split())).lower().split()[-1]) if wanted else ""
    return wanted, head


def weigh_all(
    found: Sequence[tuple[Found, bytes]], described: Described, said: Mapping[str, frozenset[int]]
) -> list[Weighed]:
    """The evidence for each hit (with its absolute path), the strongest first.

    `said` gives for each of `terms` the contents whose text says it.
    """
    wanted, head = terms(described)
    scores = _confidences([one for one, _ in found])
    weighed = [_weigh(one, path, score, wanted, head, said) for (one, path), score in zip(found, scores, strict=True)]
    for one in weighed:
        if _is_copy(one, weighed):
            one.strength += _COPY_COST if described.copy else -_COPY_COST
    weighed.sort(key=lambda one: (-one.strength, one.path))
    return weighed


def _confidences(found: Sequence[Found]) -> list[float]:
    """How sure search is of each file by itself; in its own order, a doubtful first one dims all that follow."""
    parts = [np.array([one.parts.get(name, 0.0) for one in found], np.float32) for name in ("meaning", "words", "name")]
    meaning, words, names = parts
    scores = confidence_of(meaning, words, names, has_words=True, has_meaning=bool(np.any(meaning)))
    return [float(score) for score in scores]


def _is_copy(one: Weighed, weighed: Sequence[Weighed]) -> bool:
    """Whether a file's name says that it is a copy, and what it may be a copy of was found too."""
    name = one.row.name.rsplit(".", 1)[0]
    found = _COPY.search(name)
    if found is None:
        return False
    original = name[: found.start()].strip(" -_")
    return any(
        other is not one
        and (other.row.name.rsplit(".", 1)[0] == original or (other.row.content or -1) == one.row.content)
        for other in weighed
    )


def clearly(weighed: Sequence[Weighed]) -> list[Weighed]:
    """Those that say what the description is about, and most of it; where none does, those that search is sure of."""
    saying = [one for one in weighed if one.head and one.covered >= 0.5 and one.score >= _POSSIBLE]
    if saying:
        best = max(one.covered for one in saying)
        return [one for one in saying if one.covered >= best - 0.34]
    return [one for one in weighed if one.score >= _SURE]


def counted(weighed: Sequence[Weighed], kept: list[Weighed], count: int) -> list[Weighed]:
    """So many of the best, where they are apart from the rest."""
    if len(kept) == count:
        return kept
    pool = kept if len(kept) > count else list(weighed)
    if len(pool) < count:
        return pool
    if len(pool) == count or pool[count - 1].strength - pool[count].strength >= _LEAD:
        return pool[:count] if pool[count - 1].score >= _POSSIBLE else []
    return kept


def is_sure(weighed: Sequence[Weighed]) -> bool:
    """Whether the first is likely to be what was described, the others aside."""
    if not weighed:
        return False
    first = weighed[0]
    likely = first.score >= _POSSIBLE and (first.covered >= _PARTLY or first.meaning >= _MEANT)
    return likely or (first.covered >= _COVERED and first.named > 0)


def lead(weighed: Sequence[Weighed]) -> Chosen:
    """The first, if it is ahead of the rest."""
    first = weighed[0]
    nearest = tuple(map(target_of, weighed[:5]))
    if not is_sure(weighed):
        return Chosen(doubt="nothing fits clearly", nearest=nearest)
    rivals = [one for one in weighed[1:] if one.row.content != first.row.content or one.row.content is None]
    twins = [one for one in weighed[1:] if one not in rivals]
    likely = min(_LIKELY, first.score * 0.8)
    close = [one for one in rivals if first.strength - one.strength < _LEAD and one.score >= likely]
    if first.covered >= 0.5:  # what says less of the description is none the better for a fitting name
        close = [one for one in close if one.covered > first.covered - _LESS]
    even = [one for one in twins if first.strength - one.strength < _LEAD / 2]
    if close or even:
        return Chosen(doubt=f"{1 + len(close) + len(even)} files fit about as well", nearest=nearest)
    return Chosen((target_of(first),))


def target_of(one: Weighed) -> Target:
    """The file."""
    return Target(one.path, one.row)


def is_copied(target: Target) -> bool:
    """Whether a file's name says that it is a copy: ``a (1).txt``, ``a copy.txt``."""
    return _COPY.search(os.fsdecode(os.path.basename(target.path)).rsplit(".", 1)[0]) is not None


def ordered(weighed: Sequence[Weighed], described: Described) -> list[Weighed]:
    """The files in the order that a description says ("the newest")."""
    return sorted(weighed, key=lambda one: order_key(one.row, described.order))


def order_key(row: FileRow | None, order: str) -> int:
    """What sorts files by an order: newest, oldest, largest, smallest."""
    if row is None:
        return 0
    return {
        "newest": -row.mtime_ns,
        "oldest": row.mtime_ns,
        "largest": -row.size,
        "smallest": row.size,
    }.get(order, 0)


def _weigh(
    found: Found, path: bytes, score: float, wanted: Sequence[str], head: str, said: Mapping[str, frozenset[int]]
) -> Weighed:
    row = found.file
    own = {stem(word) for word in split_words(display(os.path.basename(row.path))).lower().split()}
    above = {stem(word) for word in split_words(display(os.path.dirname(row.path))).lower().split()}

    def named(word: str) -> bool:
        return any(mine == word or (len(word) >= 3 and mine.startswith(word)) or _alike(mine, word) for mine in own)

    def says(word: str) -> bool:
        return named(word) or word in above or (row.content is not None and row.content in said.get(word, ()))

    weights = {word: _GENERIC_WEIGHT if word in _GENERIC else 1.0 for word in wanted}
    covered = sum(weights[word] for word in wanted if says(word)) / max(sum(weights.values()), 1e-9)
    return Weighed(
        row=row,
        path=path,
        score=score,
        strength=sum(found.parts.values()) + _COVERING * covered,
        covered=covered,
        named=sum(map(named, wanted)) / len(wanted) if wanted else 0.0,
        meaning=found.parts.get("meaning", 0.0),
        head=says(head),
    )


def _alike(mine: str, word: str) -> bool:
    """Whether a word may be another one, misspelt."""
    near = min(len(mine), len(word)) >= 4 and abs(len(mine) - len(word)) <= 2
    return near and SequenceMatcher(None, mine, word).ratio() >= _SPELT


def stem(word: str) -> str:
    """A word without the ending of its plural or genitive.

    >>> stem("invoices"), stem("boxes"), stem("club's"), stem("parties")
    ('invoice', 'box', 'club', 'party')
    """
    word = word.removesuffix("'s").removesuffix("’s")
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
