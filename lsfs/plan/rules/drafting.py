"""Words by which a text is asked for that the model is to write: what it is called, what it is about, how it is to be.

A text that is given stays as it is: only what is called a piece of writing, and said to be about something or to be of
a kind that says enough (``a greeting``), is drafted.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.plan.rules.tokens import Token

_PIECES = frozenset(
    "line lines sentence sentences paragraph paragraphs passage section verse text words note message remark entry"
    " thanks introduction intro ending closing description explanation reminder warning invitation announcement"
    " postscript summary conclusion".split()
)
_COMPLETE = frozenset(
    "greeting farewell apology sign-off thank-you dedication haiku limerick joke poem toast letter".split()
)
"""Pieces of writing that say by themselves what is to stand in them."""
_SAYING_NOTHING = frozenset(
    "a an the one two three four five six few couple of some another more new short brief long small little nice good"
    " single final last first extra further quick whole entire following".split()
)
_TOPICS = frozenset(
    "about regarding concerning explaining describing thanking asking apologising apologizing inviting congratulating"
    " reminding warning announcing introducing telling".split()
)
_RELATIVE = frozenset(
    "explains explain describes describe thanks thank asks ask apologises apologizes invites invite congratulates"
    " reminds warns announces introduces introduce".split()
)
_MANNERS = frozenset("in so to more less for like".split())
_REWRITING = frozenset("rewrite reword rephrase redraft draft compose".split())
_GIVEN = frozenset("says say saying reads reading contains contain containing with only just nothing".split())
_MOST_MODIFIERS = 5
_MOST_MANNER = 14


def writing(tokens: Sequence[Token]) -> bool:
    """Whether these name a piece of writing and what is to stand in it: ``thank-you line``, ``sentence about oats``."""
    at = _head(tokens)
    if at is None or _names_files(tokens):
        return False
    if at + 1 < len(tokens):
        return topic(tokens[at + 1 :])
    told = {token.low for token in tokens} - _SAYING_NOTHING - _PIECES
    return bool(told)


def piece(tokens: Sequence[Token]) -> bool:
    """Whether these name a piece of writing and no more: ``short paragraph``."""
    return _head(tokens) == len(tokens) - 1 and not _names_files(tokens)


def topic(tokens: Sequence[Token]) -> bool:
    """Whether these say what a piece of writing is about: ``about the boat``, ``on why we moved``."""
    lows = [token.low for token in tokens]
    if len(lows) < 2 or _names_files(tokens):
        return False
    if lows[0] in _TOPICS:
        return True
    if lows[0] == "on" and lows[1] in ("why", "how", "what", "when", "where", "who"):
        return True
    return lows[0] in ("that", "which", "to") and lows[1] in _RELATIVE and len(lows) > 2


def manner(tokens: Sequence[Token]) -> bool:
    """Whether these say how a text is to be written anew: ``polite letter``, ``in a friendlier tone``."""
    lows = {token.low for token in tokens}
    return len(tokens) <= _MOST_MANNER and not _names_files(tokens) and not lows & _GIVEN


def led_manner(tokens: Sequence[Token]) -> bool:
    """As `manner`, where no ``as`` stands before it: ``to be shorter``, ``so that a child can follow it``."""
    if tokens[0].low == "to" and (len(tokens) < 3 or tokens[1].low not in ("be", "sound", "read", "look", "make")):
        return False
    return len(tokens) > 1 and tokens[0].low in _MANNERS and manner(tokens)


def asks_for_a_draft(lows: set[str]) -> bool:
    """Whether a sentence of these words can ask for a text that is not given."""
    return bool(lows & (_PIECES | _COMPLETE | _TOPICS | _REWRITING))


def is_given(text: str) -> bool:
    """Whether unquoted words can be a text rather than what one is to be about."""
    words = text.casefold().split()
    return len(words) < 2 or not (words[0] in _TOPICS or (words[0] == "on" and words[1] in ("why", "how", "what")))


def _head(tokens: Sequence[Token]) -> int | None:
    """Where the noun stands that names the piece of writing: the last one before what it is about."""
    found = None
    for at, token in enumerate(tokens[: _MOST_MODIFIERS + 1]):
        if token.kind == "mark" or (at and topic(tokens[at:])):
            break
        if token.low in _PIECES | _COMPLETE:
            found = at
    return found


def _names_files(tokens: Sequence[Token]) -> bool:
    """Whether a file is named: what it says is not read for a draft."""
    return any(token.kind in ("file", "path") for token in tokens)
