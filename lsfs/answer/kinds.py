"""Whether a text names anything of the kind that a question asks for: a sum, a count, a time, a phone number.  Pure."""

from __future__ import annotations

import re

from lsfs.answer.figures import figures, has_figure
from lsfs.answer.questions import Kind

_DIGITS_OF_A_PHONE = 6
_TIME = re.compile(
    r"\d|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day|\b(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado|domingo"
    r"|lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica"
    r"|jan|feb|mar|mär|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz]|janv|févr|avr|juin|juil|août|ener|agos|dici|genn|magg"
    r"|giug|lugl|sett|otto)"
    r"|\b(?:noon|midnight|morning|evening|afternoon|spring|summer|autumn|winter|christmas|easter|today|tomorrow|yesterday"
    r"|week|month|year|quarter|hour|always|never|weekend|mittag|abend|früh|jahr|monat|woche|midi|minuit|matin|soir|année"
    r"|mois|semaine|navidad|año|mes|anno|mese|natale)",
    re.IGNORECASE,
)
_DAY = re.compile(
    r"\d{4}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th|\.|er|º)?\s+(?:of |de |di )?[^\W\d_]{3,10}\s+\d{4}"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
)
"""A date, whose figures are no sum."""
_MONEY = re.compile(r"[£$€¥]|\b(?:eur|euros?|gbp|usd|chf|pounds?|dollars?|francs?|franken|pence|quid)\b", re.IGNORECASE)


def misses(kind: Kind, sentence: str) -> bool:
    """Whether a sentence names nothing of the kind that was asked for."""
    if kind == "amount":
        return not has_figure(_DAY.sub(" ", sentence))
    if kind == "count":
        return not has_figure(sentence)
    if kind == "time":
        return not _TIME.search(sentence)
    if kind == "phone":
        return sum(len(figure) for figure in figures(sentence)) < _DIGITS_OF_A_PHONE
    return False


def lacks(kind: Kind, text: str, *, row: bool) -> bool:
    """Whether a passage names nothing of it: as `misses`, and a sum of money says of what, but in a table."""
    if kind == "amount" and not row:
        return not _MONEY.search(text)
    return misses(kind, text)
