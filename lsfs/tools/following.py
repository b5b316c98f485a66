"""Follows what changes outside: the files of ``tools.d``, what sources lie in, and what servers say of themselves.

A file of ``tools.d`` is a source: an OpenAPI document, function JSON, a folder of skills, the configuration of a client
(then each of its servers is one), or a few words of TOML, JSON or YAML with ``source`` as it is given to
``lsfs tools add``, and perhaps ``name``, ``kind``, ``args``, ``env``, ``headers``, ``server``, ``path`` (a folder
in which Python finds modules), ``allow`` and ``enabled``.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
import time
import tomllib
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from lsfs.core.api.tooling import ToolSourceInfo
from lsfs.core.errors import LsfsError, UsageError
from lsfs.core.tools import Allowance, SourceKind, ToolSource
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.clients import configured, parse_config
from lsfs.tools.importers.files import read_file, stat_stamp
from lsfs.tools.importers.skills import skill_files
from lsfs.tools.sourcing import clean_name, recognised

_LOOK_S = 3.0
"""Seconds between two looks at ``tools.d``, which cost a stat(2) a file."""
_SOURCES_S = 60.0
"""Seconds between two looks at what the sources lie in."""
_PAUSE_S, _LONGEST_PAUSE_S = 2.0, 300.0
"""Seconds for which a source is not read again that says it has other tools: a server that says so without end is asked
ever less often."""
_LONGEST_S = 3600.0
"""Between two tries to read a source that could not be read, at most."""
_AT_ONCE = 4
"""Servers that are read at a time."""
_STOP_S = 10.0
"""How long the end of a reading is waited for: a program that is asked for help may take a while."""
_SUFFIXES = (".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".toml")

log = logging.getLogger(__name__)


class Following:
    """A thread that takes in what changed."""

    def __init__(
        self,
        catalogue: Catalogue,
        folder: Path,
        environ: Mapping[str, str],
        look_s: float = _LOOK_S,
        sources_s: float = _SOURCES_S,
    ) -> None:
        """`folder` is ``tools.d``, which need not exist; `environ` fills in what configurations leave open."""
        self._catalogue = catalogue
        self._folder = folder
        self._environ = environ
        self._look_s = look_s
        self._sources_s = sources_s
        self._wake = threading.Condition()
        self.on_gone: Callable[[str], None] = lambda name: None
        """Called with the name of a source that was forgotten, or is to be another one."""
        self._due: set[str] = set()
        self._paused: dict[str, _Pause] = {}
        self._tried: dict[str, _Pause] = {}
        self._servers = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="lsfs-servers")
        self._readings: set[Future[None]] = set()
        self._stopping = False
        self._seen: dict[str, str] | None = None
        """What told of each file of the folder when it was looked at last."""
        self._thread = threading.Thread(target=self._run, name="lsfs-tools", daemon=True)

    def start(self) -> None:
        """Begins; what changed while nobody looked is taken in first."""
        self._thread.start()

    def begin_stop(self) -> None:
        """Has it end after the source that is being read; returns at once."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def stop(self) -> None:
        """Waits for that; a reading that takes too long is left to end by itself, and comes to nothing."""
        self.begin_stop()
        self._servers.shutdown(wait=False, cancel_futures=True)
        self._thread.join(_STOP_S)
        wait(list(self._readings), _STOP_S)

    def touch(self, name: str) -> None:
        """Says that a source has other tools now; returns at once."""
        with self._wake:
            self._due.add(name)
            self._wake.notify_all()

    def _run(self) -> None:
        left = 0.0
        while not self._stopping:
            self._carefully(self.look)
            if left <= 0:
                self._carefully(self.look_at_sources)
                left = self._sources_s
            with self._wake:
                self._wake.wait_for(lambda: self._stopping or self._ripe(), self._look_s)
                due = self._ripe()
                self._due -= due
            left -= self._look_s
            for name in sorted(due):
                self._paused[name] = _paused(self._paused.get(name), time.monotonic(), _PAUSE_S, _LONGEST_PAUSE_S)
                self._carefully(functools.partial(self._refresh, name))

    def _refresh(self, name: str) -> None:
        """Reads a source anew; a server in a thread of its own, since one that hangs is to keep nobody waiting."""
        if self._stopping:
            return
        source = next((one.source for one in self._catalogue.stored() if one.source.name == name), None)
        if source is not None and source.kind == "mcp":
            reading = self._servers.submit(self._carefully, functools.partial(self._catalogue.refresh, name))
            self._readings.add(reading)
            reading.add_done_callback(self._readings.discard)
        elif source is not None:
            self._catalogue.refresh(name)

    def _ripe(self) -> set[str]:
        """The sources that are due and may be read again."""
        now = time.monotonic()
        return {name for name in self._due if name not in self._paused or self._paused[name].until_s <= now}

    def _carefully(self, work: Callable[[], object]) -> None:
        try:
            work()
        except LsfsError as error:
            log.info("tools are not followed: %s", error.message)
        except Exception:
            # The thread outlives whatever a part of it raises, or nothing would be followed any more.
            log.exception("following tools failed")

    # tools.d

    def look(self) -> None:
        """Takes in the files of the folder that are new or others, and forgets the sources of those that are gone."""
        seen = _files(self._folder)
        if seen == self._seen:
            return
        before = self._seen or {}
        strangers = {
            file: info for file, info in self._catalogue.strangers.items() if seen.get(file) == before.get(file)
        }
        for stored in self._catalogue.stored():
            if stored.source.watched and stored.source.where.get("file") not in seen:
                self._forget(stored.source.name)
        for file, stamp in seen.items():
            if before.get(file) == stamp or self._stopping:
                continue
            try:
                self._take(Path(file))
            except LsfsError as error:
                strangers[file] = _stranger(file, error.message)
        self._catalogue.strangers = strangers
        self._seen = seen

    def _take(self, path: Path) -> None:
        """Takes in the sources of one file, and forgets those that it had and has no more."""
        sources, complaints = sources_of(path, self._environ)
        names = {source.name for source in sources}
        for stored in self._catalogue.stored():
            source = stored.source
            if source.watched and source.where.get("file") == str(path) and source.name not in names:
                self._forget(source.name)
        for source in sources:
            try:
                self._add(source)
            except LsfsError as error:
                complaints.append(error.message)
        if complaints:
            raise UsageError("; ".join(complaints))

    def _add(self, source: ToolSource) -> None:
        known = next((one.source for one in self._catalogue.stored() if one.source.name == source.name), None)
        if known is not None and known.watched and known.where.get("file") == source.where.get("file"):
            if known.kind == source.kind and _unfixed(known) == _unfixed(source):
                if known.enabled and self._catalogue.is_due(known):
                    self._refresh(known.name)
                return
            self._forget(known.name)  # what the file says now stands in its place
        if source.kind == "mcp" and source.enabled:
            self._catalogue.announce(source)
            self._refresh(source.name)
        else:
            self._catalogue.add(source, keep=True)

    def _forget(self, name: str) -> None:
        self.on_gone(name)  # a reading that hangs ends with it
        self._catalogue.remove(name)
        self.on_gone(name)

    # What sources lie in

    def look_at_sources(self) -> None:
        """Reads anew the sources that may give other tools than they did, and those of which nothing is known.

        The latter ever less often; what lies on the network is left alone until somebody asks for it.
        """
        for stored in self._catalogue.stored():
            source = stored.source
            if self._stopping:
                return
            if not source.enabled or "url" in source.where or not self._catalogue.is_due(source):
                continue
            now = time.monotonic()
            tried = self._tried.get(source.name)
            if stored.state == "ready" or tried is None or tried.until_s <= now:
                self._tried[source.name] = _paused(tried, now, self._sources_s, _LONGEST_S)
                self._refresh(source.name)


