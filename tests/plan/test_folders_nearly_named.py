"""A folder that is not called as was said: looked for among thousands at once, with what one by one would give."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Sequence
from difflib import SequenceMatcher

import pytest

from lsfs.core.paths import display
from lsfs.plan.resolve.likeness import likest
from lsfs.plan.resolve.places import Places
from lsfs.store.index.names import words as split_words

HOME = b"/home/u"
ROOT = b"/home/u/Documents"
SYLLABLES = "ta ren mo lis pro jec ga vol tax in vo ice pho to let ter s es ies é ß İ Σ ſ ǆ 茶".split()
ODD = (
    "2024",
    "12b",
    "İzmir",
    "ΟΔΟΣ",
    "Kelvin",
    "taxReturn",
    "XMLFiles",
    "o'Brien's",
    "a.Σ",
    "\udcff",
    "_",
    "..x",
    "ies",
)


def one_by_one(wanted: Sequence[str], paths: Sequence[bytes]) -> list[bytes]:
    """What `likest` says, by every word against every word."""
    scores = {path: plain_score(wanted, path) for path in paths}
    best = max(scores.values(), default=0.0)
    return [path for path, score in scores.items() if score and best - score <= 1e-6]


def plain_score(wanted: Sequence[str], path: bytes) -> float:
    own = split_words(display(os.path.basename(path))).lower().split()
    parents = {stem_of(word) for word in split_words(os.path.dirname(display(path).lower())).split()}
    scores: list[float] = []
    matched: set[str] = set()
    for word in wanted:
        exact = {mine for mine in own if mine == word or stem_of(mine) == stem_of(word)}
        begun = {mine for mine in own if len(word) >= 4 and mine.startswith(word)}
        near = {mine for mine in own if is_misspelt(mine, word)}
        ways = ((exact, 1.0), (begun, 0.9), (near, 0.7))
        fitting, score = next((way for way in ways if way[0]), (set(), 0.0))
        scores.append(score)
        matched |= fitting
    if not any(scores):
        return 0.0
    said = len(matched) / len(own)
    scores = [score or (0.4 if stem_of(word) in parents else 0.0) for word, score in zip(wanted, scores, strict=True)]
    return sum(scores) / len(wanted) * (0.6 + 0.4 * said) if all(scores) else 0.0


def stem_of(word: str) -> str:
    return re.sub(r"(?:'s|’s|ies|es|s)$", "", word) if len(word) > 3 else word


def is_misspelt(mine: str, word: str) -> bool:
    if min(len(mine), len(word)) < 4 or abs(len(mine) - len(word)) > 2 or mine[0] != word[0]:
        return False
    return not re.search(r"\d", mine + word) and SequenceMatcher(None, mine, word).ratio() >= 0.86


def some_folders(chance: random.Random, count: int) -> tuple[list[bytes], list[str]]:
    vocabulary = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(count // 4)] + list(ODD)
    paths = [ROOT]
    while len(paths) < count:
        parts = [chance.choice((str, str.lower, str.title))(word) for word in chance.choices(vocabulary, k=3)]
        name = chance.choice((" ", "_", "-", "")).join(parts[: chance.randint(1, 3)])
        paths.append(os.path.join(chance.choice(paths), os.fsencode(name)))
    return list(dict.fromkeys(paths)), vocabulary


def misspelt(word: str, chance: random.Random) -> str:
    letters = list(word)
    at = chance.randrange(len(letters))
    letters[at : at + 1] = chance.choice(([], ["x"], [letters[at]] * 2))
    return "".join(letters)


@pytest.mark.parametrize("seed", range(4))
def test_all_at_once_finds_what_one_by_one_does(seed):
    chance = random.Random(seed)
    paths, vocabulary = some_folders(chance, 150)
    found = 0
    for _ in range(30):
        said = " ".join(
            word if chance.random() < 0.5 else misspelt(word, chance)
            for word in chance.choices(vocabulary, k=chance.randint(1, 3))
        )
        wanted = split_words(said).lower().split()
        if wanted:
            plain = one_by_one(wanted, paths)
            found += bool(plain)
            assert likest(wanted, paths) == plain, said
    assert found > 5


def test_a_misspelt_folder_is_found_and_those_that_fit_as_well_are_all_named():
    below = [ROOT + b"/Invoices", ROOT + b"/Work/Invoices", ROOT + b"/Garden", ROOT + b"/Invoices/Old"]
    places = Places([ROOT], lambda _: (), lambda: below, ROOT, HOME)
    assert [folder.path for folder in places.named("the invocies")] == [below[0], below[1]]
    assert [folder.path for folder in places.named("old invocies")] == []
    assert [folder.path for folder in places.named("old invoices")] == [below[3]]
    assert places.named("boats") == []
