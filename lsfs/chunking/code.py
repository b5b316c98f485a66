"""The definitions of a source file: functions, classes and their like, found by one regular expression a language.

A grammar would be exact and a hundred times slower; a missed or extra definition only moves a cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Definition = tuple[int, int, str]
"""Offset of the line that begins it (its decorators and comments above included), level, name."""


def definitions(text: str, language: str) -> Iterator[Definition]:
    """The definitions of `text` in order; none for a language that is not known."""
    pattern = _PATTERNS.get(language)
    if pattern is None:
        return
    if first := pattern.match("\n" + text[:400]):
        yield 0, _level(first["indent"]), _name(first)
    floor = 0
    for match in pattern.finditer(text):
        start = _with_comments(text, match.start() + 1, floor)
        floor = match.end()
        yield start, _level(match["indent"]), _name(match)


def _name(match: re.Match[str]) -> str:
    for name in match.groups()[1:]:
        if name:
            return " ".join(name.split())
    return ""


def _level(indent: str) -> int:
    return 1 + len(indent.expandtabs(4)) // 2


def _with_comments(text: str, start: int, floor: int) -> int:
    """Where the decorators, attributes and comment lines directly above `start` begin, not before `floor`."""
    while start - 1 > floor and text[start - 2] != "\n":
        above = text.rfind("\n", floor, start - 1) + 1
        if above <= floor or not text[above : above + 40].lstrip().startswith(_ABOVE):
            return start
        start = above
    return start


_ABOVE = ("@", "#", "//", "/*", "*", "--", ";;", "[", "'''")
_NAME = r"(?P<name>[\w$]+)"


def _lines(pattern: str, indent: int = 8) -> re.Pattern[str]:
    """A pattern for a line, after at most `indent` blanks; it begins with a literal newline, which is searched fast."""
    return re.compile(rf"\n(?P<indent>[ \t]{{0,{indent}}})(?:{pattern})")


_BRACES = (
    r"(?:(?:public|private|protected|internal|static|final|abstract|sealed|override|virtual|async|partial|open|data"
    r"|export|default|declare|inline|suspend|implicit|case|unsafe|extern|readonly)[ \t]+)*"
)
_MODIFIED = (
    r"(?:public|private|protected|internal|static|final|abstract|override|virtual|async|synchronized)[ \t]+"
    r"[^\n=;(){}\"']{0,120}?"
)
_C_LIKE = _lines(
    r"(?:typedef[ \t]+)?(?:struct|class|enum|union|namespace|interface)[ \t]+(?P<name>\w+)[^\n;()]{0,120}(?:\{|\n\{)"
    r"|#define[ \t]+(\w+)\("
    r"|(?!(?:else|return|if|while|for|switch|case|goto|typedef)\b)[A-Za-z_][\w \t*&:<>,~]{0,160}?"
    r"(?<=[\s*&:~])([A-Za-z_~][\w:~]{0,80})[ \t]*\([^;\n{}]{0,200}+(?:\n[ \t]++[^;\n{}]{1,200}+){0,4}+\n?+[ \t]*+\{",
    indent=0,
)
_JAVA_LIKE = _lines(
    rf"{_BRACES}(?:class|interface|enum|record|struct|object|trait|fun|func|def|extension|protocol)[ \t]+(?P<name>\w+)"
    rf"|{_MODIFIED}(\w+)[ \t]*\("
)
_SCRIPT = _lines(
    rf"{_BRACES}(?:function\*?|class|interface|enum|namespace|type|module)[ \t]+{_NAME}"
    r"|(?:export[ \t]+)?(?:const|let|var)[ \t]+([\w$]+)[ \t]*=[ \t]*(?:async[ \t]*)?"
    r"(?:function|\([^\n)]{0,200}\)[ \t]*=>|\w+[ \t]*=>)"
    r"|(?:module\.)?exports\.([\w$]+)[ \t]*=[ \t]*(?:async[ \t]+)?function",
    indent=0,
)
_PATTERNS = {
    # Written out for speed: twice as fast as a counted indent, and most of what is indexed of all code.
    "python": re.compile(rf"\n(?P<indent>(?:  (?:  )?|\t)?)(?:async def|def|class|cdef class|cpdef)[ \t]+{_NAME}"),
    "c": _C_LIKE,
    "c++": _C_LIKE,
    "objective-c": _lines(
        r"[-+][ \t]*\([^\n)]{1,80}\)[ \t]*(?P<name>\w+)|@(?:implementation|interface|protocol)[ \t]+(\w+)"
    ),
    "java": _JAVA_LIKE,
    "c#": _JAVA_LIKE,
    "kotlin": _JAVA_LIKE,
    "scala": _JAVA_LIKE,
    "groovy": _JAVA_LIKE,
    "swift": _JAVA_LIKE,
    "dart": _JAVA_LIKE,
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "go": _lines(rf"func[ \t]+(?:\([^)\n]{{0,80}}\)[ \t]*)?{_NAME}|type[ \t]+(\w+)", indent=0),
    "rust": _lines(
        r"(?:pub(?:\([^)\n]{1,40}\))?[ \t]+)?(?:(?:async|unsafe|const|default|extern(?: \"\w+\")?)[ \t]+)*"
        r"(?:fn|struct|enum|trait|mod|union|macro_rules!)[ \t]+(?P<name>\w+)"
        r"|(?:unsafe[ \t]+)?impl\b[ \t]*([^\n{]{1,100})",
        indent=4,
    ),
    "ruby": _lines(r"(?:def|class|module)[ \t]+(?P<name>[\w.:?!=]+)", indent=4),
    "php": _lines(rf"{_BRACES}(?:function|class|interface|trait|enum)[ \t]+&?{_NAME}", indent=4),
    "perl": _lines(r"(?:sub|package)[ \t]+(?P<name>[\w:]+)", indent=0),
    "lua": _lines(r"(?:local[ \t]+)?function[ \t]+(?P<name>[\w.:]+)", indent=0),
    "julia": _lines(r"(?:function|struct|mutable struct|module|macro|abstract type)[ \t]+(?P<name>[\w.!]+)", indent=0),
    "r": _lines(r"(?P<name>[\w.]+)[ \t]*(?:<-|=)[ \t]*function", indent=0),
    "elixir": _lines(r"(?:defmodule|defp?|defmacrop?|defprotocol|defimpl)[ \t]+(?P<name>[\w.?!]+)", indent=4),
    "erlang": _lines(r"(?P<name>[a-z]\w*)\([^\n]{0,200}\)[^\n]{0,100}->", indent=0),
    "haskell": _lines(
        r"(?:data|newtype|class|type|instance)[ \t]+(?P<name>[^\n=]{1,60}?)(?=[ \t]*(?:=|where|\n))|(\w+)[ \t]*::",
        indent=0,
    ),
    "ocaml": _lines(r"(?:let(?:[ \t]+rec)?|module|type|class)[ \t]+(?P<name>[\w']+)", indent=0),
    "f#": _lines(r"(?:let(?:[ \t]+rec)?|module|type|namespace)[ \t]+(?P<name>[\w.']+)", indent=0),
    "clojure": _lines(r"\((?:def\w*|ns)-?[ \t]+(?P<name>[^\s()\[\]]{1,80})", indent=0),
    "lisp": _lines(r"\((?:def[\w-]*|define[\w-]*)[ \t]+\(?(?P<name>[^\s()]{1,80})", indent=0),
    "shell": _lines(r"(?:function[ \t]+)?(?P<name>[\w:.-]+)[ \t]*\(\)|function[ \t]+([\w:.-]+)", indent=0),
    "powershell": _lines(r"[Ff]unction[ \t]+(?P<name>[\w:-]+)", indent=0),
    "sql": _lines(
        r"(?i:create)[ \t]+(?i:or[ \t]+replace[ \t]+)?(?i:temp(?:orary)?[ \t]+|unique[ \t]+|virtual[ \t]+)?"
        r"(?i:table|view|function|procedure|trigger|index|type)[ \t]+(?i:if not exists[ \t]+)?(?P<name>[\w.\"`\[\]]+)",
        indent=0,
    ),
    "zig": _lines(r"(?:pub[ \t]+)?(?:fn|const)[ \t]+(?P<name>\w+)", indent=0),
    "nim": _lines(r"(?:proc|func|method|type|template|macro|iterator)[ \t]+(?P<name>\w+)", indent=0),
    "protobuf": _lines(r"(?:message|service|enum)[ \t]+(?P<name>\w+)", indent=4),
    "make": _lines(r"(?P<name>[\w./%-]+)[ \t]*:(?!=)", indent=0),
}
