"""Sentences that give other names."""

from __future__ import annotations

from lsfs.plan.request import Action, Rename
from lsfs.plan.rules.chosen import Chosen, each
from lsfs.plan.rules.grammar import Got, Rule, rules
from lsfs.plan.rules.lexicon import QUANTIFIERS
from lsfs.plan.rules.selecting import is_kind


def _renamed(got: Got) -> tuple[Action, ...] | None:
    made: list[Action] = []
    for number in ("", "2", "3", "4"):
        if f"what{number}" not in got:
            break
        one: Chosen = got[f"what{number}"]
        name: str = got[f"name{number}"]
        words = one.what[0].casefold().split()
        several = words[0] in QUANTIFIERS - {"whole", "entire"} or (
            not one.exact and words[-1].endswith("s") and is_kind(words[-1])
        )
        if name.casefold() == one.what[0].casefold() or "*" in name or several:
            return None
        made += each(Rename, (one,), name=name)
    return tuple(made)


def _before(got: Got) -> tuple[Action, ...] | None:
    return _with(got, got["piece"] + "*")


def _after(got: Got) -> tuple[Action, ...] | None:
    return _with(got, "*" + got["piece"])


def _with(got: Got, name: str) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"] if "what" in got else (Chosen(folder=got["in"]),)
    if "*" in got["piece"] or "/" in got["piece"]:
        return None
    return each(Rename, files, name=name)


def _numbered(got: Got) -> tuple[Action, ...] | None:
    return each(Rename, got["what"], name="#", by=got.get("by", ""))


def _numbered_as(got: Got) -> tuple[Action, ...] | None:
    """``trip-01, trip-02 and so on``: the first example with its figures as a counter, which begins at one."""
    first: str = got["first"]
    digits = len(first) - len(first.rstrip("0123456789"))
    stem = first[: len(first) - digits]
    said = [got[slot] for slot in ("first", "second", "third") if slot in got]
    if not digits or any(one != f"{stem}{n:0{digits}}" for n, one in enumerate(said, 1)):
        return None
    return each(Rename, got["what"], name=stem + "#" * digits, by=got.get("by", ""))


_BY = (
    "[,] [(in order of|in the order of|by|sorted by|ordered by|according to|following|in) [their|the] {by:sorting}"
    " [order]|{by:first_of}]"
)

RULES: tuple[Rule, ...] = (
    *rules(
        _renamed,
        "@rename {what:one} (to|as|into|:|->|=|be) {name:name}",
        "@rename {what:one} to {name:name} [,] [and] {what2:one} to {name2:name}",
        "@rename {what:one} to {name:name} , {what2:one} to {name2:name} [,] and {what3:one} to {name3:name}",
        "(call|name) {what:exact_one} {name:name}",
        "(call|name) {what:one} {name:quoted}",
        "(change|set|alter) the (name|filename|file name|title) of {what:one_document} (to|into) {name:name}",
        "(change|set) {what:exact_one} 's (name|filename|file name) (to|into) {name:name}",
        "(change|turn) {what:exact_one} (to|into) {name:ended}",
        "(can|could|may|shall) {what:one} [please] be (called|named|renamed to|renamed) {name:name}",
        "{what:one} [really|actually|probably|definitely] (should|must|ought to|needs to|need to|has to|had better|is"
        " to) (be|get) (called|named|renamed|renamed to|titled|re-named) {name:name} [instead]",
        "{what:one} [really|actually|probably|definitely] (should|must|ought to) (have|get|bear|carry) the name"
        " {name:name}",
        "{what:one} (becomes|is now|is now called|is called|-> ) {name:ended}",
        "give {what:one} (a|the) (better|new|proper|different|nicer|sensible|clearer|good|decent|more sensible) (name"
        "|title|file name|filename) [:|,|, namely|, say] {name:name}",
        "give {what:one} (the name|the new name|a new name :|a new name ,|the filename|the file name|the better name"
        "|the title) {name:name}",
        "(i want|i'd like|i would like|i need) {what:one} (to be|) (called|named|renamed to|renamed|renamed as)"
        " {name:name}",
        "(make|let) {what:one} be (called|named) {name:name}",
        "{what:one} (is|has) (badly|wrongly|poorly|misleadingly|oddly) named [,|:|;|.] (call|name|rename) it [to]"
        " {name:name}",
        "{what:one} (is|has) a (bad|silly|stupid|terrible|poor|useless|meaningless) name [,|:|;|.] [so|please] (call"
        "|name|rename) it [to] {name:name}",
    ),
    *rules(
        _before,
        "(put|add|stick|prepend|insert|write|place|set) [the (prefix|word|text|letters|characters|string|year|date)]"
        " {piece:piece} (in front of|before|at the start of|at the front of|at the beginning of|to the start of|to"
        " the front of|to the beginning of|on the front of|as a prefix to|as a prefix on) (the (name|names|filename"
        "|filenames|file name|file names) of {what:files}|{what:files} 's (name|names)|{what:files} (names|filenames)"
        "|(each|every|all|all the) (file name|filename|name|file names|filenames|names) (in|inside|under|of)"
        " {in:folder}|{what:many})",
        "(prefix|start|begin) [the (name|names) of] {what:files} with {piece:piece}",
        "(add|give) the prefix {piece:piece} to [the (name|names) of] {what:files}",
        "give {what:files} the prefix {piece:piece}",
        "(let|make) [the (name|names) of] {what:files} (start|begin) with {piece:piece}",
        "[the (name|names) of] {what:files} should (start|begin) with {piece:piece}",
    ),
    *rules(
        _after,
        "(put|add|stick|append|insert|write|place) [the (suffix|word|text|letters|characters|string|year|date)]"
        " {piece:piece} (after|at the end of|to the end of|on the end of|as a suffix to|behind|to) the (name|names"
        "|filename|filenames|file name|file names) of {what:files}",
        "suffix [the (name|names) of] {what:files} with {piece:piece}",
        "(add|give) the suffix {piece:piece} to [the (name|names) of] {what:files}",
        "give {what:files} the suffix {piece:piece}",
        "[the (name|names) of] {what:files} should end (with|in) {piece:piece}",
    ),
    *rules(
        _numbered,
        "number {what:files} " + _BY,
        "(number|renumber) {what:files} [consecutively|sequentially] [from 1|from one|starting at 1|starting from 1] "
        + _BY,
        "@rename {what:files} (to|as|with|by|using) [consecutive|running|sequential|simple] numbers " + _BY,
        "give {what:files} [consecutive|running|sequential] numbers " + _BY,
    ),
    *rules(
        _numbered_as,
        "(@rename|number) {what:files} (to|as) {first:counted} [,] {second:counted} [,] [(and so on|etc [.]|... |…"
        "|and so forth|and onwards)] " + _BY,
        "(@rename|number) {what:files} (to|as) {first:counted} , {second:counted} [,] {third:counted} [,] [(and so on"
        "|etc [.]|...|…|and so forth)] " + _BY,
    ),
)
"""Longer patterns of one verb stand after its shorter ones: a name that holds ``and`` is refused by its slot."""
