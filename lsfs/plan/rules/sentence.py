"""A whole sentence: politeness off, cut into wishes, each wish read by the rules, later ones joined to earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec

from lsfs.plan.request import READING as READING_VERBS
from lsfs.plan.request import Action, Append, Ask, Copy, Find, Merge, Mkdir, Move, Trash, Write
from lsfs.plan.rules import arranging, foreign, making, marking, moving, past, reading, renaming
from lsfs.plan.rules.chosen import Chosen
from lsfs.plan.rules.grammar import Matching, Narrowed, Table
from lsfs.plan.rules.known import Known
from lsfs.plan.rules.lexicon import ALSO_NOUNS, CUES, NOT_ABOUT_FILES, STARTERS, VERBS
from lsfs.plan.rules.parts import means_an_earlier_one
from lsfs.plan.rules.politeness import without_inner_please, without_politeness, without_show
from lsfs.plan.rules.reader import Reader
from lsfs.plan.rules.remarks import is_remark, leaves_changes
from lsfs.plan.rules.selecting import is_about_files
from lsfs.plan.rules.tokens import Token, low, tokenize
from lsfs.plan.rules.typos import without_typo

_CHANGING = Table(past.RULES + renaming.RULES + marking.RULES + making.RULES + arranging.RULES + moving.RULES)
_READING = Table(past.READING + reading.RULES + reading.FINDING)
_FOREIGN = Table(foreign.RULES)
_DOUBLE_QUOTES = '"“”„«»'
_MOST_WISHES = 4
_MOST_TOKENS = 60
_BREAKS = frozenset({",", ";", "and", "then", ".", "afterwards", "&", "!"})
_GLUE = frozenset(
    {",", ";", "and", "then", ".", "afterwards", "also", "after", "that", "finally", "next", "&", "!", "plus"}
)
_QUESTION = frozenset(
    "who whom whose what what's whats when where why how which who's whos where's wheres when's how's is are was"
    " were does do did has"
    " have am".split()
)
_MODALS = frozenset("can could may should shall must will would might".split())
_DETERMINERS = frozenset(
    "the my our all every any that this these those me us it them each both a an un una une el la le les los las"
    " den die das der"
    " il lo gli einen eine ein mein meine mi mis mon ma mes il i".split()
)
_BEFORE_DETERMINERS = frozenset(
    "of half which what for about with from in on only just maybe either not and one where when if how i we quite"
    " such".split()
)
_NEVER_LOOKED_FOR = frozenset(
    "should must ought needs wants except excluding don't unless want need belongs belong goes grouped sorted".split()
)
_FINITE = frozenset("is are was were isn't aren't wasn't it's they're that's there's".split())
_RELATIVE = frozenset("that which who whose where what how when i i've we why".split())
_IT = frozenset({"it", "them", "that one", "this one", "these", "those"})
_IT_BEGINS = frozenset(words.split()[0] for words in _IT)
_THERE = (
    *(
        ("there's",),
        ("there", "is"),
        ("there", "are"),
        ("i've", "got"),
        ("i", "have"),
        ("we", "have"),
        ("i've", "still", "got"),
    ),
    *(("there", "is", "still"), ("there's", "still"), ("i", "still", "have"), ("i", "found"), ("i", "see")),
)
_STATED = frozenset(
    "is are was were has have had although though even which because but sits lies lie sit belongs isn't aren't"
    " looks seems"
    " twice already still somewhere".split()
)
_SAYING = frozenset(
    "says say saying reading reads write writes line text this add append put containing following words content"
    " contents note"
    " with enter jot down entry item sentence only just".split()
)
_CHANGES = frozenset(
    word
    for verb in ("move", "copy", "rename", "trash", "tag", "group", "merge", "restore", "append")
    for word in CUES[verb].split()
) - frozenset(
    "get be want take should go goes too also well name names second one text back end note version both was"
    " file".split()
)


class Sentence:
    """Reads one sentence."""

    def __init__(self, sentence: str, known: Known) -> None:
        self._sentence = sentence
        self._known = known
        self._tokens = tokenize(sentence, known)
        said = frozenset(word for token in self._tokens for word in (token.low, without_typo(token.low)))
        self._tables = Narrowed(_CHANGING, said), Narrowed(_READING, said)
        self._read: dict[tuple[int, int], tuple[Action, ...] | None] = {}

    def actions(self) -> tuple[Action, ...] | None:
        """What is wanted, in order; None where the rules are not sure."""
        tokens = self._tokens
        if not tokens or any(set(_DOUBLE_QUOTES) & set(token.text) for token in tokens if token.kind != "quoted"):
            return None  # a quotation that is not closed: where it ends is a guess
        text_from = _text_start(tokens)
        asked = tokens[-1].text == "?"
        tokens = self._tokens = without_inner_please(tokens, text_from)
        text_from = _text_start(tokens)
        start, end = without_politeness(tokens, 0, len(tokens), fixed=text_from)
        if start >= end:
            return None
        found = self._shown(start, end, text_from) or self._wishes(start, end, text_from, _MOST_WISHES)
        if found is None:
            found = self._topic(start, end, text_from) or self._after_a_remark(start, end, text_from)
        if found is None:
            found = self._foreign(start, end) or self._question(start, end, asked) or self._noun_phrase(start, end)
        return _joined(found) if found is not None and not any(map(self._points_back, found[1:])) else None

    def _points_back(self, action: Action) -> bool:
        """Whether a later wish names an earlier one's files by a noun alone: ``the original``, ``the old folder``."""
        what = getattr(action, "what", ())
        return any(
            means_an_earlier_one(low(one).split(), trash=isinstance(action, Trash))
            and not (one[:1].isupper() and (self._known.folder(one) or self._known.file(one)))
            for one in what
        )

    # Wishes

    def _wishes(self, start: int, end: int, text_from: int, most: int) -> tuple[Action, ...] | None:
        """One wish that takes all, or one that ends at a break and others after it."""
        if most == 0:
            return None
        whole = self._wish(start, end)
        parted = self._parted(start, end, text_from, most)
        if whole is None or parted is None or _holds(whole, parted):
            return whole if whole is not None else parted
        if _is_reading(whole):
            return parted
        return None if any(getattr(action, "text", "") for action in whole) else whole

    def _shown(self, start: int, end: int, text_from: int) -> tuple[Action, ...] | None:
        """Changes, where the sentence goes on with the wish to be shown them."""
        stop = without_show(self._tokens, start, end) if text_from >= end else end
        found = self._wishes(start, stop, text_from, _MOST_WISHES) if stop < end else None
        return None if found is None or _is_reading(found) else found

    def _parted(self, start: int, end: int, text_from: int, most: int) -> tuple[Action, ...] | None:
        at = start + 1
        while at < min(end, text_from):
            if self._tokens[at].low not in _BREAKS or self._tokens[at].kind == "quoted":
                at += 1
                continue
            following = at
            while following < end and self._tokens[following].low in _GLUE and self._tokens[following].kind != "quoted":
                following += 1
            following, stop = without_politeness(self._tokens, following, end, fixed=text_from)
            if following < stop:
                first = self._wish(start, at)
                if first is not None and not isinstance(first[0], Ask):
                    rest = self._wishes(following, stop, text_from, most - 1)
                    if rest is not None:
                        return first + rest
                    if self._is_reason(at, following, stop):
                        return first
            at = max(following, at + 1)
        return None

    def _is_reason(self, at: int, start: int, end: int) -> bool:
        """Whether the rest after a break only says why: ``, i don't need it any more``, ``because it is old``."""
        if self._tokens[at].kind != "mark" and self._tokens[start].low not in ("because", "since", "as"):
            return False
        rest = self._tokens[start:end]
        return is_remark(rest, first=False) and not self._changes(start, end) and leaves_changes(rest)

    def _after_a_remark(self, start: int, end: int, text_from: int) -> tuple[Action, ...] | None:
        """A wish after a sentence that only gives the reason for it."""
        for at in range(start + 1, min(end - 1, text_from)):
            token = self._tokens[at]
            if token.text not in (":", ".", ";", "!", ",", "so", "–", "-", "—") or token.kind == "quoted":
                continue
            if not is_remark(self._tokens[start:at], first=True) or self._changes(start, at):
                return None
            begin = at + 1
            while begin < end and self._tokens[begin].low in ("so", "and", ","):
                begin += 1
            begin, stop = without_politeness(self._tokens, begin, end, fixed=text_from)
            if begin < stop and (
                token.text in (":", ".", ";", "!") or self._tokens[at + 1].low == "so" or token.text == "so"
            ):
                found = self._wishes(begin, stop, text_from, _MOST_WISHES)
                if found is not None and not _says_it(found[:1]):
                    return found if _is_reading(found) or leaves_changes(self._tokens[start:at]) else None
        return None

    def _wish(self, start: int, end: int) -> tuple[Action, ...] | None:
        """What the rules make of one wish."""
        if (start, end) not in self._read:
            self._read[start, end] = self._match(start, end) if end - start <= _MOST_TOKENS else None
        return self._read[start, end]

    def _match(self, start: int, end: int) -> tuple[Action, ...] | None:
        tokens = self._tokens[start:end]
        reader = Reader(self._sentence, tokens, self._known, self._raw_end(end))
        lows = [token.low for token in tokens]
        lows[0] = without_typo(lows[0])
        matching = Matching(lows, reader.read)
        changing, only_reading = self._tables
        found = matching.first(changing, 0, len(tokens))
        return found if found is not None else matching.first(only_reading, 0, len(tokens))

    def _raw_end(self, end: int) -> int:
        """Where a text ends that is the last of a wish: with the sentence, where only marks follow."""
        if all(token.kind == "mark" for token in self._tokens[end:]):
            return len(self._sentence)
        return self._tokens[end - 1].end

    def _foreign(self, start: int, end: int) -> tuple[Action, ...] | None:
        tokens = self._tokens[start:end]
        reader = Reader(self._sentence, tokens, self._known, self._raw_end(end))
        return Matching([token.low for token in tokens], reader.read).first(_FOREIGN, 0, len(tokens))

    def _changes(self, start: int, end: int) -> bool:
        """Whether a word stands there that a change can be said with."""
        return any(token.low in _CHANGES for token in self._tokens[start:end])

    # Sentences without a verb of ours

    def _question(self, start: int, end: int, asked: bool) -> tuple[Action, ...] | None:
        first = self._tokens[start].low
        if [token.low for token in self._tokens[start : start + 2]] == ["how", "to"] and not asked:
            return (Find(what=(self._sentence[self._tokens[start].start : self._tokens[end - 1].end],)),)
        if first not in _QUESTION | foreign.QUESTIONS and not (asked and first in _MODALS):
            return None
        lows = [token.low for token in self._tokens[start:end]]
        pairs = pairwise(self._tokens[start:end])
        if end - start < 3 or lows[:3] in (["how", "are", "you"], ["who", "are", "you"], ["what", "are", "you"]):
            return None
        if first in _MODALS and self._changes(start, end):
            return None
        if not asked and any(one.text in (":", ";", ".", "!") and two.low in _CHANGES for one, two in pairs):
            return None  # "when it rains: delete …"
        if first in _QUESTION and lows[1:2] in (["not"], ["it"], ["nothing"]):
            return None
        return (Ask(),)

    def _noun_phrase(self, start: int, end: int) -> tuple[Action, ...] | None:
        """Words alone are looked for, where they are about files and no change can be meant."""
        tokens = self._tokens[start:end]
        lows = [token.low for token in tokens]
        if lows[0] in NOT_ABOUT_FILES | _MODALS or any(t.kind == "path" and t.text[0] in "/~" for t in tokens):
            return None
        if not is_about_files(tokens) or _may_change(lows) or self._goes_somewhere(tokens):
            return None
        if any(token.kind == "mark" and token.text not in ",()" for token in tokens):
            return None
        reader = Reader(self._sentence, tokens, self._known, self._raw_end(end))
        chosen = reader.read("reading", 0, len(tokens))
        return None if chosen is None else tuple(Find(**one.slots()) for one in chosen)

    def _goes_somewhere(self, tokens: Sequence[Token]) -> bool:
        """Whether a place that is there is named as a destination is."""
        for before, token in pairwise(tokens):
            if before.low in ("into", "to", "onto", "nach", "vers") and (
                token.kind in ("path", "folder") or self._known.folder(token.text)
            ):
                return True
        return False

    # What "it" means

    def _topic(self, start: int, end: int, text_from: int) -> tuple[Action, ...] | None:
        """A sentence that names files, then a wish about ``it``: ``the report is in Downloads, so move it to F``."""
        # Without the word there is no such wish: a long list of names is not tried at each of its commas.
        meant = max((n for n in range(start, end) if self._tokens[n].low in _IT_BEGINS), default=start)
        for at in range(start + 1, min(meant, end - 1, text_from)):
            token = self._tokens[at]
            if token.text not in (",", ".", ";", ":", "so", "–", "-") or token.kind == "quoted":
                continue
            begin = at + 1
            while begin < end and self._tokens[begin].low in _GLUE | {"so", "but"}:
                begin += 1
            begin, stop = without_politeness(self._tokens, begin, end, fixed=text_from)
            if begin >= stop:
                continue
            found = self._wishes(begin, stop, text_from, _MOST_WISHES)
            if found is None or not _says_it(found[:1]):
                continue
            topic = self._topic_files(start, at, reading=_is_reading(found))
            return None if topic is None else (_about(found[0], topic), *found[1:])
        return None

    def _topic_files(self, start: int, end: int, *, reading: bool) -> Chosen | None:
        """The files that a sentence is about, at its beginning."""
        lows = [token.low for token in self._tokens[start:end]]
        lead = max((len(one) for one in _THERE if tuple(lows[: len(one)]) == one), default=0)
        tokens = self._tokens[start + lead : end]
        if not tokens or any(set(_DOUBLE_QUOTES) & set(token.text) for token in tokens if token.kind != "quoted"):
            return None  # a quotation that is not closed: where it ends is a guess
        reader = Reader(self._sentence, tokens, self._known, self._raw_end(end))
        for upto in range(len(tokens), 0, -1):
            rest = tokens[upto:]
            if rest and (rest[0].low not in _STATED or not is_remark(rest, first=True)):
                continue
            if rest and (self._changes(start + lead + upto, end) or not (reading or leaves_changes(rest))):
                continue
            chosen = reader.read("files", 0, upto)
            if chosen is not None:
                return chosen[0] if len(chosen) == 1 else None
        return None


