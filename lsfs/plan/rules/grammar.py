"""Rules written as lines, and how they are matched over tokens.  Pure.

A line is a sequence of words; ``(a|b c)`` is a choice, ``[x]`` may be missing, ``<`` and ``>`` are brackets of the
sentence, ``@name`` stands for a named group of the lexicon, ``{what:files}`` is a slot that a reader of that kind must
accept.  Matching tries every way (backtracking,
with a look at what can follow a slot), and a rule counts only if it takes all the tokens of a clause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from lsfs.plan.request import Action
from lsfs.plan.rules.lexicon import GROUPS

Got = Mapping[str, Any]
"""What the slots of a rule hold."""
Make = Callable[[Got], "tuple[Action, ...] | None"]
Read = Callable[[str, int, int], Any]
"""What the tokens from one place up to another are, read as a kind of slot; None where they are none."""


_MOST_WORDS = 2000
_GREEDY = frozenset({"text", "item", "letter"})
"""Kinds of slots that take as much as they can: a text may hold the word that ends it."""


class Word(msgspec.Struct, frozen=True):
    """One token."""

    low: str


class Slot(msgspec.Struct, frozen=True):
    """At least one token."""

    name: str
    kind: str


class Choice(msgspec.Struct, frozen=True):
    """One of several sequences; an empty one among them where all may be missing."""

    options: tuple[tuple[Node, ...], ...]


Node = Word | Slot | Choice


class Rule(msgspec.Struct, frozen=True):
    """A line, and what comes of it."""

    line: str
    make: Make

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The line, compiled when it is first used."""
        return _compile(self.line)


_PIECE = re.compile(r"\{(\w+):(\w+)\}|([()\[\]|])|@(\w+)|([^\s()\[\]|{}]+)")


class Table:
    """Rules in the order in which they are tried, found by the first word of a clause."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._by_first: dict[str, tuple[Rule, ...]] = {}

    def for_word(self, word: str) -> tuple[Rule, ...]:
        """The rules that a clause with this first word can match."""
        if word not in self._by_first:
            if len(self._by_first) > _MOST_WORDS:
                self._by_first.clear()
            self._by_first[word] = tuple(rule for rule in self._rules if _can_begin(rule, word))
        return self._by_first[word]


class Narrowed:
    """A table's rules that need no word which a sentence does not have: its clauses are looked up in few."""

    def __init__(self, table: Table, said: frozenset[str]) -> None:
        self._table = table
        self._said = said
        self._by_first: dict[str, tuple[Rule, ...]] = {}

    def for_word(self, word: str) -> tuple[Rule, ...]:
        """As `Table.for_word`."""
        if word not in self._by_first:
            rules = self._table.for_word(word)
            self._by_first[word] = tuple(rule for rule in rules if all(some & self._said for some in needs(rule.nodes)))
        return self._by_first[word]


def _can_begin(rule: Rule, word: str) -> bool:
    words, _ = begins(rule.nodes)
    return words is None or word in words


def rules(make: Make, *lines: str) -> tuple[Rule, ...]:
    """Rules that make the same of several lines."""
    return tuple(Rule(line, make) for line in lines)


@cache
def _compile(line: str) -> tuple[Node, ...]:
    pieces = list(_PIECE.finditer(line))
    nodes, end = _sequences(pieces, 0, "")
    if end != len(pieces) or len(nodes) != 1:
        raise ValueError(f"not a rule: {line}")
    return nodes[0]


def _sequences(pieces: Sequence[re.Match[str]], at: int, closing: str) -> tuple[list[tuple[Node, ...]], int]:
    """The alternatives up to a closing bracket, and the place after it."""
    found: list[tuple[Node, ...]] = []
    nodes: list[Node] = []
    while at < len(pieces):
        name, kind, sign, group, word = pieces[at].groups()
        at += 1
        if sign == closing and sign:
            return [*found, tuple(nodes)], at
        if sign == "|":
            found.append(tuple(nodes))
            nodes = []
        elif sign in ("(", "["):
            options, at = _sequences(pieces, at, ")" if sign == "(" else "]")
            nodes.append(Choice((*options, ()) if sign == "[" else tuple(options)))
        elif name:
            nodes.append(Slot(name, kind))
        elif group:
            nodes += _compile(GROUPS[group])
        else:
            nodes.append(Word({"<": "(", ">": ")"}.get(word, word)))
    if closing:
        raise ValueError(f"no {closing}")
    return [*found, tuple(nodes)], at


@cache
def begins(nodes: tuple[Node, ...]) -> tuple[frozenset[str] | None, bool]:
    """(the words that such a sequence can begin with, None for any; whether it can be empty)."""
    words: set[str] = set()
    known = True
    for node in nodes:
        if isinstance(node, Word):
            words.add(node.low)
            return (frozenset(words) if known else None), False
        if isinstance(node, Slot):
            return None, False
        empty = False
        for option in node.options:
            some, nothing = begins(option)
            known = known and some is not None
            words |= some or frozenset()
            empty = empty or nothing
        if not empty:
            return (frozenset(words) if known else None), False
    return (frozenset(words) if known else None), True


@cache
def needs(nodes: tuple[Node, ...]) -> tuple[frozenset[str], ...]:
    """Sets of words of each of which a clause must have one, to be matched at all."""
    needed = []
    for node in nodes:
        if isinstance(node, Word):
            needed.append(frozenset({node.low}))
        elif isinstance(node, Choice):
            words, nothing = begins((node,))
            if words is not None and not nothing:
                needed.append(words)
    return tuple(needed)


class Matching:
    """Matches rules over the tokens of one clause."""

    def __init__(self, lows: Sequence[str], read: Read) -> None:
        self._lows = lows
        self._said = frozenset(lows)
        self._read = read
        self._got: dict[str, Any] = {}

    def first(self, table: Table | Narrowed, start: int, end: int) -> tuple[Action, ...] | None:
        """What the first rule makes that takes exactly these tokens."""
        for rule in table.for_word(self._lows[start]):
            if any(not some & self._said for some in needs(rule.nodes)):
                continue
            for got in self._ways(rule.nodes, start, end):
                made = rule.make(got)
                if made is not None:
                    return made
        return None

    def _ways(self, nodes: tuple[Node, ...], at: int, end: int) -> Iterator[Got]:
        if not nodes:
            if at == end:
                yield dict(self._got)
            return
        node, rest = nodes[0], nodes[1:]
        if isinstance(node, Word):
            if at < end and self._lows[at] == node.low:
                yield from self._ways(rest, at + 1, end)
        elif isinstance(node, Choice):
            for option in node.options:
                yield from self._ways(option + rest, at, end)
        else:
            yield from self._fill(node, rest, at, end)

    def _fill(self, slot: Slot, rest: tuple[Node, ...], at: int, end: int) -> Iterator[Got]:
        words, nothing = begins(rest)
        ends = range(at + 1, end + 1) if slot.kind not in _GREEDY else range(end, at, -1)
        for upto in ends:
            if upto == end:
                if not nothing:
                    continue
            elif words is not None and self._lows[upto] not in words:
                continue
            value = self._read(slot.kind, at, upto)
            if value is not None:
                self._got[slot.name] = value
                yield from self._ways(rest, upto, end)
                self._got.pop(slot.name, None)
