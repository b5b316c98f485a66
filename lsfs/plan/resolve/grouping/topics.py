"""Sorting by topic: files that are about the same, and the words that say what."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from lsfs.core.errors import RefusedError
from lsfs.core.paths import display
from lsfs.index.functionwords import is_function_word
from lsfs.plan.resolve.evidence import stem
from lsfs.plan.resolve.grouping.clusters import Floats, clustered
from lsfs.plan.resolve.grouping.facts import Facts
from lsfs.plan.resolve.grouping.labels import No, as_name
from lsfs.plan.resolve.wanted import Target
from lsfs.store.index.names import words as split_words

MOST_FILES = 1_000
"""Files that are compared with each other; about 2 s."""
_VOCABULARY = 8_000
"""Words by which files are compared: those of most files."""
_LEAST_APART_BY_WORDS = 0.04
"""Mean silhouette that groups must have where only words say what is alike; their cosines are lower than those of
vectors."""
_WORDS_TOO = 0.3
"""What likeness by words weighs beside that by meaning: it joins what shares rare words."""
_IN_NAME = 2
"""How often a word counts that stands in the name."""
_MOST_OFTEN = 3
"""How often a word of one text counts at most."""
_CANDIDATES = 12
"""Words of a group that may name it."""
_COMMON = 0.5
"""Share of a group's files that say its name's word; where it is less, a second word is added."""
_SECOND = 0.6
"""Share of the first word's worth that a second one must have."""
_NAMED = 0.3
"""Share of a group's files that say the word that a folder beside them is called."""
_BY_WORDS_ALONE = 0.1
"""What a word is worth that has nothing to do with the meaning of the group."""
_MEANT, _LEADS = 0.4, 0.15
"""Cosine of a folder's name with a group that it may stand for, and how much less it is with every other group."""
_WORD = re.compile(r"[^\W\d_]{3,}(?:['’][^\W\d_]+)?")
_SAYS_NOTHING = frozenset(
    "file document note text list page copy version draft new old final date time day week month year today yesterday"
    " tomorrow january february march april may june july august september october november december monday tuesday"
    " wednesday thursday friday saturday sunday one two three four five six seven eight nine ten first second third"
    " last next before after about per each every all any some more most less much many very too also only just still"
    " again always never now then here get make keep take put use need want let see say good well way thing things"
    " euro dollar pound cent percent minute hour degree litre gram metre km kg cm mm etc com www http https"
    " html org readme untitled scan img jpg pdf txt docx".split()
)


class _Said(msgspec.Struct, frozen=True):
    """The words of a file."""

    counts: Mapping[str, int]
    """By stem, how often it is said; the name's words count more."""
    spelt: Counter[str]
    """How the words are written."""
    has_text: bool
    """Whether any of them are from its text."""


def by_topic(targets: Sequence[Target], facts: Facts, beside: Iterable[str]) -> dict[bytes, str | No]:
    """By path, the name of the folder of its topic, or why it has none; `beside` are the folders that are there.

    Raises RefusedError where there is nothing to tell topics by.
    """
    if len(targets) < 3:
        raise RefusedError("sorting by topic takes at least three files")
    if len(targets) > MOST_FILES:
        raise RefusedError(
            f"{len(targets)} files are too many to sort by topic", hint=f"name a folder with at most {MOST_FILES}"
        )
    said = [_said(target, facts) for target in targets]
    vectors = [facts.vector(target.row) if target.row is not None else None for target in targets]
    having = [n for n, vector in enumerate(vectors) if vector is not None]
    if len(having) >= 3:
        meant = np.stack([vector for vector in vectors if vector is not None]).astype(np.float64)
        likeness = (meant @ meant.T + _WORDS_TOO * _likeness([said[n] for n in having])) / (1 + _WORDS_TOO)
        found_groups = clustered(likeness)
    else:
        having = [n for n, one in enumerate(said) if one.counts]
        found_groups = clustered(_likeness([said[n] for n in having]), _LEAST_APART_BY_WORDS)
    groups = [[having[n] for n in group] for group in found_groups]
    if not groups:
        hint = "name the folders: sort them into Travel, Work and Family"
        if not any(vector is not None for vector in vectors):
            hint += "; without vectors only words in common are seen (lsfs status says whether they are being made)"
        raise RefusedError("nothing tells these files apart by topic", hint=hint)
    weights = _weights([[said[n] for n in group] for group in groups])
    centres = [_centre([vectors[n] for n in group]) for group in groups]
    telling = [_telling(one) for one in weights]
    parts = [[said[n] for n in group] for group in groups]
    names = _names(parts, weights, telling, centres, facts, sorted(set(beside)))
    found: dict[bytes, str | No] = {}
    for group, name in zip(groups, names, strict=True):
        found.update({targets[n].path: name for n in group})
    for n, target in enumerate(targets):
        if target.path not in found:
            place = None if n in having else _named_like(said[n], telling)
            found[target.path] = No(_why_not(n in having, said[n])) if place is None else names[place]
    return found