def understood(sentence: str, known: Known) -> tuple[Action, ...] | None:
    """The actions of a sentence, None where the rules are not sure of them."""
    return Sentence(sentence, known).actions()


def _text_start(tokens: Sequence[Token]) -> int:
    """Where a text begins that takes all the rest: after a colon that ends words such as ``that says``."""
    for at in range(1, len(tokens) - 1):
        if tokens[at].text == ":" and tokens[at].kind == "mark":
            if tokens[at - 1].low in _SAYING:
                return at + 1
            # "add to Notes/ideas.md: …"
            if tokens[at - 1].explicit and any(
                token.low in ("to", "with", "by", "of", "onto") for token in tokens[:at]
            ):
                return at + 1
            if tokens[at - 1].explicit and tokens[0].low in ("create", "make", "write", "new", "start", "append"):
                return at + 1
            if tokens[at - 1].low in ("list", "log", "diary", "journal", "notes", "file"):
                return at + 1
    return len(tokens)


def _may_change(lows: Sequence[str]) -> bool:
    """Whether words that no rule takes could be the wish for a change all the same."""
    if without_typo(lows[0]) in STARTERS | VERBS and lows[0] not in ALSO_NOUNS:
        return True
    finite = next((n for n, word in enumerate(lows) if word in _FINITE), None)
    if finite is not None and not _RELATIVE & set(lows[:finite]):
        return True
    if lows[0] in ("for", "to", "in", "into", "with", "as", "at", "by", "on", "up", "so", "because", "if"):
        return True
    if len(lows) > 1 and lows[1] in ("down", "up", "out", "off", "away", "back") and lows[0] not in _DETERMINERS:
        return True
    if lows[0] in ALSO_NOUNS and lows[1:2] != ["of"]:
        return True
    if len(lows) > 1 and lows[1] in _DETERMINERS and lows[0] not in _DETERMINERS | _BEFORE_DETERMINERS:
        return True  # an unknown verb and what it is to be done to
    if _NEVER_LOOKED_FOR & set(lows):
        return True
    return any(before in _BREAKS and word in STARTERS - ALSO_NOUNS for before, word in pairwise(lows))


