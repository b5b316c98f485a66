"""Tools as the doors ask for them: taken in, listed, found, switched on and off, learnt from."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import UNSET

from lsfs.core.api import (
    Caller,
    DraftCallRequest,
    DraftedCall,
    FoundTool,
    SaveOpRequest,
    ToolDetail,
    ToolExample,
    ToolRequest,
    ToolsAddRequest,
    ToolsEnableRequest,
    ToolsEvalRequest,
    ToolsEvalResult,
    ToolsFindRequest,
    ToolsFindResult,
    ToolsImportRequest,
    ToolsImportResult,
    ToolsList,
    ToolsListRequest,
    ToolSourceInfo,
    ToolSourceList,
    ToolsSourceRequest,
    ToolsTrainResult,
)
from lsfs.core.errors import ModelUnavailable, NothingFound, RefusedError, UnavailableError, UsageError
from lsfs.core.wirepath import absolute_from_wire
from lsfs.engine.calling import Calling
from lsfs.engine.macros import Macros
from lsfs.engine.parts import Parts
from lsfs.tools.catalogue import MACROS, info_of
from lsfs.tools.clients import configured, examples_in
from lsfs.tools.demonstrating import demonstrations
from lsfs.tools.finding import ToolHit, ToolsFound
from lsfs.tools.sourcing import recognised
from lsfs.tools.thinking import MOST, thought

_REMEMBERED_S = 900.0
"""How long after a request a call of one of its tools counts as what was chosen for it."""
_MOST_SHOWN = 100
_ALL = 1_000_000
_DEMONSTRATIONS, _ASKED_FOR = 3, 20
"""Past uses that travel with a tool's schema, and among how many they are picked."""

log = logging.getLogger(__name__)


class _Asked(msgspec.Struct, frozen=True):
    """A request for tools, and what was shown for it."""

    query: str
    tools: frozenset[str]
    at_s: float


