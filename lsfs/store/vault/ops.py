"""Plans and the ops that they become: one number, one row, their steps, and what they touch.

The steps' own form is `lsfs.plan.steps`; here they are bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import apsw
import msgspec

from lsfs.store.database import Database, insert_many, one

_COLUMNS = (
    "id, state, class, door, sentence, summary, plan, files, bytes, created_ns, expires_ns, started_ns, finished_ns, "
    "seq, reverses, reversed_by, turn, by_command, error, client"
)
UNFINISHED = ("queued", "running")
Rebased = Callable[[bytes, int, int, bytes], bytes]
"""Gives a step that names things in a root (the first) by another root, below which that lies at a prefix."""


class OpRow(msgspec.Struct, frozen=True, array_like=True):
    """A plan or op."""

    id: int
    state: str
    """preview, expired, queued, running, applied, undone or failed."""
    effect: str
    """Its class: read, silent, reversible or external."""
    door: str
    sentence: str
    summary: str
    plan: bytes
    files: int
    bytes: int
    created_ns: int
    expires_ns: int
    started_ns: int | None = None
    finished_ns: int | None = None
    seq: int | None = None
    """Newest change of the vault before it acted."""
    reverses: int | None = None
    reversed_by: int | None = None
    turn: int = 0
    """0 for what was asked for, 1 for what takes that back, 2 for what takes it forward again, and so on."""
    by_command: int = 0
    """1: made by ``lsfs undo`` or ``lsfs redo``."""
    error: str = ""
    client: str = ""
    """Which agent asked for it, at the door mcp; '' for the user."""


class Touch(msgspec.Struct, frozen=True, array_like=True):
    """A path that an op changes; `root` is negative for a place outside the roots."""

    root: int
    path: bytes
    lineage: int | None
    tree: bool
    """All that lies beneath goes with it."""


class FolderTimes(msgspec.Struct, frozen=True, array_like=True):
    """When a folder was modified, before an op changed names in it and after."""

    root: int
    path: bytes
    before_ns: int
    after_ns: int | None = None


class FolderChange(msgspec.Struct, frozen=True, array_like=True):
    """What an op did to the time of a folder."""

    asked: int
    """Number of the op that was asked for: this one, or that which it takes back or carries out again."""
    stands: bool
    """Whether that stands after it."""
    before_ns: int
    after_ns: int


class Ops:
    """The tables of ops, steps, and what ops touch and hold."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, op: int) -> OpRow | None:
        """An op by its number."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM ops WHERE id = ?", (op,))
        return OpRow(*rows[0]) if rows else None

    def confirmed(self, limit: int) -> list[tuple[str, bytes]]:
        """(sentence, plan) of the newest ops that a sentence asked for and that stand as they were carried out."""
        return self._db.rows(
            "SELECT sentence, plan FROM ops WHERE state = 'applied' AND door = 'cli' AND sentence <> '' "
            "AND instr(plan, '\"request\":') "
            "ORDER BY id DESC LIMIT ?",
            (limit,),
        )

    def newest(self, limit: int, states: Sequence[str]) -> list[OpRow]:
        """The newest ops in those states, newest first."""
        sql = f"SELECT {_COLUMNS} FROM ops WHERE state IN ({','.join('?' * len(states))}) ORDER BY id DESC LIMIT ?"
        return [OpRow(*row) for row in self._db.rows(sql, (*states, limit))]

    def newest_applied(self) -> OpRow | None:
        """The newest op that stands as applied and changed something, of those that the undo and redo commands did not
        make."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM ops WHERE state = 'applied' AND by_command = 0 AND class <> 'read' "
            "ORDER BY id DESC LIMIT 1"
        )
        return OpRow(*rows[0]) if rows else None

    def of_client(self, client: str, limit: int, states: Sequence[str]) -> list[OpRow]:
        """The newest ops in those states that an agent asked for, newest first, without what took some of them back."""
        marks = ",".join("?" * len(states))
        sql = (
            f"SELECT {_COLUMNS} FROM ops WHERE client = ? AND client <> '' AND turn = 0 AND state IN ({marks}) "
            "ORDER BY id DESC LIMIT ?"
        )
        return [OpRow(*row) for row in self._db.rows(sql, (client, *states, limit))]

    def last_finished(self) -> OpRow | None:
        """The op that ended last."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM ops WHERE finished_ns IS NOT NULL AND started_ns IS NOT NULL "
            "ORDER BY finished_ns DESC LIMIT 1"
        )
        return OpRow(*rows[0]) if rows else None

    def newest_undo(self) -> OpRow | None:
        """The newest op of the undo command that stands as applied."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM ops WHERE state = 'applied' AND by_command = 1 AND turn % 2 = 1 "
            "ORDER BY id DESC LIMIT 1"
        )
        return OpRow(*rows[0]) if rows else None

    def touching(self, root: int, path: bytes, lineages: Sequence[int], limit: int) -> list[OpRow]:
        """Ops that were carried out and touched a path, what lies beneath it, or one of the lineages; newest first."""
        low, high = (path + b"/", path + b"0") if path else (b"", b"\xff" * 8192)
        marks = ",".join("?" * len(lineages))
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM ops WHERE started_ns IS NOT NULL AND id IN ("
            "SELECT op FROM touched WHERE root = ?1 AND (path = ?2 OR path > ?3 AND path < ?4) "
            f"UNION SELECT op FROM touched WHERE lineage IN ({marks})) ORDER BY id DESC LIMIT {int(limit)}",
            (root, path, low, high, *lineages),
        )
        return [OpRow(*row) for row in rows]

    def later(self, op: int, touches: Sequence[Touch]) -> dict[tuple[int, bytes], int]:
        """(root, path) of what `op` and ops after it touch that stand as applied, each with the last such op.

        What took back an op after it is not among them: together the two changed nothing.
        """
        found: dict[tuple[int, bytes], int] = {}
        stands = "state = 'applied' AND (reverses IS NULL OR reverses <= ?1)"
        later = self._db.rows(f"SELECT 1 FROM ops WHERE id > ?1 AND {stands} LIMIT 1", (op,))
        for touch in touches if later else ():
            ancestors = _ancestors(touch.path)
            # Each condition by its own index; the touches come first, lest all those of every later op are looked at.
            ways = ["root = ?2 AND path = ?3"]
            bindings: list[Any] = [op, touch.root, touch.path]
            if touch.lineage is not None:
                bindings.append(touch.lineage)
                ways.append(f"lineage = ?{len(bindings)}")
            if touch.tree:
                bindings += [touch.path + b"/", touch.path + b"0"]
                ways.append(f"root = ?2 AND path > ?{len(bindings) - 1} AND path < ?{len(bindings)}")
            if ancestors:
                numbers = ",".join(f"?{len(bindings) + n}" for n in range(1, len(ancestors) + 1))
                bindings += ancestors
                ways.append(f"root = ?2 AND path IN ({numbers}) AND tree = 1")
            same = " UNION ".join(f"SELECT op, root, path FROM touched WHERE {way} AND op > ?1" for way in ways)
            sql = f"SELECT t.op, t.root, t.path FROM ({same}) AS t CROSS JOIN ops AS o ON o.id = t.op WHERE {stands}"
            for number, root, path in self._db.rows(sql, bindings):
                found[root, path] = max(number, found.get((root, path), 0))
        return found

    def steps(self, op: int) -> list[tuple[bytes, bytes | None]]:
        """The steps of an op in order, each with what stood there afterwards."""
        return [
            (row[0], row[1])
            for row in self._db.rows("SELECT step, after FROM steps WHERE op = ? ORDER BY number", (op,))
        ]

    def touches(self, op: int) -> list[Touch]:
        """What an op touches."""
        rows = self._db.rows("SELECT root, path, lineage, tree FROM touched WHERE op = ?", (op,))
        return [Touch(row[0], row[1], row[2], bool(row[3])) for row in rows]

    def folder_times(self, op: int) -> list[FolderTimes]:
        """The folders that an op changed names in."""
        rows = self._db.rows("SELECT root, path, before_ns, after_ns FROM folder_times WHERE op = ?", (op,))
        return [FolderTimes(*row) for row in rows]

    def folder_changes(self, root: int, path: bytes) -> list[FolderChange]:
        """What ops did to the time of a folder, in the order in which they were carried out."""
        rows = self._db.rows(
            "SELECT (WITH RECURSIVE chain (id, reverses) AS (SELECT o.id, o.reverses UNION ALL "
            "SELECT p.id, p.reverses FROM chain AS c JOIN ops AS p ON p.id = c.reverses) "
            "SELECT id FROM chain WHERE reverses IS NULL), o.turn % 2 = 0, f.before_ns, f.after_ns "
            "FROM folder_times AS f JOIN ops AS o ON o.id = f.op "
            "WHERE f.root = ? AND f.path = ? AND f.after_ns IS NOT NULL AND o.state IN ('applied', 'undone') "
            "ORDER BY o.seq, o.finished_ns",
            (root, path),
        )
        return [FolderChange(row[0], bool(row[1]), row[2], row[3]) for row in rows]

    def asked(self, op: OpRow) -> int:
        """The op that was asked for: this one, or that which it takes back or carries out again."""
        while op.reverses is not None and (before := self.get(op.reverses)) is not None:
            op = before
        return op.id

    def held(self, since_ns: int) -> set[bytes]:
        """Contents that ops need which are not over, or finished since."""
        rows = self._db.rows(
            "SELECT DISTINCT h.content FROM held AS h JOIN ops AS o ON o.id = h.op "
            "WHERE o.state IN ('preview', 'queued', 'running') OR o.finished_ns >= ?",
            (since_ns,),
        )
        return {row[0] for row in rows}

    def needing(self, contents: Sequence[bytes]) -> dict[bytes, list[int]]:
        """Those of the contents that ops may still need, with the ops."""
        found: dict[bytes, list[int]] = {}
        sql = (
            "SELECT h.content, h.op FROM held AS h JOIN ops AS o ON o.id = h.op "
            "WHERE h.content IN ({}) AND o.state NOT IN ('expired', 'failed') ORDER BY h.op"
        )
        for content, op in self._db.rows_in(sql, contents):
            found.setdefault(content, []).append(op)
        return found

    @staticmethod
    def unfinished_in(tx: apsw.Connection, root: int) -> int | None:
        """An op that waits, is carried out or is still to be taken back, and names something in a root."""
        row = tx.execute(
            "SELECT o.id FROM ops AS o CROSS JOIN steps AS s ON s.op = o.id WHERE o.state IN ('queued', 'running') "
            "AND instr(s.step, ?) LIMIT 1",
            (_named(root),),
        ).fetchone()
        return int(row[0]) if row is not None else None

    @staticmethod
    def rebase(tx: apsw.Connection, root: int, onto: int, prefix: bytes, rebased: Rebased) -> None:
        """Has ops name what lies in a root by another root, below which it lies at `prefix` (with a slash)."""
        steps: list[tuple[Any, ...]] = tx.execute(
            "SELECT op, number, step FROM steps WHERE instr(step, ?)", (_named(root),)
        ).fetchall()
        tx.executemany(
            "UPDATE steps SET step = ? WHERE op = ? AND number = ?",
            ((rebased(step, root, onto, prefix), op, number) for op, number, step in steps),
        )
        for table in ("touched", "folder_times"):
            tx.execute(
                f"UPDATE OR REPLACE {table} SET root = ?1, "
                "path = iif(path = x'', CAST(?2 AS BLOB), CAST(?3 || path AS BLOB)) WHERE root = ?4",
                (onto, prefix[:-1], prefix, root),
            )

    def purged(self, tx: apsw.Connection, before_ns: int) -> int:
        """Forgets plans that were never carried out and ended before; their numbers stay used.  How many."""
        old = "SELECT id FROM ops WHERE state IN ('expired', 'failed') AND started_ns IS NULL AND expires_ns < ?"
        for table in ("steps", "touched", "folder_times", "held"):
            tx.execute(f"DELETE FROM {table} WHERE op IN ({old})", (before_ns,))
        tx.execute(f"DELETE FROM ops WHERE id IN ({old})", (before_ns,))
        return int(one(tx, "SELECT changes()")[0])

    @staticmethod
    def extend(tx: apsw.Connection, op: int, first: bytes, steps: Iterable[bytes], touches: Iterable[Touch]) -> None:
        """Has an op of one step say `first` instead, with more steps behind it, and what those touch."""
        tx.execute("UPDATE steps SET step = ? WHERE op = ? AND number = 0", (first, op))
        _put_steps(tx, op, steps, touches, 1)

    @staticmethod
    def amend(tx: apsw.Connection, op: int, plan: bytes, files: int, size: int) -> None:
        """Has an op say otherwise what it came to."""
        tx.execute("UPDATE ops SET plan = ?, files = ?, bytes = ? WHERE id = ?", (plan, files, size, op))

    def add(self, tx: apsw.Connection, op: OpRow, steps: Iterable[bytes], touches: Iterable[Touch]) -> int:
        """Stores a plan under the next number, which it returns; `op.id` is not used."""
        (number,) = one(
            tx,
            "INSERT INTO meta VALUES ('op', 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value",
        )
        row = msgspec.to_builtins(msgspec.structs.replace(op, id=number), builtin_types=(bytes,))
        tx.execute(f"INSERT INTO ops ({_COLUMNS}) VALUES (?{', ?' * 19})", row)
        _put_steps(tx, int(number), steps, touches)
        return int(number)

    @staticmethod
    def hold(tx: apsw.Connection, op: int, contents: Iterable[bytes]) -> None:
        """Has contents kept for as long as the op may be taken back."""
        tx.executemany("INSERT OR IGNORE INTO held VALUES (?, ?)", ((op, content) for content in contents))

    @staticmethod
    def claim(tx: apsw.Connection, op: int, now_ns: int) -> bool:
        """Whether a preview could be taken for carrying out; it waits for its turn then."""
        tx.execute(
            "UPDATE ops SET state = 'queued' WHERE id = ? AND state = 'preview' AND expires_ns >= ?", (op, now_ns)
        )
        return bool(one(tx, "SELECT changes()")[0])

    @staticmethod
    def begin(
        tx: apsw.Connection,
        op: int,
        now_ns: int,
        steps: Iterable[tuple[int, bytes]],
        times: Iterable[FolderTimes],
        seq: int | None = None,
    ) -> None:
        """The op is about to act: `steps` are those that changed since they were stored, by number.

        `seq`: the vault's newest change, where that is to be known even if the op has no end.
        """
        tx.execute("UPDATE ops SET state = 'running', started_ns = ?, seq = ? WHERE id = ?", (now_ns, seq, op))
        tx.executemany("UPDATE steps SET step = ? WHERE op = ? AND number = ?", ((step, op, n) for n, step in steps))
        tx.executemany(
            "INSERT OR REPLACE INTO folder_times VALUES (?, ?, ?, ?, NULL)",
            ((op, each.root, each.path, each.before_ns) for each in times),
        )

    @staticmethod
    def finish(
        tx: apsw.Connection,
        op: int,
        now_ns: int,
        seq: int,
        after: Iterable[tuple[int, bytes]],
        times: Iterable[FolderTimes],
    ) -> None:
        """The op is done: the vault's last change before it, what stands there now by step, the folders' times."""
        tx.execute("UPDATE ops SET state = 'applied', finished_ns = ?, seq = ? WHERE id = ?", (now_ns, seq, op))
        tx.executemany("UPDATE steps SET after = ? WHERE op = ? AND number = ?", ((what, op, n) for n, what in after))
        tx.executemany(
            "INSERT OR REPLACE INTO folder_times VALUES (?, ?, ?, ?, ?)",
            ((op, each.root, each.path, each.before_ns, each.after_ns) for each in times),
        )

    @staticmethod
    def set_state(tx: apsw.Connection, op: int, state: str, now_ns: int | None = None, error: str = "") -> None:
        """Moves an op to a state; with `now_ns` it ends there."""
        tx.execute(
            "UPDATE ops SET state = ?2, error = ?3, finished_ns = coalesce(?4, finished_ns) WHERE id = ?1",
            (op, state, error, now_ns),
        )

    @staticmethod
    def reversed(tx: apsw.Connection, op: int, by: int) -> None:
        """`by` has taken `op` back: what `op` had taken back stands again, what that had taken back does not …"""
        tx.execute("UPDATE ops SET reversed_by = ? WHERE id = ?", (by, op))
        tx.execute(
            "WITH RECURSIVE chain (id, depth) AS (SELECT ?, 0 UNION ALL "
            "SELECT o.reverses, c.depth + 1 FROM chain AS c JOIN ops AS o ON o.id = c.id WHERE o.reverses IS NOT NULL) "
            "UPDATE ops SET state = iif((SELECT depth FROM chain WHERE chain.id = ops.id) % 2, 'applied', 'undone') "
            "WHERE id IN (SELECT id FROM chain)",
            (op,),
        )

    @staticmethod
    def expire(tx: apsw.Connection, now_ns: int) -> int:
        """Ends previews whose time is over; how many."""
        tx.execute("UPDATE ops SET state = 'expired' WHERE state = 'preview' AND expires_ns < ?", (now_ns,))
        return int(one(tx, "SELECT changes()")[0])


def _put_steps(tx: apsw.Connection, op: int, steps: Iterable[bytes], touches: Iterable[Touch], first: int = 0) -> None:
    numbered = ((op, place, step) for place, step in enumerate(steps, first))
    insert_many(tx, "INTO steps (op, number, step)", 3, numbered)
    insert_many(
        tx,
        "INTO touched (op, root, path, lineage, tree)",
        5,
        ((op, touch.root, touch.path, touch.lineage, int(touch.tree)) for touch in touches),
        "ON CONFLICT DO UPDATE SET tree = max(tree, excluded.tree), lineage = coalesce(lineage, excluded.lineage)",
    )


def _named(root: int) -> bytes:
    """What the JSON of each step has in it that names a place in a root."""
    return b'[%d,"' % root


def _ancestors(path: bytes) -> list[bytes]:
    found = []
    while b"/" in path:
        path = path.rpartition(b"/")[0]
        found.append(path)
    return found
