"""Calls: the tool is looked up, its arguments checked, the caller of its kind asked, and what comes of it made fit to
be kept.  Whether a call may be made at all is decided elsewhere (`lsfs.plan`, `lsfs.engine`).
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from lsfs.core.errors import LsfsError, NothingFound, RefusedError
from lsfs.core.tools import CallOutcome, Tool, ToolKind, ToolSource
from lsfs.tools.callers.base import MOST_TEXT, Around, ToolCaller, failed, shortened
from lsfs.tools.validating import check_arguments

log = logging.getLogger(__name__)

CALL_S = 600.0
"""How long a call may take, in seconds, unless its source says otherwise (``where["timeout"]``)."""
_LONGEST_S = 6 * 3600.0
HIDDEN = "•••"
"""Stands where a secret stood."""
_SHORTEST_SECRET = 6
_SECRET_NAME = re.compile(r"passw|passphrase|secret|token|api[-_]?key|credential|private[-_]?key|authorization", re.I)


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

    def checked(self, id: str, arguments: Mapping[str, Any]) -> Tool:
        """The tool of an id, if it takes these arguments; raises UsageError where not, RefusedError for one that
        nothing can call."""
        tool = self.tool(id)
        self.source(tool)
        if tool.kind not in self._callers:
            raise RefusedError(f"{id} cannot be called: nothing here calls tools of the kind {tool.kind}")
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

    def call(self, id: str, arguments: Mapping[str, Any], side: CallerSide) -> CallOutcome:
        """What a call gave, as it may be kept and shown: cut, and without the secrets of its source.

        A call that fails is an outcome that is not ``ok``.
        """
        started = time.perf_counter()
        try:
            tool = self.checked(id, arguments)
            source = self.source(tool)
            around = Around(source, side.cwd, side.environ, _deadline(source), side.cancelled)
            outcome = self._callers[tool.kind].call(tool, arguments, around)
            hidden = (*secrets_of(source), *secret_values(tool.schema, arguments))
        except LsfsError as error:
            outcome, hidden = failed(error.message), ()
        except Exception as error:  # of a backend, and of whatever it speaks to: it costs this call
            log.exception("a call of %s failed", id)
            outcome, hidden = failed(f"the call failed: {type(error).__name__}"), ()
        elapsed = round((time.perf_counter() - started) * 1000, 1)
        return msgspec.structs.replace(_kept(outcome, hidden), elapsed_ms=elapsed)


def _deadline(source: ToolSource) -> float:
    wanted = source.where.get("timeout")
    valid = isinstance(wanted, int | float) and 0 < wanted <= _LONGEST_S
    return float(wanted) if valid and wanted is not None else CALL_S


def secrets_of(source: ToolSource) -> tuple[str, ...]:
    """What of a source is nobody's business: values of its environment and headers, and tokens within them."""
    values = [*dict(source.where.get("env") or {}).values(), *dict(source.where.get("headers") or {}).values()]
    return tuple(_long(part for value in values for part in (str(value), *str(value).split())))


def secret_values(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The arguments that are secrets by their names, or by what the schema says of them."""
    properties = schema.get("properties")
    described = properties if isinstance(properties, Mapping) else {}
    found = []
    for name, value in arguments.items():
        how = described.get(name)
        marked = isinstance(how, Mapping) and (how.get("format") == "password" or how.get("writeOnly") is True)
        if marked or _SECRET_NAME.search(name):
            found += _texts(value)
    return tuple(_long(found))


def without(value: Any, secrets: Iterable[str]) -> Any:
    """A JSON value with `HIDDEN` in the place of every secret."""
    ordered = sorted(set(secrets), key=len, reverse=True)

    def cleaned(part: Any) -> Any:
        if isinstance(part, str):
            for secret in ordered:
                part = part.replace(secret, HIDDEN)
            return part
        if isinstance(part, Mapping):
            return {cleaned(name): cleaned(one) for name, one in part.items()}
        return [cleaned(one) for one in part] if isinstance(part, list | tuple) else part

    return cleaned(value) if ordered else value


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


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, list | tuple):
        return [text for one in value for text in _texts(one)]
    return [str(value)] if value is not None and not isinstance(value, bool) else []


def _long(values: Iterable[str]) -> list[str]:
    """Those that are no common words: what is shorter than a secret is would stand in any text."""
    return [value for value in values if len(value) >= _SHORTEST_SECRET and not os.path.isabs(value)]
