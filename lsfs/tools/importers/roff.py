"""What a manual page says, read from its source: man(7) and mdoc(7), as groff, mandoc, pod2man and DocBook write them.

Not a formatter: conditions and definitions are passed over, fonts and sizes dropped, and of the macros only what stands
in names, synopses, paragraphs and tagged lists is told apart.  Any text gives a result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_MOST_LINES = 20_000
_MOST_LINE = 4000

_SPECIAL = {
    "aq": "'", "cq": "’", "oq": "‘", "lq": "“", "rq": "”", "dq": '"', "em": "—", "en": "-", "hy": "-", "bu": "•",
    "rs": "\\", "ha": "^", "ti": "~", "ga": "`", "at": "@", "sh": "#", "Do": "$", "co": "©", "mu": "×", "->": "→",
    "<-": "←", "<=": "≤", ">=": "≥", "==": "≡", "+-": "±", "'e": "é", "`e": "è", ":o": "ö", ":u": "ü", ":a": "ä",
    "ba": "|", "or": "|", "sl": "/", "lB": "[", "rB": "]", "lC": "{", "rC": "}", "mi": "-", "pl": "+", "eq": "=",
    "Aq": "'", "Lq": "“", "Rq": "”", "dg": "†", "ss": "ß", "R": "®", "Tm": "™", "S": "",
}  # fmt: skip
_ESCAPE = re.compile(
    r"\\(?:"
    r"[fFgkMmnVYs*](?:\[(?P<long>[^\]\n]*)\]|\((?P<two>..)|[-+]?(?P<one>.))"
    r"|\((?P<special>..)|\[(?P<named>[^\]\n]*)\]"
    r"|[hvwlLDoZzbASXNRBHxC]'(?P<quoted>[^'\n]*)'"
    r"|\"(?P<comment>.*)"
    r"|(?P<char>.)|$)"
)
_PLAIN = {"-": "-", "e": "\\", "\\": "\\", "~": " ", " ": " ", "0": " ", "'": "'", "`": "`", ".": ".", "t": " "}
_FONTS = {"B", "I", "SM", "SB", "R"}
_TURNS = {"BR", "RB", "BI", "IB", "IR", "RI"}
_BREAKS = {
    "PP",
    "P",
    "LP",
    "Pp",
    "sp",
    "br",
    "HP",
    "RS",
    "RE",
    "Bl",
    "El",
    "nf",
    "fi",
    "EX",
    "EE",
    "Bd",
    "Ed",
    "D1",
    "Dl",
}
_BRACKETS = {
    "Op": "[]",
    "Dq": "“”",
    "Sq": "‘’",
    "Pq": "()",
    "Bq": "[]",
    "Brq": "{}",
    "Aq": "<>",
    "Ql": "‘’",
    "Qq": '""',
}
_ENCLOSE = {
    "Oo": "[", "Oc": "]", "Ao": "<", "Ac": ">", "Bo": "[", "Bc": "]", "Bro": "{", "Brc": "}", "Po": "(", "Pc": ")",
    "Do": "“", "Dc": "”", "So": "‘", "Sc": "’", "Qo": '"', "Qc": '"',
}  # fmt: skip
_INLINE = frozenset(
    "Ar Cm Pa Ev Sy Em Li Va Fa Ic Dv Er Xr Fn Ft Nm Fl Ad An Cd Tn No Lk Mt Vt Fc Fo Ns Ap Bx Nx Ox Fx Ux At".split()
)
_PUNCTUATION = set(".,:;)]?!")
_DASH = re.compile(r"\s+(?:-|--|—|–|-\s*-)\s+")
_OPTION = re.compile(r"^-{1,2}[A-Za-z0-9?#@]")
_SPACES = re.compile(r"\s+")


class Manual(msgspec.Struct, frozen=True):
    """What a page says."""

    names: tuple[str, ...] = ()
    summary: str = ""
    synopsis: str = ""
    description: str = ""
    """The first paragraphs, apart by empty lines."""
    options: tuple[tuple[str, str], ...] = ()
    """Tags that begin with a dash, as they stand, and the beginning of what is said of each."""


def read_manual(source: str) -> Manual:
    """The name, synopsis, description and options of a page's source."""
    sections = _Reader().read(source)
    names, summary = _name_line(" ".join(block.text for block in sections.get("name", []) if block.text))
    synopsis = "\n".join(block.text for block in sections.get("synopsis", []) if block.text)
    described = [block for block in sections.get("description", []) if block.text and not block.tag]
    tagged = (block for blocks in sections.values() for block in blocks if _OPTION.match(block.tag))
    return Manual(
        names,
        summary,
        synopsis,
        "\n\n".join(block.text for block in described[:4]),
        tuple((block.tag, block.text) for block in tagged),
    )


