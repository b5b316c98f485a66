"""One SQLite database: opened, migrated, written by one connection at a time, read by any thread."""

from __future__ import annotations

import itertools
import os
import re
import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import apsw

from lsfs.core.errors import DiskFull, LsfsError, PermissionRefused, StorageError

T = TypeVar("T")

Transaction = apsw.Connection
"""What a block of :meth:`Database.write` gets, and hands to the table families."""

_MIGRATION = re.compile(r"(\d{4})\.sql")
_BUSY_MS = 10_000
_IN_PART = 500
"""Values of one ``IN (…)``."""
_TOGETHER = 64
"""Rows of one INSERT."""


class SchemaNewer(StorageError):
    """The database was written by a newer program."""

    code = "schema-newer"


class Damaged(StorageError):
    """The database fails SQLite's own checks."""

    code = "database-damaged"


def translate(error: apsw.Error | OSError, path: Path) -> LsfsError:
    """Returns our error for one of SQLite's; the one place where they are translated."""
    if isinstance(error, apsw.FullError):
        return DiskFull("no space left for the database", path=str(path), hint="free some space; nothing was lost")
    if isinstance(error, apsw.CorruptError | apsw.NotADBError | apsw.FormatError):
        return Damaged(f"the database is damaged: {error}", path=str(path), hint="lsfs doctor")
    if isinstance(error, apsw.ReadOnlyError | apsw.PermissionsError | apsw.CantOpenError | PermissionError):
        return PermissionRefused(f"the database cannot be opened: {error}", path=str(path))
    return StorageError(f"the database failed: {error}", path=str(path))


