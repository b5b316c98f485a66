"""Sentences that make files and folders, and write into files."""

from __future__ import annotations

from lsfs.plan.request import Action, Append, Create, Mkdir, Write
from lsfs.plan.rules.chosen import Chosen
from lsfs.plan.rules.drafting import is_given
from lsfs.plan.rules.grammar import Got, Rule, rules

_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "a": 1, "an": 1, "one": 1, "another": 1}
_COUNTS |= {str(n): n for n in range(1, 10)}


def _created(got: Got) -> tuple[Action, ...] | None:
    name: str = got["name"]
    folder: str = got.get("in", "")
    if "*" in name or (folder and name.startswith(("/", "~"))):
        return None
    return (Create(name=name, folder=folder, text=got.get("text", "")),)


def _drafted(got: Got) -> tuple[Action, ...] | None:
    about, name = got["about"] if "name" not in got else (got["about"], got["name"])
    return (Create(name=name, about=(about,)),)


def _drafted_anew(got: Got) -> tuple[Action, ...] | None:
    return _about(Write, got)


def _drafted_at_the_end(got: Got) -> tuple[Action, ...] | None:
    return _about(Append, got)


def _about(kind: type[Append | Write], got: Got) -> tuple[Action, ...] | None:
    to: Chosen = got["to"]
    if to.time or to.size or to.tagged:
        return None
    about = (got["about"], got["topic"]) if "topic" in got else (got["about"],)
    return (kind(to=to.what[0], folder=to.folder, about=about),)


def _taken_over(got: Got) -> tuple[Action, ...] | None:
    return _from(Write, got)


def _taken_to_the_end(got: Got) -> tuple[Action, ...] | None:
    return _from(Append, got)


def _from(kind: type[Append | Write], got: Got) -> tuple[Action, ...] | None:
    to: Chosen = got["to"]
    source: Chosen = got["source"]
    if source.limited or to.time or to.size or to.tagged:
        return None
    return (kind(to=to.what[0], folder=to.folder, source=source.what[0]),)


def _made(got: Got) -> tuple[Action, ...] | None:
    names: tuple[str, ...] = got["names"] if "names" in got else (got["name"],)
    count = _COUNTS.get(got.get("count", "").casefold())
    if count is not None and count != len(names) and not (count == 1 and len(names) == 1):
        return None
    return tuple(Mkdir(name=name, folder=got.get("in", "")) for name in names)


def _made_one(got: Got) -> tuple[Action, ...] | None:
    return (Mkdir(name=got["name"], folder=got.get("in", "")),)


def _appended(got: Got) -> tuple[Action, ...] | None:
    to: Chosen = got["to"]
    parts = {"name", "names", "title", "titles"} & set(to.what[0].casefold().split()[:4])
    if to.time or to.size or to.tagged or not is_given(got["text"]) or (parts and not to.exact):
        return None  # "the names of …" are not what is in a file
    return (Append(to=to.what[0], folder=to.folder, text=got["text"]),)


def _added(got: Got) -> tuple[Action, ...] | None:
    """What nobody called a text: ``a column`` is none for a file, though an item of a list."""
    if got["to"].exact and got["text"].casefold().startswith(("a ", "an ", "another ", "one more ", "some ")):
        return None
    return _appended(got)


def _written(got: Got) -> tuple[Action, ...] | None:
    to: Chosen = got["to"]
    if to.time or to.size or to.tagged:
        return None
    return (Write(to=to.what[0], folder=to.folder, text=got["text"]),)


_NEW = "(make|create|add|set up|start|open|write|new|begin|generate|jot down|save|i need|i want|i'd like|give me|put)"
_A_NEW = "[me] [a|an|the] [new|empty|blank|short|quick|fresh|little|small]"
_SAID = "(@says {text:quoted} [in it|inside|inside it|as its content]|: {text:rest}|@says [: |,] {text:rest})"
_FILE = "@document"

