"""Installed commands: the programs on ``PATH`` that a manual page, a tldr page or, when asked, ``--help`` tells of.

A program is one tool.  Pages of its subcommands are tools of its group; of a program with thousands of them the
shallowest are taken.  Other names of the same program (links to its page) are said in its description.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lsfs.core.errors import LsfsError, NothingFound
from lsfs.core.tools import ToolSource
from lsfs.tools.importers.base import Basket, Taken, plain
from lsfs.tools.importers.files import stat_stamp
from lsfs.tools.importers.manpages import Page, man_folders, owner, pages, source_of, words_of
from lsfs.tools.importers.roff import Manual, read_manual
from lsfs.tools.importers.tldr import TldrPage, read_tldr, tldr_folders, tldr_pages

_MOST_SUBCOMMANDS = 200
"""Of one program."""
_DESCRIPTION = 1200
_USAGE = 400
_OPTION = 90
_OPTIONS = 1500
"""Characters of the description, the synopsis, an option, and all options."""
_SENTENCE = re.compile(r"(?<=[.!?])\s")

Help = Callable[[str], str]
"""What a program, named by its path, prints when it is asked for help; '' where it prints nothing in time."""


class Commands:
    """Reads what there is to read about the programs on ``PATH``."""

    def __init__(self, environ: Mapping[str, str], ask_help: Help) -> None:
        """`environ` has ``PATH``, ``MANPATH`` and ``HOME``; `ask_help` is asked where the source says ``from_help``."""
        self._environ = environ
        self._ask_help = ask_help

    def take(self, source: ToolSource) -> Taken:
        """See `Importer.take`."""
        programs = programs_on(self._path())
        if not programs:
            raise NothingFound("there are no programs on PATH", path=self._path())
        folders = man_folders(self._environ)
        reading = _Reading(Basket(source, "command"), programs, folders, tldr_pages(tldr_folders(self._environ)))
        reading.read(pages(folders))
        if source.where.get("from_help"):
            reading.ask(self._ask_help)
        return reading.basket.taken()

    def stamp(self, source: ToolSource) -> str:
        """See `Importer.stamp`."""
        del source
        manuals = [Path(folder, f"man{section}") for folder in man_folders(self._environ) for section in "18"]
        return stat_stamp(*map(Path, self._path().split(":")), *manuals)

    def _path(self) -> str:
        return self._environ.get("PATH") or os.defpath


def programs_on(path: str) -> dict[str, str]:
    """The programs on a ``PATH``: their absolute paths by name."""
    found: dict[str, str] = {}
    for folder in path.split(":"):
        if not os.path.isabs(folder):
            continue
        try:
            entries = [entry for entry in os.scandir(folder) if entry.name not in found]
        except OSError:
            continue
        for entry in entries:
            if os.access(entry.path, os.X_OK) and entry.is_file():
                found[entry.name] = entry.path
    return found


class _Told(msgspec.Struct):
    """A page, with those that say the same."""

    page: Page
    manual: Manual
    names: list[str]


class _Reading:
    """Reads pages of programs into a basket."""

    def __init__(
        self, basket: Basket, programs: Mapping[str, str], folders: Sequence[str], tldr: Mapping[str, Path]
    ) -> None:
        self.basket = basket
        self._programs = programs
        self._folders = folders
        self._tldr = tldr
        self._known: set[str] = set()

    def read(self, found: Mapping[str, Page]) -> None:
        """Takes in what pages tell, programs first."""
        below: dict[str, list[Page]] = {}
        own: list[Page] = []
        for name, page in found.items():
            program = owner(name, self._programs)
            if program == name:
                own.append(page)
            elif program:
                below.setdefault(program, []).append(page)
        for told in self._told(own):
            self._put_program(told)
        for name in sorted(self._tldr.keys() & self._programs.keys() - self._known):
            if short := read_tldr(self._tldr[name]):
                self._known.add(name)
                self._put(name, short.summary, "", "", [name], short, ())
        for program in sorted(below):
            self._put_subcommands(program, below[program])

    def ask(self, ask_help: Help) -> None:
        """Takes in the programs that no page tells of, by what they print."""
        for name in sorted(self._programs.keys() - self._known):
            text = ask_help(self._programs[name])
            if text:
                self._put(name, plain(text, _DESCRIPTION), "", "", [name], None, ())
            else:
                self.basket.refuse(name, "it has no manual page, and says nothing when it is asked for help")

    def _told(self, listed: Sequence[Page]) -> list[_Told]:
        """What the pages say, those of one file together under the name that it is filed under."""
        by_file: dict[str, _Told] = {}
        for page in sorted(listed, key=lambda page: page.name):
            try:
                real, text = source_of(page.path, self._folders)
            except LsfsError as error:
                self.basket.refuse(page.name, error.message)
                continue
            told = by_file.get(real)
            if told is None:
                by_file[real] = _Told(page, read_manual(text), [page.name])
                continue
            told.names.append(page.name)
            if os.path.basename(real).startswith(f"{page.name}."):
                told.page = page
        return list(by_file.values())

    def _put_program(self, told: _Told) -> None:
        name = told.page.name
        self._known.update(told.names)
        page = read_tldr(self._tldr[name]) if name in self._tldr else None
        others = [one for one in dict.fromkeys([*told.names, *told.manual.names]) if one != name]
        others = [one for one in others if one in self._programs]
        self._known.update(others)
        self._put_manual(name, told.manual, name, [name], page, others)

    def _put_subcommands(self, program: str, listed: list[Page]) -> None:
        shallow = sorted(listed, key=lambda page: (len(words_of(page.name)), page.name))
        if left_out := len(shallow[_MOST_SUBCOMMANDS:]):
            why = f"of its subcommands {_MOST_SUBCOMMANDS} are taken in, and {left_out} deeper ones left out"
            self.basket.refuse(program, why)
        for told in self._told(shallow[:_MOST_SUBCOMMANDS]):
            name = told.page.name
            words = words_of(name[len(program) :])
            joined = name[len(program) + 1 :]
            for argv in ([program, joined], [program, *words]):
                if _is_used(argv, told.manual.synopsis):
                    page = read_tldr(self._tldr[name]) if name in self._tldr else None
                    self._put_manual(name, told.manual, program, argv, page, ())
                    break

    def _put_manual(
        self,
        name: str,
        manual: Manual,
        group: str,
        argv: list[str],
        page: TldrPage | None,
        others: Sequence[str],
    ) -> None:
        summary = manual.summary or (page.summary if page else "")
        if not summary and not manual.description:
            self.basket.refuse(name, "its manual page says nothing of what it does")
            return
        detail = manual.description if manual.description.lower() != summary.lower() else ""
        text = "\n".join(filter(None, (_sentence(summary), plain(detail, _DESCRIPTION))))
        self._put(name, text, manual.synopsis, _options(manual), argv, page, others, group)

    def _put(
        self,
        name: str,
        description: str,
        synopsis: str,
        options: str,
        argv: list[str],
        page: TldrPage | None,
        others: Sequence[str],
        group: str = "",
    ) -> None:
        if others:
            description += f"\nAlso: {', '.join(others[:20])}."
        self.basket.put(
            name,
            description,
            arguments_of(synopsis, options),
            group=group or name,
            invocation={"argv": argv},
            examples=page.needs if page else (),
        )


def arguments_of(synopsis: str, options: str) -> dict[str, Any]:
    """The schema of a command's arguments: the words behind its own, and what it is to read."""
    usage = f"Usage: {plain(synopsis, _USAGE)}" if synopsis else ""
    about = ["The words of the command line behind the command, one argument each.", usage, options]
    words = {
        "type": "array",
        "items": {"type": "string"},
        "description": "\n".join(filter(None, about)),
    }
    reads = {"type": "string", "description": "What it reads from its standard input."}
    return {"type": "object", "properties": {"args": words, "stdin": reads}, "required": ["args"]}


def _is_used(argv: Sequence[str], synopsis: str) -> bool:
    """Whether a synopsis shows the words of a subcommand, options between them or not: else it is a program's own."""
    return bool(re.search(r"(?<![\w/.-])" + r"\b[^\n]*?(?<![\w-])".join(map(re.escape, argv)) + r"(?![\w-])", synopsis))


def _options(manual: Manual) -> str:
    lines: list[str] = []
    length = 0
    for tag, said in manual.options:
        line = f"{plain(tag, _OPTION)}: {plain(_SENTENCE.split(said, maxsplit=1)[0], _OPTION)}"
        length += len(line)
        if length > _OPTIONS:
            break
        lines.append(line)
    return "\n".join(lines)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."
