"""The catalogue: sources of tools, taken in, kept up to date, switched on and off, each with how it is.

What the user decided lies in the vault, what was read in the index.  Any thread may call any method; reading a source
(which may take long) holds no lock, so that a server that hangs keeps nobody from the others.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping, Sequence

import msgspec

from lsfs.core.api.tooling import ToolDetail, ToolExample, ToolInfo, ToolsList, ToolSourceInfo
from lsfs.core.errors import ConflictError, LsfsError, NothingFound, UnavailableError, UsageError
from lsfs.core.tools import Allowance, Origin, SourceKind, Tool, ToolKind, ToolSource
from lsfs.store.index import Index
from lsfs.store.vault import StoredExample, StoredSource, Vault
from lsfs.tools.describing import content_hash
from lsfs.tools.importers.base import Importer, Taken, name_problem
from lsfs.tools.sourcing import same_place, shown

log = logging.getLogger(__name__)

MACROS = "macros"
"""Name of the source of macros, which is there while there are any."""


class Catalogue:
    """All tools that there are."""

    def __init__(
        self,
        vault: Vault,
        index: Index,
        importers: Mapping[SourceKind, Importer],
        now_ns: Callable[[], int],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_change` is called after each change of what `generation` counts, by the thread that changed it."""
        self._vault = vault
        self._index = index
        self._importers = importers
        self._now_ns = now_ns
        self.on_change = on_change
        self._lock = threading.Lock()
        self._reading: dict[str, threading.Lock] = {}
        self._generation = self._tools_generation = 1
        self.strangers: Mapping[str, ToolSourceInfo] = {}
        """What in ``tools.d`` is no source that can be taken in, by file."""

    @property
    def generation(self) -> int:
        """Another number whenever what `snapshot` would give may be another."""
        return self._generation

    @property
    def tools_generation(self) -> int:
        """Another number whenever other tools are there, or switched on."""
        return self._tools_generation

    def changed(self, *, tools: bool = False) -> None:
        """Says that examples, weights or vectors are others now, or the `tools` themselves."""
        with self._lock:
            self._generation += 1
            if tools:
                self._tools_generation = self._generation
        self.on_change()

    # Sources

    def add(self, source: ToolSource, *, keep: bool = False) -> ToolSourceInfo:
        """Takes in a source, or takes it in anew; with `keep` also where nothing can be read of it now.

        Raises ConflictError where another source has its name, UsageError for a name that none can have, and, without
        `keep`, what reading it raises.
        """
        with self._turn(source.name):
            self._check_name(source)
            self._read(source, keep=keep)
        return self._info(self._stored(source.name))

    def announce(self, source: ToolSource) -> None:
        """Keeps a source that is read later, by `refresh`.  Raises what `add` does for its name."""
        with self._turn(source.name):
            self._check_name(source)
            self._put(source)
            self._fail(source.name, UnavailableError("it is being read"))

    def _check_name(self, source: ToolSource) -> None:
        if (why := name_problem(source.name)) or "/" in source.name:
            raise UsageError(f"a source cannot be called {source.name!r}: {why or 'there is a slash in it'}")
        known = self._vault.tools.source(source.name)
        if known is not None and not same_place(known.source, source):
            raise ConflictError(
                f"two sources are called {source.name}: {shown(known.source)} and {shown(source)}",
                hint="give this one another name, or remove the other",
            )

    def refresh(self, name: str) -> ToolSourceInfo:
        """Reads a source anew.  Where that fails it is `failed`, with the reason, and what was known of it stands.

        Raises NothingFound for one that is not known.
        """
        with self._turn(name):
            source = self._stored(name).source
            try:
                taken = self._taken(source)
            except LsfsError as error:
                self._fail(name, error)
            else:
                self._take(source, taken)
        return self._info(self._stored(name))

    def remove(self, name: str) -> None:
        """Forgets a source and its tools; their examples stay.  Raises NothingFound."""
        with self._turn(name):
            self._stored(name)
            with self._vault.write() as tx:
                self._vault.tools.remove_source(tx, name)
            with self._index.write() as tx:
                self._index.tools.forget(tx, name)
        self.changed(tools=True)

    def enable(self, target: str, enabled: bool, allow: Allowance | None = None) -> None:
        """Switches a source or a tool on or off; of a source, also what of it runs unasked.  Raises NothingFound."""
        stored = self._vault.tools.source(target)
        with self._vault.write() as tx:
            if stored is not None:
                self._vault.tools.enable_source(tx, target, enabled=enabled, allow=allow)
            elif self._index.tools.get(target) is not None or target in self._vault.tools.off():
                self._vault.tools.enable_tool(tx, target, enabled=enabled)
            else:
                raise NothingFound(f"there is no source and no tool {target}", hint="lsfs tools list")
        self.changed(tools=True)
        if stored is not None and enabled and target not in self._index.tools.stamps():
            self.refresh(target)

    def sources(self) -> tuple[ToolSourceInfo, ...]:
        """Every source, by name, and what in ``tools.d`` could not be one."""
        counts = self._index.tools.counts()
        listed = [self._info(stored, counts.get(stored.source.name, 0)) for stored in self._vault.tools.sources()]
        return (*listed, *self.strangers.values())

    def source(self, name: str) -> ToolSource | None:
        """A source by name, its secrets included; None for one that is switched off or unknown."""
        stored = self._vault.tools.source(name)
        return stored.source if stored is not None and stored.source.enabled else None

    def stored(self) -> list[StoredSource]:
        """Every source as it is kept, for who follows them."""
        return self._vault.tools.sources()

    def is_due(self, source: ToolSource) -> bool:
        """Whether a source may give other tools than when it was read last, or was never read."""
        before = self._index.tools.stamps().get(source.name)
        return before is None or before != self._importers[source.kind].stamp(source)

    def macros_changed(self) -> None:
        """Reads the macros anew; their source comes with the first and goes with the last."""
        known = self._vault.tools.source(MACROS) is not None
        if not self._vault.tools.macros():
            if known:
                self.remove(MACROS)
        elif known:
            self.refresh(MACROS)
        else:
            self.add(ToolSource(name=MACROS, kind="macros", where={}), keep=True)

    # Tools

    def tool(self, tool_id: str) -> Tool | None:
        """A tool by id; None for one that is unknown, or switched off with its source or by itself."""
        tool = self._index.tools.get(tool_id)
        if tool is None or tool_id in self._vault.tools.off() or self.source(tool.source) is None:
            return None
        return tool

    def tools(
        self, source: str | None = None, kind: ToolKind | None = None, offset: int = 0, limit: int = 1000
    ) -> ToolsList:
        """Tools by id, those that are switched off included and marked."""
        off = self._vault.tools.off()
        shut = {stored.source.name for stored in self.stored() if not stored.source.enabled}
        found = [
            tool
            for tool, _ in self._index.tools.all()
            if (source is None or tool.source == source) and (kind is None or tool.kind == kind)
        ]
        part = found[offset : offset + limit]
        infos = tuple(info_of(tool, enabled=tool.id not in off and tool.source not in shut) for tool in part)
        return ToolsList(tools=infos, total=len(found))

    def detail(self, tool_id: str) -> ToolDetail:
        """All that is known of a tool.  Raises NothingFound."""
        tool = self._index.tools.get(tool_id)
        if tool is None:
            raise NothingFound(f"there is no tool {tool_id}", hint="lsfs tools find, or lsfs tools list")
        info = info_of(tool, enabled=self.tool(tool_id) is not None)
        return ToolDetail(
            **msgspec.structs.asdict(info),
            source=tool.source,
            schema=tool.schema,
            group=tool.group,
            examples=self.examples(tool),
        )

    def enabled(self) -> list[Tool]:
        """Every tool that is not switched off, by id."""
        off = self._vault.tools.off()
        open_to = {stored.source.name for stored in self.stored() if stored.source.enabled}
        return [tool for tool, _ in self._index.tools.all() if tool.source in open_to and tool.id not in off]

    # Examples

    def examples(self, tool: Tool, most: int = 50) -> tuple[ToolExample, ...]:
        """Requests that a tool serves: observed ones first, then those of its source, then written ones."""
        kept = [ToolExample(query=one.query, origin=one.origin) for one in self._vault.tools.examples(tool.id)]
        own = [ToolExample(query=query, origin="imported") for query in tool.examples]
        order: tuple[Origin, ...] = ("observed", "imported", "written")
        return tuple(sorted([*kept, *own], key=lambda one: order.index(one.origin))[:most])

    def add_examples(self, examples: Sequence[tuple[str, str]], origin: Origin) -> int:
        """Keeps (tool id, request) pairs; how many were of known tools.  Others are kept as well: it may come back."""
        known = {tool.id for tool, _ in self._index.tools.all()} if len(examples) > 20 else None
        now = self._now_ns()
        with self._vault.write() as tx:
            rows = (StoredExample(tool, query, origin, now) for tool, query in examples)
            self._vault.tools.add_examples(tx, rows)
        self.changed()
        if known is None:
            return sum(self._index.tools.get(tool) is not None for tool, _ in examples)
        return sum(tool in known for tool, _ in examples)

    def forget_examples(self, pairs: Sequence[tuple[str, str]], origin: Origin) -> int:
        """Forgets (tool id, request) pairs of one origin; how many there were."""
        with self._vault.write() as tx:
            count = self._vault.tools.forget_examples(tx, pairs, origin)
        self.changed()
        return count

    def remove_macro(self, name: str) -> None:
        """Forgets a macro.  Raises NothingFound."""
        if self._vault.tools.macro(name) is None:
            raise NothingFound(f"there is no macro {name}", hint="lsfs tools list --kind macro")
        with self._vault.write() as tx:
            self._vault.tools.remove_macro(tx, name)
        self.macros_changed()

    def write_examples(self, tool: Tool, queries: Sequence[str]) -> None:
        """Keeps what the language model wrote for a tool, in the place of what it wrote before."""
        with self._index.write() as tx:
            self._index.tools.put_written(tx, content_hash(tool), queries)
        with self._vault.write() as tx:
            self._vault.tools.remove_examples(tx, tool.id, "written")
            now = self._now_ns()
            self._vault.tools.add_examples(tx, (StoredExample(tool.id, query, "written", now) for query in queries))
        self.changed()

    def unwritten(self, tools: Sequence[Tool]) -> list[Tool]:
        """Those of the tools for which the language model has written nothing yet, in their order."""
        hashes = {tool.id: content_hash(tool) for tool in tools}
        written = self._index.tools.written(list(hashes.values()))
        return [tool for tool in tools if hashes[tool.id] not in written]

    # Within

    def _turn(self, name: str) -> threading.Lock:
        """Held while a source is read or changed, so that an older reading never follows a newer one."""
        with self._lock:
            return self._reading.setdefault(name, threading.Lock())

    def _stored(self, name: str) -> StoredSource:
        stored = self._vault.tools.source(name)
        if stored is None:
            raise NothingFound(f"there is no source {name}", hint="lsfs tools sources")
        return stored

    def _read(self, source: ToolSource, *, keep: bool) -> None:
        """Takes a source in; one that is switched off is only kept, since reading it may start a program."""
        if keep and not source.enabled:
            self._put(source)
            return
        try:
            taken = self._taken(source)
        except LsfsError as error:
            if not keep:
                raise
            self._put(source)
            self._fail(source.name, error)
        else:
            self._put(source)
            self._take(source, taken)

    def _taken(self, source: ToolSource) -> tuple[Taken, str]:
        """What an importer reads, and the stamp from before it did."""
        importer = self._importers[source.kind]
        stamp = importer.stamp(source)
        taken = importer.take(source)
        if not taken.tools and taken.problems:
            first = taken.problems[0]
            raise UsageError(f"none of it could be taken in: {first.name + ': ' if first.name else ''}{first.why}")
        return taken, stamp

    def _put(self, source: ToolSource) -> None:
        with self._vault.write() as tx:
            self._vault.tools.put_source(tx, source, self._now_ns())

    def _take(self, source: ToolSource, found: tuple[Taken, str]) -> None:
        taken, stamp = found
        before = self._index.tools.hashes(source.name)
        after = {tool.id: content_hash(tool) for tool in taken.tools}
        with self._index.write() as tx:
            self._index.tools.replace(tx, source.name, ((tool, after[tool.id]) for tool in taken.tools))
            self._index.tools.put_stamp(tx, source.name, stamp)
        self._rewrite({tool: digest for tool, digest in after.items() if before.get(tool, digest) != digest})
        with self._vault.write() as tx:
            state = "partial" if taken.problems else "ready"
            self._vault.tools.set_state(tx, source.name, state, "", taken.problems, self._now_ns())
        if before != after:
            self.changed(tools=True)

    def _rewrite(self, others: Mapping[str, bytes]) -> None:
        """What was written for a tool that says something else now goes; what was written for that before comes."""
        if not others:
            return
        written = self._index.tools.written(list(others.values()))
        now = self._now_ns()
        with self._vault.write() as tx:
            for tool, digest in others.items():
                self._vault.tools.remove_examples(tx, tool, "written")
                queries = written.get(digest, ())
                self._vault.tools.add_examples(tx, (StoredExample(tool, query, "written", now) for query in queries))

    def _fail(self, name: str, error: LsfsError) -> None:
        log.info("the tools of %s cannot be read: %s", name, error.message)
        with self._vault.write() as tx:
            self._vault.tools.set_state(tx, name, "failed", error.message, (), self._now_ns())

    def _info(self, stored: StoredSource, count: int | None = None) -> ToolSourceInfo:
        source = stored.source
        return ToolSourceInfo(
            name=source.name,
            kind=source.kind,
            where=shown(source),
            state=stored.state if source.enabled else "off",
            tools=len(self._index.tools.hashes(source.name)) if count is None else count,
            allow=source.allow,
            watched=source.watched,
            error=stored.error,
            problems=stored.problems,
            checked=_time(stored.checked_ns),
        )


def info_of(tool: Tool, *, enabled: bool) -> ToolInfo:
    """A tool as lists show it."""
    return ToolInfo(
        id=tool.id,
        name=tool.name,
        description=tool.description,
        kind=tool.kind,
        effect=tool.effect,
        enabled=enabled,
        callable=tool.is_callable,
    )


def _time(ns: int | None) -> str:
    return "" if ns is None else dt.datetime.fromtimestamp(ns / 1e9, dt.UTC).isoformat(timespec="milliseconds")
