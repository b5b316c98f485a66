"""Descriptions that mean no whole files, or leave open which: no change takes them for files.  Pure.

All take the words of a description in lower case, its articles left off at the beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from lsfs.plan.rules.lexicon import ARTICLES, INEXACT, NONE, NOUNS, ORDINALS, PARTS, QUANTIFIERS, TAGS

_OUT_OF = frozenset("from off in within inside".split())
_RELATING = _OUT_OF | frozenset("of on at about for with between to by that which who where when i we out".split())
_WITHOUT_TAGS = frozenset("untagged unlabelled unlabeled".split())
_REVERSED = frozenset("reverse reversed descending ascending backwards backward downwards".split())
_BEFORE_NUMBERS = frozenset("from at with than of by to".split())
_NUMBERS = frozenset("zero one two three four five six seven eight nine ten eleven twelve hundred".split())
_STEPS = frozenset("changes change edits edit modifications modification history".split())

_EARLIER = frozenset("original originals source sources old former previous earlier emptied leftover".split())
_EITHER = frozenset("copy copies duplicate duplicates new other empty same result results target".split())
_THINGS = frozenset(
    "one ones file files folder folders directory directories version versions document documents name names both all"
    " two".split()
)


def means_an_earlier_one(lows: Sequence[str], *, trash: bool) -> bool:
    """Whether a description alone points at what an earlier wish is about: ``old one``, ``original files``.

    What is thrown away may not be a ``copy`` or a ``new file`` either: that could be the earlier file or the later one.
    """
    left = {word for word in lows if word not in ARTICLES | QUANTIFIERS} - _THINGS
    return bool(left) and left <= (_EARLIER | _EITHER if trash else _EARLIER)


def means_nothing(lows: Sequence[str]) -> bool:
    """Whether a description says that there is none: ``no invoices``, ``hardly any photos``."""
    return list(lows) in (["nothing"], ["none"]) or (len(lows) > 1 and _first(lows) in NONE)


def is_inexact(lows: Sequence[str]) -> bool:
    """Whether it leaves open which files or how many are meant: ``most of the invoices``, ``non-pdf files``."""
    first = _first(lows)
    after = lows[lows.index(first) + 1 :][:1] if first else []
    exact = (first == "most" and after == ["recent"]) or (first in ("part", "parts") and after != ["of"])
    if len(lows) > 1 and ((first in INEXACT and not exact) or _WITHOUT_TAGS & set(lows)):
        return True
    if any(word.startswith("non-") for word in lows) or _REVERSED & set(lows):
        return True
    pairs = list(pairwise(lows))
    each_other = any(before == "every" and word in ORDINALS for before, word in pairs)
    return each_other or any(before == "bar" and word in ARTICLES | {"those", "one"} for before, word in pairs[1:])


def ends_in_a_number(lows: Sequence[str]) -> bool:
    """Whether a number follows that is no year: ``photos from 10``, ``photos in steps of ten``."""
    if len(lows) < 3 or lows[-2] not in _BEFORE_NUMBERS:
        return False
    return lows[-1] in _NUMBERS or (lows[-1].isdigit() and len(lows[-1]) != 4)


def is_tags(lows: Sequence[str]) -> bool:
    """Whether tags are meant: ``paid tag``, ``tags on the invoices``, ``tag paid``."""
    head, _ = _parted(lows)
    if not head:
        return False
    if head[-1] in TAGS or lows[-1] in TAGS or head[0] in ("tags", "labels"):
        return True
    return head[0] in TAGS and head[-1] not in NOUNS


def is_part(lows: Sequence[str]) -> bool:
    """Whether a part or a property of a document is meant: ``page 3 of the contract``, ``names of the photos``."""
    head, rest = _parted(lows)
    if not rest or not head:
        return False
    if any(word in _OUT_OF and _names_a_document(rest[n:]) for n, word in enumerate(rest)):
        return True  # "logo in the letter"
    return head[-1] in PARTS or head[0] in PARTS or (len(head) > 1 and head[-2] in PARTS and head[-1].isdigit())


def is_named_in(lows: Sequence[str]) -> bool:
    """Whether something is meant that has a name and is no document: ``company in the contract``."""
    head, _ = _parted(lows)
    return not head or not (_is_document(head[-1]) or {"folder", "directory"} & set(lows)) or goes_out_of(lows)


def goes_out_of(lows: Sequence[str]) -> bool:
    """Whether something in a document is meant, where it is taken away: ``logo from the letter``, ``old text``.

    A folder that is said to be one does not stand among the words.
    """
    head, rest = _parted(lows)
    if not head:
        return True
    if head[-1] in PARTS | _STEPS or head[0] in PARTS | TAGS | {"first", "last"}:
        return True
    if rest and rest[0] in _OUT_OF and not _is_document(head[-1]):
        return True
    return rest[:1] == ["of"] and (not _is_document(head[-1]) or head[0] in ORDINALS) and _names_a_document(rest)


def _names_a_document(rest: Sequence[str]) -> bool:
    """Whether the words after a preposition name a document or a part of one."""
    noun, _ = _parted(rest[1:])
    return bool(noun) and (_is_document(noun[-1]) or noun[-1] in PARTS)


def _is_document(word: str) -> bool:
    return word in NOUNS or word in ("files", "file", "duplicate", "duplicates", "everything")


def _first(lows: Sequence[str]) -> str:
    """The first word that is no article and does not say that all are meant."""
    left = [word for word in lows if word not in ARTICLES | (QUANTIFIERS - {"any"}) | {"of"}]
    return left[0] if left else ""


def _parted(lows: Sequence[str]) -> tuple[list[str], list[str]]:
    """(the words up to the first that relates them to others, without those that say which or how many; the rest)."""
    head: list[str] = []
    for at, word in enumerate(lows):
        if word in _RELATING and head:
            return head, list(lows[at:])
        if word not in ARTICLES | QUANTIFIERS | {"of", "their", "its", "his", "her"}:
            head.append(word)
    return head, []
