"""Words around a wish that say nothing: ``could you please … for me``."""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.plan.rules.tokens import Token

_BEFORE = tuple(
    tuple(line.split())
    for line in (
        "please|pls|plz|plese|pleas|plase|pelase|kindly|oh dear|oh no|oh|damn|argh|whoops|oops|hm|ah|now|ok|okay|hey"
        "|hi|hello|so|just|also|first|next|finally|then|well|right|lsfs|computer|um|again|quickly|could you|can you"
        "|would you|will you|could you please|can you please|would you please|i want you to|i would like you to|i'd"
        " like you to|i need you to|i'd like to|i want to|i need to|i would like to|i'd love to|we need to|let's|let"
        " us|help me|help me to|go ahead and|you should|you can|you may|you could|you must|be so kind and|be so kind"
        " as to|be a dear and|do me a favour and|do me a favor and|it would be great if you could|it would be nice if"
        " you could|would you mind|can we|could we|may i ask you to|would you be so kind as to|i was wondering if you"
        " could|would it be possible to|is it possible to|if you could|could you maybe|could you just|can you just"
        "|would you kindly|could you kindly|bitte|kannst du|kannst du bitte|könntest du|könntest du bitte|s'il te"
        " plaît|por favor|per favore|peux-tu|pourrais-tu|puedes|podrías|puoi|potresti|please can you|please could you"
        "|please would you|let me|time to|would you please|would you be so good as to|you need to|i must|i have to|i"
        " should"
    ).split("|")
)
_AFTER = tuple(
    tuple(line.split())
    for line in (
        "please|pls|plz|thanks|thank you|thx|ta|cheers|for me|for me please|right now|straight away|right away|will"
        " you|would you|ok|okay|if you can|if possible|asap|when you can|thanks a lot|thank you very much|many thanks"
        "|bitte|s'il te plaît|s'il vous plaît|stp|svp|por favor|per favore|would you please|if you would|if you don't"
        " mind|could you|can you|, will you|at once|immediately|already"
    ).split("|")
)
_JOINING = frozenset({",", ";", ".", "and", "then", "also"})
_CHANGED = (
    *("what changes", "what changed", "what has changed", "what it changes", "what is changed", "what's changed"),
    *("what will change", "what that changes", "what is different", "what differs", "what the changes are"),
    *("the changes", "the change", "the difference", "the differences", "the diff", "a diff", "its changes"),
    *("what is different now", "what you changed", "which lines change", "which lines changed"),
)
_SHOWING = (
    *("show", "show me", "tell me", "give me", "summarize", "summarise", "list", "explain", "describe", "sum up"),
    *("summarize for me", "summarise for me", "explain to me", "tell me in short", "tell me briefly", "let me see"),
    *("give me a summary of", "show me a summary of", "tell me about", "print", "display", "write down", "say"),
)
_SHOWN = frozenset(f"{one} {other}" for one in _SHOWING for other in _CHANGED)
_NOISE = frozenset(",.!?;…¿¡–—")
_OPENING = frozenset(",¿¡.!;…–—")


_BEFORE_BY_FIRST = {one[0]: [other for other in _BEFORE if other[0] == one[0]] for one in _BEFORE}
_AFTER_BY_LAST = {one[-1]: [other for other in _AFTER if other[-1] == one[-1]] for one in _AFTER}


def without_politeness(tokens: Sequence[Token], start: int, end: int, *, fixed: int) -> tuple[int, int]:
    """(start, end) of the wish itself; what stands from `fixed` on is text, and stays."""
    changed = True
    while changed and start < end:
        changed = False
        while start < end and tokens[start].text in _OPENING and tokens[start].kind == "mark":
            start, changed = start + 1, True
        likely = _BEFORE_BY_FIRST.get(tokens[start].low, []) if start < end else []
        took = max((len(one) for one in likely if _stands(tokens, start, end, one)), default=0)
        if took and start + took < end:
            start, changed = start + took, True
    changed = fixed >= end
    while changed and start < end:
        changed = False
        while start < end and tokens[end - 1].kind == "mark" and tokens[end - 1].text in _NOISE:
            end, changed = end - 1, True
        likely = _AFTER_BY_LAST.get(tokens[end - 1].low, []) if start < end else []
        took = max((len(one) for one in likely if _stands(tokens, end - len(one), end, one)), default=0)
        if took and end - took > start:
            end, changed = end - took, True
    return start, end


def without_show(tokens: Sequence[Token], start: int, end: int) -> int:
    """Where a wish ends that goes on with one to be shown what it changes: every preview of a change shows that."""
    for at in range(start + 1, end - 1):
        if tokens[at].low in _JOINING and shows_changes(tokens, at + 1, end):
            return at
    return end


def shows_changes(tokens: Sequence[Token], start: int, end: int) -> bool:
    """Whether these tokens only ask to be shown what is changed: ``and then tell me what changed``."""
    while start < end and tokens[start].low in _JOINING:
        start += 1
    start, end = without_politeness(tokens, start, end, fixed=end)
    return " ".join(token.low for token in tokens[start:end]) in _SHOWN


def is_what_changes(words: str) -> bool:
    """Whether these words mean what a change changes: ``what changes``, ``the differences``."""
    return words.removeprefix("the ") in {one.removeprefix("the ") for one in _CHANGED}


def without_inner_please(tokens: Sequence[Token], fixed: int) -> tuple[Token, ...]:
    """The tokens without a ``please`` in their midst, and the commas around it."""
    left: list[Token] = []
    for at, token in enumerate(tokens):
        if at < fixed and token.low in ("please", "pls", "bitte") and token.kind == "word" and 0 < at < len(tokens) - 1:
            if left and left[-1].text == "," and tokens[at + 1].text == ",":
                left.pop()
            continue
        left.append(token)
    return tuple(left)


def _stands(tokens: Sequence[Token], at: int, end: int, words: tuple[str, ...]) -> bool:
    if at < 0 or at + len(words) > end:
        return False
    return all(tokens[at + n].low == word and tokens[at + n].kind == "word" for n, word in enumerate(words))
