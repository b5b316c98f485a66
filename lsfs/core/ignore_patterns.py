"""What one ignore file says, with the meaning that git gives to ``.gitignore`` (gitignore(5), wildmatch.c).

Patterns and names are bytes, so that any name can be matched.  A pattern is matched one path component at a time and
each component by a regular expression that cannot backtrack over a ``*`` (atomic groups): an ignore file that came
with a downloaded folder must not be able to stall a scan.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

MAX_BYTES = 1 << 20
"""Of an ignore file; what stands behind is not read."""

_CLASSES = {
    b"alnum": rb"a-zA-Z0-9",
    b"alpha": rb"a-zA-Z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"\x21-\x7e",
    b"lower": rb"a-z",
    b"print": rb"\x20-\x7e",
    b"punct": rb"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
    b"space": rb"\x09-\x0d ",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9a-fA-F",
}
_SPECIAL = re.compile(rb"[*?\[\\]")


class Pattern(msgspec.Struct, frozen=True):
    """One line of an ignore file."""

    segments: tuple[bytes, ...]
    """Components from the ignore file's folder down; ``**`` stands for any number of them.  A single one, when not
    `anchored`, is matched with the name at any depth."""
    ignore: bool
    """False for a line that takes back (``!``)."""
    dir_only: bool
    anchored: bool


def parse(data: bytes) -> list[Pattern]:
    """The patterns of an ignore file's bytes, in order."""
    patterns = []
    for line in data[:MAX_BYTES].removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        pattern = parse_line(line.removesuffix(b"\r"))
        if pattern is not None:
            patterns.append(pattern)
    return patterns


def parse_line(line: bytes) -> Pattern | None:
    """The pattern of one line; None for comments and lines that say nothing."""
    if line.startswith(b"#"):
        return None
    text = _without_trailing_spaces(line)
    ignore = not text.startswith(b"!")
    text = text if ignore else text[1:]
    dir_only = text.endswith(b"/")
    text = text[:-1] if dir_only else text
    anchored = b"/" in text
    text = text.removeprefix(b"/")
    if not text:
        return None
    parts = _components(text)
    if parts is None:
        return None
    segments = [b"**" if anchored and len(part) > 1 and not part.strip(b"*") else part for part in parts]
    if segments[-1] == b"**" and anchored:
        # "a/**" is what lies below a, not a itself.
        segments.append(b"*")
    return Pattern(tuple(segments), ignore, dir_only, anchored)


def _components(text: bytes) -> list[bytes] | None:
    """A pattern cut at its slashes, but for those in brackets, which match nothing; None if a bracket stays open."""
    parts = [b""]
    at = 0
    while at < len(text):
        char = text[at : at + 1]
        end = at + 1
        if char == b"[":
            bracket = _bracket(text, at)
            if bracket is None:
                return None
            end = bracket[0] + 1
        elif char == b"\\":
            end = at + 2
        if text[at:end] in (b"/", b"\\/"):
            parts.append(b"")
        else:
            parts[-1] += text[at:end]
        at = end
    return parts


def _without_trailing_spaces(line: bytes) -> bytes:
    stripped = line.rstrip(b" ")
    backslashes = len(stripped) - len(stripped.rstrip(b"\\"))
    return stripped + b" " if backslashes % 2 and len(stripped) < len(line) else stripped


def segment_regex(segment: bytes) -> bytes | None:
    """A regular expression for one component, to be matched in full; None for a pattern that matches nothing."""
    groups: list[bytes] = [b""]
    at = 0
    while at < len(segment):
        char = segment[at : at + 1]
        if char == b"*":
            if groups[-1] or len(groups) == 1:
                groups.append(b"")
        elif char == b"?":
            groups[-1] += b"."
        elif char == b"[":
            bracket = _bracket(segment, at)
            if bracket is None:
                return None
            at, regex = bracket
            groups[-1] += regex
        elif char == b"\\":
            at += 1
            if at == len(segment):
                return None
            groups[-1] += re.escape(segment[at : at + 1])
        else:
            groups[-1] += re.escape(char)
        at += 1
    if len(groups) == 1:
        return groups[0]
    # Between two stars the leftmost place is as good as any later one, so there is nothing to come back to.
    return groups[0] + b"".join(b"(?>.*?" + group + b")" for group in groups[1:-1]) + b".*" + groups[-1]


def _bracket(segment: bytes, start: int) -> tuple[int, bytes] | None:
    """(index of the closing bracket, regex) of the class that opens at `start`; None if it is malformed."""
    at = start + 1
    negated = segment[at : at + 1] in (b"!", b"^")
    at += negated
    members = b""
    first = True
    while True:
        char = segment[at : at + 1]
        if not char:
            return None
        if char == b"]" and not first:
            break
        first = False
        if segment.startswith(b"[:", at) and (close := segment.find(b"]", at + 2)) != -1 and segment[close - 1] == 58:
            named = _CLASSES.get(segment[at + 2 : close - 1])
            if named is None:
                return None
            members += named
            at = close + 1
            continue
        low, at = _member(segment, at)
        high = low
        if segment[at : at + 1] == b"-" and segment[at + 1 : at + 2] not in (b"", b"]"):
            high, at = _member(segment, at + 1)
        if not low or not high:
            return None
        if low <= high:
            members += b"\\x%02x-\\x%02x" % (low[0], high[0])
    if not members:
        return at, b"." if negated else b"(?!)"
    return at, (b"[^" if negated else b"[") + members + b"]"