_CREATE = rules(
    _created,
    f"{_NEW} {_A_NEW} {_FILE} [@named|as|at] {{name:ended}} {_SAID}",
    f"{_NEW} {_A_NEW} {_FILE} [@named|as|at] {{name:ended}} (in|inside|under|at|within|to) {{in:place}} {_SAID}",
    f"{_NEW} {_A_NEW} {_FILE} @named {{name:name}} (in|inside|under|within|to) {{in:place}} {_SAID}",
    f"{_NEW} {_A_NEW} {_FILE} @named {{name:name}} {_SAID}",
    f"{_NEW} {_A_NEW} {_FILE} (in|inside|under|within) {{in:place}} @named {{name:name}} {_SAID}",
    f"(in|inside|under) {{in:folder}} [,] {_NEW} {_A_NEW} {_FILE} [@named] {{name:ended}} [{_SAID}]",
    f"{_NEW} {_A_NEW} {_FILE} (in|inside|under|within) {{in:place}} (and call it|, call it|, called|, named|and name"
    f" it) {{name:name}} [{_SAID}]",
    f"{_NEW} {_A_NEW} {{name:new_file}} [(in|inside|under) {{in:place}}] {_SAID}",
    f"{_NEW} {_A_NEW} {_FILE} [@named|as|at] {{name:ended}} [with nothing in it|that is empty]",
    f"{_NEW} {_A_NEW} {_FILE} [@named|as|at] {{name:ended}} (in|inside|under|at|within|to) {{in:place}} [with nothing"
    f" in it]",
    f"{_NEW} {_A_NEW} {_FILE} @named {{name:name}} [(in|inside|under|within|to) {{in:place}}]",
    f"{_NEW} {_A_NEW} {_FILE} (in|inside|under|within) {{in:place}} @named {{name:name}}",
    f"(make|create|new|touch|start) {_A_NEW} {{name:new_file}} [(in|inside|under) {{in:place}}]",
    "(write|put|save|store|note down|note) {text:quoted} (in|into|to|as) (a|an) [new|text|new text] (file|note"
    "|document) @named {name:name} [(in|inside|under) {in:place}]",
    "(write|put|save|store|note down|note) {text:quoted} (in|into|to|as) (a|an) new [text] (file|note|document)"
    " {name:ended} [(in|inside|under) {in:place}]",
)
_DRAFT = rules(
    _drafted,
    "(write|draft|compose|put together|prepare) [me|us] [a|an] {about:letter} [,] [and] (in|into|to|as|save it as"
    "|save it to|save it in|put it in|store it as|save that as|call it|and call it|under|called|named) [a file @named"
    "|the file|a new file|a file|a new file @named] {name:new_file}",
    "(write|draft|compose|put together|prepare) [me|us] {name:new_file} [,] [with] (a|an) {about:letter}",
    "(write|draft|compose|prepare) [me|us] [a|an] {about:letter_in}",
)
_MKDIR = (
    *rules(
        _made,
        "@make_me [me] [a|an|the|another|one] [new|empty|extra|more|further] @folder [@named|,|:] {name:new_folder}",
        "@make_me [me] [a|an|the|another|one] [new|empty|extra|more|further] @folder [@named] {name:new_folder} (in"
        "|inside|under|within|below|beneath|to|on) {in:place}",
        "@make_me [me] [a|an|the|another|one] [new|empty|extra|more|further] @folder (in|inside|under|within|below|to"
        "|on|beneath) {in:place} (@named|, called|, named|and call it|, call it|and name it|:|,) {name:new_folder}",
        "@make_me [me] [the|{count:count}] [new|empty|extra|more|further] @folders [@named|,|:] {names:new_folders}",
        "@make_me [me] [the|{count:count}] [new|empty|extra|more|further] @folders [@named] {names:new_folders} (in"
        "|inside|under|within|below|beneath|to|on) {in:place}",
        "@make_me [me] [the|{count:count}] [new|empty|extra|more|further] @folders (in|inside|under|within|below|to"
        "|on|beneath) {in:place} [,|:|;] [@named|namely|, called|, named] {names:new_folders}",
        "(in|inside|under|within) {in:folder} [,] @make_me [me] [a|an|the|{count:count}] [new|empty|more] (@folder"
        "|@folders) [@named|:] {names:new_folders}",
        "(make|create|add|new|mkdir) [a|an|the] [new] {name:new_folder} (folder|directory) [(in|inside|under|within)"
        " {in:place}]",
        "(mkdir|md) [-p] {name:new_folder}",
        "{count:count} [new|more|further|extra] (@folder|@folders) (in|inside|under|within) {in:place} [,|:|;]"
        " [called|named|, called|, named] {names:new_folders}",
        "{count:count} [new|more|further|extra] (@folder|@folders) [called|named] {names:new_folders} (in|inside"
        "|under|within) {in:place}",
    ),
    *rules(_made_one, "there should be a [new] @folder [@named] {name:new_folder} (in|inside|under) {in:place}"),
)

