"""What the slots of the rules can hold: all kinds, those for files here."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.plan.rules import drafting, parts
from lsfs.plan.rules.chosen import Chosen
from lsfs.plan.rules.known import Known
from lsfs.plan.rules.lexicon import EVERYTHING, FOREIGN_LIMITS, FOREIGN_PARTS, GENERIC, NOUNS, PRONOUNS
from lsfs.plan.rules.selecting import Selecting, is_kind
from lsfs.plan.rules.tokens import Token, has_extension
from lsfs.plan.rules.wording import Wording

_LISTS = frozenset(
    "list log logs diary journal notes note file notebook todo to-do register record agenda ledger minutes document"
    " readme changelog rota inventory page memo sheet".split()
)
_SEVERAL = frozenset("all every each both files photos pictures images pdfs".split())
_ABOUT_VERBS = frozenset(
    "mention mentions contain contains talk talks deal deals are is refer refers speak speaks say says have has cover"
    " covers describe describes explain explains discuss discusses".split()
)
_TAKING = frozenset("remove erase clear strip take drop lose".split())
"""Verbs with which something is taken out of what is named after ``from``, and stays itself."""
_USUAL_FOLDERS = frozenset("desktop documents downloads pictures music videos".split())


class Reader(Wording):
    """Reads the tokens of one clause as any kind of slot."""

    def __init__(self, sentence: str, tokens: Sequence[Token], known: Known, raw_end: int) -> None:
        super().__init__(sentence, tokens, known, raw_end)
        self._selecting = Selecting(sentence, tokens, known, self._places)

    def _files(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """Files that a change is about."""
        return self._selecting.files(start, end)

    def _reading(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """Files that are read or looked for."""
        return self._selecting.files(start, end, reading=True)

    def _vanishing(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """Files to be thrown away: not all of them."""
        found = self._selecting.files(start, end)
        for one in found or ():
            words = " ".join(one.what).casefold()
            if not one.exact and words not in EVERYTHING and words and parts.goes_out_of(words.split()):
                return None
            if {"from", "off"} & set(words.split()) and (words.split()[-1] in _LISTS or self.tokens[0].low in _TAKING):
                return None  # a line of a list, or what is no folder
            if not one.limited and (words in EVERYTHING or not set(words.split()) - GENERIC):
                return None
        return found

    def _unplaced(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """Files to be thrown away, said with a word that is also said of putting: without a folder."""
        found = self._vanishing(start, end)
        return found if found and not any(one.folder for one in found) else None

    def _one(self, start: int, end: int) -> Chosen | None:
        """A single description or name."""
        found = self._selecting.files(start, end)
        return found[0] if found and len(found) == 1 and len(found[0].what) == 1 else None

    def _one_document(self, start: int, end: int) -> Chosen | None:
        """A single name, or a description by what documents are called: what has a name that is no file's is none."""
        found = self._one(start, end)
        lows = [token.low for token in self.tokens[start:end]]
        return found if found and (found.exact or not parts.is_named_in(lows)) else None

    def _one_read(self, start: int, end: int) -> Chosen | None:
        """A single description or name that is read."""
        found = self._selecting.files(start, end, reading=True)
        return found[0] if found and len(found) == 1 and len(found[0].what) == 1 else None

    def _exact(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """Files by their names alone."""
        found = self._selecting.files(start, end)
        return found if found and all(one.exact for one in found) else None

    def _exact_one(self, start: int, end: int) -> Chosen | None:
        """A file or folder by its name."""
        found = self._one(start, end)
        return found if found and found.exact else None

    def _many(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """Several files, by a word that says so."""
        lows = {token.low for token in self.tokens[start : min(start + 3, end)]}
        named = {"name", "names", "filename", "filenames"} & {token.low for token in self.tokens[start:end]}
        return self._selecting.files(start, end) if lows & _SEVERAL and not named else None

    def _described(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """Files in another language: one name, or one description without a condition or a list."""
        found = self._selecting.files(start, end)
        if found is None or len(found) != 1 or len(found[0].what) != 1 or found[0].limited:
            return None
        lows = {token.low for token in self.tokens[start:end]}
        if not lows - GENERIC or FOREIGN_PARTS & {token.low for token in self.tokens[start : start + 2]}:
            return None
        return None if FOREIGN_LIMITS & lows and not found[0].exact else found

    def _target(self, start: int, end: int) -> Chosen | None:
        """A text file that lines can be added to: a name, or what is called a list, a log, notes …"""
        found = self._one(start, end)
        if found is None:
            return None
        words = found.what[0].casefold().split()
        named = self._known.file(found.what[0]) or (words[-1] in _LISTS and not found.exact)
        named = named or (found.exact and has_extension(found.what[0]))
        return found if (named and "*" not in found.what[0]) or words in (["it"], ["that"]) else None

    def _any_target(self, start: int, end: int) -> Chosen | None:
        """A text file by any description, where the words before call it a line or the end of one."""
        found = self._one(start, end)
        if found is None or self._known.folder(found.what[0]) or "to" in found.what[0].casefold().split():
            return None
        if found.what[0].casefold().endswith((" folder", " directory")) or " in place of " in found.what[0].casefold():
            return None
        if found.exact and not (has_extension(found.what[0]) or self._known.file(found.what[0])):
            return None
        return found

    def _listed(self, start: int, end: int) -> Chosen | None:
        """A list that something is put on; not a folder of that name."""
        found = self._target(start, end)
        if found is None or self._known.folder(found.what[0]) or found.what[0].casefold() in PRONOUNS:
            return None
        return found

    def _writing(self, start: int, end: int) -> str:
        """A text that is to be drafted, and what it is to say: ``short paragraph about the boat``."""
        return self.span(start, end) if drafting.writing(self.tokens[start:end]) else ""

    def _piece_of_text(self, start: int, end: int) -> str:
        """What a text that is to be drafted is called: ``short paragraph``."""
        return self.span(start, end) if drafting.piece(self.tokens[start:end]) else ""

    def _topic(self, start: int, end: int) -> str:
        """What a text is to be about, to the end: ``about why we moved``."""
        return self.span(start, end) if end == len(self.tokens) and drafting.topic(self.tokens[start:end]) else ""

    def _manner(self, start: int, end: int) -> str:
        """How a text is to be written anew, after ``as``."""
        return self.span(start, end) if drafting.manner(self.tokens[start:end]) else ""

    def _led_manner(self, start: int, end: int) -> str:
        """The same with its own first word: ``in a friendlier tone``."""
        return self.span(start, end) if drafting.led_manner(self.tokens[start:end]) else ""

    def _topical(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """``pdfs are about boats``: a kind of file and what it is about."""
        lows = [token.low for token in self.tokens[start:end]]
        for at in range(1, len(lows) - 1):
            if self._kinds(start, start + at) and lows[at] in _ABOUT_VERBS:
                return (Chosen(what=(self.span(start, end),)),)
        return None

    def _kinds(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """A kind of file or document: ``spreadsheets``, ``of my pdf files``."""
        while start < end - 1 and self.tokens[start].low in ("of", "the", "my", "our", "kind", "other"):
            start += 1
        last = self.tokens[end - 1].low
        if end - start > 3 or not (is_kind(last) or (last in NOUNS and last.endswith("s"))):
            return None
        return self._selecting.files(start, end, reading=True)

    def _limited(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """A kind of file with limits: ``pdfs in Downloads older than a year``."""
        found = self._selecting.files(start, end, reading=True)
        for one in found or ():
            last = one.what[-1].casefold().split()[-1] if one.what else ""
            if not one.limited or not (is_kind(last) or last in NOUNS):
                return None
        return found

    def _plural(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """All of a kind."""
        found = self._selecting.files(start, end, reading=True)
        if not found or len(found) != 1 or len(found[0].what) != 1:
            return None
        words = found[0].what[0].casefold().split()
        good = words[-1] in ("files", "documents", "everything") or (is_kind(words[-1]) and words[-1].endswith("s"))
        return found if good and len(words) < 4 else None

    def _sought(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """What is looked for, and called what documents are called."""
        if self.tokens[start].low in ("we", "i", "you", "they", "he", "she", "to") or not self._about(start, end):
            return None
        return self._selecting.files(start, end, reading=True)

    def _grouped(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """What is sorted: a folder's files, or files as they are described."""
        folder = self._places.folder(start, end)
        first = self.tokens[end - 1]
        plain = first.kind == "word" and first.text.islower() and first.low not in _USUAL_FOLDERS
        plain = plain and not self._places.says_folder(start, end)
        if folder and not plain:
            return (Chosen(folder=folder),)
        found = self._selecting.files(start, end)
        # One file is nothing to sort.
        single = found is not None and len(found) == 1 and found[0].exact and len(found[0].what) == 1
        return None if single and found and has_extension(found[0].what[0]) else found

    def _merged(self, start: int, end: int) -> tuple[Chosen, ...] | None:
        """Documents to be joined: at least two names, or a description of several."""
        found = self._selecting.files(start, end)
        single = (
            found is not None and len(found) == 1 and found[0].exact and len(found[0].what) == 1 and not found[0].folder
        )
        return None if single else found
