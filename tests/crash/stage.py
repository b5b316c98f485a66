"""One op on one folder, carried out, killed and looked at again and again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from blake3 import blake3

from lsfs.core import actions as act
from lsfs.core.api import ApplyRequest, PlanRequest, PlanResult, UndoRequest
from lsfs.core.config import Config
from lsfs.core.errors import LsfsError
from lsfs.plan.recover import INTERRUPTED
from tests.crash.doer import Job, Report, Stop
from tests.crash.scenarios import Folders, Scenario, furnish
from tests.crash.tree import Tree, age, last_changes, tree_of
from tests.ingest.conftest import Lsfs

TESTS = Path(__file__).parent


class Doer:
    """The program that does what a test asks for, in a process for each job."""

    def __init__(self) -> None:
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, TESTS / "doer.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )

    def do(self, job: Job) -> Report:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(job) + b"\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        assert said, f"nothing came of {job}"
        return msgspec.json.decode(said, type=Report)

    def close(self) -> None:
        self._process.communicate()


class Known(msgspec.Struct, frozen=True):
    """What the vault says of the files, times and change numbers apart."""

    lineages: dict[tuple[int, bytes], int]
    tags: dict[int, tuple[str, ...]]
    contents: list[tuple[int, int | None, bytes | None]]
    """Lineage, number and content of every counted version."""


class Place:
    """A home, and folders to watch."""

    def __init__(self, folder: Path, other: Path) -> None:
        """`other` is a folder on another volume."""
        self.home, self.root, self.other = folder / "home", folder / "root", other
        self.home.mkdir(exist_ok=True)
        self.root.mkdir()

    def tree(self) -> Tree:
        """Both folders."""
        found = {f"root/{path}": thing for path, thing in tree_of(self.root).items()}
        return found | {f"other/{path}": thing for path, thing in tree_of(self.other).items()}

    @contextlib.contextmanager
    def lsfs(self) -> Iterator[Lsfs]:
        """lsfs running over the folders."""
        lsfs = Lsfs(self.home, self.root, Config(embedder="off"))
        try:
            yield lsfs
        finally:
            lsfs.engine.close()

    @staticmethod
    def carried_out(lsfs: Lsfs, *actions: act.Action) -> PlanResult:
        """An op of the test's own process."""
        return _applied(lsfs, lsfs.engine.changing.plan(PlanRequest(actions=actions, cwd=str(lsfs.root))))

    @staticmethod
    def taken_back(lsfs: Lsfs, op: int) -> PlanResult:
        """The undo of an op, in the test's own process."""
        return _applied(lsfs, lsfs.engine.changing.undo(UndoRequest(op=op, cwd=str(lsfs.root))))

    def trouble(self, lsfs: Lsfs) -> list[str]:
        """What a start after a crash has left undone, whatever it found."""
        said = self.unsettled(lsfs)
        changed, tree = last_changes(self.root) | last_changes(self.other), self.tree()
        if lsfs.engine._parts.recovery.settle():
            said.append("a second recovery had something to take back")
        if (last_changes(self.root) | last_changes(self.other)) != changed or self.tree() != tree:
            said.append("a second recovery changed something")
        return said

    def unsettled(self, lsfs: Lsfs) -> list[str]:
        """What the journal, the disk, the vault and the kept bytes say of that."""
        lsfs.settled()
        said = self._litter()
        said += [f"op {op.id} is {op.state}" for op in lsfs.vault.ops.newest(9, ("queued", "running"))]
        ended = lsfs.vault.ops.newest(1, ("failed",))
        said += [f"op {op.id} ended so: {op.error}" for op in ended if op.error.startswith(f"{INTERRUPTED}, ")]
        said += [f"not as the disk: {line}" for line in self._disagreement(lsfs)]
        return said + _unreadable(lsfs)

    def _disagreement(self, lsfs: Lsfs) -> list[str]:
        """What vault and index say otherwise than the disk, of every watched folder."""
        said = []
        first, *others = lsfs.vault.roots.all()
        lsfs.root = Path(os.fsdecode(first.path))
        said += lsfs.disagreement()
        for root in others:
            tree = tree_of(Path(os.fsdecode(root.path)))
            entries = {os.fsdecode(e.path) or ".": e for e in lsfs.vault.entries.below(root.id, b"")}
            said += sorted(tree.keys() ^ (entries.keys() | {"."}))
            said += [
                f"{name} has another content"
                for name, thing in tree.items()
                if thing.kind == "file" and name in entries and entries[name].content != blake3(thing.body).digest()
            ]
        lsfs.root = self.root
        return said

    def _litter(self) -> list[str]:
        """Names that only an op under way has, and a Trash whose notes and files do not belong together."""
        places = (self.root, self.other, self.home / ".local/share/Trash")
        paths = [path for folder in places for path in folder.rglob("*")]
        said = [f"left behind: {path}" for path in paths if path.name.startswith(".lsfs-")]
        for trash in {path.parent for path in paths if path.name == "files" and "Trash" in path.parent.name}:
            notes = {path.stem for path in (trash / "info").iterdir()}
            said += [f"alone in the Trash: {name}" for name in notes ^ set(os.listdir(trash / "files"))]
        return said


