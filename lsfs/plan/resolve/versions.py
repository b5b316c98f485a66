"""Which earlier version is meant, as a WHEN (`lsfs.core.times`).  Pure."""

from __future__ import annotations

import re

_NUMBERS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "zwei": 2,
    "drei": 3,
    "deux": 2,
    "trois": 3,
    "dos": 2,
    "tres": 3,
}
_FIRST = re.compile(
    r"\b(?:first|original|originally|initial|oldest|earliest|erste[nrs]?|ursprünglich\w*|premi[eè]re?|originale?|primera?"
    r"|primo|prima|inicial)\b"
)
_PREVIOUS = re.compile(
    r"\b(?:previous|prior|before|last version|last one|last change|last edit|one version|earlier|old|older|alte[nrs]?"
    r"|vorige[nrs]?|vorherige[nrs]?|letzte[nrs]?|davor|pr[eé]c[eé]dente?|derni[eè]re?|anterior|última?|precedente|vecchia)\b"
)
_LEADING = re.compile(
    r"^(?:(?:the|a|an|it|my|to|that|from|of|as|how|what|version|one|state|was|were|is|looked|like|had|stood|it's|die|der|das"
    r"|vom|von|la|le|du|de|el|versión|versione|di|am|on|at)\s+)+"
)


def normalised(text: str) -> str:
    """The WHEN of what was said of a version: ``first``, ``previous``, ``@3``, ``@-2``, or a time; '' for nothing.

    >>> normalised("the version before my last change"), normalised("version 3"), normalised("how it was yesterday")
    ('previous', '@3', 'yesterday')
    """
    plain = " ".join(text.lower().replace(",", " ").split()).strip(" .?!")
    if not plain:
        return ""
    if re.fullmatch(r"@-?\d+", plain) or re.fullmatch(r"before op(?:eration)? #?\d+", plain):
        return plain
    if found := re.search(r"\b(?:version|number|no\.?|v)\s*#?(\d{1,6})\b", plain):
        return f"@{found[1]}"
    if found := re.search(
        r"\b(\d+|two|three|four|five|zwei|drei|deux|trois|dos|tres)\s+(?:versions?|changes?|edits?|saves?)\b", plain
    ):
        return f"@-{_NUMBERS.get(found[1]) or int(found[1])}"
    if re.search(r"\bbefore (?:the )?(?:last|previous) (?:one|version)\b|\bversion before last\b", plain):
        return "@-2"
    if _FIRST.search(plain):
        return "first"
    if _PREVIOUS.search(plain) and not re.search(r"\d|yesterday|week|month|day|year|hour|minute|morning|night", plain):
        return "previous"
    return _LEADING.sub("", plain)
