"""A real engine over a folder, and what a person does there with plans."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from lsfs.core import xattrs
from lsfs.core.actions import Action
from lsfs.core.api import ApplyRequest, OpRequest, PlanRequest, PlanResult, UndoRequest
from lsfs.core.faults import Reach, unreached
from lsfs.core.paths import is_within, join
from lsfs.core.records import storable_ns
from lsfs.core.wirepath import to_wire
from lsfs.plan.steps import Untrash, decode
from lsfs.store.vault import Version
from tests.running import Lsfs, engine_at


class Thing(NamedTuple):
    """What a file, link or folder is, down to what an undo has to give back."""

    kind: str
    mode: int
    mtime_ns: int
    body: bytes
    """The bytes of a file, what a link says."""
    attributes: bytes | None
    tags: str | None


class Desk:
    """A folder that a running lsfs watches, or one in it; plans are made and carried out as a door would."""

    def __init__(self, lsfs: Lsfs, room: str = "") -> None:
        self.lsfs = lsfs
        self.root = lsfs.root / room
        self.home = lsfs.home
        self.trash = lsfs.home / ".local/share/Trash"
        self._room = os.fsencode(room)

    @property
    def changing(self):
        return self.lsfs.engine.changing

    @property
    def vault(self):
        return self.lsfs.vault

    # Files, as other programs change them

    def at(self, path: bytes | str) -> Path:
        return self.root / os.fsdecode(path)

    def write(self, path: bytes | str, body: bytes | str = b"words\n", mode: int | None = None) -> Path:
        file = self.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body.encode() if isinstance(body, str) else body)
        if mode is not None:
            file.chmod(mode)
        return file

    def tree(self, folder: bytes | str = b"") -> dict[bytes, Thing]:
        """Everything that stands there now, the folder itself as ``b""``; no temporary name is among it."""
        base = os.fsencode(self.at(folder))
        below = walk(base) if stat.S_ISDIR(os.lstat(base).st_mode) else []
        return {path: thing_at(join(base, path) if path else base) for path in (b"", *below)}

    def names(self, folder: bytes | str = b"") -> list[str]:
        """The paths below a folder, in order."""
        return [os.fsdecode(path) for path in sorted(walk(os.fsencode(self.at(folder))))]

    # Plans

    def preview(self, *actions: Action, **caller) -> PlanResult:
        caller = {"cwd": to_wire(os.fsencode(self.root)), "door": "cli"} | caller
        return self.changing.plan(PlanRequest(actions=actions, **caller))

    def apply(self, plan: PlanResult | int, **how) -> PlanResult:
        number = plan if isinstance(plan, int) else plan.op
        assert number is not None, plan
        result = None
        for event in self.changing.apply(ApplyRequest(op=number, **({"confirmed": "asked", "door": "cli"} | how))):
            result = event.result
        assert result is not None
        assert result.state == "applied"
        return result

    def do(self, *actions: Action, **caller) -> PlanResult:
        """Plans and carries out; the op as it went."""
        return self.apply(self.preview(*actions, **caller))

    def plan_undo(self, op: int | PlanResult | None = None, how: str = "") -> PlanResult:
        return self.changing.undo(UndoRequest(op=number_of(op), how=how, door="cli"))

    def undo(self, op: int | PlanResult | None = None, how: str = "") -> PlanResult:
        return self.apply(self.plan_undo(op, how))

    def plan_redo(self, op: int | PlanResult | None = None) -> PlanResult:
        return self.changing.redo(UndoRequest(op=number_of(op), door="cli"))

    def redo(self, op: int | PlanResult | None = None) -> PlanResult:
        return self.apply(self.plan_redo(op))

    def state(self, op: int | PlanResult) -> str:
        return self.changing.op(OpRequest(op=number_of(op))).state

    def steps(self, op: int | PlanResult):
        return [decode(step) for step, _ in self.vault.ops.steps(number_of(op))]

    def place(self, path: bytes | str) -> bytes:
        """The path below the watched folder of one below this."""
        return join(self._room, os.fsencode(path)) if path else self._room

    def flush(self) -> None:
        """Has everything that stands there become versions now, and what does not stand there any more end."""
        root = self.vault.roots.all()[0]
        flusher = self.lsfs.engine._parts.flusher
        known = [entry.path for entry in self.vault.entries.below(root.id, self._room)]
        flusher.paths(root, [*map(self.place, walk(os.fsencode(self.root))), *known])
        flusher.tree(root, self._room)

    def entry(self, path: bytes | str):
        return self.lsfs.entry(self.place(path))

    def lineage(self, path: bytes | str) -> int:
        return self.lsfs.lineage(self.place(path))

    def parent_of(self, lineage: int) -> int | None:
        """The history that another is a copy or a fork of."""
        rows = self.vault.versions._db.rows("SELECT parent FROM lineages WHERE id = ?", (lineage,))
        return next(iter(rows))[0]

    def versions(self, path: bytes | str):
        return self.lsfs.versions(self.place(path))

    def agrees(self) -> list[str]:
        """Where vault and index differ from the disk once all events are taken in."""
        return self.lsfs.disagreement()

    def rows(self) -> int:
        """How many versions there are."""
        return self.vault.versions.count()

    def rows_after(self, seq: int, but: int) -> list[Version]:
        """Versions younger than a change of the vault that do not name the op `but`."""
        rows = self.vault.versions._db.rows(
            "SELECT lineage, seq FROM versions WHERE seq > ? AND op IS NOT ?", (seq, but)
        )
        return [each for row in rows for each in self.vault.versions.of(row[0]) if each.seq == row[1]]

    def came_back_unread(self, row: Version, op: int) -> bool:
        """Whether a version says that a file is back whose bytes had to be read for that.

        The vault saw another inode at its path meanwhile, or it was written, by another of its names, in the Trash.
        """
        untrashed = any(is_within(row.path, step.at.path) for step in self.steps(op) if isinstance(step, Untrash))
        earlier = [each for each in self.vault.versions.of(row.lineage) if each.seq < row.seq]
        if earlier:
            return bool(earlier[-1].gone) or untrashed
        # Its history goes on elsewhere by now: it came back as a fork.
        parent = self.parent_of(row.lineage)
        return untrashed and parent is not None and bool(self.vault.entries.holders([parent]))

    def newest_rows(self) -> str:
        """The newest version and those before it of the same history, for a message."""
        newest = self.vault.versions._db.rows("SELECT lineage FROM versions ORDER BY seq DESC LIMIT 1")
        return "\n".join(map(repr, self.vault.versions.of(newest[0][0]))) if newest else "none"

    def tags(self) -> dict[bytes, tuple[str, ...]]:
        """The tags that the vault has of what stands there now, by path."""
        entries = self.vault.entries.below(self.vault.roots.all()[0].id, self._room)
        found = self.vault.tags.of_many([entry.lineage for entry in entries])
        skipped = len(self._room) + 1 if self._room else 0
        return {
            entry.path[skipped:]: tuple(sorted(found[entry.lineage])) for entry in entries if found.get(entry.lineage)
        }

    def links(self) -> set[frozenset[bytes]]:
        """Names that are names of one file."""
        inodes: dict[int, set[bytes]] = {}
        for path in walk(os.fsencode(self.root)):
            inodes.setdefault(os.lstat(join(os.fsencode(self.root), path)).st_ino, set()).add(path)
        return {frozenset(names) for names in inodes.values() if len(names) > 1}

    def whole(self) -> tuple:
        """Everything that an undo has to give back."""
        return self.tree(), self.tags(), self.links()


def number_of(op: int | PlanResult | None) -> int | None:
    return op.op if isinstance(op, PlanResult) else op


def walk(base: bytes) -> list[bytes]:
    """Every path below a folder, relative to it."""
    found = []
    waiting = [b""]
    while waiting:
        folder = waiting.pop()
        for item in os.scandir(os.path.join(base, folder)):
            path = join(folder, item.name)
            found.append(path)
            if item.is_dir(follow_symlinks=False):
                waiting.append(path)
    return found


def thing_at(path: bytes) -> Thing:
    found = os.lstat(path)
    body, attributes, tags = b"", None, None
    if stat.S_ISLNK(found.st_mode):
        kind, body = "symlink", os.readlink(path)
    else:
        kind = "dir" if stat.S_ISDIR(found.st_mode) else "file" if stat.S_ISREG(found.st_mode) else "other"
        seen = xattrs.read(path)
        attributes, tags = seen.packed, seen.tags
    if kind == "file":
        body = Path(os.fsdecode(path)).read_bytes()
    return Thing(kind, stat.S_IMODE(found.st_mode), storable_ns(found.st_mtime_ns), body, attributes, tags)


@contextmanager
def desk_at(folder: Path, reach: Reach = unreached, **settings) -> Iterator[Desk]:
    """A desk whose home and root are made below `folder`; `reach` is told of every boundary."""
    with engine_at(folder, reach, **settings) as lsfs:
        yield Desk(lsfs)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk over an empty folder."""
    with desk_at(tmp_path) as desk:
        desk.lsfs.up()
        yield desk


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that the tests of a module share; each works in a `room` of its own."""
    with desk_at(tmp_path_factory.mktemp("office")) as desk:
        desk.lsfs.up()
        yield desk


@pytest.fixture
def room(office: Desk) -> Desk:
    """A desk over an empty folder within a watched one."""
    name = f"room {secrets.token_hex(4)}"
    (office.root / name).mkdir()
    desk = Desk(office.lsfs, name)
    desk.flush()
    return desk


@pytest.fixture
def furnished(room: Desk) -> Desk:
    """A room with three small files."""
    room.write("a.txt", "a\n")
    room.write("b.txt", "b\n")
    room.write("d/a.txt", "in d\n")
    room.flush()
    return room


@pytest.fixture
def start_desk() -> Callable[..., object]:
    """`desk_at`, for tests that need several desks or settings of their own."""
    return desk_at