def _member(segment: bytes, at: int) -> tuple[bytes, int]:
    """(one byte of a class or nothing at the end, index behind it); a backslash takes the next byte as it is."""
    if segment[at : at + 1] == b"\\":
        at += 1
    return segment[at : at + 1], at + 1


class NameMatcher:
    """What the patterns that can speak about the names of one folder say; the last match wins, as in git."""

    __slots__ = ("_any", "_any_suffix", "_dir", "_dir_suffix", "_globs", "_quick", "_verdicts")

    def __init__(self, patterns: Sequence[tuple[bytes, bool, bool]]) -> None:
        """`patterns`: (last component, ignore, dir_only) in the file's order."""
        self._verdicts = [ignore for _, ignore, _ in patterns]
        self._any: dict[bytes, int] = {}
        self._dir: dict[bytes, int] = {}
        self._any_suffix: dict[bytes, int] = {}
        self._dir_suffix: dict[bytes, int] = {}
        globs: list[tuple[int, bytes, bool]] = []
        for index, (segment, _, dir_only) in enumerate(patterns):
            if not _SPECIAL.search(segment):
                (self._dir if dir_only else self._any)[segment] = index
            elif segment[:2] == b"*." and not _SPECIAL.search(segment, 1) and segment.count(b".") == 1:
                (self._dir_suffix if dir_only else self._any_suffix)[segment[1:]] = index
            elif (regex := segment_regex(segment)) is not None:
                globs.append((index, regex, dir_only))
        self._globs = [(index, re.compile(regex, re.DOTALL), dir_only) for index, regex, dir_only in reversed(globs)]
        alternatives = b"|".join(b"(?:" + regex + b")" for _, regex, _ in globs)
        self._quick = re.compile(alternatives, re.DOTALL).fullmatch if globs else None

    def ignores(self, name: bytes, is_dir: bool) -> bool | None:
        """True: ignored; False: taken back; None: nothing said."""
        best = self._any.get(name, -1)
        suffix = name[dot:] if (dot := name.rfind(b".")) != -1 else b""
        if suffix:
            best = max(best, self._any_suffix.get(suffix, -1))
        if is_dir:
            best = max(best, self._dir.get(name, -1), self._dir_suffix.get(suffix, -1))
        if self._quick is not None and self._quick(name):
            for index, regex, dir_only in self._globs:
                if index < best:
                    break
                if (is_dir or not dir_only) and regex.fullmatch(name):
                    best = index
                    break
        return None if best < 0 else self._verdicts[best]


class PatternFile:
    """One ignore file: asked once per folder, it gives the matcher for that folder's names."""

    def __init__(self, folder: bytes, data: bytes) -> None:
        """`folder`: where the file lies, relative to the root; `data`: its bytes."""
        self.folder = folder
        self._patterns = parse(data)
        self._matchers: dict[tuple[int, ...], NameMatcher | None] = {}

    def matcher(self, folder: bytes) -> NameMatcher | None:
        """The matcher for the names in `folder` (this file's own, or one beneath); None if nothing can match."""
        below = folder[len(self.folder) :].strip(b"/") if self.folder else folder
        parts = below.split(b"/") if below else []
        active = tuple(
            index
            for index, pattern in enumerate(self._patterns)
            if not pattern.anchored or _segments_match(pattern.segments[:-1], parts)
        )
        if active not in self._matchers:
            chosen = [self._patterns[index] for index in active]
            self._matchers[active] = (
                NameMatcher([(pattern.segments[-1], pattern.ignore, pattern.dir_only) for pattern in chosen])
                if chosen
                else None
            )
        return self._matchers[active]


def _segments_match(pattern: Sequence[bytes], parts: Sequence[bytes]) -> bool:
    """True if the pattern's components match all of `parts`; ``**`` takes any number, tried shortest first."""
    at = here = 0
    star = restart = -1
    while here < len(parts):
        if at < len(pattern) and pattern[at] == b"**":
            star, restart, at = at, here, at + 1
        elif at < len(pattern) and _segment_matches(pattern[at], parts[here]):
            at, here = at + 1, here + 1
        elif star != -1:
            restart += 1
            at, here = star + 1, restart
        else:
            return False
    return all(segment == b"**" for segment in pattern[at:])


def _segment_matches(segment: bytes, part: bytes) -> bool:
    if not _SPECIAL.search(segment):
        return segment == part
    regex = segment_regex(segment)
    return regex is not None and re.fullmatch(regex, part, re.DOTALL) is not None