class Tooling:
    """The catalogue and the router."""

    def __init__(self, parts: Parts, macros: Macros, clock: Callable[[], float] = time.monotonic) -> None:
        self._parts = parts
        self._tools = parts.tooling
        self._macros = macros
        self._clock = clock
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, str], _Asked] = {}
        """By door and client, the newest."""

    # Sources

    def add(self, request: ToolsAddRequest) -> ToolSourceInfo:
        """Takes in a source, or takes it in anew."""
        self._parts.vault.require_writable()
        said = request.source
        cwd = os.fsdecode(absolute_from_wire(request.cwd))
        path = os.path.normpath(os.path.join(cwd, os.path.expanduser(said)))
        there = not request.args and said != "commands" and os.path.exists(path)
        if _is_path(said) or (there and request.kind != "mcp"):
            said = path
        source = recognised(
            said,
            name=request.name,
            kind=request.kind,
            args=request.args,
            env=request.env,
            server=request.server,
            allow=request.allow,
            from_help=request.from_help,
            path=os.environ.get("PATH", ""),
        )
        return self._tools.catalogue.add(source)

    def sources(self) -> ToolSourceList:
        """Where tools come from, and how each source is."""
        return ToolSourceList(sources=self._tools.catalogue.sources())

    def remove(self, request: ToolsSourceRequest) -> None:
        """Forgets a source and its tools, or one macro by its id."""
        self._parts.vault.require_writable()
        catalogue = self._tools.catalogue
        if request.source.startswith(f"{MACROS}/"):
            catalogue.remove_macro(request.source.removeprefix(f"{MACROS}/"))
            return
        source = next((one.source for one in catalogue.stored() if one.source.name == request.source), None)
        if source is not None and source.watched:
            file = str(source.where.get("file"))
            raise RefusedError("it comes from a file that is watched, and would come back", hint=f"delete {file}")
        if request.source == MACROS:
            raise RefusedError("macros are forgotten one by one", hint="lsfs tools remove macros/NAME")
        self._tools.sessions.end(request.source)  # a reading that hangs ends with it
        catalogue.remove(request.source)
        self._tools.sessions.end(request.source)

    def enable(self, request: ToolsEnableRequest) -> None:
        """Switches a source or a tool on or off, or changes what of it runs unasked."""
        self._parts.vault.require_writable()
        self._tools.catalogue.enable(request.target, request.enabled, request.allow)
        if not request.enabled:
            self._tools.sessions.end(request.target)

    def import_file(self, request: ToolsImportRequest) -> ToolsImportResult:
        """Takes in the servers of a client's configuration, or example requests."""
        self._parts.vault.require_writable()
        path = Path(os.fsdecode(absolute_from_wire(request.path)))
        found = None if path.suffix.lower() in (".jsonl", ".ndjson") else configured(path, os.environ)
        if found is not None and request.forget:
            raise UsageError("only example requests are forgotten by their file", hint="lsfs tools remove NAME")
        if found is None:
            return self._import_examples(path, forget=request.forget)
        taken = [self._tools.catalogue.add(source, keep=True) for source in found.sources]
        refused = [
            ToolSourceInfo(name=one.name, kind="mcp", where=str(path), state="failed", tools=0, error=one.why)
            for one in found.problems
        ]
        return ToolsImportResult(sources=(*taken, *refused))

    def _import_examples(self, path: Path, *, forget: bool) -> ToolsImportResult:
        """Keeps example requests, or forgets them; a tool is named by its id, or its name where only one has it."""
        asked = list(examples_in(path))
        if not asked:
            raise UsageError("the file names no servers and no requests", path=str(path))
        catalogue = self._tools.catalogue
        ids: dict[str, list[str]] = {}
        for tool in catalogue.tools(limit=_ALL).tools if forget else catalogue.enabled():
            ids.setdefault(tool.name, []).append(tool.id)
        if forget:
            # Whichever tool a name meant when it was taken in.
            meant = [(one, query) for name, query in asked for one in (name, *ids.get(name, ()))]
            return ToolsImportResult(examples=catalogue.forget_examples(meant, "imported"))
        pairs = [(ids[name][0] if len(ids.get(name, ())) == 1 else name, query) for name, query in asked]
        known = catalogue.add_examples(pairs, "imported")
        if not known:
            raise UsageError("its requests are for none of the known tools", path=str(path), hint="lsfs tools list")
        return ToolsImportResult(examples=len(pairs), unknown=len(pairs) - known)

    # Tools

    def list(self, request: ToolsListRequest) -> ToolsList:
        """Which tools there are."""
        return self._tools.catalogue.tools(request.source, request.kind, max(0, request.offset), max(1, request.limit))

    def show(self, request: ToolRequest) -> ToolDetail:
        """All that is known of a tool; what the user asked it for is nobody else's business."""
        detail = self._tools.catalogue.detail(request.id)
        return msgspec.structs.replace(detail, examples=_for_door(detail.examples, request))

    def find(self, request: ToolsFindRequest) -> ToolsFindResult:
        """The tools that serve a request best."""
        started = time.perf_counter()
        if not request.query.strip():
            raise UsageError("say what is to be done")
        if not 1 <= request.limit <= _MOST_SHOWN:
            raise UsageError(f"between 1 and {_MOST_SHOWN} tools can be asked for")
        known = {stored.source.name for stored in self._tools.catalogue.stored()}
        if unknown := [name for name in request.sources if name not in known]:
            raise NothingFound(f"there is no source {unknown[0]}", hint="lsfs tools sources")
        found = self._found(request)
        if request.learn and not found.none_fits:
            self._remember(request, found.hits)
        return ToolsFindResult(
            query=request.query,
            tools=tuple(self._described(hit, request) for hit in found.hits),
            none_fits=found.none_fits,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 2),
            complete=found.complete,
        )

    def _found(self, request: ToolsFindRequest) -> ToolsFound:
        def find(query: str, most: int = max(request.limit, MOST)) -> ToolsFound:
            return self._tools.finding.find(query, most, request.kinds, request.sources)

        if not request.deep:
            return find(request.query, request.limit)
        if not request.llm:
            raise ModelUnavailable("the language model is off (LSFS_LLM=off)", hint="leave --deep out")
        return thought(self._parts.llm(), request.query, find, request.limit, lambda: True)

    def _described(self, hit: ToolHit, request: ToolsFindRequest) -> FoundTool:
        return FoundTool(
            **msgspec.structs.asdict(info_of(hit.tool, enabled=True)),
            score=round(hit.score, 4),
            matched=hit.matched,
            why=hit.evidence if request.explain else UNSET,
            schema=hit.tool.schema if request.with_schemas else UNSET,
            examples=self._demonstrations(hit.tool.id, request.query, request) if request.with_examples else UNSET,
        )

    def _demonstrations(self, tool_id: str, query: str, caller: Caller) -> tuple[ToolExample, ...]:
        tools = self._tools
        shown = demonstrations(tools.finding.snapshot(), tools.embed, query, tool_id, _ASKED_FOR)
        return _for_door(shown, caller)[:_DEMONSTRATIONS]

    # Learning from use

    def _remember(self, caller: ToolsFindRequest, hits: Sequence[ToolHit]) -> None:
        asked = _Asked(caller.query, frozenset(hit.tool.id for hit in hits), self._clock())
        with self._lock:
            self._asked[caller.door, caller.client] = asked

    def called(self, tool_id: str, caller: Caller) -> None:
        """Keeps that a tool was called, where it had been found for a request shortly before: it was the choice."""
        with self._lock:
            asked = self._asked.get((caller.door, caller.client))
        if asked is None or not caller.learn or tool_id not in asked.tools:
            return
        if self._clock() - asked.at_s <= _REMEMBERED_S:
            with self._lock:
                self._asked.pop((caller.door, caller.client), None)
            self._tools.finding.observed(asked.query, tool_id)

    def draft(self, request: DraftCallRequest) -> DraftedCall:
        """The arguments of a tool, written by the language model for a sentence."""
        return Calling(self._parts).draft(request)

    def save_op(self, request: SaveOpRequest) -> ToolDetail:
        """Makes a tool of what an op did."""
        name = self._macros.save(request)
        self._tools.catalogue.macros_changed()
        return self._tools.catalogue.detail(f"{MACROS}/{name}")

    def train(self) -> ToolsTrainResult:
        """Learns from what is kept of use, and says what that brings."""
        self._parts.vault.require_writable()
        return self._tools.measuring.train()

    def evaluate(self, request: ToolsEvalRequest) -> ToolsEvalResult:
        """How often the right tools come first, on a set of requests."""
        return self._tools.measuring.evaluate(
            Path(os.fsdecode(absolute_from_wire(request.path))), any_of=request.any_of
        )

    def tidy(self) -> None:
        """Gives back the memory that nobody needed for a while."""
        self._tools.finding.tidy()

    def write_usage(self, going: Callable[[], bool]) -> None:
        """Has the language model write example requests while nothing else is to be done, within the day's budget."""
        try:
            self._tools.writing.run(going)
        except UnavailableError as error:
            log.info("no example requests are written: %s", error.message)


def _for_door(examples: tuple[ToolExample, ...], caller: Caller) -> tuple[ToolExample, ...]:
    """The examples that whoever asks may see: an agent none of what the user, or another agent, once asked for."""
    return examples if caller.door != "mcp" else tuple(one for one in examples if one.origin != "observed")


def _is_path(said: str) -> bool:
    """Whether a source is said as a path."""
    return said.startswith(("/", "./", "../", "~")) or said in (".", "..")
