"""Sentences beside a wish: whether one only says why, and leaves the wish as it stands.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.plan.rules.lexicon import LIMITS
from lsfs.plan.rules.tokens import Token

_MOST_REMARK = 16
"""Tokens of one."""
_SPOILT = frozenset(
    "overwrote overwritten messed ruined broke broken spoilt spoiled wrecked deleted lost damaged changed edited"
    " mangled".split()
)
_STARTS = frozenset(
    "i i'm i've i'll i'd it it's its they they're we we're because since as that's he she there's thanks nobody"
    " sorry".split()
)
_NO_REMARK = frozenset("should must ought".split())
_NEGATIONS = LIMITS | frozenset(
    "no none nothing nobody nowhere cannot can't won't wouldn't shouldn't mustn't couldn't wasn't weren't hasn't"
    " haven't hadn't ain't dont doesnt didnt cant wont hardly stop wait avoid refuse forbid forbidden cancel abort"
    " ignore".split()
)
_QUOTING = frozenset(
    "say says said saying tell tells told telling ask asks asked asking write writes wrote written writing reads claims"
    " claimed suggests suggested thinks thought believes shouts shouted replied answered heard quote quoted quotes"
    " message opposite contrary joke joking kidding example instance pretend imagine suppose dream dreamt".split()
)
"""Words of a remark after which a wish may be another's, or none."""
_CONDITIONS = frozenset("when whenever once until till after before tomorrow later tonight monday next soon".split())
_FIRST_PERSON = frozenset("i we".split())
_UNNEEDED = frozenset("need use require".split())
_UNWANTED = _UNNEEDED | frozenset("want like read open".split())
_LONGER = (["any", "more"], ["anymore"], ["any", "longer"])


def is_short(tokens: Sequence[Token]) -> bool:
    """Whether words are few, and none is a name or a number."""
    return len(tokens) <= _MOST_REMARK and not any(token.explicit or token.kind == "number" for token in tokens)


def is_remark(tokens: Sequence[Token], first: bool) -> bool:
    """Whether a part of a sentence gives only a reason: it names no file, no number, no condition and no change."""
    if not tokens or not is_short(tokens):
        return False
    lows = [token.low for token in tokens]
    if (_SPOILT | _NO_REMARK) & set(lows):
        return False
    if (LIMITS - {"don't", "never", "not", "other"}) & set(lows):
        return False
    return first or lows[0] in _STARTS


def leaves_changes(tokens: Sequence[Token]) -> bool:
    """Whether a change holds beside such a remark: it quotes nobody, sets no time, and denies no more than a need."""
    lows = [token.low for token in tokens]
    if (_QUOTING | _CONDITIONS) & set(lows):
        return False
    at = next((n for n, word in enumerate(lows) if word in _NEGATIONS - {"other"} and not _is_lasting(lows, n)), None)
    return at is None or _denies_a_need(lows, at)


def _is_lasting(lows: Sequence[str], at: int) -> bool:
    """``no longer``, which denies only what was."""
    return lows[at : at + 2] == ["no", "longer"] and (lows[at + 2 : at + 3] or [""])[0] in _UNWANTED | {
        "needed",
        "used",
        "wanted",
        "useful",
    }


def _denies_a_need(lows: Sequence[str], at: int) -> bool:
    """``i don't need it``, ``we do not want them any more``, ``it is not needed``."""
    rest = [word for word in lows[at + 1 :] if word not in ("really", "actually")]
    if (_NEGATIONS | {"you"}) & set(rest) or not rest:
        return False
    before = [word for word in lows[:at] if word not in ("do", "really", "actually", "just")]
    if before[-1:] and before[-1] in ("is", "are", "it's", "they're"):
        return rest[0] in ("needed", "used", "wanted", "useful")
    if not before or before[-1] not in _FIRST_PERSON:
        return False
    longer = any(rest[-len(words) :] == words for words in _LONGER)
    return rest[0] in _UNNEEDED or (longer and rest[0] in _UNWANTED)