class Database:
    """A SQLite file with numbered migrations.

    `application_id` marks whose file it is; `package` holds ``migrations/NNNN.sql``; `pragmas` are run on the
    writing connection, `reading` on each reading one; `extensions` are paths of loadable extensions.  Raises the
    errors of :func:`translate`, and :class:`SchemaNewer` where the file has more migrations than the program
    (open it again with `readonly`).
    """

    def __init__(
        self,
        path: Path,
        *,
        package: str,
        application_id: int,
        page_size: int,
        pragmas: tuple[str, ...] = (),
        reading: tuple[str, ...] = (),
        extensions: tuple[str, ...] = (),
        readonly: bool = False,
    ) -> None:
        self.path = path
        self.readonly = readonly
        self._pragmas = pragmas
        self._reading = reading
        self._extensions = extensions
        self._write_lock = threading.RLock()
        self._local = threading.local()
        self._readers: list[tuple[weakref.ref[threading.Thread], apsw.Connection]] = []
        self._readers_lock = threading.Lock()
        self._closed = False
        try:
            if not readonly:
                _create_private(path)
            self._writer = self._connect(readonly)
        except (apsw.Error, OSError) as error:
            raise translate(error, path) from error
        if readonly:
            return
        try:
            self._prepare(package, application_id, page_size)
        except BaseException as error:
            # Now, not when the object is collected: the caller may move the file aside next.
            self.close()
            if isinstance(error, apsw.Error):
                raise translate(error, path) from error
            raise

    def _connect(self, readonly: bool) -> apsw.Connection:
        flags = apsw.SQLITE_OPEN_READONLY if readonly else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        connection = apsw.Connection(os.fspath(self.path), flags=flags)
        connection.set_busy_timeout(_BUSY_MS)
        if self._extensions:
            connection.enable_load_extension(True)
            for extension in self._extensions:
                connection.load_extension(extension)
            connection.enable_load_extension(False)
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        return connection

    def _prepare(self, package: str, application_id: int, page_size: int) -> None:
        writer = self._writer
        (owner,) = one(writer, "PRAGMA application_id")
        (version,) = one(writer, "PRAGMA user_version")
        (tables,) = one(writer, "SELECT count(*) FROM sqlite_schema")
        if owner != application_id and (version or owner or tables):
            raise Damaged("the file is another program's database", path=str(self.path))
        if version == 0:
            writer.execute(f"PRAGMA page_size={page_size}")
            writer.execute("PRAGMA auto_vacuum=INCREMENTAL")
        writer.execute("PRAGMA journal_mode=WAL")
        for pragma in self._pragmas:
            writer.execute(pragma)
        scripts = migrations(package)
        if version > len(scripts):
            raise SchemaNewer(
                f"the database has format {version}, this program knows {len(scripts)}",
                path=str(self.path),
                hint="upgrade lsfs; it is only read until then",
            )
        for number, script in enumerate(scripts[version:], version + 1):
            # A migration and its record commit together, so that a kill between them cannot be.
            with self.write() as connection:
                connection.execute(script)
                connection.execute(f"PRAGMA application_id={application_id}")
                connection.execute(f"PRAGMA user_version={number}")

    @contextmanager
    def write(self) -> Iterator[apsw.Connection]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        if self.readonly:
            raise SchemaNewer("the database is open for reading only", path=str(self.path), hint="upgrade lsfs")
        with self._write_lock:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                # SQLite has rolled back by itself after a full disk and the like.
                if not self._writer.get_autocommit():
                    self._writer.execute("ROLLBACK")
                if isinstance(error, apsw.Error):
                    raise translate(error, self.path) from error
                raise

    def read(self) -> apsw.Connection:
        """The calling thread's own connection; a statement is a snapshot of its own, so keep none open."""
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            try:
                connection = self._connect(readonly=True)
                for statement in self._reading:
                    connection.execute(statement)
            except apsw.Error as error:
                raise translate(error, self.path) from error
            self._local.connection = connection
            with self._readers_lock:
                self._close_ended()
                self._readers.append((weakref.ref(threading.current_thread()), connection))
        return connection

    def _close_ended(self) -> None:
        """Closes the connections of threads that have ended."""
        kept = []
        for owner, connection in self._readers:
            thread = owner()
            if thread is not None and thread.is_alive():
                kept.append((owner, connection))
            else:
                connection.close()
        self._readers = kept

    def rows(self, sql: str, bindings: Any = ()) -> list[tuple[Any, ...]]:
        """All rows of one reading statement."""
        try:
            return self.read().execute(sql, bindings).fetchall()
        except apsw.Error as error:
            raise translate(error, self.path) from error

    def rows_in(self, sql: str, values: Sequence[Any], bindings: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a statement with ``IN ({})``, for any number of values; `bindings` come after them."""
        for part in parts(values):
            yield from self.rows(sql.format(marks(part)), (*part, *bindings))

    def check(self) -> str:
        """``ok``, or what SQLite's quick check found wrong first."""
        try:
            return str(one(self.read(), "PRAGMA quick_check(1)")[0])
        except apsw.Error as error:
            return str(error)

    def size(self) -> int:
        """Bytes on disk, write-ahead log included."""
        total = 0
        for suffix in ("", "-wal"):
            try:
                total += os.stat(f"{self.path}{suffix}").st_size
            except FileNotFoundError:
                continue
        return total

    def checkpoint(self) -> None:
        """Folds the write-ahead log into the file."""
        if not self.readonly:
            with self._write_lock:
                try:
                    self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                except apsw.Error as error:
                    raise translate(error, self.path) from error

    def close(self) -> None:
        """Closes every connection; no thread may be using one."""
        with self._write_lock, self._readers_lock:
            if self._closed:
                return
            self._closed = True
            for _, connection in self._readers:
                connection.close()
            self._writer.close()


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in parts that one ``IN (…)`` takes."""
    return (values[start : start + _IN_PART] for start in range(0, len(values), _IN_PART))


def marks(part: Sequence[object]) -> str:
    """A question mark for each value."""
    return ",".join("?" * len(part))


def insert_many(
    connection: apsw.Connection, into: str, columns: int, rows: Iterable[Sequence[Any]], conflict: str = ""
) -> None:
    """Inserts rows, many with one statement: with other threads running, each statement costs a wait for its turn.

    `into` is what stands between INSERT and VALUES, `conflict` what stands behind the values.
    """
    marked = f"({','.join('?' * columns)})"
    values = iter(rows)
    while part := list(itertools.islice(values, _TOGETHER)):
        sql = f"INSERT {into} VALUES {','.join([marked] * len(part))} {conflict}"
        connection.execute(sql, list(itertools.chain.from_iterable(part)))


def one(connection: apsw.Connection, sql: str, bindings: Any = ()) -> tuple[Any, ...]:
    """The first row of a statement that always has one."""
    row = connection.execute(sql, bindings).fetchone()
    if row is None:
        raise StorageError(f"no row where one must be: {sql}")
    return tuple(row)


def migrations(package: str) -> list[str]:
    """The texts of a package's migrations in order, numbered from 0001 without a gap."""
    folder = files(package) / "migrations"
    found = {int(m[1]): item for item in folder.iterdir() if (m := _MIGRATION.fullmatch(item.name))}
    return [found[number].read_text(encoding="utf-8") for number in range(1, len(found) + 1)]


def _create_private(path: Path) -> None:
    """Makes the folder 0700 and the file 0600 before SQLite opens it, so that it is never readable by others."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
