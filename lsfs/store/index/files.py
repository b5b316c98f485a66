"""Files as search sees them: a mirror of the vault's living entries, with the state of their indexing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import apsw
import msgspec

from lsfs.core.selector import Filters
from lsfs.store.database import Database

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_COLUMNS = "id, root, path, name, ext, kind, size, mtime_ns, hash, content, lineage, state, reason"
_ASSIGN = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS.split(", ") if name != "id")
_OF_F = ", ".join(f"f.{name}" for name in _COLUMNS.split(", "))
"""The columns where the table goes by `f`."""


class FileRow(msgspec.Struct, frozen=True, array_like=True):
    """A file of the index; `id` is the vault's entry id."""

    id: int
    root: int
    path: bytes
    name: str
    """Lower case, undecodable bytes replaced: for look-ups, never for opening."""
    ext: str
    kind: str
    size: int
    mtime_ns: int
    hash: bytes | None
    content: int | None
    lineage: int
    state: str
    """queued, done, named (by name for good), failed or unstable."""
    reason: str = ""


class Condition(msgspec.Struct, frozen=True):
    """Filters as SQL over `files AS f`; an empty one holds for all."""

    sql: str
    bindings: tuple[Any, ...]


def condition(filters: Filters, roots: Mapping[int, bytes]) -> Condition:
    """Compiles filters; `roots` are the absolute paths of the watched roots by id."""
    parts: list[str] = ["f.kind = 'file'"]
    bindings: list[Any] = []
    if filters.in_folders:
        choices = [_folder(folder, roots, bindings) for folder in filters.in_folders]
        parts.append("(" + " OR ".join(choices) + ")")
    if filters.extensions:
        parts.append(f"f.ext IN ({','.join('?' * len(filters.extensions))})")
        bindings.extend(filters.extensions)
    for sql, value in (
        ("f.mtime_ns >= ?", filters.since_ns),
        ("f.mtime_ns < ?", filters.until_ns),
        ("f.size >= ?", filters.min_size),
        ("f.size <= ?", filters.max_size),
    ):
        if value is not None:
            parts.append(sql)
            bindings.append(value)
    for tag in filters.tags:
        parts.append("EXISTS (SELECT 1 FROM file_tags AS t WHERE t.file = f.id AND lower(t.tag) = lower(?))")
        bindings.append(tag)
    return Condition(" AND ".join(parts), tuple(bindings))


def _folder(folder: str, roots: Mapping[int, bytes], bindings: list[Any]) -> str:
    if not folder.startswith("/"):
        # The root's own name counts as a folder too, so that "in Documents" holds for a root called Documents.
        names = {root_id: b"/" + os.path.basename(path) + b"/" for root_id, path in roots.items()}
        cases = " ".join(f"WHEN {root_id} THEN ?" for root_id in names)
        prefix = f"CASE f.root {cases} ELSE x'2f' END" if names else "x'2f'"
        # Bytes are compared with bytes: a name need not be text.  SQLite's lower() knows A to Z only, so that of
        # other letters the usual spellings are tried.
        lowered = f"CAST(lower(CAST({prefix} || f.path AS TEXT)) AS BLOB)"
        spellings = {os.fsencode(s).lower() for s in (folder, folder.lower(), folder.upper(), folder.title())}
        for spelling in sorted(spellings):
            bindings.extend((*names.values(), b"/" + spelling.strip(b"/") + b"/"))
        return "(" + " OR ".join([f"instr({lowered}, ?) > 0"] * len(spellings)) + ")"
    absolute = os.fsencode(folder).rstrip(b"/") or b"/"
    choices = ["0"]
    for root_id, path in roots.items():
        if absolute == path or path.startswith(absolute + b"/") or absolute == b"/":
            choices.append("f.root = ?")
            bindings.append(root_id)
        elif absolute.startswith(path + b"/"):
            relative = absolute[len(path) + 1 :]
            choices.append("(f.root = ? AND f.path > ? AND f.path < ?)")
            bindings.extend((root_id, relative + b"/", relative + b"0"))
    return "(" + " OR ".join(choices) + ")"


