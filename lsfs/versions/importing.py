"""Takes in a vault that was exported elsewhere: unpacked with distrust, made to fit this machine, then put in place."""

from __future__ import annotations

import contextlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import msgspec

from lsfs.core.errors import ConflictError, DiskFull, RefusedError, StorageError, UsageError, VaultDamaged, VaultNewer
from lsfs.core.locations import make_private_folder
from lsfs.core.paths import display, is_within
from lsfs.core.posix import fs_uuid
from lsfs.core.progress import Progress
from lsfs.core.records import signed_ino
from lsfs.objects.disk import translated
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.store.database import Transaction
from lsfs.store.vault import COPY, Root, Vault
from lsfs.versions.bundle import FORMAT, LABEL, VAULT, Label, most_bytes
from lsfs.versions.contents import ContentStore
from lsfs.versions.copies import end_ops, fold
from lsfs.versions.rebuild import rebuild

_PART_BYTES = 1 << 20
_SCRATCH = "import-"
"""What is unpacked lies in a folder beside the vault whose name begins so."""


class Placed(msgspec.Struct, frozen=True):
    """A watched folder of a vault that was taken in."""

    path: bytes
    reason: str
    """Why it is offline; '' where it is here."""


class Imported(msgspec.Struct, frozen=True):
    """A vault that was taken in."""

    roots: tuple[Placed, ...]
    versions: int
    missing: int
    """Pieces and contents that it knows and that are not in the bundle."""


def import_vault(bundle: Path, folder: Path, moved: Mapping[bytes, bytes], now_ns: int, progress: Progress) -> Imported:
    """Puts the vault in `bundle` into our data folder, where there is none; the caller holds the daemon's lock.

    `moved` are the new absolute paths of watched folders by their old ones.  Raises RefusedError where there is a
    vault, UsageError and ConflictError for what `moved` names, and `StorageError` for a bundle that is damaged, cut off
    or none; nothing is changed then.
    """
    _require_no_vault(folder)
    make_private_folder(str(folder))
    for left in folder.glob(f"{_SCRATCH}*"):  # by an import that was killed
        shutil.rmtree(left)
    with (
        translated(bundle, "it cannot be taken in"),
        tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=folder) as scratch,
    ):  # 0700
        _unpack(bundle, Path(scratch), progress)
        imported = _fitted(Path(scratch), moved, now_ns)
        # The objects first: a vault without them would be taken for a damaged one.
        os.rename(Path(scratch, "objects"), folder / "objects")
        os.rename(Path(scratch, VAULT), folder / VAULT)
        _sync(folder)
    return imported


def _require_no_vault(folder: Path) -> None:
    there = [name for name in (VAULT, COPY, "objects") if os.path.lexists(folder / name)]
    if there:
        moving = " ".join(f"{folder}/{name}" for name in ("vault.*", "objects") if name != "objects" or name in there)
        hint = f"lsfs down, then set it aside: mkdir {folder}.aside && mv {moving} {folder}.aside"
        raise RefusedError("there is a vault already", path=str(folder / there[0]), hint=hint)


