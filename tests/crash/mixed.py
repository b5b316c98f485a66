"""What lsfs is asked while it runs: one op after the other, whatever comes to mind, and searches."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import NamedTuple

from lsfs.core import actions as act
from lsfs.core.actions import Action
from lsfs.core.api import PlanResult
from lsfs.core.errors import DaemonUnavailable, LsfsError, NothingFound
from lsfs.core.wirepath import to_wire
from tests.crash.daemon import Daemon
from tests.crash.tree import Tree, tree_of


class Before(NamedTuple):
    """The folder as it was when an op was about to be carried out."""

    op: int
    tree: Tree


class Ops:
    """Has the daemon change one folder, which nobody else does."""

    def __init__(self, daemon: Daemon, folder: Path, chance: random.Random) -> None:
        self._daemon = daemon
        self._folder = folder
        self._chance = chance
        self.last: Before | None = None
        """What was asked for last."""

    def go_on(self) -> None:
        """Returns when the daemon is gone."""
        while True:
            try:
                self._apply(self._plan())
            except DaemonUnavailable:
                return
            except LsfsError:
                continue  # there was nothing to do, or something in the way

    def _plan(self) -> PlanResult:
        chance = self._chance
        what = chance.random()
        if what < 0.2:
            return self._daemon.plan_back("undo" if what < 0.15 else "redo")
        actions = [self._action() for _ in range(chance.choice((1, 1, 1, 2, 4)))]
        return self._daemon.plan(*actions, cwd=self._folder)

    def _apply(self, plan: PlanResult) -> None:
        if plan.op is not None:
            self.last = Before(plan.op, tree_of(self._folder))
            self._daemon.apply(plan.op)

    def _action(self) -> Action:
        chance = self._chance
        paths = sorted(to_wire(os.fsencode(path)) for path in self._folder.rglob("*"))
        files = [path for path in paths if path.endswith(".txt")]
        folders = [str(self._folder), *(path for path in paths if not path.endswith(".txt"))]
        text = f"{chance.random()}\n" * chance.choice((1, 10, 5000))
        folder = chance.choice(folders)
        if len(files) < 5:
            return act.Create(path=f"{folder}/{chance.randrange(100)}.txt", text=text)
        file, other = chance.choice(files), chance.choice(paths)
        return chance.choice(
            (
                act.Write(path=file, text=text),
                act.Append(path=file, text=text),
                act.Create(path=f"{folder}/{chance.randrange(4)}/{chance.randrange(100)}.txt", text=text),
                act.Move(paths=(other,), to=folder),
                act.Move(paths=(file,), to=folder, name=Path(chance.choice(files)).name, on_exists="replace"),
                act.Copy(paths=(other,), to=folder),
                act.Trash(paths=(other,)),
                act.Tag(paths=(file,), tags=(f"tag {chance.randrange(3)}",)),
                act.Untag(paths=(file,), tags=(f"tag {chance.randrange(3)}",)),
                act.Restore(path=file, to=chance.choice(("first", "previous"))),
                act.Restore(path=str(self._folder), to=self._some_time(), exact=chance.random() < 0.5),
            )
        )

    def _some_time(self) -> str:
        ops = self._daemon.ask("log", limit=20)["ops"]
        return f"before op {self._chance.choice(ops)['op']}" if ops else "now"


class Searches:
    """Asks for what there is, and was."""

    def __init__(self, daemon: Daemon, folder: Path, chance: random.Random) -> None:
        self._daemon = daemon
        self._folder = folder
        self._chance = chance
        self.failed: list[str] = []
        """What was answered and should not be."""

    def go_on(self) -> None:
        """Returns when the daemon is gone."""
        while True:
            try:
                self._ask()
            except DaemonUnavailable:
                return
            except NothingFound:
                continue
            except LsfsError as error:
                self.failed.append(f"{error.code}: {error.message}")

    def _ask(self) -> None:
        what = self._chance.choice(("find", "history", "at", "retention", "status"))
        fields = {
            "find": {"words": self._chance.choice(("text", "line", "dear reader")), "mode": "keyword"},
            "history": {"path": str(self._folder)},
            "at": {"path": str(self._folder), "when": "1 minute ago"},
            "retention": {"explain": True},
        }
        self._daemon.ask(what, **fields.get(what, {}))
