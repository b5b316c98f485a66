"""What the Tab key makes of the last word of a line in ``lsfs shell``: commands, tags, paths."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence

from lsfs_cli.completing import TAGGING

_QUOTES = "\"'"
_ALSO_TAGGING = TAGGING | {"-t", "--tag"}


def completions(line: str, begin: int, commands: Iterable[str], tags: Callable[[], Sequence[str]]) -> list[str]:
    """What may stand from `begin` on instead of the rest of `line`, which ends at the cursor.

    A name with blanks is put in quotes, unless the word has one or writes blanks with backslashes.
    """
    start = word_start(line)
    word, before = line[start:], line[:start].split()
    quote = word[0] if word[:1] and word[0] in _QUOTES else "\\" if "\\ " in word else ""
    typed = word.replace("\\ ", " ") if quote == "\\" else word[len(quote) :]
    found: list[str] = []
    if not before and not quote:
        found += [f"{name} " for name in commands if name.startswith(typed)]
    if before and before[-1].lower() in _ALSO_TAGGING:
        found += [_quoted(tag, quote, whole=True) for tag in tags() if tag.startswith(typed)]
    found += [_quoted(path, quote, whole=not path.endswith("/")) for path in _paths(typed)]
    return [whole[begin - start :] for whole in found]


def word_start(line: str) -> int:
    """Where the last word of `line` begins; a quote that begins a word holds it together until it is closed."""
    start, quote, escaped = 0, "", False
    for at, letter in enumerate(line):
        if escaped:
            escaped = False
        elif quote:
            quote = "" if letter == quote else quote
        elif letter == "\\":
            escaped = True
        elif letter.isspace():
            start = at + 1
        elif letter in _QUOTES and at == start:  # elsewhere it is an apostrophe
            quote = letter
    return start


def _paths(typed: str) -> Iterator[str]:
    begun = typed.rpartition("/")[2]
    shown = typed[: len(typed) - len(begun)]
    with contextlib.suppress(OSError), os.scandir(os.path.expanduser(shown) or ".") as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(begun) and (begun or not entry.name.startswith(".")) and entry.name.isprintable():
                yield shown + entry.name + ("/" if entry.is_dir() else "")


def _quoted(text: str, quote: str, *, whole: bool) -> str:
    if quote == "\\":
        return text.replace(" ", "\\ ") + (" " if whole else "")
    mark = quote or ('"' if " " in text else "")
    return f"{mark}{text}{mark} " if whole else f"{mark}{text}"