def _name_line(text: str) -> tuple[tuple[str, ...], str]:
    """Names and summary of what stands under NAME: ``tar - an archiving utility``."""
    text = _SPACES.sub(" ", text).strip()
    parts = _DASH.split(text, maxsplit=1)
    if len(parts) < 2:
        return (), text
    names = tuple(name for name in re.split(r"[,\s]+", parts[0]) if name)
    return names, parts[1].strip()


class _Block(msgspec.Struct):
    """A paragraph, or what is said of a tag."""

    text: str = ""
    tag: str = ""


class _Reader:
    """Goes through a source once."""

    def __init__(self) -> None:
        self._sections: dict[str, list[_Block]] = {}
        self._blocks: list[_Block] = []
        self._tag_follows = False
        self._name = ""

    def read(self, source: str) -> dict[str, list[_Block]]:
        """The blocks of each section, by its title in lower case."""
        for line in _requests(source):
            if line[:1] in ".'" and len(line) > 1:
                self._request(line[1:].strip())
            else:
                self._text(unescaped(line))
        for blocks in self._sections.values():
            for block in blocks:
                block.text = _SPACES.sub(" ", block.text).strip()
                block.tag = _SPACES.sub(" ", block.tag).strip()
        return self._sections

    def _request(self, line: str) -> None:
        match = re.match(r"(\S+)\s*(.*)", line)
        if match is None:
            return
        macro, rest = match[1], match[2]
        if macro in ("SH", "Sh"):
            self._section(" ".join(arguments(rest)))
        elif macro in ("SS", "Ss"):
            self._blocks.append(_Block())
        elif macro in ("TP", "TQ"):
            self._blocks.append(_Block())
            self._tag_follows = True
        elif macro == "IP":
            words = arguments(rest)
            self._blocks.append(_Block(tag=words[0] if words and words[0].strip("•-*o ") else ""))
        elif macro == "It":
            self._blocks.append(_Block(tag=self._mdoc(arguments(rest))))
        elif (
            macro == "RS" and self._blocks and not self._blocks[-1].tag and _OPTION.match(self._blocks[-1].text.strip())
        ):
            last = self._blocks[-1]  # AsciiDoc: an option is a paragraph, what is said of it is indented
            last.tag, last.text = last.text.strip(), ""
        elif macro in _BREAKS:
            if not self._blocks or self._blocks[-1].text:
                self._blocks.append(_Block(tag=""))
            if macro in ("D1", "Dl"):
                self._text(self._mdoc(arguments(rest)))
        elif macro in _FONTS:
            self._text(" ".join(arguments(rest)))
        elif macro in _TURNS:
            self._text("".join(arguments(rest)))
        elif macro in ("SY",):
            self._blocks.append(_Block(text=" ".join(arguments(rest))))
        elif macro in ("OP",):
            self._text(f"[{' '.join(arguments(rest))}]")
        elif macro in ("UR", "MT", "UE", "ME"):
            self._text(" ".join(arguments(rest)))
        elif macro == "Nd":
            self._text("- " + self._mdoc(arguments(rest)))
        elif macro in _INLINE or macro in _BRACKETS or macro in _ENCLOSE:
            words = arguments(rest)
            if macro == "Nm":
                if words and not self._name:
                    self._name = words[0]
                if self._in_synopsis() and self._blocks[-1].text:
                    self._blocks.append(_Block())
            self._text(self._mdoc([macro, *words]))

    def _section(self, title: str) -> None:
        key = title.strip().strip('"').lower()
        self._blocks = self._sections.setdefault(key, [])
        self._blocks.append(_Block())
        self._tag_follows = False

    def _in_synopsis(self) -> bool:
        return self._blocks is self._sections.get("synopsis")

    def _text(self, text: str) -> None:
        if not self._blocks:
            return
        if self._tag_follows:
            self._blocks[-1].tag = text
            self._tag_follows = False
        elif not text.strip():
            if self._blocks[-1].text:
                self._blocks.append(_Block())
        else:
            self._blocks[-1].text += f" {text}"

    def _mdoc(self, words: list[str]) -> str:
        """The text of a line of mdoc macros."""
        said: list[str] = []
        closing: list[str] = []
        glue = flag = False
        for number, word in enumerate(words):
            following = words[number + 1] if number + 1 < len(words) else ""
            if word in _BRACKETS:
                said.append(_BRACKETS[word][0])
                closing.append(_BRACKETS[word][1])
                glue = True
                continue
            if word in ("Ns", "Ap"):
                glue = True
                continue
            if word == "Fl":
                flag = True
                if not following or following in _INLINE or following in _BRACKETS:
                    said.append("-")
                    glue, flag = True, False
                continue
            if word == "Nm":
                if not following or following in _INLINE or following in _BRACKETS or following in _ENCLOSE:
                    said.append(self._name)
                continue
            if number > 1 and words[number - 2] == "Xr" and word[:1].isdigit():
                said[-1] += f"({word})"
                continue
            if word in _INLINE:
                flag = False
                if word == "Ar" and (not following or following in _INLINE or following in _BRACKETS):
                    said.append("file ...")
                continue
            text = _ENCLOSE.get(word, word)
            if flag and text not in ("|", *_PUNCTUATION):
                text = f"-{text}"
            if said and (glue or text in _PUNCTUATION):
                said[-1] += text
            else:
                said.append(text)
            glue = text in ("[", "(", "<", "{", "“", "‘")
        return " ".join(said) + "".join(reversed(closing))


