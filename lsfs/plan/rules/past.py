"""Sentences about earlier versions, about taking back, and about what has happened."""

from __future__ import annotations

from lsfs.plan.request import Action, History, Redo, Restore, Undo
from lsfs.plan.rules.chosen import Chosen, each
from lsfs.plan.rules.grammar import Got, Rule, rules

PREVIOUS = "previous"
FIRST = "first"


def _restored(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"]
    return each(Restore, files, version=got["version"])


def _restored_by_time(got: Got) -> tuple[Action, ...] | None:
    """``the version of ideas.md from 3 days ago``: what looks like a limit of the file is one of the version."""
    files: tuple[Chosen, ...] = got["what"]
    if any(not one.time or one.size or one.tagged for one in files):
        return None
    return tuple(Restore(**(one.slots() | {"version": one.time, "time": ""})) for one in files)


def _previous(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got["what"]
    return each(Restore, files, version=PREVIOUS)


def _undone(got: Got) -> tuple[Action, ...] | None:
    return (Undo(op=got.get("op", "")),)


def _redone(got: Got) -> tuple[Action, ...] | None:
    return (Redo(op=got.get("op", "")),)


def _history(got: Got) -> tuple[Action, ...] | None:
    files: tuple[Chosen, ...] = got.get("what", (Chosen(),))
    made: list[Action] = []
    for one in files:
        slots = one.slots()
        if "time" in got:
            if one.time:
                return None
            slots["time"] = got["time"]
        made.append(History(**slots))
    return tuple(made)


_SPOILT = (
    "[oops|damn|sorry|argh|oh] [,|!] [i|i've|i have|we|we've] [just|accidentally|just now] (messed up|ruined|broke"
    "|broken|wrecked|spoilt|spoiled|botched|screwed up|wrecked|damaged|mucked up|messed around with|overwrote"
    "|overwritten|mangled|wrongly changed|made a mess of|destroyed|garbled|fouled up|bungled|changed|edited|butchered"
    "|made a mistake in|made mistakes in)"
)
_LAST_EDIT = (
    "(my|the|that) (last|latest|most recent|recent) (edit|edits|change|changes|save|modification|version|editing) [i"
    " (made|did)|that i (made|did)]"
)
_BAD = (
    "(was|is|were|are) (wrong|bad|rubbish|a mistake|mistaken|no good|not good|terrible|unwanted|stupid|silly|garbage"
    "|an accident|accidental|a bad idea|nonsense|mistakes)"
)
_WAS = (
    "(how|the way|as|what|to how|to the way|to what) it (was|looked|read|stood|used to be|had been|looked like|was"
    " like)"
)
_BACK = (
    "(@restore @it|put @it back|bring @it back|get @it back|take @it back|change @it back|turn @it back|give @it back"
    "|set @it back|roll @it back|wind @it back|revert|restore|go back|give me back @it|return @it)"
)
_KINDS = "(version|state|copy|revision|edition|draft|text|content|contents|one|form)"
_THE_VERSION = (
    f"((the|its|a|my|that|an|) {{version:version}} {_KINDS}|(the|its|my) {_KINDS} {{version:since}}"
    f"|{{version:versioned}})"
)
_TO = f"(to {_THE_VERSION}|to {{version:since}}|{_WAS} {{version:since}}|{{version:since}}|to {{version:version}})"
_GIVE = (
    "(give me|give me back|i want|i want back|get me|bring back|get back|restore|recover|retrieve|go back to|return"
    " to|revert to|roll back to|get|bring me back|i'd like|i need|fetch|take me back to|put back|use|i would like|let"
    " me have|can i have|could i have|may i have|can we have|i need back|can i get|could i get|please)"
)

_TAKE = "(take|put|bring|set|get|turn|roll|wind|switch|move|step|restore|revert|reset)"

_RESTORE = (
    *rules(
        _restored,
        f"@restore {_THE_VERSION} of {{what:files}}",
        f"{_GIVE} [back] {_THE_VERSION} of {{what:files}} [back|again]",
        f"{_GIVE} {{what:files}} 's {{version:version}} (version|state) [back|again]",
        f"@restore {{what:files}} {_TO}",
        "@restore {what:files} from {version:since}",
        f"(put|bring|set|take|change|get|turn|roll|wind|switch|move) {{what:files}} back {_TO}",
        f"(put|bring|set|take|change|get|turn|roll|wind) back {{what:files}} {_TO}",
        f"{_GIVE} {{what:files}} [back] {_WAS} {{version:since}} [back]",
        f"{_GIVE} {{what:files}} back (to|from|of) {{version:since}}",
        f"{_GIVE} [back] the {{what:files}} (of|from) {{version:since}} back",
        f"{_GIVE} [back] [the|my] {{what:files}} as it (was|stood|looked|had been|read) {{version:since}} [back]",
        f"{_SPOILT} {{what:files}} [,|;|.|:|!] [and|so|can you|please|could you] [i want|i'd like|i need|to] {_GIVE}"
        f" {_THE_VERSION}"
        " [back|again|of it]",
        f"{_SPOILT} {{what:files}} [,|;|.|:|!] [and|so|can you|please|could you] {_BACK} {_TO}",
        f"{_LAST_EDIT} (of|to|in|on) {{what:files}} {_BAD} [,|;|.|:|!] [and|so|can you|please|could you] {_BACK} {_TO}",
        f"{_LAST_EDIT} (of|to|in|on) {{what:files}} {_BAD} [,|;|.|:|!] [and|so|can you|please|could you] {_GIVE}"
        f" {_THE_VERSION}"
        " [back|again|of it]",
        f"{_SPOILT} {{what:files}} [,|;|.|:|!] [the|its] {{version:version}} {_KINDS} [back] [again]",
        f"(undo|revert|take back) {_LAST_EDIT} (of|to|in|on) {{what:files}} [,|;|.|:|!] [and|so] [it|that] (should|must"
        f"|ought to) be (like it was|as it was|how it was|the way it was) [just] {{version:since}}",
        f"{{what:files}} (should|must) (go back|be put back|be reverted|be restored|be reset|be rolled back|be set"
        f" back) {_TO}",
        "(go back|switch back) to {version:since} (of|in|for) {what:files}",
        f"{_TAKE} {{what:files}} back [by] {{version:steps}}",
        f"{_TAKE} back {{what:files}} [by] {{version:steps}}",
        f"{_TAKE} {{what:files}} {{version:steps}} back",
        "(go|roll|step|wind|move) back {version:steps} (in|of|for|with|on) {what:files}",
        f"{_GIVE} {{what:files}} [back] (as it was|the way it was|how it was|from) {{version:steps}} ago [back]",
        "@restore {what:files} (to|as) (how it was|what it was|the way it was|it was) {version:steps} ago",
        "(undo|revert|take back|reverse) [the|my] last {version:steps} (of|to|in|on|i made to|that i made to)"
        " {what:files}",
        f"{{what:files}} [,|:] {_GIVE} {_THE_VERSION} [back]",
        f"i (liked|preferred) {_THE_VERSION} of {{what:files}} [better|more] [,|;|.|:|!] [so|please] (bring|put|get"
        f"|restore) (it|that)"
        " [back]",
    ),
    *rules(
        _restored_by_time,
        "@restore [back] the (version|state) of {what:files} [back]",
        f"{_GIVE} the (version|state) of {{what:files}} [back]",
    ),
    *rules(
        _previous,
        f"(undo|revert|discard|roll back|rollback|take back|reverse|drop|throw away|cancel) {_LAST_EDIT} (of|to|in|on"
        f"|i made to|that i"
        " made to|made to|i did to) {what:files}",
        "(undo|revert|reverse|take back) (what|whatever) i (did to|changed in|just did to|just changed in|last"
        " changed in|wrote in|last did to) {what:files}",
        f"{_SPOILT} {{what:files}} [,|;|.|:|!] [and|so|can you|please|could you] (undo (that|it|my last change|the"
        f" change|the last change|my change)|{_BACK})",
        f"{_LAST_EDIT} (of|to|in|on) {{what:files}} {_BAD} [,|;|.|:|!] [and|so|can you|please|could you] (undo (that"
        f"|it)|reverse (that|it)|take (it|that)"
        " back|revert (it|that)|reverse it)",
        "(undo|revert) {what:exact}",
        "roll back {what:exact}",
    ),
)
_THAT = (
    "(that|it|this|the last (op|operation|thing|step|action|command|change|one)|my last (action|command|op|step"
    "|operation)|what you just did|what you did|what i just did|the last thing you did|what i did last|the last thing"
    "|that last (step|action|op|change|thing|operation|one)|all that|everything you just did|that again|the previous"
    " (op|operation|action|step)|the last thing i did|the last thing i asked for|your last (step|action|change|move))"
)
_OP = "[the] [op|operation|action|step|number|nr|no|command|change] [number|nr|no|.] {op:number}"
_UNDO = rules(
    _undone,
    f"(undo|revert|reverse|roll back|rollback|take back|cancel) [{_THAT}|{_OP}]",
    "(take|roll) (that|it|this) back",
    "(never mind|oops|no|oh no|wait|sorry|stop|nevermind|mistake) [,|.|;] [please] [that was (wrong|a mistake)] [,|."
    "|;] (undo|take back"
    f"|revert|reverse) {_THAT}",
    "(never mind|oops|no|wait|sorry) [,|.] take (that|it) back",
    "(forget|scratch) what you just did",
    "(that was|this was) (wrong|a mistake|not what i wanted|not what i meant) [,|.|;|:] [so|please] (undo|take back"
    "|revert|reverse) (it|that)",
    "(put|set) everything back (the way it was|as it was|how it was) [before|before that]",
)
_REDO = rules(
    _redone,
    f"(redo|re-do) [{_THAT}|{_OP}|what (i|you) [just] (undid|took back)|what was undone|what was taken back]",
    "(undo the undo|undo that undo|undo the undoing|do it again after all|do that again after all|put it back again"
    " after all)",
)
_HISTORY = rules(
    _history,
    "[@show|list|what is|what's|give me] [the|all] (history|versions|past versions|earlier versions|old versions"
    "|previous versions|change history|edit history|version history|revision history|past changes|recent changes"
    "|changes) (of|to|for|in) {what:reading}",
    "what (did i|have i|did we|have we|i) [last] (change|changed|do|done|edit|edited|modify|modified|rename|renamed"
    "|move|moved|delete|deleted|work on|worked on|touch|touched|alter|altered) {time:when}",
    "[show me|tell me|show] what (changed|has changed|happened|has happened|was changed|was altered|got changed|was"
    " done|was modified|was edited|was moved|was deleted|was renamed|have you done|did you do|has been changed|has"
    " been done|was going on) [in|to|with|on|about] {what:reading}",
    "[show me|tell me|show] what (changed|has changed|happened|has happened|was changed|was altered|got changed|was"
    " done|was modified|was edited|was moved|was deleted|was renamed|have you done|did you do|has been changed|has"
    " been done) [here] {time:when}",
    "(when|how often) (did i|was|have i|did) [last] {what:reading} (last|) (change|changed|edit|edited|modify"
    "|modified)",
    "(when|how often) did i [last] (change|edit|modify|touch) {what:reading}",
    "(show me|show|list|what are|what were) [all] [the|my] (changes|edits|modifications) [i made|from|of|since|in"
    "|that i made] {time:when}",
    "(history|log)",
    "(what did you do|what have you done|what did you just do|what have i done) [so far|last|lately|recently]",
)
RULES: tuple[Rule, ...] = _REDO + _UNDO + _RESTORE
"""What changes something."""
READING: tuple[Rule, ...] = _HISTORY
"""What only tells."""
