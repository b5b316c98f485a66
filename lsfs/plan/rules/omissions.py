"""What a model may leave out of a sentence, and no plan may do without: exceptions, negations, qualifiers.  Pure.

The rules take a sentence only whole; a model writes what it noticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from lsfs.index.functionwords import is_function_word
from lsfs.plan.request import READING, Action, Request, Trash, Untag, verb_of
from lsfs.plan.rules.lexicon import CUES, GENERIC, QUANTIFIERS
from lsfs.plan.rules.tokens import low

_RESTRICTING = re.compile(
    r"\b(?:except\w*|apart from|aside from|excluding|besides|minus|save for|but not|but keep"
    r"|keep (?:the|that|those|my|all|one)|one of|other than|unless|if|when|don't|do not|dont|never|not|without"
    r"|instead of|außer|nicht|kein\w*|wenn|falls|ohne|sauf|excepté|n'\w+|ne|sans|excepto|salvo|menos|no|tranne|eccetto"
    r"|non|senza)\b"
)
_ON = r"(?:(?!\b(?:except|excepting|unless|but|apart|aside|excluding|besides|other than)\b)[^.;,])*"
"""To the end of a clause, or to where something is taken out again."""
_HARMLESS = re.compile(
    rf"\b(?:(?:i|we) (?:don't|do not|dont|no longer|never) (?:need|want|use|have|like|remember|know)\b{_ON}"
    r"|no longer needed|not needed|if (?:you can|possible|you please|you would)|when you (?:can|have time)"
    r"|no (?:problem|hurry|rush)|why not|ich brauche? [^.;,]*nicht[^.;,]*"
    r"|je n'en ai plus besoin|no l[oae]s? necesito[^.;,]*"
    r"|non (?:mi )?serv\w+[^.;,]*)"
)
_EVERY_TAG = re.compile(r"\b(?:tags|labels|all|every|any|schlagwörter|étiquettes|etiquetas|etichette)\b")
_SOME_TAGS = re.compile(r"\b(?:tags|labels)\b[^.;,]*\b(?:that|which|i|we)\b")
_TAGS_GO = re.compile(
    r"\b(?:delete|remove|drop|clear|strip|discard|erase)(?: (?:all|of|the|every|my|their|its|his|her|these|those|any))*"
    r" (?:tags?|labels?)\b"
)
_WORD = re.compile(r"[^\W\d_][\w'’-]*")
_FOLDERS = frozenset(
    "folder directory ordner verzeichnis dossier carpeta cartella file datei fichier archivo i".split()
)


def omitted(sentence: str, request: Request) -> Iterator[str]:
    """Reasons why a changing request says less than its sentence."""
    changing = [action for action in request.actions if not isinstance(action, READING)]
    if not changing:
        return
    said = low(sentence)
    slots = [low(value) for action in request.actions for value in _values(action)]
    rest = _HARMLESS.sub(" ", said)
    for value in sorted(slots, key=len, reverse=True):
        rest = rest.replace(value, " ")
    if found := _RESTRICTING.search(rest):
        yield f"“{found[0]}” restricts it, which would be left out"
    known = set(" ".join(slots).split())
    for word in list(_WORD.finditer(sentence))[1:]:
        plain = low(word[0])
        if (
            word[0][0].isupper()
            and not _spoken_for(plain, known)
            and not sentence[: word.start()].rstrip().endswith((".", "!", ":"))
        ):
            yield f"“{word[0]}” would be left out"
    for action in changing:
        for phrase in getattr(action, "what", ()):
            before = _before(said, low(phrase)) if not re.search(r"\.\w{1,8}$", phrase) else ""
            if before and not _leads(before):
                yield f"“{before}” belongs to “{phrase}”"
        every = _EVERY_TAG.search(said) and not _SOME_TAGS.search(said)
        if isinstance(action, Untag) and not action.tags and not every:
            yield "it is not said which tag goes"
    if _TAGS_GO.search(said) and any(isinstance(action, Trash) for action in changing):
        yield "tags are no files"


def _values(action: Action) -> Iterator[str]:
    for slot in msgspec.structs.fields(action):
        value = getattr(action, slot.name)
        yield from (value if isinstance(value, tuple) else (value,) if value else ())
    yield verb_of(action)


def _spoken_for(word: str, known: set[str]) -> bool:
    if word in known or any(word in one for one in known):
        return True
    return (
        word in _FOLDERS
        or word in GENERIC
        or is_function_word(word)
        or any(word in cues.split() for cues in CUES.values())
    )


def _before(said: str, phrase: str) -> str:
    """The word right before a phrase, '' where it begins a clause or is not there."""
    at = said.find(phrase)
    if at <= 0:
        return ""
    found = re.search(r"([^\W\d_][\w'’-]*)\s+[\"'“„«]?$", said[:at])
    return found[1] if found else ""


def _leads(word: str) -> bool:
    """Whether a word may stand before a description without being a part of it."""
    if is_function_word(word) or word in GENERIC or word in QUANTIFIERS or word in _LEADING:
        return True
    return any(word in cues.split() for cues in CUES.values())


_LEADING = frozenset(
    "please just then also called named of two three four five six seven eight nine ten oldest newest latest largest"
    " biggest smallest last first folder directory bitte ordner datei dossier fichier carpeta archivo cartella document"
    " documento into under with copy duplicate tag label hey ok now and".split()
)