def _why_not(compared: bool, said: _Said) -> str:
    if compared:
        return "it is about something else than the others"
    return "its vectors are not made yet" if said.has_text else "no text of it says what it is about"


def _said(target: Target, facts: Facts) -> _Said:
    name = split_words(display(os.path.basename(target.path)).rsplit(".", 1)[0])
    text = facts.text(target.row) if target.row is not None else ""
    counts: Counter[str] = Counter()
    spelt: Counter[str] = Counter()
    for word in _content(text):
        counts[stem(word.lower())] += 1
        spelt[word] += 1
    counts = Counter({word: min(often, _MOST_OFTEN) for word, often in counts.items()})
    for word in _content(name):
        counts[stem(word.lower())] += _IN_NAME
        spelt[word] += 1
    return _Said(counts, spelt, bool(text.strip()))


def _content(text: str) -> list[str]:
    """The words that may say a topic."""
    words = (found[0] for found in _WORD.finditer(text))
    return [
        word for word in words if not (stem(word.lower()) in _SAYS_NOTHING or is_function_word(word) or len(word) > 30)
    ]


def _likeness(said: Sequence[_Said]) -> Floats:
    """Cosines by words, rare ones weighing more."""
    files = Counter(word for one in said for word in one.counts)
    shared = sorted((word for word, many in files.items() if many > 1), key=lambda word: (-files[word], word))
    column = {word: n for n, word in enumerate(shared[:_VOCABULARY])}
    matrix = np.zeros((len(said), len(column)), np.float32)
    for row, one in enumerate(said):
        weights = {
            word: (1.0 + math.log(often)) * math.log((1 + len(said)) / files[word])
            for word, often in one.counts.items()
        }
        length = math.sqrt(math.fsum(weight * weight for weight in weights.values())) or 1.0
        for word in weights.keys() & column.keys():
            matrix[row, column[word]] = weights[word] / length
    cosines: Floats = (matrix @ matrix.T).astype(np.float64)
    np.fill_diagonal(cosines, 1.0)
    return cosines


def _weights(groups: Sequence[Sequence[_Said]]) -> list[dict[str, float]]:
    """For each group, how well each of its words sets it apart: class-based TF-IDF (Grootendorst, arXiv:2203.05794).

    A word that more of the group's files say counts for more.
    """
    totals: Counter[str] = Counter()
    per_group: list[Counter[str]] = []
    for group in groups:
        counts: Counter[str] = Counter()
        for one in group:
            counts.update(one.counts)
        per_group.append(counts)
        totals.update(counts)
    mean = sum(totals.values()) / max(len(groups), 1)
    found = []
    for group, counts in zip(groups, per_group, strict=True):
        size = max(sum(counts.values()), 1)
        found.append(
            {
                word: often / size * float(np.log1p(mean / totals[word])) * _share(word, group) ** 2
                for word, often in counts.items()
            }
        )
    return found


def _telling(weights: Mapping[str, float]) -> list[str]:
    """The words that set a group apart most, the best first."""
    return sorted(weights, key=lambda word: (-weights[word], word))[:_CANDIDATES]


def _share(word: str, group: Sequence[_Said]) -> float:
    return sum(word in one.counts for one in group) / len(group)


