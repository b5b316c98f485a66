"""What is said of sorting, as levels of folders or as the folders' names.  Pure.

Words are English, German, French, Spanish and Italian: rules copy them from the sentence, and so does the model.
"""

from __future__ import annotations

import re

import msgspec

_TIME_FORMS = {
    "decade": "%Ks",
    "year": "%Y",
    "quarter": "%Y-Q%q",
    "month": "%Y-%m",
    "week": "%G-W%V",
    "day": "%Y-%m-%d",
}
"""Unit, the coarsest first → form of its folders, as of `strftime`; ``%K`` is the decade and ``%q`` the quarter."""
_BELOW = {"year": "%Y", "quarter": "Q%q", "month": "%m", "week": "W%V", "day": "%m-%d"}
"""Forms below a folder that says the year."""
_UNITS = tuple(_TIME_FORMS)

_WORDS: dict[str, str] = {
    "decade": "decade|jahrzehnt|jahrzehnten|décennie|decennie|década|decennio",
    "year": "year|yearly|jahr|jahre|jahren|année|annee|an|año|anno|anni",
    "quarter": "quarter|quarterly|quartal|quartalen|trimestre|trimestri",
    "month": "month|monthly|monat|monate|monaten|mois|mes|meses|mese|mesi",
    "week": "week|weekly|woche|wochen|semaine|semana|settimana|settimane",
    "day": "day|daily|date|datum|jour|día|dia|fecha|giorno|giorni|data",
    "kind": "kind|category|categorie|kategorie|kategorien|art|arten|catégorie|categoría|categoria",
    "extension": "extension|ending|suffix|format|type|filetype|file type|file format|file extension|dateityp|typ"
    "|dateiendung|endung|erweiterung|tipo|formato|estensione|extensión",
    "size": "size|file size|größe|grösse|dateigröße|taille|tamaño|dimensione|dimensioni",
    "letter": "first letter|initial|initial letter|alphabet|letter of the alphabet|anfangsbuchstabe"
    "|anfangsbuchstaben|première lettre|initiale|inicial|primera letra|iniziale|prima lettera",
    "tag": "tag|label|schlagwort|schlagwörtern|stichwort|étiquette|etiqueta|etichetta|etichette",
    "language": "language|programming language|sprache|langue|idioma|lingua",
    "artist": "artist|band|singer|musician|performer|interpret|interpreten|künstler|artiste|artista",
    "album": "album",
    "genre": "genre|musical genre|music genre|género",
    "author": "author|writer|autor|auteur|autore|autori",
    "camera": "camera|camera model|kamera|appareil photo|cámara|fotocamera",
    "sender": "sender|absender|expéditeur|remitente|mittente",
    "topic": "topic|subject|subject matter|theme|content|meaning|thema|themen|inhalt|sujet|thème|theme|contenu|tema"
    "|contenido|argomento|argomenti|contenuto|what they are about|what they're about|what it is about|what it's about"
    "|what each is about|what each one is about|what they deal with",
    "folder": "folder|directory|the folder they are in|the folder they're in|current folder|ordner|dossier|carpeta"
    "|cartella|where they are|where they lie",
}
_KEY_OF = {word: key for key, words in _WORDS.items() for word in words.split("|")}

