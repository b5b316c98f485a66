"""Noun phrases about files: what is meant, in which folder, from when, how big, with which tags."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from lsfs.core.filetypes import AMBIGUOUS_WORDS, types_for
from lsfs.plan.rules import parts
from lsfs.plan.rules.chosen import Chosen
from lsfs.plan.rules.known import Known
from lsfs.plan.rules.lexicon import ALSO_NOUNS, ARTICLES, LIMITS, NOUNS, PRONOUNS, QUANTIFIERS, SECOND_VERBS, STARTERS
from lsfs.plan.rules.limits import may_begin, size_start, time_start
from lsfs.plan.rules.places import Places
from lsfs.plan.rules.tokens import Token, has_extension

_LOOSE = frozenset("in inside under within beneath below".split())
_STRICT = frozenset("from on of at off".split())
_STATES = frozenset(
    "that which are is currently lying sitting stored kept saved living located sat lie sit live directly right still"
    " i have i've got there were was now found anywhere somewhere already all up straight".split()
)
_ONE = frozenset("one ones file files copy version".split())
_RELATED = frozenset("about for with of between on regarding concerning that which who where when because".split())
_LISTED = frozenset("and plus & also".split())
_CONTENTS = (
    *(
        ["what's"],
        ["what", "is"],
        ["whatever", "is"],
        ["whatever's"],
        ["the", "contents"],
        ["the", "content"],
        ["contents"],
    ),
    *(["all", "that", "is"], ["all", "that's"], ["all"], ["the", "lot"], ["what"], ["all", "there", "is"]),
)
_MODALS = frozenset("should must ought can could will would may might shall needs need has had wants want".split())
_FINITE = frozenset("is are was were isn't aren't although though because since so it's they're that's".split())
_TAGGED = frozenset("that which tagged labelled labeled with having carrying i i've".split())
_BREAKS = frozenset({"and", "then", ",", "so", "please", ";", "."})
_OTHER_WISHES = (SECOND_VERBS - ALSO_NOUNS) | {"belongs", "belong"}
_NUMBERS = frozenset("one two three four five six seven eight nine ten both all every each".split())
_KIND_BEFORE = frozenset(
    "file files folder directory document note script spreadsheet picture photo image video pdf page notebook"
    " subfolder sub-folder called named letter list report presentation song tag worksheet csv".split()
)
_NO_END = frozenset(
    "and or then to in into as with from are is that which at of be also both on by for i was were the my it's together"
    " up out away back too well".split()
)
"""Words that no description ends with."""
_AFTER = frozenset("file folder directory document itself".split())
_SUBFOLDERS = (
    *(("and", "its", "sub-folders"), ("and", "its", "subfolders"), ("and", "all", "its", "subfolders")),
    *(("sub-folders", "too"), ("subfolders", "too"), ("including", "sub-folders"), ("including", "subfolders")),
    *(("sub-folders", "included"), ("subfolders", "included"), ("and", "below"), ("and", "subfolders")),
    *(("with", "subfolders"), ("with", "sub-folders"), ("and", "sub-folders"), ("including", "all", "subfolders")),
    *(("and", "the", "folders", "below", "it"), ("and", "the", "folders", "below"), ("and", "the", "sub-folders")),
    *(("including", "the", "sub-folders"), ("including", "the", "subfolders"), ("and", "the", "subfolders")),
    *(("and", "all", "folders", "below", "it"), ("and", "everything", "under", "it"), ("and", "below", "it")),
    *(
        ("and", "the", "folders", "under", "it"),
        ("and", "the", "folders", "inside", "it"),
        ("and", "its", "subfolders", "too"),
    ),
    *(("including", "its", "subfolders"), ("including", "its", "sub-folders"), ("sub-folders", "as", "well")),
    *(("subfolders", "as", "well"), ("recursively",), ("and", "everything", "below", "it")),
)


class Selecting:
    """Reads the tokens of one clause as selections of files."""

    def __init__(self, sentence: str, tokens: Sequence[Token], known: Known, places: Places) -> None:
        self._sentence = sentence
        self._tokens = tokens
        self._known = known
        self._places = places

    def files(self, start: int, end: int, *, reading: bool = False) -> tuple[Chosen, ...] | None:
        """What the tokens name, a group for each folder that is named; None where they could be more than a name.

        `reading` lets pass what would be too vague for a change.
        """
        end = self._without_subfolders(start, end)
        items = self._items(start, end)
        read = [self._one(begin, stop, reading) for begin, stop in items]
        found = [one for one in read if one is not None]
        if len(found) < len(read) or not found:
            return None
        if len(found) == 1:
            return tuple(found)
        limits = [one.limited for one in found]
        what = tuple(word for one in found for word in one.what)
        if not any(limits[:-1]) and all(one.what for one in found):
            # A limit at the end of a list holds for all of it.
            last = found[-1]
            return (msgspec.structs.replace(last, what=what, exact=all(one.exact for one in found)),)
        return tuple(found)

    def _items(self, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of a list, where each could stand alone; the whole otherwise."""
        items: list[tuple[int, int]] = []
        begin = start
        for at in range(start, end):
            token = self._tokens[at]
            if at < begin or not (token.low in _LISTED or (token.kind == "mark" and token.text == ",")):
                continue
            after = at + 1
            if after < end and token.text == "," and self._tokens[after].low in _LISTED:
                after += 1
            if after < end and self._alone(begin, at) and self._alone(after, end):
                items.append((begin, at))
                begin = after
        return [*items, (begin, end)]

    def _alone(self, start: int, end: int) -> bool:
        if start >= end:
            return False
        first = self._tokens[start]
        if first.explicit or first.kind == "folder":
            return True
        if first.low in ("the", "my", "our", "all", "every", "both", "that", "these", "those", "any"):
            rest = [token.low for token in self._tokens[start + 1 : start + 3]]
            return bool(rest) and not (first.low == "the" and rest[0] in ("one", "ones") and start > 0)
        if first.low in _KIND_BEFORE and start + 1 < end and self._tokens[start + 1].explicit:
            return True
        nxt = self._tokens[start + 1] if start + 1 < end else None
        kind = first.kind == "word" and (is_kind(first.low) or first.low in NOUNS)
        return kind and (nxt is None or nxt.text == "," or nxt.low in _LISTED | _LOOSE | _STRICT | _STATES | {"bigger"})

    def _one(self, start: int, end: int, reading: bool) -> Chosen | None:
        """One description or name with its limits."""
        folder, time, size = "", "", ""
        tagged: tuple[str, ...] = ()
        while start < end:
            peeled = None
            for at in range(start, end):
                peeled = self._limit(at, end, bare=at == start)
                if peeled is not None:
                    break
            if peeled is None:
                break
            slot, value, begin = peeled
            if slot == "folder" and not folder:
                folder = value[0]
            elif slot == "time" and not time:
                time = value[0]
            elif slot == "size" and not size:
                size = value[0]
            elif slot == "tagged" and not tagged:
                tagged = value
            else:
                return None
            end = self._trimmed(start, begin)
        if not folder and end > start + 1 and is_kind(self._tokens[start + 1].low):
            folder = self._named_folder(start, start + 1)  # "Downloads photos"
            start += bool(folder)
        what, exact = self._core(start, end, reading)
        if what is None or not (what or folder or time or size or tagged):
            return None
        if not reading and exact and folder and "/" in what[0] and what[0].startswith("/"):
            return None
        return Chosen(what, folder, time, size, tagged, exact)

    def _without_subfolders(self, start: int, end: int) -> int:
        lows = tuple(token.low for token in self._tokens[start:end])
        for words in _SUBFOLDERS:
            if lows[-len(words) :] == words and len(lows) > len(words):
                return self._trimmed(start, end - len(words))
        return end

    def _trimmed(self, start: int, end: int) -> int:
        """Without the words that only lead to what was taken off: ``, the one``, ``that are``, a comma."""
        while end > start and (self._tokens[end - 1].text in (",", ":", "(") or self._tokens[end - 1].low == "and"):
            end -= 1
        lows = [token.low for token in self._tokens[start:end]]
        if len(lows) > 2 and lows[-1] in _ONE and lows[-2] == "the" and self._tokens[end - 3].text == ",":
            return end - 3
        if len(lows) > 4 and lows[-1] in _ONE and lows[-4:-1] in (["i", "mean", "the"], ["i", "meant", "the"]):
            return end - 4 - (self._tokens[end - 5].text == ",")
        return end

    def _limit(self, at: int, end: int, *, bare: bool) -> tuple[str, tuple[str, ...], int] | None:
        """(slot, values, where it begins) of a limit that takes the tokens from here to the end."""
        first = self._tokens[at].low
        if not (
            may_begin(first)
            or first in _TAGGED
            or first in _LOOSE
            or first in _STRICT
            or first in _STATES
            or first == "("
        ):
            return None
        lows = [token.low for token in self._tokens[at:end]]
        if self._tokens[end - 1].text == ")" and lows[0] == "(" and len(lows) > 2:
            inner = self._limit(at + 1, end - 1, bare=False)
            return inner and (inner[0], inner[1], at)
        folder = self._folder(at, end)
        if folder:
            return "folder", (folder,), at
        if not may_begin(lows[0]):
            tags = self._tagged(at, end) if lows[0] in _TAGGED else ()
            return ("tagged", tags, at) if tags else None
        begin = size_start(lows)
        if begin is not None and not bare:
            return "size", (self._span(at + begin, end),), at
        time = time_start(lows)
        if time is not None and not bare:
            return "time", (self._span(at + time[1], end),), at
        tags = self._tagged(at, end)
        return ("tagged", tags, at) if tags else None

    def _folder(self, at: int, end: int) -> str:
        skip = at
        while skip < end - 2 and self._tokens[skip].low in _STATES:
            skip += 1
        if [token.low for token in self._tokens[skip : skip + 2]] == ["out", "of"]:
            skip += 1
        word = self._tokens[skip].low
        if skip + 1 >= end or (word not in _LOOSE and word not in _STRICT):
            return ""
        found = self._places.folder(skip + 1, end)
        if not found:
            return ""
        strict = word in _STRICT
        token = self._tokens[skip + 1 + (self._tokens[skip + 1].low in ARTICLES)] if skip + 2 < end else None
        first = token or self._tokens[skip + 1]
        if strict and not (first.explicit or first.text[:1].isupper() or self._places.says_folder(skip + 1, end)):
            return found if found.casefold() in ("downloads", "documents", "desktop") else ""
        if word == "of" and not (first.kind in ("path", "folder") or self._places.says_folder(skip + 1, end)):
            return ""
        return found

    def _tagged(self, at: int, end: int) -> tuple[str, ...]:
        lows = [token.low for token in self._tokens[at:end]]
        for lead in (
            *(["that", "are", "tagged"], ["which", "are", "tagged"], ["tagged"], ["labelled"], ["labeled"]),
            *(["with", "the", "tag"], ["with", "the", "tags"], ["with", "tag"], ["with", "the", "label"]),
            *(["that", "have", "the", "tag"], ["having", "the", "tag"], ["carrying", "the", "tag"]),
            *(["that", "i", "tagged"], ["i", "tagged"], ["i've", "tagged"], ["that", "is", "tagged"]),
        ):
            if lows[: len(lead)] == lead and len(lows) > len(lead):
                first = at + len(lead)
                if self._tokens[first].low in ("as", "with") and first + 1 < end:
                    first += 1
                return self._places.tags(first, end) or ()
        return ()

    def _core(self, start: int, end: int, reading: bool) -> tuple[tuple[str, ...] | None, bool]:
        """(the description or name, whether it is a name); (None, False) where it is neither."""
        if start == end or [token.low for token in self._tokens[start:end]] in _CONTENTS:
            return (), False
        begin = start
        while begin < end - 1 and self._tokens[begin].low in ARTICLES:
            if self._tokens[begin].low == "that" and self._tokens[begin + 1].low in _STRICT | _LOOSE | {"one", "for"}:
                break
            begin += 1
        tokens = self._tokens[begin:end]
        exact = self._exact(tokens)
        if exact:
            return (exact,), True
        if all(token.kind == "mark" for token in tokens) or self._tokens[end - 1].low in ARTICLES:
            return None, False
        folder = self._named_folder(begin, end)
        if folder:
            return (folder,), True
        lows = [token.low for token in tokens]
        if self._goes_on(tokens) or parts.means_nothing(lows):
            return None, False
        if not reading and (self._vague(tokens) or (begin == start and self._starts(tokens))):
            return None, False
        return (self._span(begin, end),), False

    def _named_folder(self, start: int, end: int) -> str:
        """A folder that is there and that the words call one, or write as a name."""
        first, last = self._tokens[start], self._tokens[end - 1]
        if end == start + 1:
            return first.text if first.text[:1].isupper() and self._known.folder(first.text) else ""
        for begin, stop in ((start, end - 1), (start + 1, end)):
            said = last.low if begin == start else first.low
            words = self._span(begin, stop)
            if said in ("folder", "directory") and self._known.folder(words):
                return words
        return ""

    def _exact(self, tokens: Sequence[Token]) -> str:
        """The only name among these, with words of its kind around it at most."""
        named = [n for n, token in enumerate(tokens) if token.explicit or token.kind == "folder"]
        if len(named) != 1:
            return ""
        at = named[0]
        before = [token.low for token in tokens[:at]]
        after = [token.low for token in tokens[at + 1 :]]
        if any(word not in _KIND_BEFORE | QUANTIFIERS | ARTICLES | {"the"} for word in before):
            return ""
        if any(word not in _AFTER for word in after):
            return ""
        return tokens[at].text

    def _vague(self, tokens: Sequence[Token]) -> bool:
        """Whether a description holds words that could be more than a description."""
        lows = [token.low for token in tokens]
        if not {"that", "which", "who", "i", "we", "whose", "where"} & set(lows) and _MODALS & set(lows):
            return True
        if _FINITE & set(lows) and not {"that", "which", "who", "i", "we", "whose", "where", "what", "how"} & set(lows):
            return True
        if parts.is_inexact(lows) or parts.ends_in_a_number(lows) or parts.is_tags(lows) or parts.is_part(lows):
            return True
        together = "together" in lows and not {"that", "which", "who", "we"} & set(lows[: lows.index("together")])
        if (
            {"into", "onto"} & set(lows)
            or together
            or (len(tokens) == 1 and (lows[0] in _NUMBERS or tokens[0].kind == "number"))
        ):
            return True
        for n, token in enumerate(tokens):
            if token.kind in ("file", "path", "quoted") or (token.kind == "mark" and token.text not in "()"):
                return True
            if token.low in LIMITS:
                return True
            if token.low in ("and", "or", "then") and not _RELATED & set(lows[:n]):
                return True
            if n and token.low in _OTHER_WISHES and lows[n - 1] not in ("the", "a", "of", "to"):
                return True
        if lows[-1] in _NO_END:
            return True
        if lows[0] in ("to", "in", "into", "with", "as", "for", "of", "from", "on", "at", "by", "than", "up", "rid"):
            return True
        return len(tokens) == 1 and lows[0] in ("there", "here", "so", "up", "out", "i", "you", "me", "we", "back")

    @staticmethod
    def _goes_on(tokens: Sequence[Token]) -> bool:
        """Whether another wish stands among the words: ``and add …``, ``move it``."""
        for before, token in pairwise(tokens):
            if token.low in STARTERS - ALSO_NOUNS and before.low in _BREAKS:
                return True
            if token.low in ("it", "them") and before.low in STARTERS:
                return True
        return tokens[0].low in ("after", "afterwards", "then", "so", "please")

    @staticmethod
    def _starts(tokens: Sequence[Token]) -> bool:
        """Whether a description without an article begins as a wish does."""
        first = tokens[0].low
        noun = first in ALSO_NOUNS and (len(tokens) == 1 or tokens[1].low in ("of", "files", "file"))
        return first in STARTERS and not noun

    def _span(self, start: int, end: int) -> str:
        if start >= end:
            return ""
        while start < end - 1 and self._tokens[start].low == "the":
            start += 1
        return self._sentence[self._tokens[start].start : self._tokens[end - 1].end]


def is_kind(word: str) -> bool:
    """Whether a word of a sentence names a kind of file beyond doubt (``pdfs``, ``.jpg``, ``photos``, ``files``)."""
    if word in ("file", "files"):
        return True
    if len(word) < 2 or word.isdigit():
        return False
    if word in AMBIGUOUS_WORDS or word.removesuffix("s") in AMBIGUOUS_WORDS:
        return False
    return types_for(word) is not None


def is_about_files(tokens: Sequence[Token]) -> bool:
    """Whether words without a verb can be taken for a search: they have a name, a kind of file or what documents are
    called."""
    return any(
        token.explicit
        or token.kind == "folder"
        or token.low in NOUNS
        or is_kind(token.low)
        or has_extension(token.text)
        for token in tokens
    )


def is_pronoun(chosen: tuple[Chosen, ...]) -> bool:
    """Whether an earlier step's files are meant."""
    return len(chosen) == 1 and len(chosen[0].what) == 1 and chosen[0].what[0].casefold() in PRONOUNS