def _requests(source: str) -> Iterator[str]:
    """The lines that count: without comments, definitions and conditions, continued ones in one."""
    lines = iter(source[: _MOST_LINES * 200].split("\n")[:_MOST_LINES])
    depth = 0
    for line in lines:
        while line.endswith("\\") and not line.endswith("\\\\"):
            line = line[:-1] + next(lines, "")
            if len(line) > _MOST_LINE:
                break
        line = line[:_MOST_LINE]
        if depth:
            depth += line.count("\\{") - line.count("\\}")
            continue
        word = line[1:].split(None, 1)[0] if line[:1] in (".", "'") and line[1:].strip() else ""
        if word.startswith('\\"'):
            continue
        if word in ("de", "de1", "dei", "am", "ig"):
            for inner in lines:
                if inner.startswith(".."):
                    break
            continue
        if word in ("if", "ie", "el", "while", "el\\{", "el\\{\\"):
            depth = max(line.count("\\{") - line.count("\\}"), 0)
            continue
        yield line


def unescaped(text: str) -> str:
    """A text without roff's escapes."""
    return _ESCAPE.sub(_escape, text) if "\\" in text else text


def _escape(match: re.Match[str]) -> str:
    special = match["special"] or match["named"]
    if special:
        return _SPECIAL.get(special, _unicode(special))
    if match[0].startswith("\\*"):
        return _SPECIAL.get(match["two"] or match["long"] or match["one"] or "", "")
    char = match["char"]
    return _PLAIN.get(char, "") if char else ""


def _unicode(name: str) -> str:
    if re.fullmatch(r"u[0-9A-F]{4,6}", name):
        number = int(name[1:], 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
    return ""


def arguments(rest: str) -> list[str]:
    """The arguments of a macro, quotes taken away, escapes undone."""
    rest = rest.split('\\"')[0] if '\\"' in rest else rest
    words = [match[1].replace('""', '"') if match[1] is not None else match[2] for match in _ARGUMENT.finditer(rest)]
    return [unescaped(word) for word in words]


_ARGUMENT = re.compile(r'"((?:[^"]|"")*)"?|((?:\\.|[^\s\\])+\\?)')