_PARTS = re.compile(
    r"\s*(?:[,;/]|\b(?:and|und|et|y|e)\b(?:\s+then|\s+dann|\s+puis|\s+luego|\s+poi)?|&|\bthen\b|\bdann\b|\bpuis\b"
    r"|\bluego\b|\bpoi\b)(?:\s*(?:and\s+)?then\b)?(?:\s+by\b)?\s*"
)
_STEPS = re.compile(r"[,;/]|\b(?:then|dann|puis|luego|poi)\b")
_INSIDE = re.compile(r"\s+(?:within|inside(?: of)?|in each|in every|under)\s+(?:each\s+|every\s+)?")
_LEADING = re.compile(
    r"^(?:(?:by|per|the|their|its|a|an|each|every|file's|calendar|own|one|der|die|das|dem|den|ihrem|ihrer|jedem|jeder"
    r"|le|la|les|leur|el|su|il|lo|loro)\s+|l')+"
)
_TRAILING = re.compile(
    r"\s+(?:(?:of|de|di|du|des|der|von)\s+(?:the\s+|their\s+|each\s+|le\s+|la\s+)?"
    r"(?:file|document|photo|picture|image|song|track|name|change|creation|year|alphabet|fichier|archivo|datei"
    r"|dateien)s?"
    r"|(?:sub-?)?folders?|directories"
    r"|(?:(?:that|which|when|in which|of when)\s+)?(?:(?:they|it)\s+(?:were|was|are|is)\s+)?(?:last\s+)?"
    r"(?:taken|created|modified|changed|written|made|shot|received|sent|recorded))$"
)
_COMPONENT = re.compile(r"(?:YYYY|MM|DD|QQ?)(?:[-_. ](?:YYYY|MM|DD|QQ?))*")
_EXAMPLE = re.compile(r"(?:19|20)\d\d[-_./](?:0[1-9]|1[0-2])(?:[-_./](?:0[1-9]|[12]\d|3[01]))?")
_SIGNS = {"YYYY": "%Y", "MM": "%m", "DD": "%d", "QQ": "Q%q", "Q": "Q%q"}


class Level(msgspec.Struct, frozen=True):
    """One level of folders."""

    key: str
    """``time``, or a key of what files have in common: ``kind``, ``tag``, ``topic`` …"""
    form: str = ""
    """How folders of a time are called, as of `strftime` with ``%q`` (quarter) and ``%K`` (decade)."""


def levels_of(said: str) -> tuple[Level, ...] | None:
    """The levels that words say, the outermost first; None where a word of them says nothing that lsfs knows.

    >>> levels_of("year and then month")
    (Level(key='time', form='%Y'), Level(key='time', form='%m'))
    >>> levels_of("YYYY-MM"), levels_of("client")
    ((Level(key='time', form='%Y-%m'),), None)
    """
    plain = re.sub(r"\s+(?:folders|subfolders|sub-folders|format|pattern|style)$", "", said.strip(" \t\"'“”.:"))
    pattern = _pattern(plain)
    if pattern is not None:
        return pattern
    low = plain.casefold().replace("’", "'")
    whole = key_of(low)
    if whole is not None:
        return _levels([whole], stepwise=True)
    if _INSIDE.search(low):
        keys = [key_of(part) for part in reversed(_INSIDE.split(low))]
    else:
        keys = [key_of(part) for part in _PARTS.split(low) if part.strip()]
    known = [key for key in keys if key is not None]
    if not known or len(known) < len(keys) or len(set(known)) < len(known):
        return None
    return _levels(known, stepwise=bool(_STEPS.search(low) or _INSIDE.search(low)))


def key_of(said: str) -> str | None:
    """The key that a word or a phrase names (``file type``, ``the month they were taken``); None for none."""
    plain = said.casefold().strip(" \t\"'“”.,:;")
    for words in (plain, _LEADING.sub("", plain), _TRAILING.sub("", _LEADING.sub("", plain))):
        for form in (words, words.removesuffix("s"), words.removesuffix("ies") + "y"):
            if form in _KEY_OF:
                return _KEY_OF[form]
    return None


def _levels(keys: list[str], *, stepwise: bool) -> tuple[Level, ...]:
    """The levels of keys; of times that are only joined by "and" the coarser goes first ("month and year")."""
    if not stepwise and all(key in _UNITS for key in keys):
        keys = sorted(keys, key=_UNITS.index)
    levels: list[Level] = []
    above: list[str] = []
    for n, key in enumerate(keys):
        if key in _UNITS:
            levels.append(Level("time", _form(key, above, keys[n + 1 :])))
            above.append(key)
        else:
            levels.append(Level(key))
    return tuple(levels)


