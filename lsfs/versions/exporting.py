"""Writes a vault with all that it keeps into one file, while whoever uses it goes on.

The vault is copied first, the objects after it: what the copy names was on the disk by then.  Tidying may move records
meanwhile; what is missing in the end is taken again from where it lies now.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from lsfs.core.errors import RefusedError, VaultDamaged
from lsfs.core.posix import RENAME_NOREPLACE, renameat2
from lsfs.core.progress import NullProgress, Progress
from lsfs.objects.disk import sync_folder, translated
from lsfs.objects.packs import Packs, Place
from lsfs.objects.piece import HEADER_BYTES, RecordKind, read_header
from lsfs.store.vault import PieceRow, Vault
from lsfs.versions.bundle import FORMAT, LABEL, OBJECTS, VAULT, Label
from lsfs.versions.copies import fold

_SCRATCH = "export-"
_PARTIAL = (".lsfs-export-", ".partial")
_STALE_S = 3600
"""What nobody has written to for so long, nobody will."""
_ROUNDS = 5
"""Times that what was moved meanwhile is taken again."""


class Exported(msgspec.Struct, frozen=True):
    """A bundle that was written."""

    bytes: int
    objects: int
    """Object files in it."""
    missing: int
    """Pieces that the vault names and that are damaged or gone here."""


def export_vault(vault: Path, to: Path, progress: Progress) -> Exported:
    """Writes the vault at `vault`, and the objects beside it, to a new file.

    Raises RefusedError where there is something at `to` already, VaultDamaged, and `StorageError`; nothing is left
    behind then.
    """
    if os.path.lexists(to):
        raise _taken(to)
    with (
        translated(to, "it cannot be written"),
        contextlib.closing(Vault(vault, readonly=True)) as live,
        _scratch(vault.parent) as scratch,
        _new_file(to) as file,
    ):
        if (state := live.check()) != "ok":
            hint = "lsfs down, then lsfs doctor --repair"
            raise VaultDamaged(f"the vault is damaged: {state}", path=str(vault), hint=hint)
        copy = scratch / VAULT
        live.backup(copy)
        Vault(copy).close()  # brings it to the newest format
        fold(copy)
        with contextlib.closing(Packs(vault.with_name("objects"))) as packs:
            return _Bundle(file, packs, progress).write(copy, live)


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder of an export's own, in the vault's; those that killed exports left there go if no other export runs."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in folder.glob(f"{_SCRATCH}????????"):
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left)
        fcntl.flock(lock, fcntl.LOCK_SH)
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder) as scratch:  # 0700
            yield Path(scratch)
    finally:
        os.close(lock)


@contextlib.contextmanager
def _new_file(to: Path) -> Iterator[IO[bytes]]:
    """A file that stands at `to`, synced, when the block has ended well, and is gone when it has not."""
    descriptor, partial = tempfile.mkstemp(prefix=_PARTIAL[0], suffix=_PARTIAL[1], dir=to.parent)  # 0600
    try:
        with os.fdopen(descriptor, "w+b") as file:
            _forget_partials(to.parent, os.fstat(descriptor).st_mtime)
            yield file
            file.flush()
            os.fsync(file.fileno())
        try:
            renameat2(None, os.fsencode(partial), None, os.fsencode(to), RENAME_NOREPLACE)
        except FileExistsError:
            raise _taken(to) from None
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(partial)
        raise
    sync_folder(to.parent)


def _forget_partials(folder: Path, now_s: float) -> None:
    """Removes what killed exports left beside their files: an export that is alive writes all the time."""
    for left in folder.glob("*".join(_PARTIAL)):
        with contextlib.suppress(OSError):  # somebody else's, in a folder that is everybody's
            if left.lstat().st_mtime < now_s - _STALE_S:
                left.unlink()


def _taken(to: Path) -> RefusedError:
    return RefusedError("there is something of that name already", path=str(to), hint="name a file that is not there")


class _Bundle:
    """One file being written."""

    def __init__(self, file: IO[bytes], packs: Packs, progress: Progress) -> None:
        self._file = file
        self._tar = tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by `write`
        self._packs = packs
        self._progress = progress
        self._held: dict[str, tuple[int, int]] = {}
        """Where the bytes of each member begin, and how many there are."""

    def write(self, copy: Path, live: Vault) -> Exported:
        """Writes everything that the `copy` of the `live` vault needs."""
        files = list(self._objects())
        total = sum(_size(path) for path in (copy, *files))
        self._progress.start(total, "exporting")
        try:
            for path in (copy, *files):
                self._add(path)
            missing = self._complete(copy, live)
            label = Label(FORMAT, len(self._held) - 1, missing)
            said = msgspec.json.encode(label)
            self._put(LABEL, io.BytesIO(said), len(said), NullProgress())
            self._tar.close()
        finally:
            self._progress.done()
        return Exported(self._file.tell(), label.objects, missing)

    def _objects(self) -> Iterator[Path]:
        for number in self._packs.numbers():
            yield self._packs.path(Place(number, 0, 0))
        for _, path in self._packs.loose():
            yield path

    def _name(self, path: Path) -> str:
        inside = path.is_relative_to(self._packs.folder)
        return f"{OBJECTS}{path.relative_to(self._packs.folder)}" if inside else VAULT

    def _add(self, path: Path) -> None:
        """Adds a file as it is now; one that was tidied away meanwhile is passed over."""
        try:
            source = open(path, "rb")  # noqa: SIM115 - closed below
        except FileNotFoundError:
            return
        with source:
            self._put(self._name(path), source, os.fstat(source.fileno()).st_size, self._progress)

    def _put(self, name: str, source: IO[bytes], size: int, progress: Progress) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o600
        self._tar.addfile(member, _Exactly(source, progress))
        blocks = -(-size // tarfile.BLOCKSIZE)
        self._held[name] = (self._tar.offset - blocks * tarfile.BLOCKSIZE, size)

    def _complete(self, copy: Path, live: Vault) -> int:
        """Adds what the copy names and is not in the file yet; how many pieces are missing in the end."""
        with contextlib.closing(Vault(copy)) as copied:
            self._file.flush()
            missing = {row.hash: row for row in copied.pieces.in_turn() if not self._holds(row)}
        for _ in range(_ROUNDS):
            if not missing:
                break
            now = {digest: found[0] for digest in missing if (found := live.pieces.of(digest))}
            for path in sorted({self._packs.path(Place(row.pack, 0, 0), row.hash) for row in now.values()}):
                self._add(path)
            self._file.flush()
            missing = {digest: row for digest, row in missing.items() if not self._holds(now.get(digest, row))}
        return len(missing)

    def _holds(self, row: PieceRow) -> bool:
        """Whether a piece is in the file, by its header."""
        name = self._name(self._packs.path(Place(row.pack, row.offset, row.stored), row.hash))
        at, size = self._held.get(name, (0, 0))
        if row.offset + row.stored > size:
            return False
        header = read_header(os.pread(self._file.fileno(), HEADER_BYTES, at + row.offset))
        return header is not None and (header.kind, header.hash, header.stored) == (
            RecordKind.PIECE,
            row.hash,
            row.stored,
        )


class _Exactly(io.RawIOBase):
    """A file's bytes, with zeros where it has become shorter since it was measured: a batch whose writing failed."""

    def __init__(self, source: IO[bytes], progress: Progress) -> None:
        self._source = source
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        data = self._source.read(size)
        self._progress.advance(len(data))
        return data.ljust(size, b"\0")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
