"""What speaks against a Request for a sentence, whoever has made it.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile

import msgspec

from lsfs.plan.request import (
    READING,
    Action,
    Append,
    Ask,
    Create,
    Find,
    Group,
    History,
    List,
    Rename,
    Request,
    Restore,
    SaveQuery,
    Summarize,
    Trash,
    Untag,
    Write,
    verb_of,
)
from lsfs.plan.rules.drafting import asks_for_a_draft, is_given, writing
from lsfs.plan.rules.lexicon import ARTICLES, CUES, EVERYTHING, GENERIC, NOUNS, QUANTIFIERS, UNKNOWN_VERBS
from lsfs.plan.rules.parts import goes_out_of, is_part, is_tags
from lsfs.plan.rules.politeness import shows_changes
from lsfs.plan.rules.tokens import Token, low, tokenize
from lsfs.plan.rules.typos import without_typo

_NORMALISED = frozenset({"previous", "first", "there", "it", "them"})
_KEPT = re.compile(
    r"\b(leav\w*|keep\w*|lass\w*|behalt\w*|laiss\w*|gard\w*|conserv\w*|dej\w*|lasci\w*|manten\w*)\b[^.;]{0,30}"
    r"\b(original\w*|l'original|originale?|untouched|where (it|they) (is|are))\b"
)
_ARTICLES = re.compile(r"\b(the|a|an|my|our|that)\b ?")
_QUOTES = re.compile("[\"'`’‘“”„«»‹›]")
_WITHIN = frozenset("from off out of in within inside".split())
_TAKEN_OUT = re.compile(
    r"\b(?:remove|delete|erase|strip|take|drop|clear|cut) ([^.,;]+?) (?:from|out of|off|in|of)"
    r" (?:the |my |our |your )?$"
)
_OF_A_FILE = re.compile(
    r"(?:the )?(?:whole |entire )?(?:contents?|text) of \S|what(?:'s in|ever is in| is in)? .*\b(?:says|contains)$",
    re.IGNORECASE,
)
_SECOND: dict[str, str] = {
    "move": "move group rename trash restore",
    "copy": "copy",
    "duplicate": "copy",
    "clone": "copy",
    "rename": "rename move copy",
    "delete": "trash untag",
    "trash": "trash",
    "remove": "trash untag",
    "erase": "trash",
    "discard": "trash restore",
    "tag": "tag untag",
    "untag": "untag",
    "merge": "merge",
    "restore": "restore",
    "undo": "undo redo restore",
    "append": "append merge rename",
    "overwrite": "write",
    "summarise": "summarize create",
    "summarize": "summarize create",
    **dict.fromkeys("verschiebe déplace mueve sposta".split(), "move"),
    **dict.fromkeys("kopiere".split(), "copy"),
    **dict.fromkeys("lösche entferne supprime efface borra elimina cancella".split(), "trash"),
    **dict.fromkeys("benenne renomme renombra rinomina".split(), "rename"),
}
"""Verb in a sentence → verbs of a Request one of which it has to lead to."""
_BREAKS = frozenset(
    {",", ";", ".", "and", "then", "und", "dann", "et", "puis", "y", "luego", "e", "poi", "please", ":", "so"}
)


IN_WORDS: dict[str, str] = {
    "create": "make a file",
    "mkdir": "make a folder",
    "append": "add something to a file",
    "write": "write a file's text",
    "move": "move anything",
    "copy": "copy anything",
    "rename": "rename anything",
    "trash": "throw anything away",
    "tag": "tag anything",
    "untag": "take tags away",
    "group": "sort files into folders",
    "merge": "make one file of several",
    "restore": "restore an earlier version",
    "undo": "take anything back",
    "redo": "do anything again",
    "save_query": "keep a search",
}
"""Verb of a Request that changes something → how a user would say it."""


class _Nothing:
    """A tree without files: names are known by their form alone."""

    def folder(self, words: str) -> bool:
        return False

    def file(self, words: str) -> bool:
        return False

    def tag(self, words: str) -> bool:
        return False


_SWEEPING = frozenset(
    "everything anything all every whole entire lot alles alle ganze ganzen tout tous toutes todo todos todas tutto"
    " tutti tutte vaciar".split()
)
_FILLING = frozenset("please could you can would just now me for out away off up go and ahead right here then".split())


def sweeping(sentence: str) -> bool:
    """Whether a sentence asks for nothing but that everything be thrown away.

    >>> sweeping("please delete all of my files"), sweeping("delete all of my invoices")
    (True, False)
    """
    if _QUOTES.search(sentence.strip("\"'")) or sentence[:1] in "\"'“„«":
        return False  # words that somebody else said
    words = re.findall(r"[^\W_]+", low(sentence))
    cues = set(CUES["trash"].split())
    whole = GENERIC | _FILLING | {word for phrase in EVERYTHING for word in phrase.split()}
    return bool(cues & set(words) and _SWEEPING & set(words)) and all(word in cues or word in whole for word in words)


def faults(sentence: str, request: Request) -> tuple[str, ...]:
    """Why a request cannot be what the sentence says, one reason each; empty where nothing speaks against it."""
    if not request.actions:
        return ()
    tokens = tokenize(sentence, _Nothing())
    found = [
        *_without_cue(sentence, request),
        *_too_broad(sentence, request),
        *_not_literal(sentence, request),
        *_left_over(tokens, request),
        *_second_verbs(tokens, request),
        *_not_drafted(tokens, request),
        *_not_done_here(tokens, request),
        *_no_whole_files(sentence, request),
    ]
    return tuple(dict.fromkeys(found))


def values(action: Action) -> Iterator[tuple[str, str]]:
    """(slot, value) of what an action says."""
    for slot in msgspec.structs.fields(type(action)):
        value = getattr(action, slot.name)
        for one in value if isinstance(value, tuple) else (value,):
            if one:
                yield slot.name, one


def _without_cue(sentence: str, request: Request) -> Iterator[str]:
    said = low(sentence)
    for action in request.actions:
        if isinstance(action, Create | Append | Write) and action.text:
            said = said.replace(low(action.text), " ")
    words = set(re.findall(r"[^\W_]+(?:[-'][^\W_]+)*", said))
    words |= {part for word in words for part in word.split("'")}
    words |= {without_typo(word) for word in words}
    for action in request.actions:
        verb = verb_of(action)
        if verb in CUES and not words & set(CUES[verb].split()):
            yield f"no word of the sentence asks to {IN_WORDS[verb]}"


def _too_broad(sentence: str, request: Request) -> Iterator[str]:
    kept = _KEPT.search(low(sentence)) is not None
    for action in request.actions:
        if not isinstance(action, Trash):
            continue
        if kept:
            yield "the original is to be kept"
        limited = action.folder or action.time or action.size or action.tagged
        words = low(" ".join(action.what))
        if not limited and (words in EVERYTHING or not set(words.split()) - GENERIC):
            yield "everything would be thrown away"


def _plain(text: str) -> str:
    """As values and sentences are compared: letter case, quotes, articles and runs of spaces do not count."""
    return " ".join(_ARTICLES.sub("", _QUOTES.sub("", low(text))).split())


def _not_done_here(tokens: Sequence[Token], request: Request) -> Iterator[str]:
    """What is asked of files where a clause begins with a verb that no action of ours stands for."""
    if not request.changes or any(isinstance(action, Create | Append | Write | Rename) for action in request.actions):
        return
    for n, token in enumerate(tokens):
        begins = n == 0 or tokens[n - 1].low in _BREAKS | {"you", "just"}
        if begins and token.low in UNKNOWN_VERBS:
            yield f"lsfs does not {token.low} files"


def _no_whole_files(sentence: str, request: Request) -> Iterator[str]:
    """A part of a document, or its tags, taken for files."""
    said = low(sentence)
    for action in request.actions:
        if isinstance(action, READING):
            continue
        for phrase in getattr(action, "what", ()):
            words = list(dropwhile(ARTICLES.__contains__, low(phrase).split()))
            trash = isinstance(action, Trash)
            part = _WITHIN & set(words[1:]) and (goes_out_of(words) if trash else is_part(words))
            if part or (is_tags(words) and not isinstance(action, Untag)):
                yield f"“{phrase}” is no file"
            taken = _TAKEN_OUT.search(said[: max(said.find(low(phrase)), 0)]) if trash else None
            if taken and set(taken[1].split()) - GENERIC - ARTICLES - QUANTIFIERS:
                yield f"“{taken[1]}” would be left out"


def _not_literal(sentence: str, request: Request) -> Iterator[str]:
    said = _plain(sentence)
    for action in request.actions:
        for slot, value in values(action):
            if isinstance(action, Restore) and slot == "version" and (value in _NORMALISED or value.startswith("@")):
                continue
            if value in _NORMALISED and slot in ("what", "to"):
                continue
            plain = _plain(value)
            if isinstance(action, Rename) and slot == "name":
                pieces = [piece for piece in re.split(r"[*#]+", plain) if piece.strip()]
                if all(piece.strip() in said for piece in pieces):
                    continue
            if plain not in said:
                yield f"“{value}” is not in the sentence"


def _left_over(tokens: Sequence[Token], request: Request) -> Iterator[str]:
    """Names, paths, quotations and numbers that stand in no slot."""
    if all(isinstance(action, Find | List | Ask) for action in request.actions):
        return
    held = [_plain(value) for action in request.actions for _, value in values(action)]
    reading = all(isinstance(action, READING) for action in request.actions)
    for n, token in enumerate(tokens):
        if token.kind not in ("file", "path", "quoted", "number"):
            continue
        plain = _plain(token.text)
        if any(plain in value for value in held) or not plain:
            continue
        if token.kind == "number" and (reading or _number_is_fine(tokens, n, request)):
            continue
        yield f"“{token.text}” would be left out"


def _number_is_fine(tokens: Sequence[Token], at: int, request: Request) -> bool:
    """A number that only counts files, names the folders of a grouping, or begins a counter."""
    after = tokens[at + 1].low if at + 1 < len(tokens) else ""
    if after in NOUNS or after in (
        "files",
        "folders",
        "more",
        "new",
        "sub-folders",
        "subfolders",
        "sentences",
        "lines",
        "words",
    ):
        return True
    for action in request.actions:
        if isinstance(action, Group) and action.by.casefold().removesuffix("s") in (
            "year",
            "month",
            "day",
            "date",
            "quarter",
        ):
            return True
        if isinstance(action, Rename) and "#" in action.name:
            return True
        if isinstance(action, Restore) and action.version == "@" + tokens[at].text.lstrip("#"):
            return True
        if isinstance(action, Summarize | History):
            return True
    return False


def _may_be_asked_for(text: str) -> bool:
    return not is_given(text) or writing(tokenize(text, _Nothing()))


def _not_drafted(tokens: Sequence[Token], request: Request) -> Iterator[str]:
    """Texts that are written as they were said, though one was to be drafted or taken from a file, and the reverse."""
    lows = {token.low for token in tokens}
    for action in request.actions:
        if not isinstance(action, Append | Write):
            continue
        if action.about and not asks_for_a_draft(lows):
            yield "it is not asked for a text to be drafted"
        quoted = any(token.kind == "quoted" and token.text == action.text for token in tokens)
        if action.text and not quoted and ":" not in lows and _may_be_asked_for(action.text):
            yield f"“{action.text}” may be the text, or what one is to be about: put a text in quotes"
        if isinstance(action, Write) and not quoted and _OF_A_FILE.match(action.text):
            yield f"“{action.text}” may be the text, or stand for that of a file: put a text in quotes"


def _second_verbs(tokens: Sequence[Token], request: Request) -> Iterator[str]:
    """Verbs at the beginning of a wish that no action stands for."""
    if all(isinstance(action, Ask) for action in request.actions):
        return
    verbs = {verb_of(action) for action in request.actions}
    held = [_plain(value) for action in request.actions for slot, value in values(action)]
    texts = [
        low(action.text) for action in request.actions if isinstance(action, Create | Append | Write) and action.text
    ]
    for n, token in enumerate(tokens):
        needed = _SECOND.get(token.low)
        if needed is None or verbs & set(needed.split()):
            continue
        if n and tokens[n - 1].low not in _BREAKS:
            continue
        following = tokens[n + 1].low if n + 1 < len(tokens) else ""
        if any(token.low in text for text in texts) or any(
            f"{token.low} {following}".strip() in value for value in held
        ):
            continue
        if isinstance(request.actions[0], SaveQuery) or shows_changes(tokens, n, len(tokens)):
            continue
        yield f"nothing is done about “{token.text}”"