class _Pause(NamedTuple):
    """Until when a source is left alone, and how long that was."""

    until_s: float
    length_s: float


def _paused(before: _Pause | None, now_s: float, least_s: float, most_s: float) -> _Pause:
    """The pause after a reading: twice the one before where that was over just now, else the shortest."""
    again = before is not None and now_s - before.until_s < 2 * before.length_s
    length_s = min(2 * before.length_s, most_s) if before is not None and again else least_s
    return _Pause(now_s + length_s, length_s)


def _files(folder: Path) -> dict[str, str]:
    """What tells of the files and folders of ``tools.d`` whether they are others, by path."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return {}
    return {
        str(path): stat_stamp(path)
        for path in entries
        if not path.name.startswith(".") and (path.suffix.lower() in _SUFFIXES or path.is_dir())
    }


def _stranger(file: str, why: str) -> ToolSourceInfo:
    return ToolSourceInfo(
        name=os.path.basename(file), kind="mcp", where=file, state="failed", tools=0, watched=True, error=why
    )


def sources_of(path: Path, environ: Mapping[str, str]) -> tuple[list[ToolSource], list[str]]:
    """The sources that a file of ``tools.d`` is, and what of it is none.  Raises LsfsError where nothing is."""
    if path.is_dir():
        if next(skill_files(path), None) is None:
            raise UsageError("there is no SKILL.md in that folder", path=str(path))
        return [_watched(ToolSource(name=clean_name(path.name), kind="skills", where={"path": str(path)}), path)], []
    described = _described(path)
    if described is not None:
        return [_watched(described_source(described, path, environ), path)], []
    found = configured(path, environ) if path.suffix.lower() in (".json", ".yaml", ".yml") else None
    if found is not None:
        sources = [_watched(source, path) for source in found.sources]
        return sources, [f"{problem.name}: {problem.why}" for problem in found.problems]
    return [_watched(recognised(str(path), name=clean_name(path.stem)), path)], []


def _described(path: Path) -> dict[str, Any] | None:
    """What a file says of a source that lies elsewhere, None where it is another kind of file."""
    if path.suffix.lower() == ".toml":
        try:
            found: Any = tomllib.loads(read_file(path, 1 << 20).decode("utf-8", "replace"))
        except tomllib.TOMLDecodeError as error:
            raise UsageError(f"the file is not TOML: {error}", path=str(path)) from error
    elif path.suffix.lower() in (".json", ".yaml", ".yml") and path.stat().st_size < 1 << 16:
        found = parse_config(read_file(path).decode("utf-8-sig", "replace"), path)
    else:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("source"), str) else None


class _Description(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    name: str | None = None
    kind: SourceKind | None = None
    args: list[str] = []
    env: dict[str, str] = {}
    headers: dict[str, str] = {}
    server: str | None = None
    path: str | None = None
    allow: Allowance = "ask"
    enabled: bool = True
    from_help: bool = False


def described_source(said: dict[str, Any], path: Path, environ: Mapping[str, str]) -> ToolSource:
    """The source that a few words describe.  Raises UsageError for words that have no meaning here."""
    try:
        words = msgspec.convert(said, _Description)
        place, modules = words.source, words.path
        if place.startswith(("./", "../", "~")):
            place = os.path.normpath(path.parent / os.path.expanduser(place))
        if modules is not None:
            modules = os.path.normpath(path.parent / os.path.expanduser(modules))
        source = recognised(
            place,
            name=words.name or clean_name(path.stem),
            kind=words.kind,
            args=words.args,
            env=words.headers or words.env,
            server=words.server,
            allow=words.allow,
            from_help=words.from_help,
            path=environ.get("PATH", ""),
            modules=modules,
        )
    except msgspec.ValidationError as error:
        raise UsageError(f"the description of a source is wrong: {error}", path=str(path)) from error
    return msgspec.structs.replace(source, enabled=words.enabled)


def _unfixed(source: ToolSource) -> dict[str, Any]:
    """Where a source is, without what was fixed when it was added: only another description of it fixes that anew."""
    return {key: value for key, value in source.where.items() if key != "origin"}


def _watched(source: ToolSource, path: Path) -> ToolSource:
    """The source as one of a file; what the file says of its use is a part of it, so that a change of that is seen."""
    says = {"file": str(path), "says": [source.allow, source.enabled]}
    return msgspec.structs.replace(source, watched=True, where={**source.where, **says})
