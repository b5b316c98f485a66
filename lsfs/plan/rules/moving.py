"""Sentences that move, copy and rename."""

from __future__ import annotations

from lsfs.plan.request import Action, Copy, Move, Trash
from lsfs.plan.rules.chosen import Chosen, each
from lsfs.plan.rules.grammar import Got, Rule, rules
from lsfs.plan.rules.lexicon import ARTICLES
from lsfs.plan.rules.places import BINS
from lsfs.plan.rules.tokens import has_extension


def _moved(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"]
    to: str = got["to"]
    if _is_bin(to):
        if all(one.limited or one.exact for one in files) or len(files[0].what[0].split()) > 1:
            return each(Trash, files)
        return None
    if any(word.casefold().startswith(("copy of", "copies of", "duplicate of")) for one in files for word in one.what):
        return None
    if has_extension(to) and (len(files) != 1 or len(files[0].what) != 1):
        return None
    return each(Move, files, to=to)


def _is_bin(to: str) -> bool:
    return " ".join(word for word in to.casefold().split() if word not in ARTICLES) in BINS


def _moved_out(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"]
    if any(one.folder for one in files) or _is_bin(got["to"]):
        return None
    return tuple(Move(**(one.slots() | {"folder": got["from"], "to": got["to"]})) for one in files)


def _moved_there(got: Got) -> tuple[Action, ...] | None:
    return each(Move, got["what"], to="there")


def _pairs(got: Got) -> tuple[Action, ...] | None:
    first, second = _moved({"what": got["what"], "to": got["to"]}), _moved({"what": got["what2"], "to": got["to2"]})
    return (*first, *second) if first and second else None


def _copied(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"]
    to: str = got.get("to", "")
    name: str = got.get("name", "")
    if to and has_extension(to) and not name:
        if len(files) != 1 or len(files[0].what) != 1:
            return None
        return each(Copy, files, to=to) if "/" in to else each(Copy, files, name=to)
    if name and (len(files) != 1 or len(files[0].what) != 1):
        return None
    if "/" in name and not to:
        return each(Copy, files, to=name)
    return each(Copy, files, to=to, name=name)


def _copied_there(got: Got) -> tuple[Action, ...] | None:
    return each(Copy, got["what"], to="there")


def _copied_twice(got: Got) -> tuple[Action, ...] | None:
    return (*each(Copy, got["what"], to=got["to"]), *each(Copy, got["what"], to=got["to2"]))


_A_COPY = "(a copy of @it|copies of @it|a duplicate of @it|one copy of @it|@it as a copy)"
_COPY = (
    *rules(
        _copied,
        f"share {{what:files}} [,|:|;|.|–|-] [and|by|please|so] (put|place|make|leave|drop|store|save|putting|placing"
        f"|making|leaving|storing|saving) {_A_COPY} (in|into|to|inside|under|on) {{to:place}} [@keep]",
        "share {what:files} [,|:|;|.|–|-] [and|by|please|so] (copy|duplicate|copying|duplicating) @it (in|into|to"
        "|inside|under) {to:place} [@keep]",
        "@copy {what:files} (as|to|into|under the name|[and] call it|, named|, called|called|named|with the name)"
        " {name:ended} [(in|inside) (the same|that) (folder|place|directory)|beside it|next to it|right beside it"
        "|there|alongside|alongside it|in place|in the folder it is in]",
        "@copy {what:files} (as|under the name|called|named) {name:ended} @into {to:place}",
        "@copy {what:files} @into {to:place} (as|under the name|with the name|called|named|and call it) {name:name}",
        "@copy {what:files} [over|across] (to|into|in|onto|inside|under) {to:place} [@too] [@keep]",
        "[@put|make|have|leave|create|give me|i want|i need|i'd like|get me] (a copy|copies|a duplicate|another copy"
        "|a second copy|an extra copy|duplicates|a spare copy|one copy) of {what:files} (in|into|to|inside|under|on"
        "|onto) {to:place} [@too] [@keep]",
        "(put|make|create|give me|save|i want|i need|i'd like) (a copy|a duplicate|another copy|a second copy|a spare"
        " copy) of {what:files} [and] (called|named|as|under the name|call it|name it|, called|, named) {name:name}"
        " [(in|inside) the same folder|beside it|next to it|alongside|alongside it|right beside it|in the same"
        " place]",
        "(put|make|create|save) (a copy|a duplicate|another copy|a second copy) of {what:files} (called|named|as"
        "|under the name) {name:ended} @into {to:place}",
        "(put|make|create|save) (a copy|a duplicate|another copy|a second copy) of {what:files} (in|into|inside)"
        " {to:place} [and|,] (called|named|as|under the name|call it|name it) {name:name}",
        "(a copy|copies|a second copy|another copy|a duplicate) of {what:files} (should|must|ought to|needs to|has"
        " to) (be|go|sit|live|lie|also be|also go) (in|into|to|inside|under|on) {to:place} [@too] [@keep]",
        "(make|put|create|do) (a copy|copies|a second copy) of {what:files} (in|into|to|inside|under) {to:place}"
        " [@too] [@keep]",
        "also (make|put|create) (a copy|copies) of {what:files} (in|into|to|inside|under) {to:place} [@keep]",
        "(@put|have|copy|save|add) {what:files} (in|into|to|inside|under|on|onto) {to:place} @too [@keep]",
        "(@put|have|copy|save) {what:files} (in|into|to|inside|under|on|onto) {to:place} [@too] @keep",
        "@put {what:files} also (in|into|to|inside|under|on|onto) {to:place} [@keep]",
        "also (put|save|keep|store|have|file|place) {what:files} (in|into|to|inside|under|on|onto) {to:place} [@keep]",
        "(i want|i'd like|i would like|i need|we need|we want|i want to have|i'd like to have|i need to have)"
        " {what:files} (in|into|to be in|inside|under|on|to be on|to go into|to go in) {to:place} @too [@keep]",
        "(i want|i'd like|i would like|i need|we need|we want|i want to have|i'd like to have|i need to have)"
        " {what:files} (in|into|to be in|inside|under|on|to be on|to go into|to go in) {to:place} [@too] @keep",
        "(i want|i'd like|i would like|i need) {what:files} copied (to|into) {to:place} [@too] [@keep]",
        "(i want|i'd like|i would like|i need|we need) [to have] (a copy|another copy|a second copy|copies) of"
        " {what:files} (in|inside|on|under) {to:place} [@too] [@keep]",
        "{what:files} (should|must|ought to|needs to|need to|has to|have to) (also be|also go|also live|also sit|also"
        " appear|also stand|also end up) (in|into|to|under|inside|on) {to:place} [@too] [@keep]",
        "{what:files} (should|must|ought to|needs to|need to|has to|have to) (be|go|live|sit|appear) (in|into|to"
        "|under|inside|on) {to:place} @too [@keep]",
        "{what:files} (should|must|ought to|needs to|need to|has to|have to) be (copied|duplicated) (to|into)"
        " {to:place} [@too] [@keep]",
        "{what:files} (should|must|ought to|needs to|need to) (be|go|live|sit) (in|into|to|under|inside|on)"
        " {to:place} [@too] @keep",
    ),
    *rules(
        _copied_there, "@copy {what:files} @there [@too] [@keep]", "put (a copy|copies) of {what:files} @there [@too]"
    ),
    *rules(
        _copied_twice,
        "@copy {what:files} (to|into) [both] {to:folder} and [(to|into)] {to2:folder} [@keep]",
        "put (a copy|copies) of {what:files} (in|into) [both] {to:folder} and [(in|into)] {to2:folder}",
    ),
)
_MOVE = (
    *rules(
        _moved,
        "@move {what:files} [over|across|out|away|down|up] (to|into|in|inside|under|onto|within|over to|back to|back"
        " into) {to:place} [instead|where it belongs|where they belong]",
        "@put {what:files} [away] (in|into|inside|under|onto|on|within|away in|away into|back into|over in|over into)"
        " {to:place} [where it belongs|where they belong]",
        "(file|send|tidy|shove|bring|throw|store) {what:files} [away] (under|to|away under|away in) {to:folder}",
        "(i want|i'd like|i would like|i need) {what:files} (moved|put|filed|to be moved|to go|to be|to live|placed"
        "|to be put|stored|transferred|relocated|) (to|into|in|inside|under|on) {to:place}",
        "{what:files} [really|actually|probably|definitely] (should|must|ought to|needs to|need to|has to|have to|can"
        "|may|is to|are to|wants to|want to|is supposed to|are supposed to) [please] [all|both|really|better"
        "|actually] (go|be moved|be put|be|live|be filed|move|sit|be stored|be placed|end up|be kept|be transferred"
        "|be relocated|reside) (to|into|in|inside|under|on|over in|over to) {to:place} [instead]",
        "{what:files} [all|both|really|actually] ((belong|belongs|go|goes|live|lives|fits|fit|sits|sit) (into|in"
        "|inside|under) {to:place}|(go|goes|live|lives|sits|sit) (to|on) {to:place}|(belong|belongs|go|goes|live|lives"
        "|fits|fit|sits|sit) (to|on|with) {to:home}) [instead] [[,|:|;|.] [so|please|and|so please|can you|could you"
        "|would you|so can you] (put|move|stick|file) @it (there|over there|in there|over)]",
        "take {what:files} [out|away] [and] (put|move|stick|drop|file|place|bring|to|into|over to) [@it] (to|into|in"
        "|inside|under) {to:place}",
        "take {what:files} (over to|across to|to|into) {to:place}",
    ),
    *rules(
        _moved_out,
        "(@move|@put|take|get) {what:files} (out of|from) {from:folder} [,] [and] [(put|move|stick|drop|bring) @it]"
        " [over] (to|into|in|over to|across to) {to:place}",
    ),
    *rules(
        _moved_out,
        "(clear|get|take|@move|tidy) {what:files} (out of|off|away from) {from:folder} [,|;|.] [and|because|as] (they"
        "|it) (go|goes|belong|belongs|should go|should be|ought to go|must go) (to|in|into|under) {to:place}",
    ),
    *rules(
        _moved,
        "{what:files} [,] [all|both|everything|all of them|both of them] into {to:place}",
        "{what:files} [,|:] [so|please] (@put|@move) @it (to|into|in|under|inside) {to:place}",
    ),
    *rules(
        _pairs,
        "(@move|@put) {what:files} (to|into|in) {to:place} [,] [and] {what2:files} (to|into|in) {to2:place}",
    ),
    *rules(
        _moved_there,
        "(@move|@put) {what:files} (@there|over there)",
        "{what:files} (should|must|ought to|needs to) (go|be moved|be put) @there",
    ),
)
RULES: tuple[Rule, ...] = _COPY + _MOVE
"""Copies come first: what is said of a copy, or of the original that stays, reads as a move without it."""