class Files:
    """The table of files and their tags."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, file_id: int) -> FileRow | None:
        """A file by id."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM files WHERE id = ?", (file_id,))
        return FileRow(*rows[0]) if rows else None

    def at(self, root: int, path: bytes) -> FileRow | None:
        """The file at a path."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM files WHERE root = ? AND path = ?", (root, path))
        return FileRow(*rows[0]) if rows else None

    def called(self, name: str) -> list[FileRow]:
        """The files and folders of a name, given in lower case, by path."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM files WHERE name = ? ORDER BY root, path", (name,))
        return [FileRow(*row) for row in rows]

    def begun(self, prefix: str, limit: int = 200) -> list[FileRow]:
        """Files and folders whose names, in lower case, begin so; by name."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM files WHERE name >= ? AND name < ? ORDER BY name, root, path LIMIT ?",
            (prefix, prefix + "\U0010ffff", limit),
        )
        return [FileRow(*row) for row in rows]

    def equal(self, hashes: Sequence[bytes]) -> dict[bytes, list[FileRow]]:
        """The files with one of these hashes, by it; contents that were not read have none."""
        found: dict[bytes, list[FileRow]] = {}
        for row in self._db.rows_in(f"SELECT {_COLUMNS} FROM files WHERE hash IN ({{}})", hashes):
            found.setdefault(row[8], []).append(FileRow(*row))
        return found

    def folders(self) -> list[tuple[int, bytes]]:
        """(root, path) of every folder below the roots."""
        return self._db.rows("SELECT root, path FROM files WHERE kind = 'dir'")

    def many(self, ids: Sequence[int]) -> dict[int, FileRow]:
        """Files by id."""
        rows = self._db.rows_in(f"SELECT {_COLUMNS} FROM files WHERE id IN ({{}})", ids)
        return {row[0]: FileRow(*row) for row in rows}

    def of_contents(self, contents: Sequence[int], where: Condition) -> dict[int, list[FileRow]]:
        """The files that have these contents and pass the condition, by content, each list by path."""
        found: dict[int, list[FileRow]] = {}
        sql = f"SELECT {_OF_F} FROM files AS f WHERE f.content IN ({{}}) AND {where.sql} ORDER BY f.root, f.path"
        for row in self._db.rows_in(sql, contents, where.bindings):
            found.setdefault(row[9], []).append(FileRow(*row))
        return found

    def with_content(self, content: int) -> list[FileRow]:
        """The files that have a content."""
        rows = self._db.rows(f"SELECT {_COLUMNS} FROM files WHERE content = ? ORDER BY root, path", (content,))
        return [FileRow(*row) for row in rows]

    def passing(self, ids: Sequence[int], where: Condition) -> dict[int, FileRow]:
        """Those of the files that pass the condition."""
        sql = f"SELECT {_OF_F} FROM files AS f WHERE f.id IN ({{}}) AND {where.sql}"
        return {row[0]: FileRow(*row) for row in self._db.rows_in(sql, ids, where.bindings)}

    def matching(self, where: Condition, order: str, limit: int) -> list[FileRow]:
        """Files that pass the condition, ordered by 'date' (newest first), 'name' or 'size' (largest first)."""
        by = {"date": "f.mtime_ns DESC", "name": "f.name", "size": "f.size DESC"}[order]
        rows = self._db.rows(
            f"SELECT {_OF_F} FROM files AS f WHERE {where.sql} ORDER BY {by}, f.root, f.path LIMIT ?",
            (*where.bindings, limit),
        )
        return [FileRow(*row) for row in rows]

    def contents_passing(self, where: Condition) -> NDArray[np.int64]:
        """Ids of the contents that have a file which passes the condition; may repeat."""
        import numpy as np

        rows = self._db.rows(
            f"SELECT group_concat(f.content) FROM files AS f WHERE f.content IS NOT NULL AND {where.sql}",
            where.bindings,
        )
        return np.fromstring(rows[0][0] or "", dtype=np.int64, sep=",")

    def below(self, root: int, directory: bytes) -> list[int]:
        """Ids of the files under a directory."""
        low, high = (directory + b"/", directory + b"0") if directory else (b"", b"\xff" * 8192)
        rows = self._db.rows("SELECT id FROM files WHERE root = ? AND path >= ? AND path < ?", (root, low, high))
        return [row[0] for row in rows]

    def put(self, tx: apsw.Connection, rows: Iterable[FileRow]) -> None:
        """Writes files whole; a hash that the index knows is joined to its content."""
        tx.executemany(
            f"INSERT INTO files ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?9, "
            "coalesce(?10, (SELECT id FROM contents WHERE hash = ?9)), ?11, ?12, ?13) "
            f"ON CONFLICT (id) DO UPDATE SET {_ASSIGN}",
            (msgspec.to_builtins(row, builtin_types=(bytes,)) for row in rows),
        )

    def update(self, tx: apsw.Connection, rows: Iterable[FileRow]) -> None:
        """Writes what reading can change of files that stand at the same path as before; else as `put`."""
        tx.executemany(
            "UPDATE files SET size = ?2, mtime_ns = ?3, hash = ?4, lineage = ?6, state = ?7, reason = ?8, "
            "content = coalesce(?5, (SELECT id FROM contents WHERE hash = ?4)) WHERE id = ?1",
            ((r.id, r.size, r.mtime_ns, r.hash, r.content, r.lineage, r.state, r.reason) for r in rows),
        )

    def join(self, tx: apsw.Connection, content_hash: bytes, content: int) -> None:
        """Joins files that waited for a content, read by way of another file, to it."""
        tx.execute(
            "UPDATE files SET content = ? WHERE hash = ? AND content IS NULL",
            (content, content_hash),
        )

    def set_state(self, tx: apsw.Connection, rows: Iterable[tuple[int, str, str]]) -> None:
        """Sets (id, state, reason)."""
        tx.executemany("UPDATE files SET state = ?2, reason = ?3 WHERE id = ?1", rows)

    def remove(self, tx: apsw.Connection, ids: Iterable[int]) -> None:
        """Forgets files."""
        tx.executemany("DELETE FROM files WHERE id = ?", ((i,) for i in ids))

    def clear(self, tx: apsw.Connection) -> None:
        """Forgets every file."""
        tx.execute("DELETE FROM files")

    def set_tags(self, tx: apsw.Connection, file_id: int, tags: Iterable[str]) -> None:
        """Makes these the file's tags."""
        tx.execute("DELETE FROM file_tags WHERE file = ?", (file_id,))
        tx.executemany("INSERT OR IGNORE INTO file_tags VALUES (?, ?)", ((file_id, tag) for tag in tags))

    def has_tag(self, tag: str) -> bool:
        """Whether some file has a tag, letter case aside."""
        return bool(self._db.rows("SELECT 1 FROM file_tags WHERE lower(tag) = lower(?) LIMIT 1", (tag,)))

    def tags(self, file_id: int) -> list[str]:
        """A file's tags."""
        return [row[0] for row in self._db.rows("SELECT tag FROM file_tags WHERE file = ? ORDER BY tag", (file_id,))]

    def tags_of(self, file_ids: Sequence[int]) -> dict[int, list[str]]:
        """The tags of those files that have some."""
        found: dict[int, list[str]] = {}
        for file_id, tag in self._db.rows_in("SELECT file, tag FROM file_tags WHERE file IN ({})", file_ids):
            found.setdefault(file_id, []).append(tag)
        return found

    def requeue(self, tx: apsw.Connection, *, unstable: bool = False) -> None:
        """Queues every file whose content the index lacks, and with `unstable` those that kept changing."""
        tx.execute(
            "UPDATE files SET state = 'queued', reason = '' WHERE kind = 'file' AND "
            "(state = 'done' AND content IS NULL OR ?1 AND state = 'unstable')",
            (unstable,),
        )

    def reread(self, tx: apsw.Connection, ids: Iterable[int]) -> None:
        """Has those of the files read again that are searched by content, though nothing of them changed."""
        tx.executemany("UPDATE files SET state = 'queued' WHERE id = ? AND state <> 'named'", ((i,) for i in ids))

    def requeue_failed(self, tx: apsw.Connection, root: int | None = None, reason: str | None = None) -> None:
        """Queues files that could not be read: all of them, or those of a root and for one reason."""
        tx.execute(
            "UPDATE files SET state = 'queued', reason = '' "
            "WHERE state = 'failed' AND (?1 IS NULL OR root = ?1) AND (?2 IS NULL OR reason = ?2)",
            (root, reason),
        )

    def queued(self, limit: int) -> list[FileRow]:
        """Files to be read, most recently modified first."""
        rows = self._db.rows(
            f"SELECT {_COLUMNS} FROM files WHERE state = 'queued' ORDER BY mtime_ns DESC LIMIT ?", (limit,)
        )
        return [FileRow(*row) for row in rows]

    def roots(self) -> set[int]:
        """The roots that have files."""
        return {row[0] for row in self._db.rows("SELECT DISTINCT root FROM files")}

    def counts_by_root(self) -> dict[int, int]:
        """How many files each root has that search can find."""
        sql = "SELECT root, count(*) FROM files WHERE kind = 'file' GROUP BY root"
        return dict(self._db.rows(sql))

    def totals(self) -> dict[str, int]:
        """Files by state, and under ``bytes`` their summed size."""
        rows = self._db.rows(
            "SELECT f.state, count(*), total(f.size) FROM files AS f WHERE f.kind = 'file' GROUP BY f.state"
        )
        totals = {str(row[0]): int(row[1]) for row in rows}
        totals["bytes"] = sum(int(row[2]) for row in rows)
        return totals
