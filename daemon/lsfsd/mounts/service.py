"""The service that keeps the wanted mounts standing, and what requests about them come to."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import UNSET, structs

from lsfs.core.api import MountInfo, MountList, MountRequest, UmountRequest
from lsfs.core.errors import ConflictError, LsfsError, NothingFound
from lsfs.core.locations import Paths
from lsfs.core.paths import display
from lsfs.core.wirepath import absolute_from_wire, to_lossy
from lsfs.store.vault import StoredMount
from lsfsd.mounts.attempts import Attempts
from lsfsd.mounts.place import Ended, Place, Surroundings, end_holder, unwanted
from lsfsd.mounts.process import fuse_command
from lsfsd.mounts.requirements import require_fuse
from lsfsd.supervisor import backoff

if TYPE_CHECKING:
    from lsfs.engine.mounting import Mounting

logger = logging.getLogger(__name__)

_MOVED = "it was moved to {} (lsfs mount has it here again, lsfs umount forgets it)"
_BY_ANOTHER = "it was unmounted by another program (lsfs mount mounts it again, lsfs umount forgets it)"


class MountService:
    """Starts the process of each wanted mount, and starts it again when it fails; the daemon's end leaves it."""

    name = "mounts"

    def __init__(
        self,
        mounting: Mounting,
        paths: Paths,
        build: str,
        command: Sequence[str] | None = None,
        pauses: Callable[[], Iterator[float]] = backoff,
    ) -> None:
        """`command` runs a process that mounts (`fuse_command` by default), `pauses` are those between attempts."""
        self._mounting = mounting
        self._pauses = pauses
        self._stopping = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._woken = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._around = Surroundings(
            folder=Path(paths.state_dir, "mounts"),
            build=build,
            vault=Path(paths.vault_dir, "vault.db"),
            command=command or fuse_command(),
            make_ready=mounting.make_ready,
            abort=self._stopping,
        )
        self._lock = threading.Lock()
        # All below is changed under the lock only; dicts are replaced as a whole, so that `list` need not wait for it.
        self._places: dict[bytes, Place] = {}
        self._troubles: dict[bytes, str] = {}
        self._attempts: dict[bytes, Attempts] = {}

    # The service

    def run(self, ready: Callable[[], None]) -> None:
        """Works until `stop`."""
        ready()  # what is mounted late, or not at all, keeps nothing else waiting
        with self._lock:
            self._take_up()
        while not self._is_stopping():
            self._wait()
            with self._lock:
                if not self._is_stopping():
                    self._look_after()
        with self._lock:
            for place in self._places.values():
                place.let_go()

    def stop(self) -> None:
        """Makes `run` return; the processes go on, and the next daemon finds them."""
        os.eventfd_write(self._stopping, 1)

    def close(self) -> None:
        """Gives the descriptors back, once `run` has returned and no request is under way."""
        os.close(self._stopping)
        os.close(self._woken)

    def _is_stopping(self) -> bool:
        return _readable(self._stopping)

    def _take_up(self) -> None:
        wanted = self._mounting.wanted()
        for lock in unwanted(self._around.folder, wanted):
            _logged(lambda lock=lock: end_holder(lock), str(lock))  # type: ignore[misc]
        for stored in wanted:
            if not self._is_stopping():
                self._try(stored)

    def _try(self, stored: StoredMount) -> None:
        """Brings a mount up; if that fails it is said why, and tried again later."""
        attempts = self._attempts.setdefault(stored.path, Attempts(self._pauses))
        try:
            self._bring_up(stored)
        except LsfsError as error:
            logger.warning("%s cannot be mounted: %s", display(stored.path), error.message)
            self._say(stored.path, f"{error.message} ({error.hint})" if error.hint else error.message)
            attempts.failed()
        except Exception as error:  # a service's boundary: it costs this mount only
            logger.exception("%s cannot be mounted", display(stored.path))
            self._say(stored.path, f"{type(error).__name__}: {error}")
            attempts.failed()

    def _bring_up(self, stored: StoredMount) -> None:
        require_fuse()
        place = self._places.get(stored.path)
        if place is None:
            place = Place(stored, self._around)
            self._places = self._places | {stored.path: place}
        place.bring_up()
        self._say(stored.path, "")
        self._attempts.setdefault(stored.path, Attempts(self._pauses)).succeeded()
        logger.info("mounted: %s", display(stored.path))

    def _wait(self) -> None:
        """Returns once a process has ended, an attempt is due, or a request has changed what there is."""
        waiting = select.poll()
        with self._lock:
            descriptors = [place.process.descriptor for place in self._places.values() if place.process is not None]
            due = [attempts.due for attempts in self._attempts.values() if attempts.due is not None]
        for descriptor in (self._stopping, self._woken, *descriptors):
            waiting.register(descriptor, select.POLLIN)
        waiting.poll(max(0.0, min(due) - time.monotonic()) * 1000 if due else None)
        if _readable(self._woken):
            os.eventfd_read(self._woken)

    def _look_after(self) -> None:
        for path, place in list(self._places.items()):
            ended = place.lost()
            if ended is None:
                continue
            attempts = self._attempts[path]
            if ended.unmounted:  # whose wish that was; or what it lies on was taken away
                if attempts.due is None:
                    self._say(path, _BY_ANOTHER)
                continue
            why = _how(ended)
            logger.warning("the process of %s has ended%s", display(path), why)
            self._say(path, f"its process has ended{why}; it is started again")
            attempts.failed()
        now = time.monotonic()
        for stored in self._mounting.wanted():
            attempts = self._attempts.get(stored.path, Attempts(self._pauses))
            if attempts.due is not None and attempts.due <= now:
                self._try(stored)

    def _say(self, path: bytes, trouble: str) -> None:
        troubles = {other: why for other, why in self._troubles.items() if other != path}
        self._troubles = troubles | {path: trouble} if trouble else troubles
        self._mounting.report(self._troubles)

    def _forget(self, path: bytes) -> None:
        self._places = {other: place for other, place in self._places.items() if other != path}
        self._attempts.pop(path, None)
        self._say(path, "")

    # Requests

    def mount(self, request: MountRequest) -> MountInfo:
        """Mounts at a folder, and keeps it mounted; raises why that cannot be, and then nothing is wanted."""
        require_fuse()
        path = absolute_from_wire(request.path)
        with self._lock:
            before = {mount.path: mount for mount in self._mounting.wanted()}
            stored = self._mounting.check(path, allow_other=request.allow_other)
            place = self._places.get(stored.path)
            if place is not None and (place.stored != stored or place.where() not in (None, stored.path)):
                place.take_down()  # raises while it is in use: all stays as it is then
                self._forget(stored.path)
            try:
                self._mounting.store(stored)
                self._bring_up(stored)
            except Exception:
                self._roll_back(stored.path, before.get(stored.path))
                raise
            finally:
                self._wake()
            return self._info(stored)

    def _roll_back(self, path: bytes, before: StoredMount | None) -> None:
        """What failed is wanted no more; what was wanted `before` is tried again."""
        place = self._places.get(path)
        if place is not None and not place.stands():
            _logged(lambda: place.take_down(force=True), display(path))
        self._forget(path)
        if before is None:
            self._mounting.forget(path)
            return
        self._mounting.store(before)
        self._attempts[path] = Attempts(self._pauses)
        self._attempts[path].failed()

    def umount(self, request: UmountRequest) -> MountList:
        """Takes mounts away, and wants them no more: what was taken away."""
        path = None if request.path is None else self._mounting.point(absolute_from_wire(request.path))
        with self._lock:
            wanted = self._mounting.wanted()
            if path is not None:
                wanted = tuple(stored for stored in wanted if path in (stored.path, self._place(stored).where()))
            if not wanted:
                shown = None if path is None else display(path)
                raise NothingFound("nothing of lsfs is mounted there", path=shown, hint="lsfs mount --list")
            stayed: dict[bytes, LsfsError] = {}
            try:
                for stored in wanted:
                    try:
                        self._take_away(stored, force=request.force)
                    except LsfsError as error:
                        stayed[stored.path] = error
            finally:
                self._wake()
            if stayed:
                raise _some_stayed([stored.path for stored in wanted if stored.path not in stayed], stayed)
            return MountList(mounts=tuple(self._info(stored) for stored in wanted))

    def _place(self, stored: StoredMount) -> Place:
        return self._places.get(stored.path) or Place(stored, self._around)

    def _take_away(self, stored: StoredMount, *, force: bool) -> None:
        try:
            self._place(stored).take_down(force=force)
        except ConflictError:
            self._attempts.setdefault(stored.path, Attempts(self._pauses)).failed()
            raise
        self._forget(stored.path)
        self._mounting.forget(stored.path)
        logger.info("unmounted: %s", display(stored.path))

    def list(self) -> MountList:
        """The wanted mounts, and how they are; waits for nothing."""
        found = (self._info(stored) for stored in self._mounting.wanted())
        return MountList(
            mounts=tuple(
                one if one.mounted or one.note else structs.replace(one, note="it is being mounted") for one in found
            )
        )

    def _info(self, stored: StoredMount) -> MountInfo:
        place = self._places.get(stored.path)
        process = place.process if place is not None else None
        at = place.where() if place is not None else None
        moved = "" if at in (None, stored.path) else _MOVED.format(display(at))
        shown, path_b64 = to_lossy(stored.path)
        return MountInfo(
            path=shown,
            path_b64=path_b64 or UNSET,
            mounted=at == stored.path,
            allow_other=stored.allow_other,
            pid=process.pid if process is not None else None,
            note=self._troubles.get(stored.path, "") or moved,
        )

    def _wake(self) -> None:
        os.eventfd_write(self._woken, 1)


def _how(ended: Ended) -> str:
    if ended.by_signal:
        return " (by a signal)"
    if not ended.code:
        return ""
    return f" (signal {-ended.code})" if ended.code < 0 else f" (exit code {ended.code})"


def _some_stayed(gone: Sequence[bytes], stayed: Mapping[bytes, LsfsError]) -> LsfsError:
    """What is said of mounts that could not be taken away, and of those that could beside them."""
    first = next(iter(stayed.values()))
    if not gone and len(stayed) == 1:
        return first
    parts = [f"{display(path)} is unmounted" for path in gone]
    parts += [f"{display(path)} stays: {error.message}" for path, error in stayed.items()]
    return ConflictError("; ".join(parts), hint=first.hint)


def _readable(descriptor: int) -> bool:
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(0))


def _logged(act: Callable[[], None], what: str) -> None:
    try:
        act()
    except (LsfsError, OSError) as error:
        logger.warning("%s: %s", what, error)
