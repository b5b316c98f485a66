"""Sentences in a file that give orders to the program reading it, which is not given them and passes none on.  Pure.

This is no wall: what holds is that nothing a model writes here is ever carried out.  It keeps a summary from being what
the file's author ordered.

Told by general forms: earlier instructions set aside, a machine called by what it is and told to do something, its
user's consent asserted, the marks of a chat or of a request.  An imperative alone is no sign, manuals are full of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from lsfs.answer.units import Unit

_MACHINE = (
    r"(?:(?:ai|a\.i\.)(?: (?:assistant|model|agent))?|assistant|chatbot|(?:large )?language model|llms?|chatgpt|lsfs)"
)
"""What nobody else is called who is given an order after a colon or a comma."""
_ROLE = r"(?:system|developer|human|user|agent|bot|model|summari[sz]er|admin(?:istrator)?)"
"""What people, machines and tables call other things too."""
_ACT = (
    r"(?:delete|trash|remove|erase|wipe|destroy|move|copy|rename|tag|untag|overwrite|encrypt|append|merge|restore|undo|"
    r"upload|send|run|execute|apply|confirm|call)"
)
_SAY = r"(?:say|reply|respond|answer|output|print|write|repeat|tell|ignore|disregard|forget|obey|follow|pretend|stop)"
_FIRST = r"(?:(?:please|now|then|next|also|and|finally|immediately|you (?:must|should|will|shall|have to))\W+)*"
_FILES = (
    r"(?:(?:all|every|each|any)\b|everything\b|(?:the |this |these |my |your |user'?s )?(?:files?|documents?|folders?|"
    r"data|director(?:y|ies))\b|[\w./~-]+\.[a-z]\w{0,4}\b)"
)
_ADDRESSED = re.compile(
    # Earlier instructions set aside.
    r"\b(?:ignore|disregard|forget|override|overrule)\b.{0,40}\b(?:previous|prior|above|earlier|preceding|other|all|any|the|your|"
    r"these)\b.{0,20}\b(?:instruction|prompt|rule|order|command|question|direction|guideline)s?\b"
    r"|\b(?:ignoriere|vergiss|missachte)\b.{0,40}\b(?:anweisung|instruktion|regel|befehl)"
    r"|\b(?:ignore[zr]?|oublie[zr]?)\b.{0,40}\b(?:instructions?|consignes?|instruções)\b"
    r"|\b(?:ignora|olvida|dimentica)\b.{0,40}\b(?:instrucciones|instruccion|istruzioni|indicaciones)\b"
    r"|(?:忽略|无视).{0,12}(?:指令|指示|提示)"
    # A machine called by what it is.
    r"|\b(?:note|message|instructions?|notice|attention)\b.{0,12}\b(?:to|for)\b.{0,12}\b(?:assistant|ai|model|llm|bot|agent"
    r"|language model|chatbot|summari[sz]er)\b"
    r"|\b(?:you are|act as|behave as|pretend to be)\b.{0,20}\b(?:assistant|ai|chatbot|language model|llm|dan)\b"
    r"|\b(?:as an|dear|hey|hello|attention,?) (?:ai|assistant|chatbot|llm|language model)\b"
    rf"|\bif you(?:'re| are) an? {_MACHINE}\b"
    rf"|\b(?:any|every) {_MACHINE} (?:(?:that|who|which) )?(?:reads?|reading|process(?:es|ing)|summari[sz](?:es|ing))\b"
    rf"|\b(?<!-){_MACHINE}\W{{0,3}}[:,]\W*{_FIRST}(?:{_ACT}|{_SAY})\b"
    rf"|\b(?:(?<!\w )|(?<=\bthe )){_ROLE}\W{{0,3}}:\W*{_FIRST}(?:{_ACT}\W+{_FILES}|(?:say|reply|obey)\b)"
    rf"|\b(?:the|your) user (?:has )?(?:also |now |just )*(?:said|asked|ordered|requested)\W*:\W*{_FIRST}{_ACT}\b"
    rf"|\blsfs (?:must|should|has to|shall)\W+{_FIRST}{_ACT}\W+{_FILES}"
    # What it is to tell its user, and how to begin.
    r"|\byou (?:must|should|have to|need to|are to|shall)(?: \w+){0,2} (?:tell|inform|convince|persuade|ask|assure) "
    r"(?:the|your) (?:user|human)\b"
    r"|\b(?:reply|respond|answer|output|print|write|say)\b.{0,10}\bonly\b.{0,20}\b(?:with|the words?)\b"
    r"|\b(?:begin|start|end|prefix) your (?:reply|output|summary) with\b"
    rf"|^\W*{_FIRST}{_ACT}\b.{{0,120}}\b(?:reply|respond|answer|output|say) (?:only|just|nothing but)\b"
    # Its user's consent.
    r"|(?:^|[,;:]\s*|\bthat )(?:the|your) user (?:has|had) (?:already |just |now )*(?:confirmed|agreed|approved|"
    r"consented)(?: (?:to )?(?:it|this|that|all|everything))?\W*(?:$|[.,;!])"
    # The marks of a chat, of a tool's call, of a request.
    r"|\b(?:system|developer) (?:prompt|note|message|override)\b|<\|?(?:im_start|im_end|system|assistant|endoftext)\|?>"
    r"|\[/?(?:inst|sys)\]|<tool_call>|<function="
    r"|(?:^|\s)(?:trash|move|copy|rename|tag|untag|create|write|append|mkdir|merge|restore|undo)\|[a-z]+=",
    re.DOTALL,
)
_GOES_ON = re.compile(
    rf"^[\W\d]*(?:important\W+|urgent\W+)?{_FIRST}(?:do not |don't |never )?(?:{_ACT}|{_SAY})\b"
    r"|^[\W\d]*(?:lösche|verschiebe|antworte|supprime|déplace|réponds|borra|mueve|responde|elimina|sposta|rispondi)\b"
    r"|^\W*this (?:overrides|replaces)\b",
)
"""A sentence that goes on with an order where one came just before."""
_NEAR = 3
"""Lines between an order and what goes on with it, at most: the second may begin where a line was wrapped."""


def is_order(text: str) -> bool:
    """Whether a sentence is addressed to whoever reads the file for its user, and tells it to do something."""
    return _ADDRESSED.search(_plain(text)) is not None


class OrderFilter:
    """Tells of sentences, one after the other, which are to be left out."""

    def __init__(self) -> None:
        self._in_order = False

    def passes(self, text: str) -> bool:
        """False for an order, and for a sentence that goes on with the one before."""
        plain = _plain(text)
        self._in_order = bool(_ADDRESSED.search(plain) or (self._in_order and _GOES_ON.search(plain)))
        return not self._in_order

    def forget(self) -> None:
        """Has what comes next go on with nothing."""
        self._in_order = False


def without_instructions(units: Sequence[Unit]) -> list[Unit]:
    """The units but for those that give orders to whoever reads the file for its user.

    A line that holds one goes as a whole: what follows it there is the order itself.  So do sentences behind it that go
    on with it.
    """
    orders = set(_orders(units))
    lines = {units[place].line for place in orders if not units[place].row}
    return [unit for place, unit in enumerate(units) if place not in orders and (unit.row or unit.line not in lines)]


def _orders(units: Sequence[Unit]) -> Iterable[int]:
    """The places of those that are orders themselves."""
    orders = OrderFilter()
    line = 0
    for place, unit in enumerate(units):
        if unit.row or unit.line - line > _NEAR:
            orders.forget()
        if not orders.passes(unit.text):
            line = unit.line
            yield place


def _plain(text: str) -> str:
    """The text in letters that compare: small, compatible forms made one, what nobody sees left out."""
    if not text.isascii():
        letters = unicodedata.normalize("NFKC", text)
        text = "".join(letter for letter in letters if unicodedata.category(letter) != "Cf")
    return text.lower()