def _form(unit: str, above: list[str], below: list[str]) -> str:
    """The form of a unit; what folders above it say, or one below it is there to say, is not said again."""
    if unit == "day" and "month" in above:
        return "%d"
    says_year = any(one in _UNITS[1:] for one in above) or "year" in below
    return _BELOW.get(unit, _TIME_FORMS[unit]) if says_year else _TIME_FORMS[unit]


def _pattern(said: str) -> tuple[Level, ...] | None:
    """The levels of ``YYYY/MM`` and of an example such as ``2024-03``."""
    pattern = said.upper().replace("%Y", "YYYY").replace("%M", "MM").replace("%D", "DD")
    if _EXAMPLE.fullmatch(said):
        for sign, digits in (("YYYY", 4), ("MM", 2), ("DD", 2)):
            pattern = re.sub(rf"(?<![\dA-Z])\d{{{digits}}}(?!\d)", sign, pattern, count=1)
    elif re.fullmatch(r"(?:YEAR|MONTH|DAY)(?:[-_](?:YEAR|MONTH|DAY))+", pattern):
        pattern = pattern.replace("YEAR", "YYYY").replace("MONTH", "MM").replace("DAY", "DD")
    parts = pattern.split("/")
    if not all(_COMPONENT.fullmatch(part) for part in parts) or "YYYY" not in pattern:
        return None
    return tuple(Level("time", re.sub("YYYY|MM|DD|QQ?", lambda found: _SIGNS[found[0]], part)) for part in parts)


_LISTED = re.compile(r"\s*(?:[,;&]|\b(?:and|und|et|y|e|plus)\b)\s*(?:(?:and|und|et|y|e)\b\s*)?")
_QUOTED = re.compile("[\"“„«']([^\"”“»']+)[\"”“»']")
_FOR = re.compile(
    r"^(?:(?:a|an|one|another|the|two|three|four|new|separate|different|ein|einen|un|une|una|uno)\s+)*"
    r"(?:(?:sub-?)?(?:folders?|directory|directories|ordner|dossiers?|carpetas?|cartell[ae])\s+)?"
    r"(?:(called|named)|(for|of|with|für|pour|para|per))\s+(?:the\s+|my\s+)?"
)
_AROUND = re.compile(
    r"^(?:(?:a|an|the|my|one|another|new|folders?|directories)\s+)+(?=\S)|\s+(?:sub-?)?(?:folders?|directory|directories)$"
)


def names_of(said: str) -> tuple[str, ...]:
    """The names of folders that words list; empty where they name fewer than two.

    >>> names_of("a folder for pictures and one for documents"), names_of("Invoices")
    (('Pictures', 'Documents'), ())
    """
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[1].strip())
        return f"\0{len(kept) - 1}\0"

    found: list[str] = []
    for part in _LISTED.split(_QUOTED.sub(keep, said.strip())):
        plain = part.strip(" \t.:()")
        lead = _FOR.match(plain)
        plain = _AROUND.sub("", _AROUND.sub("", plain[lead.end() :] if lead else plain)).strip()
        if plain.startswith("\0"):
            plain = kept[int(plain.strip("\0"))]
        elif lead and lead[2] and plain.islower():
            plain = plain[:1].upper() + plain[1:]
        if plain and plain.casefold() not in (one.casefold() for one in found):
            found.append(plain)
    return tuple(found) if len(found) > 1 else ()


_BY = r"(?:by|per|according to|based on|for each|for every|nach|pro|par|selon|por|según|secondo)"


def is_led_by(sentence: str, said: str) -> bool:
    """Whether words stand behind "by" in the sentence, so that they are no names."""
    return re.search(rf"\b{_BY}\s+(?:the |their |its )?{re.escape(said.strip())}", sentence, re.IGNORECASE) is not None


def levels_in(sentence: str) -> tuple[Level, ...] | None:
    """The levels that a sentence says behind "by"; None where it says none."""
    for found in re.finditer(rf"\b{_BY}\s+", sentence, re.IGNORECASE):
        words = sentence[found.end() :].split()
        for count in range(min(6, len(words)), 0, -1):
            levels = levels_of(" ".join(words[:count]).rstrip(".,;:!?"))
            if levels is not None:
                return levels
    return None
