"""A Request as a plain English sentence, such as somebody could have said it.  Pure.

What the rules read of the sentence is the same Request, wherever they read it at all (a property of
``tests/plan/test_phrasing.py``); so it can be shown as what a sentence may have meant, and be said in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from lsfs.plan import request as req
from lsfs.plan.rules.lexicon import EVERYTHING, PRONOUNS, QUANTIFIERS
from lsfs.plan.rules.tokens import has_extension

_ADJOINED = re.compile(
    r"(?:older|newer|younger|more|less|over|under|at least|at most|since|before|after|until|till|between|for|on|during"
    r"|bigger|larger|smaller|greater|heavier|lighter|above|below|up to|no|not|from|that|which|of)\b"
)
"""Limits that follow what they limit without a word between."""
_MORE = re.compile(r".*\bor (?:more|bigger|larger|less|smaller)$")
_NO_ARTICLE = QUANTIFIERS | PRONOUNS | frozenset(
    "it them the a an my our your his her two three four five six seven eight nine ten one some no what duplicates"
    " everything anything".split()
)  # fmt: skip
_USUAL_FOLDERS = frozenset("desktop documents downloads pictures music videos home".split())
_VERSIONS = {"previous": "the previous version", "first": "the first version"}
_STEPS = re.compile(r"(?:\d+|one|two|three|four|five) (?:version|change|edit|save)s?")
_FOLDERS_NAMED = re.compile(r"^[\"“']|\bfolders?\b|^[A-Z][a-z]")
"""What files are sorted into, in words that name the folders."""
_MANNERS = ("in ", "so ", "to ", "more ", "less ", "for ", "like ")


def sentence_of(request: req.Request) -> str:
    """The sentence; '' for a request without one.

    Nothing to do has none, nor a question, whose words are not in the request, nor files that no word of the request
    describes.
    """
    actions = request.actions
    if not actions or any(isinstance(action, req.Ask) or not _is_worded(action) for action in actions):
        return ""
    return " and then ".join(_PHRASES[type(action)](action) for action in request.actions)


def _is_worded(action: Any) -> bool:
    """Whether each description of an action holds a letter."""
    return all(any(letter.isalpha() for letter in words) for words in getattr(action, "what", ()))


# Files


def _files(action: Any, *, reading: bool = False) -> str:
    words = _listed([_one(one, reading=reading) for one in action.what])
    limits = _limits(action)
    if words:
        return f"{words} {limits}".rstrip()
    return f"what is {limits}" if _is_only_folder(action) else f"all {limits}".rstrip()


def _is_only_folder(action: Any) -> bool:
    """Whether nothing is said of the files but where they are."""
    return bool(action.folder) and not (action.what or action.time or action.size or action.tagged)


def _limits(action: Any) -> str:
    """Time, size, tags and folder, as they follow a description."""
    parts = []
    if action.time:
        parts.append(action.time if _ADJOINED.match(action.time.casefold()) else f"from {action.time}")
    if action.size:
        size = action.size
        parts.append(f"of {size}" if _MORE.match(size) and not _ADJOINED.match(size) else size)
    if action.tagged:
        parts.append(f"tagged {_listed(list(action.tagged))}")
    if action.folder:
        parts.append(f"in {_folder(action.folder)}")
    return " ".join(parts)


def _one(words: str, *, reading: bool = False) -> str:
    """A name, or a description with its article."""
    if _is_name(words):
        return _name(words)
    first = words.split()[0].casefold() if words.split() else ""
    plain = first in _NO_ARTICLE or words.casefold() in EVERYTHING or "*" in words or first.isdigit()
    if reading or plain or _is_plural(words):
        return words
    return f"the {words}"


def _is_name(words: str) -> bool:
    return has_extension(words) or "/" in words


def _name(words: str) -> str:
    """A name as it can be told from the words around it."""
    odd = any(sign in words for sign in " ,;:()[]") or not words
    return f"“{words}”" if odd and "”" not in words and "*" not in words else words


def _is_plural(words: str) -> bool:
    """Whether a description begins with a noun in the plural: ``invoices from the plumber``."""
    head = re.split(r"\s(?:about|of|for|with|from|in|on|that|which|who|to|by|between)\s", words, maxsplit=1)[0]
    last = head.split()[-1].casefold() if head.split() else ""
    return last.endswith("s") and not last.endswith(("ss", "is", "us"))


def _folder(words: str) -> str:
    """A folder, called one where its name alone may be taken for something else."""
    plain = words.removeprefix("the ")
    if plain.casefold() in _USUAL_FOLDERS or ("/" in plain and " " not in plain and not has_extension(plain)):
        return plain
    if re.fullmatch(r"[^\W_][\w&'’-]*(?: [^\W_][\w&'’-]*){0,4}", plain) and not has_extension(plain):
        return f"the folder {plain}"
    return f"the folder “{plain}”"


def _place(words: str) -> str:
    """Where something goes: a folder, or a path that ends in a new name."""
    if words.casefold() in ("there", "it"):
        return "there"
    return _name(words) if _is_name(words) else _folder(words)


def _listed(words: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _quoted(text: str) -> str:
    """A text between quotation marks that it does not hold."""
    for left, right in (("“", "”"), ('"', '"'), ("«", "»"), ("'", "'")):
        if left not in text and right not in text:
            return f"{left}{text}{right}"
    return f": {text}"


# Verbs


def _selecting(verb: str, *, reading: bool = False) -> Callable[[Any], str]:
    return lambda action: f"{verb} {_files(action, reading=reading)}"


def _list(action: req.List) -> str:
    if action.what:
        return f"list {_files(action, reading=True)}"
    if _is_only_folder(action):
        return f"list what is in {_folder(action.folder)}"
    return f"list the files {_limits(action)}".rstrip()


def _compare(action: req.Compare) -> str:
    if len(action.what) == 2:
        first, second = (_one(one) for one in action.what)
        return f"compare {first} with {second} {_limits(action)}".rstrip()
    return f"compare {_files(action, reading=True)}"


def _history(action: req.History) -> str:
    if not action.what and not action.folder:
        return f"what did I change {action.time}" if action.time else "history"
    return f"show me the history of {_files(action, reading=True)}"


def _create(action: req.Create) -> str:
    place = f" in {_folder(action.folder)}" if action.folder else ""
    if action.about:
        about = " ".join(action.about)
        return f"write {_with_article(about)} in {_name(action.name)}{place}"
    said = f" with the text {_quoted(action.text)}" if action.text else ""
    return f"create a file called {_name(action.name)}{place}{said}"


def _with_article(about: str) -> str:
    first = about.split()[0].casefold()
    if first in _NO_ARTICLE or first in ("few", "some") or _is_plural(about):
        return f"a {about}" if first in ("few", "couple") else about
    return f"{'an' if first[0] in 'aeiou' else 'a'} {about}"


def _mkdir(action: req.Mkdir) -> str:
    place = f" in {_folder(action.folder)}" if action.folder else ""
    return f"make a folder called {_name(action.name)}{place}"


def _target(action: req.Append | req.Write) -> str:
    place = f" in {_folder(action.folder)}" if action.folder else ""
    return f"{_one(action.to)}{place}"


def _append(action: req.Append) -> str:
    if action.source:
        return f"add the contents of {_one(action.source)} to the end of {_target(action)}"
    if not action.about:
        return f"add the line {_quoted(action.text)} to {_target(action)}"
    first, *rest = action.about
    return f"add {_with_article(first)} to the end of {_target(action)} {' '.join(rest)}".rstrip()


def _write(action: req.Write) -> str:
    if action.source:
        return f"replace the text of {_target(action)} with the contents of {_one(action.source)}"
    if not action.about:
        return f"replace the text of {_target(action)} with {_quoted(action.text)}"
    about = " ".join(action.about)
    led = about if about.startswith(_MANNERS) else f"as {_with_article(about)}"
    return f"rewrite {_target(action)} {led}"


def _move(action: req.Move) -> str:
    to = _place(action.to)
    gone = f"move {_files(action)} {to if to == 'there' else f'to {to}'}"
    return f"{gone} as {_name(action.name)}" if action.name else gone


def _copy(action: req.Copy) -> str:
    to = _place(action.to) if action.to else ""
    gone = f"copy {_files(action)}"
    if to:
        gone += " there" if to == "there" else f" to {to}"
    return f"{gone} as {_name(action.name)}" if action.name else gone


def _rename(action: req.Rename) -> str:
    files = _files(action)
    order = "" if not action.by else f", {action.by}" if "first" in action.by else f" by {action.by}"
    counted = re.fullmatch(r"([^#*]*)(#+)", action.name)
    stem = action.name.strip("*")
    if action.name.endswith("*") and "*" not in stem and "#" not in stem:
        return f"put {_quoted(stem)} in front of the names of {files}{order}"
    if action.name.startswith("*") and "*" not in stem and "#" not in stem:
        return f"add {_quoted(stem)} to the end of the names of {files}{order}"
    if action.name == "#":
        return f"number {files}{order}"
    if counted:
        one, two = (f"{counted[1]}{number:0{len(counted[2])}}" for number in (1, 2))
        return f"rename {files} to {one}, {two} and so on{order}"
    return f"rename {files} to {_name(action.name)}{order}"


def _tag(action: req.Tag) -> str:
    return f"tag {_files(action)} as {_listed(action.tags)}"


def _untag(action: req.Untag) -> str:
    if not action.tags:
        return f"remove all tags from {_files(action)}"
    return f"remove the tag{'s' if len(action.tags) > 1 else ''} {_listed(action.tags)} from {_files(action)}"


def _group(action: req.Group) -> str:
    to = f" in {_folder(action.to)}" if action.to else ""
    files = _called_folder(action.folder) if _is_only_folder(action) else _files(action)
    return f"sort {files} {'into' if _FOLDERS_NAMED.search(action.by) else 'by'} {action.by}{to}"


def _called_folder(words: str) -> str:
    folder = _folder(words)
    return folder if folder.startswith("the folder ") or "/" in folder else f"the folder {folder}"


def _merge(action: req.Merge) -> str:
    order = f", {action.order}" if action.order else ""
    return f"merge {_files(action)} into {_name(action.to)}{order}"


def _restore(action: req.Restore) -> str:
    files, version = _files(action), action.version or action.time or "previous"
    if version in _VERSIONS:
        return f"restore {_VERSIONS[version]} of {files}"
    if re.fullmatch(r"@\d+", version):
        return f"restore version {version[1:]} of {files}"
    if re.fullmatch(r"@-\d+", version):
        return f"take {files} back {version[2:]} versions"
    if _STEPS.fullmatch(version.casefold()):
        return f"take {files} back {version}"
    return f"restore {files} to how it was {version}"


def _undo(action: req.Undo) -> str:
    return f"undo op {action.op}" if action.op else "undo that"


def _redo(action: req.Redo) -> str:
    return f"redo op {action.op}" if action.op else "redo that"


def _save_query(action: req.SaveQuery) -> str:
    files = f" for {_files(action, reading=True)}" if action.what or _limits(action) else ""
    return f"save the search{files} as {_name(action.name)}"


_PHRASES: dict[type[Any], Callable[[Any], str]] = {
    req.Find: _selecting("find", reading=True),
    req.List: _list,
    req.Summarize: _selecting("summarize"),
    req.Compare: _compare,
    req.History: _history,
    req.Create: _create,
    req.Mkdir: _mkdir,
    req.Append: _append,
    req.Write: _write,
    req.Move: _move,
    req.Copy: _copy,
    req.Rename: _rename,
    req.Trash: _selecting("delete"),
    req.Tag: _tag,
    req.Untag: _untag,
    req.Group: _group,
    req.Merge: _merge,
    req.Restore: _restore,
    req.Undo: _undo,
    req.Redo: _redo,
    req.SaveQuery: _save_query,
}