def _unpack(bundle: Path, into: Path, progress: Progress) -> None:
    """Writes the members of a bundle below a folder; raises `StorageError` for what no bundle has."""
    make_private_folder(str(into / "objects"))
    label: Label | None = None
    try:
        with open(bundle, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > shutil.disk_usage(into).free:
                raise DiskFull(f"it takes {size} bytes, which are not free", path=str(into), hint="free some space")
            progress.start(size, "importing")
            with tarfile.open(fileobj=file, mode="r:") as tar:
                for member in tar:
                    label = _unpack_one(tar, member, into, bundle, progress)
                    size -= member.size
            progress.advance(max(size, 0))  # headers, and what fills the last block of each member
    except (tarfile.TarError, msgspec.DecodeError) as error:
        raise _not_sound(bundle, str(error)) from error
    finally:
        progress.done()
    if label is None or not (into / VAULT).exists():
        raise _not_sound(bundle, "it was cut off")
    if label.format > FORMAT:
        raise StorageError("it was made by a newer lsfs", path=str(bundle), hint="upgrade lsfs")
    for path in sorted(into.rglob("*")):
        _sync(path)


def _unpack_one(
    tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path, bundle: Path, progress: Progress
) -> Label | None:
    """Writes a member; the label, if it is that."""
    most = most_bytes(member.name)
    if most is None or member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or member.issparse():
        raise _not_sound(bundle, f"{member.name!r} has no place in it")
    if member.size > most >= 0:
        raise _not_sound(bundle, f"{member.name} is too long")
    source = tar.extractfile(member)
    assert source is not None
    if member.name == LABEL:
        progress.advance(member.size)
        return msgspec.json.decode(_exactly(source, member.size, bundle), type=Label)
    path = into / member.name
    make_private_folder(str(path.parent))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:
        left = member.size
        while left:
            part = _exactly(source, min(left, _PART_BYTES), bundle)
            file.write(part)
            progress.advance(len(part))
            left -= len(part)
    return None


def _exactly(source: IO[bytes], size: int, bundle: Path) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise _not_sound(bundle, "it was cut off")
    return data


def _not_sound(bundle: Path, why: str) -> StorageError:
    return StorageError(
        f"it is no sound export of a vault: {why}", path=str(bundle), hint="copy it again, or export anew"
    )


def _fitted(unpacked: Path, moved: Mapping[bytes, bytes], now_ns: int) -> Imported:
    """Makes the unpacked vault one of this machine."""
    database = unpacked / VAULT
    with contextlib.closing(_opened(database)) as vault, contextlib.closing(Packs(unpacked / "objects")) as packs:
        rebuilt = rebuild(vault, ContentStore(vault, packs, Codec()), now_ns, stands=lambda _: False)
        end_ops(vault, now_ns, "the vault was moved to another machine while it ran")
        paths = _new_paths(vault.roots.all(), moved)
        with vault.write() as tx:
            placed = tuple(_place(tx, vault, root, paths[root.id]) for root in vault.roots.all())
        imported = Imported(placed, vault.versions.count(), rebuilt.lost)
    fold(database)
    return imported


def _opened(database: Path) -> Vault:
    try:
        vault = Vault(database)
        if vault.newer:
            raise VaultNewer(f"the vault in it is of a newer lsfs: {vault.newer}", hint="upgrade lsfs")
        vault.verify()
    except VaultDamaged as error:
        raise StorageError(f"the vault in it is damaged: {error.message}", hint="export it again") from error
    return vault


def _new_paths(roots: list[Root], moved: Mapping[bytes, bytes]) -> dict[int, bytes]:
    """Where each watched folder is here; raises UsageError for one that is not watched, ConflictError for a nest."""
    known = {root.path for root in roots}
    for old in moved:
        if old not in known:
            hint = f"it watches {', '.join(display(path) for path in sorted(known)) or 'no folder'}"
            raise UsageError("the vault watches no such folder", path=display(old), hint=hint)
    paths = {root.id: moved.get(root.path, root.path) for root in roots}
    for one, path in paths.items():
        for other, above in paths.items():
            if one != other and is_within(path, above):
                raise ConflictError(f"it would lie inside {display(above)}, which is watched too", path=display(path))
    return paths


def _place(tx: Transaction, vault: Vault, root: Root, path: bytes) -> Placed:
    """Has a root be at `path`, with the folder that stands there as its own."""
    if path != root.path:
        vault.roots.set_path(tx, root.id, path)
    if not os.path.isdir(path):
        reason = "the folder is not on this machine"
        vault.roots.set_state(tx, root.id, "offline", reason)
        return Placed(path, reason)
    vault.roots.set_identity(tx, root.id, fs_uuid(path), signed_ino(os.stat(path).st_ino))
    vault.roots.set_state(tx, root.id, "online", "")
    return Placed(path, "")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
