"""Folders, new names and tags in a clause."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.plan.rules.known import Known
from lsfs.plan.rules.lexicon import ARTICLES, LIMITS, SECOND_VERBS
from lsfs.plan.rules.tokens import Token, has_extension

_FOLDER = frozenset("folder directory dir foldr sub-folder subfolder ordner dossier carpeta cartella".split())
BINS = frozenset(
    {"trash", "bin", "rubbish", "rubbish bin", "recycle bin", "recycling bin", "trash can", "wastebasket", "waste bin"}
    | {"garbage", "wastepaper basket", "dustbin", "waste basket"}
)
"""What the Trash is called."""
_NO_NAME_BEGINS = ARTICLES | {"something", "anything", "this", "these", "all", "every", "each", "both", "structure"}
_USUAL = frozenset("desktop documents downloads pictures music videos home".split())
_NO_NAME = frozenset("and or then but into to in with please".split())
_NO_PLACE = _NO_NAME | LIMITS | SECOND_VERBS | frozenset(
    "it them there here order that which too also as well the same by from of for on so i you called named my"
    " instead again now today one each per first next last back front quickly immediately soon later tomorrow"
    " tonight away over directly themselves itself"
    " where are is not together all both after its their his her every".split()
)  # fmt: skip
_NAMED = frozenset("called named titled entitled".split())
_WHOSE = ARTICLES | frozenset("its their his her your what".split())
_NAMES = frozenset("name names title titles filename filenames heading date author subject content contents".split())
_MOST_NAME = 8
_LISTED = frozenset({",", "and", "&", "plus", "y", "et", "und", "e"})


def _is_no_name(lows: Sequence[str]) -> bool:
    """Whether words only lead to a name, or point at one: ``called``, ``its old name``, ``lower case``."""
    if len(lows) == 1:
        return lows[0] in _NAMED
    return (lows[0] in _WHOSE and lows[-1] in _NAMES) or lows[-1] == "case"


class Places:
    """Reads the tokens of one clause as folders, names and tags."""

    def __init__(self, sentence: str, tokens: Sequence[Token], known: Known) -> None:
        self._sentence = sentence
        self._tokens = tokens
        self._known = known

    def span(self, start: int, end: int) -> str:
        """The sentence's text of these tokens; of a single quotation what is quoted."""
        if end == start + 1:
            return self._tokens[start].text
        return self._sentence[self._tokens[start].start : self._tokens[end - 1].end]

    def says_folder(self, start: int, end: int) -> bool:
        """Whether the words call it a folder."""
        return any(token.low in _FOLDER for token in self._tokens[start:end])

    def _bounds(self, start: int, end: int) -> tuple[int, int, bool]:
        """Without articles and the word folder: (start, end, whether it was there)."""
        said = False
        while start < end - 1 and self._tokens[start].low in ARTICLES | {"whole", "entire", "new", "existing"}:
            start += 1
        if start < end - 1 and self._tokens[start].low in _FOLDER:
            start, said = start + 1, True
            if start < end - 1 and self._tokens[start].low in ("called", "named"):
                start += 1
        elif start < end - 1 and self._tokens[end - 1].low in _FOLDER:
            end, said = end - 1, True
        return start, end, said

    def folder(self, start: int, end: int) -> str:
        """A folder that is there, a path, or what the words call a folder; '' for anything else."""
        whole = self.span(start, end)
        if start < end and self._known.folder(whole):
            return whole
        begin, stop, said = self._bounds(start, end)
        if begin >= stop:
            return ""
        words = self.span(begin, stop)
        tokens = self._tokens[begin:stop]
        if self._known.folder(words):
            return words
        if stop - begin == 1 and tokens[0].low in _USUAL:
            return words
        if stop - begin == 1 and tokens[0].kind == "path" and not has_extension(words):
            return words
        if stop - begin == 1 and tokens[0].kind == "quoted" and said:
            return words
        plain = len(tokens) <= 5 and all(token.kind in ("word", "number", "folder") for token in tokens)
        return words if said and plain and not any(token.low in _NO_PLACE for token in tokens) else ""

    def is_bin(self, start: int, end: int) -> bool:
        """Whether the Trash is meant."""
        return " ".join(token.low for token in self._tokens[start:end] if token.low not in ARTICLES) in BINS

    def place(self, start: int, end: int) -> str:
        """Where something is to go: a folder as above, or a new one by its name; '' for what can be none."""
        found = self.folder(start, end)
        if found:
            return found
        if self.is_bin(start, end):
            return self.span(start, end)
        begin, stop, _ = self._bounds(start, end)
        tokens = self._tokens[begin:stop]
        if not tokens or stop - begin > _MOST_NAME:
            return ""
        words = self.span(begin, stop)
        if len(tokens) == 1 and tokens[0].kind in ("quoted", "path", "file"):
            return words
        if tokens[0].kind == "path" and not has_extension(tokens[0].text) and len(tokens) <= 4:
            goes_on = self._all_named(tokens[1:]) or not any(self._ends_a_path(token) for token in tokens[1:])
            return words if goes_on else ""
        return words if self._all_named(tokens) else ""

    @staticmethod
    def _ends_a_path(token: Token) -> bool:
        """Whether a word cannot be part of a folder's name with spaces."""
        return token.kind not in ("word", "number") or token.low in _NO_PLACE

    @staticmethod
    def _all_named(tokens: Sequence[Token]) -> bool:
        """Words that are written as a name is: capitals, or figures."""
        return all(
            token.kind in ("word", "number", "folder")
            and (token.text[:1].isupper() or token.text[:1].isdigit())
            and not (token.low in _NO_PLACE and len(tokens) == 1)
            for token in tokens
        )

    def name(self, start: int, end: int) -> str:
        """A new name of a file or folder, or a path that ends in it; '' where the words can be none."""
        if end - start > _MOST_NAME + 4 or start >= end:
            return ""
        tokens = self._tokens[start:end]
        if _is_no_name([token.low for token in tokens]) and tokens[0].kind != "quoted":
            return ""
        if len(tokens) == 1:
            if (
                tokens[0].kind == "mark"
                or tokens[0].low
                in _NO_NAME | {"it", "them", "there", "something", "new", "folder", "structure"} | ARTICLES
            ):
                return ""
            return tokens[0].text
        if any(token.kind == "quoted" or (token.kind == "mark" and token.text not in "()") for token in tokens):
            return ""
        if any(token.explicit for token in tokens[:-1]) and not (
            tokens[0].kind == "path" and not has_extension(tokens[0].text)
        ):
            return ""
        lows = {token.low for token in tokens}
        if lows & {"called", "named", "titled", "as"} or (tokens[-1].kind == "path" and tokens[0].kind != "path"):
            return ""
        words = self.span(start, end)
        if has_extension(words):
            return words if not any(token.low in {"and", "then", "to", "into"} | LIMITS for token in tokens) else ""
        if len(tokens) > _MOST_NAME or any(token.low in _NO_NAME | {"as"} | LIMITS for token in tokens):
            return ""
        return words if tokens[0].low not in _NO_NAME_BEGINS else ""

    def names(self, start: int, end: int) -> tuple[str, ...] | None:
        """Several new names: ``2025 and 2026``, ``A, B and C``."""
        found: list[str] = []
        begin = start
        for at in range(start, end + 1):
            if at < end and self._tokens[at].low not in _LISTED:
                continue
            if at == begin and at < end and found and self._tokens[at].low in _LISTED:
                begin = at + 1
                continue
            one = self.name(begin, at)
            if not one or {"for", "with", "in", "inside", "under", "of"} & {
                token.low for token in self._tokens[begin:at]
            }:
                return None
            found.append(one)
            begin = at + 1
        return tuple(found) or None

    def tags(self, start: int, end: int) -> tuple[str, ...] | None:
        """Tags, quoted or of at most two words each; None for what can be none."""
        found: list[str] = []
        begin = start
        for at in range(start, end + 1):
            if at < end and not (self._tokens[at].low in _LISTED and self._tokens[at].kind != "quoted"):
                continue
            if at == begin and at < end and found:
                begin = at + 1
                continue
            words = self._tokens[begin:at]
            if not words or len(words) > 2 or any(token.kind in ("mark", "path", "file") for token in words):
                return None
            known = self._known.tag(self.span(begin, at))
            if not known and any(token.low in _NO_PLACE for token in words):
                return None
            if words[0].low in ("a", "an", "all", "both"):
                return None
            found.append(self.span(begin, at).lstrip("#") or self.span(begin, at))
            begin = at + 1
        return tuple(found) or None
