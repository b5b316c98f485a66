"""Installed programs: run as an argument list, without a shell, in the caller's folder and environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any

from lsfs.core.errors import NothingFound, RefusedError
from lsfs.core.tools import CallOutcome, Tool, ToolSource
from lsfs.tools.callers.base import Around, failed, shortened, unreached
from lsfs.tools.callers.processes import Ran, run

_MOST_ARGUMENTS = 2_000
_MOST_CHARS = 1 << 20
"""Of all arguments together."""


class CommandCaller:
    """Runs programs.  ``args`` are the words behind the program's own, ``stdin`` is what it reads."""

    def works_in(self, source: ToolSource, cwd: str) -> str | None:
        """See `ToolCaller.works_in`."""
        return cwd

    def call(self, tool: Tool, arguments: Mapping[str, Any], around: Around) -> CallOutcome:
        """See `ToolCaller.call`."""
        path = around.environ.get("PATH") or os.defpath
        argv = argv_of(tool, arguments, path)
        if not os.path.isdir(around.cwd):
            raise NothingFound("the folder to work in is not there", path=around.cwd)
        try:
            ran = run(
                argv,
                stdin=str(arguments.get("stdin", "")).encode("utf-8", "surrogateescape"),
                cwd=around.cwd,
                environ={**around.environ, "PATH": path, **around.own},
                deadline_s=around.deadline_s,
                cancelled=around.cancelled,
            )
        except OSError as error:
            return unreached(f"{argv[0]} could not be started: {error.strerror or error}")
        return outcome_of(ran, os.path.basename(argv[0]))


def argv_of(tool: Tool, arguments: Mapping[str, Any], path: str) -> list[str]:
    """The argument list of a call, the program by its absolute path.

    Raises RefusedError for another program than the tool's, NothingFound for one that is not installed.
    """
    own = tool.invocation.get("argv") or [tool.group or tool.name]
    words = arguments.get("args", [])
    if not isinstance(words, Sequence) or isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise RefusedError("“args” has to be a list of texts")
    if not isinstance(own, list) or not own or not all(isinstance(word, str) and word for word in own):
        raise RefusedError(f"{tool.id} does not say which program it is")
    program = str(own[0])
    if program.startswith("-") or (tool.group and os.path.basename(program) != tool.group):
        raise RefusedError(f"{program} is not the program of {tool.id}")
    argv = [*own, *words]
    if len(argv) > _MOST_ARGUMENTS or sum(map(len, argv)) > _MOST_CHARS:
        raise RefusedError(f"more than {_MOST_ARGUMENTS} arguments, or longer ones than fit")
    if any("\0" in word for word in argv):
        raise RefusedError("an argument has a NUL in it")
    found = shutil.which(program, path=path)
    if found is None:
        raise NothingFound(f"{program} is not installed, or not on PATH")
    return [os.path.abspath(found), *argv[1:]]


def outcome_of(ran: Ran, name: str) -> CallOutcome:
    """What a program's end comes to: its output, and what it complained of."""
    out, err = (part.decode("utf-8", "replace").strip("\n") for part in (ran.out, ran.err))
    text, cut = shortened("\n".join(part for part in (out, err) if part))
    if ran.why:
        return failed(ran.why, text=text, exit_code=ran.code, cut=cut)
    if ran.code:
        how = f"ended with exit code {ran.code}" if ran.code > 0 else f"was ended by signal {-ran.code}"
        return failed(f"{name} {how}", text=text, exit_code=ran.code, cut=cut)
    return CallOutcome(ok=True, text=text, exit_code=0, cut=cut)