def _about(action: Action, topic: Chosen) -> Action:
    """The wish, with the files that the sentence before it names."""
    changed: dict[str, Any] = {"what": topic.what}
    for slot in ("folder", "time", "size", "tagged"):
        if getattr(topic, slot) and not getattr(action, slot):
            changed[slot] = getattr(topic, slot)
    return msgspec.structs.replace(action, **changed)


def _is_reading(actions: Sequence[Action]) -> bool:
    return all(isinstance(action, READING_VERBS) for action in actions)


def _says_it(actions: Sequence[Action]) -> bool:
    """Whether files are meant that no wish among these has named."""
    return any(low(word) in _IT for action in actions for word in getattr(action, "what", ()))


def _holds(whole: tuple[Action, ...], parted: tuple[Action, ...]) -> bool:
    """Whether one reading of a sentence is as good as the other: the same verbs."""
    return [type(action) for action in whole] == [type(action) for action in parted]


def _joined(actions: tuple[Action, ...]) -> tuple[Action, ...] | None:
    """Later wishes with ``there`` in them go to the folder that an earlier one makes."""
    made = ""
    joined: list[Action] = []
    for before, action in zip((None, *actions), actions, strict=False):
        if isinstance(action, Mkdir):
            made = action.name
        if isinstance(action, Append | Write) and low(action.to) in _IT and isinstance(before, Mkdir):
            return None
        if isinstance(action, Trash) and isinstance(before, Copy | Move | Merge) and _says_it((action,)):
            return None  # the copy, or what was copied?
        if isinstance(action, Move | Copy):
            if low(action.to) in ("there", "it", "that folder", "in there"):
                if not made:
                    return None
                changed: dict[str, Any] = {"to": made}
                action = msgspec.structs.replace(action, **changed)
            else:
                made = made or action.to
        joined.append(action)
    return tuple(joined)
