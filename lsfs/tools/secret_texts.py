"""Where in a text secrets stand: behind headers, options, assignments and names in JSON, and in URLs.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

_NAME = re.compile(
    r"passw|passphrase|secret|token|credential|authori[sz]ation|cookie|api[-_]?key|private[-_]?key|access[-_]?key"
    r"|(?:^|[-_.])(?:pass|pwd|auth|pat|key)$|(?-i:(?<=[a-z0-9])(?:Pass|Pwd)$)",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"(?i)(?:max|min|num|count|page|next|sort|group|primary|foreign)[_-]?(?:token|key)s?$|tokens$")
"""What such words are in otherwise: ``max_tokens``, ``page_token``, ``sort_key``."""
_RANDOM = re.compile(r"(?=[^/\s]*\d)(?=[^/\s]*[A-Za-z])[^/\s]{20,}")
"""A value that nobody would make up: long, of letters and digits."""
_SCHEMES = frozenset(("bearer", "basic", "digest", "token", "apikey"))
_NAMED = re.compile(
    r"""(?:^|(?<=[\s"'{,(=])|(?<=-H))([A-Za-z_][\w.-]{0,99})"""
    r"""(?:["']|\\")?[ \t]*:[ \t]*(?:["']|\\")?([^\s"'][^"'\r\n]*)"""
)
"""A header (RFC 9110, section 5) or a name in JSON or YAML, with its value up to a quote or the end of the line."""
_ASSIGNED = re.compile(r"""(?:^|(?<=[\s"'?&;,{(]))([A-Za-z_-][\w.-]{0,99})=("[^"]*"|'[^']*'|[^\s&;,"']+)""")
"""NAME=VALUE: of a shell, a form, the query of a URL, an option."""
_OPTION = re.compile(r"""(?:^|(?<=\s))(--?[A-Za-z][\w-]{0,99})[ \t]+("[^"]*"|'[^']*'|[^\s"'-][^\s"']*)""")
_USER = re.compile(r"""(?:^|(?<=\s))(?:-u|-U|--user|--proxy-user)(?:[ \t=]*)["']?[^\s:"'@/]+:([^\s"'/][^\s"']*)""")
"""``-u NAME:PASSWORD``, as curl takes it."""
_IN_URL = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://([^\s/?#@:\"']*)(?::([^\s/?#\"']*))?@")
"""The user information of a URL (RFC 3986, section 3.2.1)."""
_USER_OPTIONS = frozenset(("-u", "-U", "--user", "--proxy-user"))


def is_secret_name(name: str) -> bool:
    """Whether what goes by a name is a secret."""
    return bool(_NAME.search(name)) and not _NO_SECRET.search(name)


def looks_secret(text: str) -> bool:
    """Whether a whole text looks like a credential."""
    return bool(_RANDOM.fullmatch(text))


def names_a_secret(word: str) -> bool:
    """Whether a word of a command line is an option that speaks of a secret (``--password-stdin``)."""
    return word.startswith("-") and is_secret_name(word.partition("=")[0])


def spans(text: str) -> list[tuple[int, int]]:
    """Where the secrets of a text begin and end, in order, none in another."""
    found = sorted(_found(text))
    apart: list[tuple[int, int]] = []
    for start, end in found:
        if apart and start < apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        elif start < end:
            apart.append((start, end))
    return apart


def word_spans(words: Sequence[Any], at: int) -> list[tuple[int, int]]:
    """The same for a word of a command line, which may be the value of the option before it."""
    word, before = words[at], words[at - 1] if at else None
    if isinstance(before, str) and before.startswith("-") and "=" not in before:
        if is_secret_name(before) and not word.startswith("-"):
            return [(0, len(word))]
        user, colon, password = word.partition(":")
        if before in _USER_OPTIONS and colon and "/" not in user and not password.startswith("/"):
            return [(len(user) + 1, len(word))]
    option, equals, _ = word.partition("=")
    if equals and is_secret_name(option) and not re.search(r"\s", option):
        return [(len(option) + 1, len(word))]
    return spans(word)


def parts_of(value: str) -> Iterator[str]:
    """A secret, and what of it is one by itself: without quotes, without the name of a scheme."""
    bare = value.strip("\"' ")
    scheme, _, credentials = bare.partition(" ")
    yield from (value, bare, credentials.strip() if scheme.lower() in _SCHEMES else "")
    yield from (word for word in bare.split() if looks_secret(word))
    if "=" in bare:
        yield from (piece.partition("=")[2] for piece in re.split(r";\s*", bare))  # cookies


def _found(text: str) -> Iterator[tuple[int, int]]:
    for pattern in (_NAMED, _ASSIGNED, _OPTION):
        for match in pattern.finditer(text):
            if is_secret_name(match[1]) and (pattern is not _OPTION or len(match[1]) > 2):
                yield match.span(2)
    for match in _USER.finditer(text):
        yield match.span(1)
    for match in _IN_URL.finditer(text):
        if match[2]:
            yield match.span(2)
        elif match[2] is None and looks_secret(match[1]):
            yield match.span(1)
