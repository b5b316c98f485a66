"""Sentences that throw files away, and that give and take tags."""

from __future__ import annotations

from lsfs.plan.request import Action, Tag, Trash, Untag
from lsfs.plan.rules.chosen import Chosen, each
from lsfs.plan.rules.grammar import Got, Rule, rules


def _trashed(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"] if isinstance(got["what"], tuple) else (got["what"],)
    folder = got.get("from", "")
    if folder:
        if any(one.folder for one in files):
            return None
        return tuple(Trash(**(one.slots() | {"folder": folder})) for one in files)
    return each(Trash, files)


def _tagged(got: Got) -> tuple[Action, ...] | None:
    return each(Tag, got["what"], tags=got["tags"])


def _untagged(got: Got) -> tuple[Action, ...] | None:
    return each(Untag, got["what"], tags=got.get("tags", ()))


_NO_NEED = "(i don't|i do not|i no longer|we don't|we no longer|nobody|no one|i won't|i'll never)"
_GONE = (
    "(@trash @it|@trash (that|this) (one|file)|throw @it away|throw @it out|bin that one|put @it in the bin|put @it"
    " in the trash)"
)
_TRASH = rules(
    _trashed,
    f"(there's|there is|there are|i've got|i have|i found|we have) {{what:vanishing}} [,|;|.|:] [so|and|please|you"
    f" can|could you|can you] {_GONE}",
    "(i've got|i have|we have|there's|there is) {what:one} (twice|in two places|two times|in duplicate) [,|;|."
    "|:] [so|and|please|could you|can you] @trash the (one|copy) (in|from|under|on) {from:folder}",
    "dump {what:unplaced}",
    "@trash {what:vanishing} [(for good|permanently|completely)] [which i don't need|@asap]",
    "(throw|chuck|toss|bin|sling|put|move|send|drop|shift|stick) {what:vanishing} (away|out|in the bin|into the bin"
    "|in the trash|into the trash|to the trash|to trash|to the bin|in the rubbish|in the recycle bin|to the recycle"
    " bin|into the rubbish|into the recycle bin)",
    "{what:vanishing} (can|should|must|may|ought to|needs to|need to|has to|have to|could) [now|all|both|really"
    "|safely|just] (go|be deleted|be binned|be trashed|be removed|be thrown away|be thrown out|be erased|disappear|be"
    " discarded|go away|vanish|go in the bin|go into the bin|go in the trash|go to the trash|go to the bin|go into"
    " the trash|be disposed of|be scrapped) [now|please]",
    f"{_NO_NEED} [really|actually] (need|needs|want|wants|use|require|care about) {{what:vanishing}} [any more"
    f"|anymore|any longer] [,|;|.|:] [so"
    "|and|so please|please|you can|so you can] (@trash @it|throw @it away|throw @it out|bin it|put @it in the bin|put"
    " @it in the trash)",
    "{what:vanishing} (is|are|is now|are now) (obsolete|outdated|out of date|no longer needed|not needed any more|not"
    " needed anymore|useless|superfluous|no longer of use|rubbish|junk|finished with|no use any more) [,|;|.|:] [so"
    "|and|so please|please|you can|so you can] (@trash @it|throw @it away|throw @it out|put @it in the bin|put @it in"
    " the trash)",
)
_TAG = rules(
    _tagged,
    "(tag|label|mark|flag) {what:files} (as|with|:) [the (tag|tags|label|labels)] {tags:tags}",
    "(tag|label) {what:exact} {tags:tags}",
    "(give|assign|apply|attach) {what:files} (the|a|these|those|) [new] (tag|tags|label|labels) [:|of|called]"
    " {tags:tags}",
    "(put|add|attach|assign|apply|stick|set|give|pin|place) (the|a|these|) [new] (tag|tags|label|labels) [:|called]"
    " {tags:tags} (on|to|onto|for) {what:files}",
    "(put|add|attach|assign|apply|stick|set) {tags:tags} (as a tag|as tags|as a label|as the tag) (on|to|onto|for)"
    " {what:files}",
    "(put|add|attach|stick|set) (the|a|an) {tags:tags} (tag|tags|label|labels) (on|to|onto|for) {what:files}",
    "(give|assign) {what:files} (the|a|an) {tags:tags} (tag|tags|label|labels)",
    "{what:files} (should|must|ought to|needs to|need to|has to|have to) (be tagged|be labelled|be labeled|be marked"
    "|be flagged) (as|with|) {tags:tags}",
    "{what:files} (needs|need|should get|gets|get) [the|these] [two|three] (tags|tag|labels|label) [,|:|;] {tags:tags}",
    "{what:files} (gets|get|should get|should have|should carry|should bear|needs|need|must have|must get) (the|a"
    "|these|) (tag|tags|label|labels) {tags:tags}",
)
_FROM = "(from|off|of)"
_UNTAG = rules(
    _untagged,
    "untag {what:files}",
    "untag {tags:tags} (from|on) {what:files}",
    "(untag|unlabel|unmark|unflag) {what:files} (as|from|of|with) {tags:tags}",
    f"(remove|delete|take|strip|drop|clear|get rid of|take off) [the|a|these|those|] (tag|tags|label|labels)"
    f" {{tags:tags}} [away|off] {_FROM} {{what:files}}",
    f"(remove|delete|take|strip|drop|clear|get rid of) [the|a|their|its|these] {{tags:tags}} (tag|tags|label|labels)"
    f" [away|off] {_FROM} {{what:files}}",
    f"(remove|delete|strip|clear|take|drop|get rid of) (all|all the|every|the|its|any|all of the) (tag|tags|label"
    f"|labels) [away|off] {_FROM} {{what:files}}",
    "(take|strip) {tags:tags} off [the tags of] {what:exact}",
    "{what:files} (should no longer be|should not be|shouldn't be|is no longer|are no longer|is not|isn't) (tagged"
    "|labelled|labeled|marked) (as|with|) {tags:tags}",
)
RULES: tuple[Rule, ...] = _UNTAG + _TAG + _TRASH
