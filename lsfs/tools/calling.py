"""Calls: the tool is looked up, its arguments checked, the caller of its kind asked, and what comes of it made fit to
be kept.  Whether a call may be made at all is decided elsewhere (`lsfs.plan`, `lsfs.engine`).
"""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from lsfs.core.errors import ConflictError, LsfsError, NothingFound, RefusedError
from lsfs.core.tools import CallOutcome, Tool, ToolKind, ToolSource
from lsfs.tools.callers.base import MOST_TEXT, Around, ToolCaller, failed, shortened, unreached
from lsfs.tools.secrecy import given_to, secret_values, secrets_of_environ, without
from lsfs.tools.validating import check_arguments

log = logging.getLogger(__name__)

CALL_S = 600.0
"""How long a call may take, in seconds, unless its source says otherwise (``where["timeout"]``)."""
_LONGEST_S = 6 * 3600.0
_MOST_WITHHELD = 100
"""Plans whose secret arguments wait to be used."""


@dataclasses.dataclass(frozen=True)
class CallerSide:
    """What a call is made with that whoever asked for it has: where, as what, for how long."""

    cwd: str
    environ: Mapping[str, str]
    """Never kept."""
    cancelled: Callable[[], bool]


class ToolCalls:
    """Calls tools of the catalogue; for any thread, several calls at once."""

    def __init__(
        self,
        tools: Callable[[str], Tool | None],
        sources: Callable[[str], ToolSource | None],
        callers: Mapping[ToolKind, ToolCaller],
    ) -> None:
        """`tools` gives an enabled tool by its id, `sources` an enabled source by its name, each None where there is
        none."""
        self._tools = tools
        self._sources = sources
        self._callers = callers
        self._withheld: dict[int, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def tool(self, id: str) -> Tool:
        """The tool of an id; raises NothingFound where there is none that may be called."""
        tool = self._tools(id)
        if tool is None:
            hint = "lsfs tools find shows what there is"
            raise NothingFound(f"there is no tool {id}, or it was removed or switched off", hint=hint)
        return tool

    def source(self, tool: Tool) -> ToolSource:
        """Where a tool comes from; raises NothingFound where that was removed or switched off."""
        source = self._sources(tool.source)
        if source is None or not source.enabled:
            raise NothingFound(f"{tool.source}, which {tool.id} comes from, was removed or switched off")
        return source

    def is_allowed(self, tool: Tool) -> bool:
        """Whether the tool may run without being asked about: it only reads, or the user said so of its source."""
        return tool.effect == "read" or self.source(tool).allow == "all"

    def works_in(self, tool: Tool, cwd: str) -> str | None:
        """The folder that the tool takes relative paths from, for a caller in `cwd`; None where none is known."""
        caller = self._callers.get(tool.kind)
        return caller.works_in(self.source(tool), cwd) if caller is not None else None

    def checked(self, id: str, arguments: Mapping[str, Any]) -> Tool:
        """The tool of an id, if it takes these arguments; raises UsageError where not, RefusedError for one that
        nothing can call."""
        tool = self.tool(id)
        self.source(tool)
        if tool.kind not in self._callers:
            raise RefusedError(f"{id} cannot be called: nothing here calls tools of the kind {tool.kind}")
        check_callable(tool)
        return self.fitting(id, arguments)

    def fitting(self, id: str, arguments: Mapping[str, Any]) -> Tool:
        """The tool of an id, if its schema allows these arguments; raises UsageError where not."""
        tool = self.tool(id)
        try:
            check_arguments(tool.schema, arguments)
        except LsfsError as error:
            error.hint = error.hint or f"lsfs tools show {id}"
            raise
        return tool

    def withhold(self, op: int, arguments: dict[str, Any]) -> None:
        """Keeps the arguments of a plan, by its number, that may be written down nowhere."""
        with self._lock:
            self._withheld[op] = arguments
            while len(self._withheld) > _MOST_WITHHELD:
                self._withheld.pop(next(iter(self._withheld)))

    def withheld(self, op: int) -> dict[str, Any]:
        """The arguments that were kept of a plan, once; raises ConflictError where they are gone."""
        with self._lock:
            arguments = self._withheld.pop(op, None)
        if arguments is None:
            raise ConflictError("its secret arguments are kept nowhere, and were forgotten", hint="make the plan again")
        return arguments

    def call(self, id: str, arguments: Mapping[str, Any], side: CallerSide) -> CallOutcome:
        """What a call gave, as it may be kept and shown: cut, and without what its source was given, arguments that
        are secrets, and what in the caller's environment is one.

        A call that fails is an outcome that is not ``ok``.
        """
        started = time.perf_counter()
        hidden = secrets_of_environ(side.environ)
        try:
            tool = self.checked(id, arguments)
            source = self.source(tool)
            hidden = (*hidden, *given_to(source), *secret_values(tool.schema, arguments))
            around = Around(source, side.cwd, side.environ, _deadline(source), side.cancelled)
            outcome = self._callers[tool.kind].call(tool, arguments, around)
        except LsfsError as error:
            outcome = unreached(error.message)
        except Exception as error:  # of a backend, and of whatever it speaks to: it costs this call
            log.exception("a call of %s failed", id)
            outcome = failed(f"the call failed: {type(error).__name__}")
        if not outcome.ok and side.cancelled():
            outcome = msgspec.structs.replace(outcome, failure="cancelled")
        elapsed = round((time.perf_counter() - started) * 1000, 1)
        return msgspec.structs.replace(_kept(outcome, hidden), elapsed_ms=elapsed)


def check_callable(tool: Tool) -> None:
    """Raises RefusedError for a tool that is only described."""
    if not tool.is_callable:
        raise RefusedError(
            f"{tool.id} cannot be called: its source describes it, and does not say how",
            hint="whoever has the function calls it; lsfs tools show has its schema",
        )


def _deadline(source: ToolSource) -> float:
    wanted = source.where.get("timeout")
    valid = isinstance(wanted, int | float) and 0 < wanted <= _LONGEST_S
    return float(wanted) if valid and wanted is not None else CALL_S


def _kept(outcome: CallOutcome, secrets: Iterable[str]) -> CallOutcome:
    """An outcome as it may be kept."""
    secrets = tuple(secrets)
    text, cut = shortened(without(outcome.text.replace("\0", ""), secrets))
    data = without(outcome.data, secrets)
    try:
        if data is not None and len(json.dumps(data)) > MOST_TEXT:
            data, cut = None, True
    except (TypeError, ValueError, RecursionError):
        data = None
    return msgspec.structs.replace(outcome, text=text, data=data, cut=outcome.cut or cut)