_LINE = (
    "[the|this|a|another|one|these|that] [new|extra|further|last|final] (line|text|words|sentence|entry|item|row"
    "|lines|note|point|words|paragraph|bullet|bullet point) [that says|saying|reading|:|with the text|which says]"
)
_END = (
    "(to|onto|to the (end|bottom|foot) of|at the (end|bottom|foot) of|on the (end|bottom) of|to the list in|to the"
    " text of|on to|as the last line of|as the last line in|as a new line to|as a new line in|as a line to|as a new"
    " line at the end of|as a new line at the bottom of|as the final line of|as another line to)"
)
_APPEND_VERB = "(add|append|put|write|insert|stick|jot|jot down|tack|tack on|note|note down|attach|enter|include|pop)"
_ADD_VERB = _APPEND_VERB.replace("|write", "")
_APPEND = (
    *rules(
        _appended,
        f"{_APPEND_VERB} {_LINE} {{text:text}} {_END} {{to:any_target}} [@too]",
        f"(write|add|append|put) (this|the following) {_END} {{to:any_target}} : {{text:rest}}",
        "(add|append) {text:quoted} (to|at the (end|bottom|foot) of|to the (end|bottom) of) {to:any_target} [@too]",
        "(add|append|write|insert|put) (a|another|one|the|this|the following|one more|) [new|extra|further|last"
        "|final] (line|entry|row|sentence|text|note|item|point|paragraph|bullet|following) (to|at the (end|bottom"
        "|foot) of|in|to the (end|bottom|foot) of) {to:any_target} [that says|saying|reading|with the text|which says"
        "|with] [:] {text:ending}",
    ),
    *rules(
        _added,
        f"{_ADD_VERB} {{text:item}} {_END} {{to:target}} [@too]",
        "write {text:item} (to|at|on) the (end|bottom|foot) of {to:target}",
        "(put|jot down|note|note down|enter|add|jot) {text:item} (on|in|onto|into|down on|down in) {to:listed} [@too]",
    ),
    *rules(
        _appended,
        f"[and] (at|to|on) the (end|bottom|foot) of {{to:any_target}} [,] [please] {_APPEND_VERB} [{_LINE}|this|the"
        f" following] [:] {{text:ending}}",
        f"(write|add|append|put|jot|note) (to|at|on) the (end|bottom|foot) of {{to:any_target}} [{_LINE}|this|the"
        f" following] [:]"
        " {text:ending}",
        f"(write|add|append|put|jot|note) {_END} {{to:target}} [{_LINE}|this|the following] [:] {{text:ending}}",
        f"(add|append|write) (to|onto) {{to:target}} [this|the following] [{_LINE}] : {{text:rest}}",
        f"(extend|continue) {{to:target}} (with|by) [{_LINE}] [:] {{text:ending}}",
        "{to:target} (needs|should have|should get|gets|wants) [a|another|one more|a new] (line|entry|row|item) (at"
        " the (end|bottom)|) [that says|saying|reading|:] [:] {text:ending}",
    ),
)
_CONTENT = "(the [whole|entire|full] (contents|content|text) of|what is in|what's in|whatever is in|what stands in)"
_TAKEN = (
    *rules(
        _taken_over,
        f"(change|set|replace|overwrite|update|rewrite) [the (contents|content|text|whole text) of] {{to:one}} (to|with"
        f"|by) [just|only] ({_CONTENT}|that of) {{source:one}}",
        "(change|set|replace|overwrite|update|rewrite) [the (contents|content|text|whole text) of] {to:one} (to|with"
        "|by) [just|only] what {source:one} (says|contains|holds) [now]",
        "(change|set|replace|overwrite|update|rewrite) [the (contents|content|text|whole text) of] {to:one} (to|with"
        "|by) {source:exact_one} 's (contents|content|text)",
        "(make|let|have) {to:exact_one} (say|contain|read) (the same as|just what|what|exactly what) {source:one}"
        " [says|does|contains]",
        "{to:exact_one} should (say|contain|read) (the same as|just what|what|exactly what) {source:one} [says|does"
        "|contains]",
    ),
    *rules(
        _taken_to_the_end,
        f"(add|append|copy|put) {_CONTENT} {{source:one}} (to the (end|bottom|foot) of|at the (end|bottom|foot) of)"
        f" {{to:any_target}}",
        f"(add|append) {_CONTENT} {{source:one}} (to|onto) {{to:any_target}}",
        "(add|append) what {source:one} (says|contains) (to|onto|at the (end|bottom) of|to the (end|bottom) of)"
        " {to:any_target}",
    ),
)
_ONLY_SAY = (
    "((say|contain|read|hold) (nothing but|only|just|nothing except|nothing other than)|(only|just) (say|contain|read"
    "|hold))"
)
_FROM_NOW = "from now on|from here on|now"
_REPLACED = rules(
    _written,
    "(write|put|set|enter) {text:quoted} (to|into|in) {to:one} [,] (in place of|instead of) ((what|whatever|all that)"
    " (it says|it contains|it holds|is there|is in it|stands there|stands in it) [now|so far]|(its|the) [old|present"
    "|current|whole|existing] (text|content|contents)|everything in it|the old one)",
)
_DRAFT_VERB = "(add|append|put|insert|write|draft|compose|tack on)"
_DRAFT_AN = "[me|us] [a|an|another|some]"
_DRAFT_IN = (
    *rules(
        _drafted_at_the_end,
        f"{_DRAFT_VERB} {_DRAFT_AN} {{about:writing}} ((at|to) the (end|bottom|foot) of|to|onto) {{to:target}}",
        f"{_DRAFT_VERB} {_DRAFT_AN} {{about:piece_of_text}} ((at|to) the (end|bottom|foot) of|to|onto) {{to:target}}"
        " [,] {topic:topic}",
        f"(at|to) the (end|bottom|foot) of {{to:target}} [,] {_DRAFT_VERB} {_DRAFT_AN} {{about:writing}}",
        "(end|close|finish) {to:target} with [a|an|another|some] {about:writing}",
    ),
    *rules(
        _drafted_anew,
        "(rewrite|reword|rephrase|redraft) [the (contents|content|text|wording) of] {to:one} (as|into) [a|an]"
        " {about:manner}",
        "(rewrite|reword|rephrase|redraft) [the (contents|content|text|wording) of] {to:one} {about:led_manner}",
        "(replace|overwrite) [(all the text|the (contents|content|text|whole text)) (of|in)] {to:exact_one} (with|by)"
        " [a|an] {about:writing}",
    ),
)
_WRITE = rules(
    _written,
    "(overwrite|rewrite) [the (contents|content|text) of] {to:exact_one} (with|to) [just|only] [this] [:]"
    " {text:ending}",
    "(overwrite|rewrite) [the (contents|content|text) of] {to:one} (with|to) [just|only] [this] [the (line|text|words"
    "|sentence)] [:] {text:ending}",
    "(overwrite|rewrite|change) {to:exact_one} so that it (only|just) (says|reads|contains|has) [this] [:]"
    " {text:ending}",
    "replace [(all the text|all the content|everything|the whole text|the whole content|the (contents|content|text)"
    "|all that is|all|the entire content|the entire contents|the entire text|whatever is|what is) (of|in)]"
    " {to:exact_one} (with|by) [just|only] [this|the following] [the (line|text|words|sentence)] [:] {text:ending}",
    "replace (all the text|all the content|everything|the whole text|the (contents|content|text)|the entire content"
    "|the entire contents|the entire text) (of|in) {to:one} (with|by) [just|only] [this|the following] [the (line"
    "|text|words|sentence)] [:] {text:ending}",
    "(set|change) (the (contents|content|text|whole text)) of {to:one} to [just|only] [this] [the (line|text|words)]"
    " [:] {text:ending}",
    "{to:exact_one} should (only|just) (say|contain|read) [this] [:] {text:ending}",
    f"{{to:one}} should [from now on] {_ONLY_SAY} [this] [:] {{text:quoted}} [{_FROM_NOW}]",
    f"{{to:exact_one}} should {_ONLY_SAY} [this] [:] {{text:ending}}",
    f"(make|let|have) {{to:one}} {_ONLY_SAY} [this] [:] {{text:quoted}} [{_FROM_NOW}]",
    f"(make|let|have) {{to:exact_one}} {_ONLY_SAY} [this] [:] {{text:ending}}",
    "let {to:one} say [this] [:] {text:quoted} and nothing else",
)
RULES: tuple[Rule, ...] = _MKDIR + _DRAFT_IN + _TAKEN + _REPLACED + _APPEND + _CREATE + _WRITE + _DRAFT
