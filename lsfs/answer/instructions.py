"""Sentences in a file that speak to the program reading it, which is never given them.  Pure.

This is no wall: what holds is that nothing a model writes here is ever carried out.  It keeps a summary from being what
the file's author ordered.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from lsfs.answer.units import Unit

_ADDRESSED = re.compile(
    r"\b(?:ignore|disregard|forget|override|overrule)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|other|all|any|the|your|"
    r"these)\b.{0,20}\b(?:instruction|prompt|rule|order|command|question|direction|guideline)s?\b"
    r"|\b(?:note|message|instructions?|notice|attention)\b.{0,12}\b(?:to|for)\b.{0,12}\b(?:assistant|ai|model|llm|bot|agent"
    r"|language model|chatbot|summari[sz]er)\b"
    r"|\b(?:you are|act as|behave as|pretend to be)\b.{0,20}\b(?:assistant|ai|chatbot|language model|llm|dan)\b"
    r"|\b(?:as an|dear|hey|hello|attention,?) (?:ai|assistant|chatbot|llm|language model)\b"
    r"|\b(?:system|developer) (?:prompt|note|message|override)\b|<\|?(?:im_start|im_end|system|assistant|endoftext)\|?>"
    r"|\[/?(?:INST|SYS)\]"
    r"|\b(?:reply|respond|answer|output|print|write|say)\b.{0,10}\bonly\b.{0,20}\b(?:with|the words?)\b"
    r"|\b(?:ignoriere|vergiss|missachte)\b.{0,40}\b(?:anweisung|instruktion|regel|befehl)"
    r"|\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:instructions?|consignes?)\b"
    r"|\b(?:ignora|olvida|dimentica)\b.{0,40}\b(?:instrucciones|instruccion|istruzioni|indicaciones)\b",
    re.IGNORECASE | re.DOTALL,
)


def without_instructions(units: Sequence[Unit]) -> list[Unit]:
    """The units but for those that give orders to whoever reads the file for its user.

    A line that holds one goes as a whole: what follows it there is the order itself.
    """
    lines = {unit.line for unit in units if _ADDRESSED.search(unit.text)}
    return [unit for unit in units if unit.line not in lines or (unit.row and not _ADDRESSED.search(unit.text))]