def _centre(vectors: Sequence[NDArray[np.float32] | None]) -> NDArray[np.float64] | None:
    having = [vector for vector in vectors if vector is not None]
    if not having:
        return None
    mean = np.mean(np.stack(having).astype(np.float64), axis=0)
    centre: NDArray[np.float64] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return centre


def _names(
    groups: Sequence[Sequence[_Said]],
    weights: Sequence[Mapping[str, float]],
    telling: Sequence[Sequence[str]],
    centres: Sequence[NDArray[np.float64] | None],
    facts: Facts,
    beside: Sequence[str],
) -> list[str]:
    """A name for each group, all of them different: a folder that is there and says the same, else its own words."""
    taken: dict[int, str] = {}
    for name in beside:
        place = _stands_for(name, groups, telling, centres, facts)
        if place is not None:
            taken.setdefault(place, name)
    used = {name.casefold() for name in taken.values()}
    names = []
    for n, group in enumerate(groups):
        name = taken.get(n) or _own_name(
            group, {word: weights[n][word] for word in telling[n]}, centres[n], facts, used
        )
        used.add(name.casefold())
        names.append(name)
    return names


def _own_name(
    group: Sequence[_Said],
    weights: Mapping[str, float],
    centre: NDArray[np.float64] | None,
    facts: Facts,
    used: set[str],
) -> str:
    """One or two of these words that set a group apart; with vectors, those that are nearest to what it is about."""
    worth: dict[str, float] = {}
    for word, weight in weights.items():
        vector = facts.meaning(_spelling(word, group)) if centre is not None else None
        near = max(float(vector @ centre), 0.0) if vector is not None and centre is not None else 0.0
        worth[word] = weight**0.5 * (_BY_WORDS_ALONE + near)
    order = sorted(worth, key=lambda word: (-worth[word], word))
    if not order:
        order = ["topic"]
    for n, first in enumerate(order):
        name = _spelling(first, group)
        second = order[n + 1] if n + 1 < len(order) else None
        if second is not None and _share(first, group) < _COMMON and worth[second] >= _SECOND * worth[first]:
            name = f"{name} & {_spelling(second, group)}"
        if name.casefold() not in used:
            return as_name(name)
    number = 2
    while f"{_spelling(order[0], group)} {number}".casefold() in used:
        number += 1
    return as_name(f"{_spelling(order[0], group)} {number}")


def _spelling(word: str, group: Iterable[_Said]) -> str:
    """How a group's files write a word most often, with a capital."""
    forms: Counter[str] = Counter()
    for one in group:
        forms.update({form: often for form, often in one.spelt.items() if stem(form.lower()) == word})
    if not forms:
        return word.capitalize()
    lowered: Counter[str] = Counter()
    for form, often in forms.items():
        lowered[form.lower()] += often
    best = min(lowered, key=lambda form: (-lowered[form], form))
    upper = forms[best.upper()] > lowered[best] / 2
    return best.upper() if upper else best.capitalize()


def _stands_for(
    name: str,
    groups: Sequence[Sequence[_Said]],
    telling: Sequence[Sequence[str]],
    centres: Sequence[NDArray[np.float64] | None],
    facts: Facts,
) -> int | None:
    """The group that a folder's name says, in its own words or by its meaning; None where that is not clear."""
    stems = {stem(word.lower()) for word in _content(split_words(name))}
    if not stems:
        return None
    for n, group in enumerate(groups):
        if stems <= set(telling[n]) and all(_share(word, group) >= _NAMED for word in stems):
            return n
    vector = facts.meaning(name)
    if vector is None or any(centre is None for centre in centres):
        return None
    near = [float(vector @ centre) for centre in centres if centre is not None]
    place = int(np.argmax(near))
    rest = max((value for n, value in enumerate(near) if n != place), default=0.0)
    return place if near[place] >= _MEANT and near[place] - rest >= _LEADS else None


def _named_like(said: _Said, telling: Sequence[Sequence[str]]) -> int | None:
    """The only group of whose words a file says any; None where there is none, or more than one."""
    fitting = [n for n, words in enumerate(telling) if any(word in said.counts for word in words)]
    return fitting[0] if len(fitting) == 1 else None
