"""Sentences that sort files into folders, and that make one file of several."""

from __future__ import annotations

import re

from lsfs.core.filetypes import types_for
from lsfs.plan.request import Action, Group, Merge
from lsfs.plan.resolve.grouping.scheme import key_of
from lsfs.plan.rules.chosen import Chosen, each
from lsfs.plan.rules.grammar import Got, Rule, rules

_SHAPES = {
    "year": r"(19|20)\d\d",
    "month": r"(19|20)\d\d[-_. ]?\d\d|\d\d?|[A-Za-z]{3,9}( \d{4})?",
    "day": r"(19|20)\d\d-\d\d-\d\d",
    "date": r"[\d._ -]+",
}
_TYPES = frozenset("type types kind kinds extension extensions format formats".split())


def _grouped(got: Got) -> tuple[Action, ...] | None:
    """Names of folders that are said beside the key only confirm it; others are refused."""
    key: str = got["by"]
    if not all(_fits(key, one) for one in got.get("names", ())):
        return None
    for one in got.get("tail", ()):
        if one and not (_fits(key, one) or _same_key(key, one)):
            return None
    if "by2" in got and not _same_key(key, got["by2"]):
        return None
    files: tuple[Chosen, ...] = got.get("what", (Chosen(),))
    where: str = got.get("in", "")
    made: list[Action] = []
    for one in files:
        slots = one.slots()
        if where:
            if one.folder:
                return None
            slots["folder"] = where
        made.append(Group(**(slots | {"by": key, "to": got.get("to", "")})))
    return tuple(made)


def _fits(key: str, name: str) -> bool:
    """Whether a folder can have this name when files are sorted by this key."""
    if key_of(name) is not None:
        return False
    plain = key.casefold().removesuffix("s")
    shape = _SHAPES.get(plain)
    if shape is not None:
        return re.fullmatch(shape, name) is not None
    return plain in _TYPES and types_for("." + name.removeprefix(".").casefold()) is not None


def _same_key(one: str, other: str) -> bool:
    keys = {key.casefold().removesuffix("s") for key in (one, other)}
    return len(keys) == 1 or keys <= _TYPES


