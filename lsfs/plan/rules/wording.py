"""What the slots of the rules can hold but for files: places, names, texts, orders, times, versions, remarks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsfs.plan.rules.known import Known
from lsfs.plan.rules.lexicon import ALSO_NOUNS, LIMITS, STARTERS, VERBS
from lsfs.plan.rules.limits import is_span, time_start
from lsfs.plan.rules.places import Places
from lsfs.plan.rules.remarks import is_short
from lsfs.plan.rules.schemes import are_names, are_units, key_start
from lsfs.plan.rules.selecting import is_about_files
from lsfs.plan.rules.tokens import Token, has_extension

_ORDERED = frozenset(
    "first then before after order oldest newest latest earliest by alphabetical alphabetically".split()
)
_ORDER_STARTS = frozenset(
    "in by oldest newest latest earliest sorted ordered alphabetically according starting".split()
)
_SORTED = frozenset("date dates time age name names size alphabet taken created modified day alphabetical".split())
_EXTREMES = frozenset("oldest newest earliest latest largest biggest smallest old new".split())
_DRAFTED = frozenset(
    "letter note email e-mail mail memo poem story speech summary reply invitation report essay agenda announcement"
    " toast complaint application card text message plan article post statement reference apology reminder notice"
    " list".split()
)
_COUNTS = frozenset("a an one two three four five six".split())
_STEPS = frozenset("version versions change changes edit edits save saves".split())
_PREVIOUS = frozenset("previous last earlier prior old older former preceding before".split())
_FIRST = frozenset("first original initial oldest earliest 1st".split())
_EDITED = frozenset(
    "edit edits edited change changes changed touched messed ruined broke broken save saved edit modification"
    " modified spoilt spoiled overwrote mistake blunder botched screwed editing".split()
)
_AT_FIRST = frozenset(
    {"at first", "originally", "initially", "at the beginning", "at the start", "in the beginning", "to begin with"}
    | {"at the very beginning", "at the outset", "the first time", "when i first wrote it", "when i first saved it"}
    | {"when i first made it", "when i started", "in its original form", "in its original state"}
)
_TAIL = frozenset(
    "folders folder sub-folders sub-folder subfolders subfolder directories directory named called like so i.e e.g eg"
    " ie and each in its own one per for every inside it there with the a as using making into them be such"
    " that is under separate of these those entries right file files should names thus"
    " namely".split()
)
_FILLER = frozenset(
    "the entries files file photos pictures documents notes ones everything them it each in into right one correct"
    " proper its own there accordingly matching folder folders where they belong all of that month year respective"
    " accordingly".split()
)
_BEFORE_TEXT = frozenset(
    ": with by to says saying reads reading say read contains contain has only just this line text words sentence"
    " following but write add put append insert jot which that note row entry item point bullet paragraph"
    " enter".split()
)
_NO_TEXT = frozenset("nothing something anything everything whatever none".split())
_EMPTY_TEXTS = frozenset("line lines text entry item something note row paragraph it them that this".split())
_NOT_IN_A_NAME = frozenset("for with of called named from that in inside under within below beneath".split())


class Wording:
    """The readings of the tokens of one clause, by kind of slot and place; each is asked for once."""

    def __init__(self, sentence: str, tokens: Sequence[Token], known: Known, raw_end: int) -> None:
        self.sentence = sentence
        self._raw_end = raw_end
        self.tokens = tokens
        self._known = known
        self._places = Places(sentence, tokens, known)
        self._read: dict[tuple[str, int, int], Any] = {}

    def read(self, kind: str, start: int, end: int) -> Any:
        """The value of a slot of this kind, None where the tokens cannot be one."""
        key = (kind, start, end)
        if key not in self._read:
            self._read[key] = getattr(self, f"_{kind}")(start, end) or None
        return self._read[key]

    def span(self, start: int, end: int) -> str:
        """The sentence's text of these tokens."""
        return self.sentence[self.tokens[start].start : self.tokens[end - 1].end]

    # Places and names

    def _place(self, start: int, end: int) -> str:
        return self._places.place(start, end)

    def _folder(self, start: int, end: int) -> str:
        return self._places.folder(start, end)

    def _home(self, start: int, end: int) -> str:
        """A folder, or the Trash, for words that also say whose a thing is: ``belongs to Anna``."""
        return self._places.folder(start, end) or (self.span(start, end) if self._places.is_bin(start, end) else "")

    def _folder_said(self, start: int, end: int) -> str:
        """A folder that is called one."""
        return self._places.folder(start, end) if self._places.says_folder(start, end) else ""

    def _name(self, start: int, end: int) -> str:
        return self._places.name(start, end)

    def _ended(self, start: int, end: int) -> str:
        """A name with an ending, or a path."""
        name = self._places.name(start, end)
        token = self.tokens[start]
        return name if has_extension(name) or (token.kind in ("path", "quoted") and end == start + 1) else ""

    def _new_file(self, start: int, end: int) -> str:
        """As `_ended`, where nothing says that a name follows."""
        lows = {token.low for token in self.tokens[start:end]}
        if end > start + 1 and {"of", "for", "to", "with", "from", "in", "on", "about", "a", "the", "and"} & lows:
            return ""
        name = self._ended(start, end)
        return name if has_extension(name) else ""

    def _new_folder(self, start: int, end: int) -> str:
        """Name or path of a folder to be made."""
        name = self._places.name(start, end)
        lows = [token.low for token in self.tokens[start:end]]
        if has_extension(name) or _NOT_IN_A_NAME & set(lows[1:]) or lows[0] in ("for", "with", "of"):
            return ""
        return name

    def _names(self, start: int, end: int) -> tuple[str, ...] | None:
        return self._places.names(start, end)

    def _new_folders(self, start: int, end: int) -> tuple[str, ...] | None:
        names = self._places.names(start, end)
        return None if names is None or any(has_extension(name) for name in names) else names

    def _tags(self, start: int, end: int) -> tuple[str, ...] | None:
        return self._places.tags(start, end)

    def _count(self, start: int, end: int) -> str:
        token = self.tokens[start]
        good = end == start + 1 and (token.low in _COUNTS or (token.text.isdigit() and len(token.text) == 1))
        return token.text if good else ""

    def _piece(self, start: int, end: int) -> str:
        """A piece of a name: one word or quotation, a mark at its end included (``diary-``, ``old_``)."""
        if end - start > 2 or (end - start == 2 and self.tokens[start].end != self.tokens[end - 1].start):
            return ""
        return self._places.span(start, end)

    def _counted(self, start: int, end: int) -> str:
        """A name that ends in figures: ``trip-01``."""
        words = self._places.span(start, end)
        good = end - start <= 4 and words[-1:].isdigit() and not {",", "and"} & {t.low for t in self.tokens[start:end]}
        return words if good else ""

    # Text

    def _text(self, start: int, end: int) -> str:
        """A quotation, or words that are to be written; not what could be more than that."""
        tokens = self.tokens[start:end]
        if len(tokens) == 1 and tokens[0].kind == "quoted":
            return tokens[0].text
        if any(token.kind == "quoted" for token in tokens) or self._says_no_text(start):
            return ""
        return self.span(start, end)

    def _says_no_text(self, start: int) -> bool:
        """Whether words say that there is no text, or not which: ``nothing``, ``something else``."""
        token = self.tokens[start]
        return token.kind != "quoted" and token.low in _NO_TEXT

    def _item(self, start: int, end: int) -> str:
        """Words that nobody called a text: no file, no folder."""
        tokens = self.tokens[start:end]
        if len(tokens) > 1 and any(token.kind == "quoted" for token in tokens):
            return ""
        if any(token.kind in ("file", "path", "folder") for token in tokens):
            return ""
        if tokens[0].low in ("the", "down", "tag", "tags", "all", "every", "both", "each", "prefix", "suffix"):
            return ""
        lows = [token.low for token in tokens]
        if lows[-1] in _EMPTY_TEXTS or (lows[0] in ("a", "an") and any(word in _DRAFTED for word in lows[1:4])):
            return ""
        if tokens[0].low == "a" and tokens[1:2] and tokens[1].low in ("copy", "tag", "prefix", "suffix", "duplicate"):
            return ""
        return self._text(start, end)

    def _rest(self, start: int, end: int) -> str:
        """All that follows, as it was typed."""
        if end < len(self.tokens):
            return ""
        led = start > 0 and self.tokens[start - 1].text == ":"
        if not led and end > start + 1 and any(token.kind == "quoted" for token in self.tokens[start:end]):
            return ""
        if end == start + 1 and self.tokens[start].kind == "quoted":
            return self.tokens[start].text
        return self.sentence[self.tokens[start].start : self._raw_end].rstrip()

    def _ending(self, start: int, end: int) -> str:
        """As `_rest`; without a colon before it nothing that looks like a name."""
        before = self.tokens[start - 1].low if start else ""
        if before != ":" and (any(token.text == ":" for token in self.tokens[start:end]) or self._says_no_text(start)):
            return ""
        if before != ":" and any(token.kind in ("file", "path") for token in self.tokens[start:end]):
            return ""
        plain = before in _BEFORE_TEXT or (end == start + 1 and self.tokens[start].kind == "quoted")
        return self._rest(start, end) if plain else ""

    def _quoted(self, start: int, end: int) -> str:
        token = self.tokens[start]
        return token.text if end == start + 1 and token.kind == "quoted" else ""

    def _letter(self, start: int, end: int) -> str:
        """What is to be drafted: ``letter to the landlord about the boiler``."""
        tokens = self.tokens[start:end]
        lows = [token.low for token in tokens]
        drafted = any(word in _DRAFTED for word in lows[:4]) and lows[-1] not in ("it", "and", "that", "as")
        return self.span(start, end) if drafted and not any(token.explicit for token in tokens) else ""

    def _letter_in(self, start: int, end: int) -> tuple[str, str] | None:
        """(what is to be drafted, the name that stands within it)."""
        named = [n for n in range(start + 1, end) if self.tokens[n].explicit]
        lows = [token.low for token in self.tokens[start : start + 4]]
        if len(named) != 1 or not any(word in _DRAFTED for word in lows):
            return None
        at = named[0]
        if self.tokens[at - 1].low not in ("in", "into", "as", "to", "called", "named") or not has_extension(
            self.tokens[at].text
        ):
            return None
        return self.span(start, end), self.tokens[at].text

    def _foreign_words(self, start: int, end: int) -> str:
        """What is looked for in another language; nothing that goes on with a change."""
        lows = {token.low for token in self.tokens[start:end]}
        return "" if lows & (VERBS | STARTERS - ALSO_NOUNS) - {"new"} else self.span(start, end)

    # Order, kind, time, version

    def _key(self, start: int, end: int) -> str:
        """By what files are sorted into folders: ``year``, ``file type``, ``year and then month``, ``YYYY-MM``."""
        found = key_start(self.tokens[start:end])
        return self.span(start + found[0], start + found[1]) if found is not None else ""

    def _units(self, start: int, end: int) -> str:
        return self.span(start, end) if are_units(self.tokens[start:end]) else ""

    def _folder_names(self, start: int, end: int) -> str:
        """Several folders that files are to be sorted into."""
        said = self.span(start, end)
        return said if are_names(self.tokens[start:end], said) else ""

    def _order(self, start: int, end: int) -> str:
        """Words about an order: ``march first and then september``, ``in that order``, ``by date``."""
        tokens = self.tokens[start:end]
        lows = [token.low for token in tokens]
        if not _ORDERED & set(lows) or len(lows) > 12 or any(token.explicit for token in tokens):
            return ""
        led = start > 0 and self.tokens[start - 1].text in (",", "(", ":", ";")
        if lows[0] in (",", "and", "(") or lows[-1] == "," or not (led or lows[0] in _ORDER_STARTS):
            return ""
        return self.span(start, end)

    def _sorting(self, start: int, end: int) -> str:
        """What an order goes by: ``date``, ``the date they were taken``, ``name``."""
        lows = [token.low for token in self.tokens[start:end]]
        if any(token.explicit or token.kind == "folder" for token in self.tokens[start:end]):
            return ""
        plain = (
            len(lows) <= 5 and bool(_SORTED & set(lows)) and not (LIMITS | {",", "and", "to", "in", "by"}) & set(lows)
        )
        return self.span(start, end) if plain else ""

    def _first_of(self, start: int, end: int) -> str:
        """``oldest first``, ``newest to oldest``."""
        lows = [token.low for token in self.tokens[start:end]]
        good = len(lows) in (2, 3) and lows[0] in _EXTREMES | {"the"} and lows[-1] in _EXTREMES | {"first"}
        return self.span(start, end) if good else ""

    def _tail(self, start: int, end: int) -> tuple[str, ...] | None:
        """Words after the key of a grouping that only say again what it means; the names of folders among them."""
        names = [token.text for token in self.tokens[start:end] if token.kind != "mark" and token.low not in _TAIL]
        if any(token.kind in ("path", "quoted") for token in self.tokens[start:end]):
            return None
        return tuple(names) or ("",)

    def _filler(self, start: int, end: int) -> str:
        """``the entries in the right one``: that files go where they belong."""
        good = all(token.low in _FILLER for token in self.tokens[start:end]) and end - start < 10
        return self.span(start, end) if good else ""

    def _when(self, start: int, end: int) -> str:
        """A time: ``yesterday``, ``since May``, ``in the last 3 days``."""
        lows = [token.low for token in self.tokens[start:end]]
        found = time_start(lows)
        if found is not None and not found[0]:
            return self.span(start + found[1], end)
        return self.span(start, end) if is_span(lows) else ""

    def _version(self, start: int, end: int) -> str:
        """Which version, before the word version: ``previous``, ``very first``, ``yesterday's``."""
        lows = [token.low for token in self.tokens[start:end]]
        if lows[:1] in (["very"], ["immediately"], ["most"]) and len(lows) > 1:
            lows = lows[1:]
        if len(lows) == 1 and lows[0] in _PREVIOUS:
            return "previous"
        if len(lows) == 1 and lows[0] in _FIRST:
            return "first"
        if lows[-1].endswith("'s") and is_span([*lows[:-1], lows[-1][:-2]]):
            return self.span(start, end)[:-2]
        return ""

    def _versioned(self, start: int, end: int) -> str:
        """``version 3``, ``version number 3``: as ``@3``."""
        lows = [token.low for token in self.tokens[start:end]]
        good = len(lows) in (2, 3) and lows[0] == "version" and lows[-1].lstrip("@#").isdigit()
        return "@" + lows[-1].lstrip("@#") if good and lows[1:-1] in ([], ["number"], ["no"]) else ""

    def _steps(self, start: int, end: int) -> str:
        """How many versions back: ``two versions``, ``3 saves``."""
        lows = [token.low for token in self.tokens[start:end]]
        good = len(lows) == 2 and (lows[0] in _COUNTS - {"a", "an", "six"} or lows[0].isdigit())
        return self.span(start, end) if good and lows[1] in _STEPS else ""

    def _since(self, start: int, end: int) -> str:
        """Which version, after it: ``before my last change``, ``from yesterday``, ``at the beginning``."""
        lows = [token.low for token in self.tokens[start:end]]
        words = " ".join(lows)
        if words in (
            "before",
            "previously",
            "earlier",
            "beforehand",
            "from before",
            "of before",
            "before that",
            "before this",
            "before it",
        ):
            return "previous"
        if words in _AT_FIRST:
            return "first"
        if lows[0] == "before" and len(lows) <= 9:
            said = set(lows)
            if lows[1:2] in (["i"], ["we"]) and said & _EDITED and "it" in said and lows[-1] not in ("first", "twice"):
                return "previous"
            if lows[1:2] in (["my"], ["the"], ["this"], ["that"]) and said & _EDITED:
                return "previous" if not said & {"first", "second", "two", "three"} else ""
            if lows[1:2] in (["op"], ["operation"]) and lows[-1].isdigit() and len(lows) == 3:
                return self.span(start, end)
            return self.span(start, end) if is_span(lows[1:]) else ""
        if lows[0] in ("from", "of", "on", "at", "as", "in", "since") and len(lows) > 1:
            skip = 2 if lows[:2] == ["as", "of"] else 1
            return self.span(start + skip, end) if is_span(lows[skip:]) else ""
        return self.span(start, end) if is_span(lows) else ""

    def _number(self, start: int, end: int) -> str:
        token = self.tokens[start]
        text = token.text.lstrip("#")
        return text if end == start + 1 and text.isdigit() else ""

    # Words that say nothing of files

    def _any(self, start: int, end: int) -> str:
        """Anything at all."""
        return self.span(start, end)

    def _remark(self, start: int, end: int) -> str:
        """Words beside the wish: no name, no number, no condition."""
        tokens = self.tokens[start:end]
        if not is_short(tokens):
            return ""
        lows = {token.low for token in tokens}
        return "" if (LIMITS - {"don't", "never", "not"}) & lows else self.span(start, end)

    def _about(self, start: int, end: int) -> str:
        """A description by which documents can be looked for."""
        return self.span(start, end) if is_about_files(self.tokens[start:end]) else ""

    def _sought_words(self, start: int, end: int) -> str:
        return self._about(start, end)
