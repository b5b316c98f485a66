"""What the benchmarks share: lsfs in a home of its own, what its processes use, and one table with one JSON document.

Nothing here touches the home of whoever measures: HOME and every XDG folder lie in a scratch folder, the socket in
another with a short path.  Only the models are those of the caller (LSFS_MODELS, else the usual folder).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from lsfs.core.config import Config, load_config, save_config, with_setting
from lsfs.core.locations import Paths
from lsfs.core.wirepath import to_wire
from lsfs.embed.base import Embedder
from lsfs.models.registry import Purpose
from lsfs.models.store import open_store
from lsfs.rpc.build import build_id
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import launch_daemon

T = TypeVar("T")


class Lsfs:
    """One scratch installation: an environment, the command line in it, and its daemon."""

    def __init__(self, home: Path, runtime: Path) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        self.environ = {
            **kept,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime),
            "LSFS_MODELS": Paths.from_env(os.environ).models,
        }
        self.paths = Paths.from_env(self.environ)
        # Kept, so that an edit of the package during a run does not restart the daemon under it.
        self._build = build_id()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`lsfs` with these arguments as a process of its own; ends the benchmark where that fails."""
        done = subprocess.run([*command(), *arguments], env=self.environ, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise SystemExit(f"lsfs {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
        return done

    def set(self, name: str, value: str) -> None:
        """Changes a setting, for the daemon's next start."""
        file = self.paths.config_file
        save_config(file, with_setting(load_config(file), name, value))

    def client(self) -> Client:
        """Calls this installation's daemon, and starts it where it does not run."""
        caller = caller_fields(self.environ, b"/", "http")
        return Client(self.paths, caller, launch=lambda: launch_daemon(self.paths, self.environ), build=self._build)

    def up(self, *folders: Path, until: str = "no") -> None:
        """Watches folders; with `until` ("words" or "all") returns when they are searchable so far."""
        client = self.client()
        wired = [to_wire(os.fsencode(folder.absolute())) for folder in folders]
        client.call("up", {"paths": wired, "wait": until})
        if until != "no":
            for _ in client.stream("progress", {"until": until, "paths": wired}):
                pass

    def processes(self) -> list[int]:
        """The daemon and everything below it; empty where none runs."""
        try:
            daemon = int(self.client().call("status")["pid"])
        except OSError:
            return []
        return descendants(daemon)

    def down(self) -> None:
        """Ends the daemon."""
        self.run("down")

    def index_bytes(self) -> int:
        """Bytes that the index takes on disk, its log included."""
        return disk_bytes(Path(self.paths.index_dir))


@contextmanager
def installation(work: Path | None = None, *, home: Path | None = None, embedder: str | None = None) -> Iterator[Lsfs]:
    """A fresh `Lsfs` below `work` (a temporary folder where None), ended and taken away at the end.

    With `home`, that home is used as it stands and kept.  `embedder` is the setting of that name.
    """
    runtime = Path(tempfile.mkdtemp(prefix="lsfs-"))
    own = home is None
    home = home or Path(tempfile.mkdtemp(prefix="home-", dir=work))
    lsfs = Lsfs(home, runtime)
    try:
        if embedder is not None:
            lsfs.set("embedder", embedder)
        yield lsfs
    finally:
        subprocess.run([*command(), "down"], env=lsfs.environ, capture_output=True)
        shutil.rmtree(runtime, ignore_errors=True)
        if own:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def embedder(lsfs: Lsfs, name: str | None = None) -> Iterator[Embedder]:
    """The embedder that the daemon would use with setting `name` (None: the default), loaded in this process."""
    config = Config() if name is None else with_setting(Config(), "embedder", name)
    if config.embedder == "hashing":
        from lsfs.embed.hashing import HashingEmbedder

        yield HashingEmbedder(256)
        return
    from lsfs.embed.minilm import MiniLmEmbedder

    store = open_store(lsfs.paths, config)
    model = store.default(Purpose.EMBEDDER)
    if model is None:
        raise SystemExit("this needs an embedder")
    loaded = MiniLmEmbedder(store.path(model)["model.onnx"].parent, threads=len(os.sched_getaffinity(0)))
    try:
        yield loaded
    finally:
        loaded.close()


def command() -> list[str]:
    """The `lsfs` command of the environment that runs the benchmark."""
    script = Path(sysconfig.get_path("scripts"), "lsfs")
    return [str(script)] if script.exists() else [sys.executable, "-P", "-m", "lsfs_cli"]


class Usage(NamedTuple):
    """What some processes use."""

    anonymous: int
    """Anonymous PSS, summed, in bytes: memory that is theirs and backed by no file (proc_pid_smaps_rollup(5))."""
    cpu_s: float
    """User and system time so far, with that of children that have ended."""


def usage(pids: Sequence[int]) -> Usage:
    """What the processes use together; one that has ended meanwhile counts nothing."""
    anonymous, ticks = 0, 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        anonymous += sum(int(line.split()[1]) << 10 for line in rollup.splitlines() if line.startswith("Pss_Anon:"))
        ticks += sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime: fields 14 to 17 of proc_pid_stat(5)
    return Usage(anonymous, ticks / os.sysconf("SC_CLK_TCK"))


def descendants(pid: int) -> list[int]:
    """The process and everything that it, or what it started, has started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        found.append(one := waiting.pop())
        waiting += children.get(one, [])
    return found


def disk_bytes(folder: Path) -> int:
    """What the files below a folder take on disk: their blocks, as du counts."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


def percentile(values: Sequence[float], share: float) -> float:
    """The least value that at least `share` of them do not exceed (nearest rank); nan of none."""
    if not values:
        return float("nan")
    return sorted(values)[max(0, -(-int(len(values) * share * 1000) // 1000) - 1)]


def alternating(rounds: int, *works: Callable[[], float]) -> list[list[float]]:
    """What each work gave in each round; they take turns, because the speed of a shared machine drifts."""
    results: list[list[float]] = [[] for _ in works]
    for number in range(rounds):
        order = range(len(works)) if number % 2 == 0 else reversed(range(len(works)))
        for place in order:
            results[place].append(works[place]())
    return results


def timed(work: Callable[[], object]) -> float:
    """Seconds that the work took."""
    return answered(work)[1]


def answered(work: Callable[[], T]) -> tuple[T, float]:
    """What the work gave, and the seconds it took."""
    start = time.perf_counter()
    answer = work()
    return answer, time.perf_counter() - start


def wait_until(condition: Callable[[], object], seconds: float, every: float = 0.1) -> bool:
    """Whether the condition held within the seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


class Report:
    """The figures of one benchmark, in order; some with the value that is to be reached."""

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        self._document: dict[str, Any] = {
            "benchmark": name,
            "options": {key: _plain(value) for key, value in options.items() if key != "json"},
            "machine": {
                "cores": len(os.sched_getaffinity(0)),
                "system": f"{platform.system()} {platform.release()}",
                "python": platform.python_version(),
                "load before": round(os.getloadavg()[0], 2),
            },
            "figures": {},
        }
        self._rows: list[tuple[str, str, str]] = []

    def add(self, name: str, value: float | str, unit: str = "", *, reach: str = "", samples: Any = None) -> None:
        """One figure; `samples` go into the document only."""
        text = value if isinstance(value, str) else f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
        self._rows.append((name, f"{text} {unit}".strip(), reach))
        figure = {"value": value if isinstance(value, str) or value == value else None, "unit": unit}
        self._document["figures"][name] = {**figure, **({"samples": samples} if samples is not None else {})}

    def median(self, name: str, values: Sequence[float], unit: str = "", *, reach: str = "") -> float:
        """Adds the median of the values and returns it."""
        middle = statistics.median(values)
        self.add(name, middle, unit, reach=reach, samples=list(values))
        return middle

    def finish(self, file: Path | None) -> None:
        """Prints the table, and writes the document where a file is named."""
        width = [max(map(len, column)) for column in zip(*self._rows, ("", "", ""), strict=True)]
        for name, value, reach in self._rows:
            print(f"{name:{width[0]}}  {value:>{width[1]}}{f'  reach {reach}' if reach else ''}")
        if file is not None:
            file.write_text(json.dumps(self._document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    made.add_argument(
        "--work", type=_folder, metavar="DIR", help="for scratch files, on tmpfs perhaps; else a temporary one"
    )
    made.add_argument("--embedder", metavar="NAME", help="the setting of that name: a model, hashing, or off")
    return made


def _folder(name: str) -> Path:
    folder = Path(name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _plain(value: object) -> object:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