def _merged(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"]
    if "with" in got:
        if len(files) != 1 or len(got["with"]) != 1 or files[0].limited or got["with"][0].limited:
            return None
        files = (Chosen(what=files[0].what + got["with"][0].what),)
    order: str = got.get("order", "")
    if "order2" in got:
        if order:
            return None
        order = got["order2"]
    # Documents from different folders do not fit into one action.
    return each(Merge, files, order=order, to=got["to"]) if len(files) == 1 else None


_FOLDERS = "(@folders|@folder|a @folder|[its|their] own (@folder|@folders)|separate @folders|different @folders)"
_ONE_PER = (
    "(one|a|a separate|a new|an own|its own|one separate|a single|separate) [new] (@folder|@folders) (per|for each"
    "|for every|each|for every single|for each single|for)"
)
_NAMES = (
    "[[,|:|;|.|<] [and] [so|with|namely|i.e|that is|using|making|giving|thus] [the|new] [@folders|@folder] [called"
    "|named] {names:names} [>] [inside|inside it|in it|there|inside them|in there]]"
)

_DISTRIBUTE = (
    "(sort|group|organise|organize|arrange|split|divide|separate|classify|categorise|categorize|distribute|sub-divide"
    "|subdivide|cluster|partition)"
)
"""Verbs with which several folders share the files; what is moved into two may be wanted in both."""

_GROUP = (
    *rules(
        _grouped,
        f"{_DISTRIBUTE} {{what:grouped}} [up|out] into {{by:folder_names}}",
        f"{_DISTRIBUTE} {{what:grouped}} [up|out] into {{by:folder_names}} (in|inside|under|within) {{to:place}}",
        f"{_DISTRIBUTE} {{what:grouped}} [up|out] into {{by:units}}",
        f"{_DISTRIBUTE} {{what:grouped}} [up|out] (into|in) [@folders] (like|called|named|such as|of the form"
        "|with names like|in the form|called like|named like) {by:key}",
        f"@sort {{what:grouped}} [up|out] [(into|in) {_FOLDERS}] (by|per|according to|based on|after) {{by:key}}"
        f" {_NAMES}",
        f"@sort {{what:grouped}} [up|out] (by|per|according to|based on) {{by:key}} (into|in) {_FOLDERS} {_NAMES}",
        f"@sort {{what:grouped}} [up|out] (by|per|according to|based on) {{by:key}} [,|:|;] [with|using|so|making"
        f"|into] {_ONE_PER} {{by2:key}} {_NAMES}",
        f"@sort {{what:grouped}} [up|out] [,|:|;] [into|in|with|so that there is|to|using] {_ONE_PER} {{by:key}}"
        f" {_NAMES}",
        "@sort {what:grouped} [up|out] (by|per|according to) {by:key} (,|:|;|.|?|!|<|with|using) {tail:tail}",
        "@sort {what:grouped} [up|out] [,|:|;] [into|in|with|to|using] "
        f"{_ONE_PER} {{by:key}} (,|:|;|.|?|<) {{tail:tail}}",
        "@sort {what:grouped} [up|out] (into|in) (a|one|its own|a separate) @folder (named|called) (after|for|by)"
        " (its|their|the) {by:key}",
        "(i'd like|i want|i would like) {what:grouped} (sorted|grouped|organised|organized|arranged|split|divided)"
        " [up|out]"
        f" [(into|in) {_FOLDERS}] (by|per) {{by:key}} {_NAMES}",
        "{what:grouped} (want|wants|need|needs) (sorting|splitting|grouping|organising|organizing|dividing|arranging)"
        " [up|out]"
        f" [(into|in) {_FOLDERS}] (by|per|according to) {{by:key}} {_NAMES}",
        "{what:grouped} (want|wants|need|needs) (sorting|splitting|grouping|organising|organizing|dividing|arranging)"
        " [up|out] (by|per) {by:key} (,|:|;|.|?|!|<|with|using) {tail:tail}",
        f"(make|create|set up|i want|i'd like) {_ONE_PER} {{by:key}} (in|inside|under|within) {{in:folder}} {_NAMES}"
        f" [,] and (put|sort"
        "|move|file|distribute|place) {filler:filler}",
        f"@sort {{what:grouped}} [up|out] into {{by:key}} {_FOLDERS} {_NAMES}",
        "@sort {what:grouped} [up|out] into @folders (in|inside|under) {to:place} (by|per) {by:key}",
        "@sort {what:grouped} [up|out] (by|per) {by:key} (into|in|under|inside) [@folders (of|in|under|inside)]"
        " {to:place}",
        "@sort {what:grouped} [up|out] (into|in|under) {to:place} (by|per) {by:key}",
        f"(make|create|i want|i'd like|i would like|set up|give me) {_ONE_PER} {{by:key}} (in|inside|under|within"
        f"|for) {{in:folder}} {_NAMES}",
        f"(make|create|i want|i'd like|set up) {_ONE_PER} {{by:key}} (in|inside|under|within) {{in:folder}} [,] and"
        f" (sort|put|move"
        "|file|distribute) (the files|them|everything|all files|all the files|the files there) (into them|accordingly"
        "|in them|there|into it)",
        f"{_ONE_PER} {{by:key}} (in|inside|under|within) {{in:folder}} {_NAMES}",
        f"{{what:grouped}} (should|must|ought to|needs to|need to) be (sorted|grouped|organised|organized|arranged"
        f"|split|divided) [up|out] [(into|in) {_FOLDERS}] (by|per|according to) {{by:key}} {_NAMES}",
    ),
)

_ORDER = "[, {order:order} [,]|< {order:order} >|{order:order}]"
_ORDER2 = "[, {order2:order}|< {order2:order} >|{order2:order}|: {order2:order}]"
_INTO = (
    "(into|as|to|in|to make|to form|to get|and save it as|and call it|and save the result as|and call the result|,"
    " call it|and name it|and save as|and put the result in|and save them as|and write it to|, saved as|and save that"
    " as|and store it as|and call that) [a|one|a single|the] [new|single|joint|common] [@document] [called|named|:]"
)
_MERGE = rules(
    _merged,
    f"@merge {{what:merged}} {_ORDER} [together] {_INTO} {{to:ended}} {_ORDER2}",
    f"@merge {{what:files}} with {{with:files}} {_ORDER} {_INTO} {{to:ended}} {_ORDER2}",
    f"(put|stick|glue|stitch|paste|bring|tack|join) {{what:merged}} together {_ORDER} {_INTO} {{to:ended}} {_ORDER2}",
    "(make|create|build) [a|one|a single|the] [new|single] @document [called|named] {to:ended} (out of|from|of|by"
    " joining|by merging"
    f"|by combining|that joins|that combines|with) {{what:merged}} {_ORDER2}",
    "(make|create|build) {to:ended} (out of|from|by joining|by merging|by combining) {what:merged}" + f" {_ORDER2}",
    "(make|turn) {what:merged} "
    f"{_ORDER} (into) [a|one|a single] [new|single] @document [called|named|,] {{to:ended}} {_ORDER2}",
)
RULES: tuple[Rule, ...] = _GROUP + _MERGE