def _applied(lsfs: Lsfs, plan: PlanResult) -> PlanResult:
    assert plan.op is not None, plan
    *_, last = lsfs.engine.changing.apply(ApplyRequest(op=plan.op, cwd=str(lsfs.root), confirmed="asked"))
    assert last.result is not None and last.result.state == "applied", last
    return last.result


def _unreadable(lsfs: Lsfs) -> list[str]:
    """Contents of versions that were not given up and cannot be had; that something is gone needs none."""
    kept = "content IS NOT NULL AND gone = 0 AND NOT EXISTS (SELECT 1 FROM dropped AS d WHERE d.seq = v.seq)"
    said = []
    for (content,) in lsfs.vault._db.rows(f"SELECT DISTINCT content FROM versions AS v WHERE {kept}"):
        try:
            if blake3(b"".join(lsfs.contents.read(content))).digest() != content:
                said.append(f"other bytes are kept of {content.hex()[:8]}")
        except LsfsError as error:
            if lsfs.vault._db.rows(f"SELECT 1 FROM versions AS v WHERE content = ? AND {kept}", (content,)):
                said.append(f"a version cannot be had: {error.message}")
    return said


def flush(lsfs: Lsfs) -> None:
    """Has everything that stands in the watched folders become versions now."""
    for root in lsfs.vault.roots.all():
        lsfs.engine._parts.flusher.tree(root, b"")


def known(lsfs: Lsfs) -> Known:
    """What the vault says of the files."""
    entries = [entry for root in lsfs.vault.roots.all() for entry in lsfs.vault.entries.below(root.id, b"")]
    rows = lsfs.vault._db.rows("SELECT lineage, number, content FROM versions WHERE number IS NOT NULL ORDER BY seq")
    return Known(
        lineages={(entry.root, entry.path): entry.lineage for entry in entries},
        tags={entry.lineage: tuple(lsfs.vault.tags.of(entry.lineage)) for entry in entries},
        contents=[tuple(row) for row in rows],
    )


class Stage(Place):
    """A home and watched folders for one scenario; between two kills they are as they were."""

    def __init__(self, folder: Path, other: Path, doer: Doer, scenario: Scenario) -> None:
        super().__init__(folder, other)
        self.scenario = scenario
        self._count = 0
        self._doer = doer
        furnish(self.root)
        age(self.root)
        with self.lsfs() as lsfs:
            lsfs.up(self.root, *([other] if scenario.two_volumes else []))
            flush(lsfs)
            self.carried_out(lsfs, act.SaveQuery(name="a mark", query="words"))
            if scenario.later is not None:
                scenario.later(self.root)
                age(self.root)
            lsfs.rescanned()
            flush(lsfs)
            self.known = known(lsfs)
        self.before = self.tree()

    def actions(self) -> tuple[act.Action, ...]:
        """What the op does, with texts that were never written before."""
        self._count += 1
        return self.scenario.actions(Folders(self.root, self.other, f"<{self._count:06}>"))

    def job(self, *stops: Stop, undo: int | None = None, idle: bool = False) -> Job:
        actions = () if idle or undo is not None else self.actions()
        return Job(
            home=str(self.home),
            cwd=str(self.root),
            actions=actions,
            undo=undo,
            stops=stops,
            exchange=self.scenario.exchange,
            by_link=self.scenario.by_link,
        )

    def do(self, *stops: Stop, undo: int | None = None, idle: bool = False) -> Report:
        """Has a process carry out the scenario's op, take one back, or only start."""
        return self._doer.do(self.job(*stops, undo=undo, idle=idle))
