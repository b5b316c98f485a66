"""The files that records lie in: small ones appended to packs, large ones a file each.

::

    objects/packs/00000001.pack …   records one after the other, 64 MiB at most
    objects/ab/abcd….piece          one record, 1 MiB or more, named by its hash

A record is never changed where it lies; a pack is only appended to, and later deleted whole.  Who refers to a record
does so after `append` has returned: then it is on the disk.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from lsfs.core.faults import Reach, unreached
from lsfs.core.locations import make_private_folder
from lsfs.objects.disk import sync_folder, translated, write_all, written_since
from lsfs.objects.piece import HEADER_BYTES, MAGIC, Header, ObjectDamaged, Record, header_of, read_header

PACK_BYTES = 64 << 20
"""A pack is closed when it is this long."""
LOOSE_BYTES = 1 << 20
"""A record of this length or more gets a file of its own."""
LOOSE = 0
"""Stands for a file of its own where else the number of a pack stands."""

_OPEN_PACKS = 16
_SEARCH_BYTES = 1 << 20


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a record lies."""

    pack: int
    """Number of the pack, or `LOOSE`."""
    offset: int
    stored: int
    """Bytes of the record, header included."""


class Found(msgspec.Struct, frozen=True, array_like=True):
    """A record that a look through the files met."""

    header: Header
    place: Place


class Packs:
    """The object files below one folder, for one process that writes and any number of readers."""

    def __init__(self, folder: Path, reach: Reach = unreached) -> None:
        """`reach` is called at each boundary that a crash may fall on."""
        self._folder = folder
        self._reach = reach
        self._lock = threading.Lock()
        self._writing: tuple[int, int, int] | None = None
        """Number, descriptor and length of the pack that is appended to."""
        self._go_on = True
        """Whether the newest pack may be gone on with."""
        self._read_lock = threading.Lock()
        self._reading: OrderedDict[int, int] = OrderedDict()

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._folder

    def append(self, records: Sequence[Record]) -> list[Place]:
        """Writes records and returns where each lies, once they are on the disk.

        Raises `DiskFull` and `StorageError`; what was written until then is nobody's and goes with the next tidying.
        """
        if not records:
            return []
        with self._lock, translated(self._folder):
            places: list[Place | None] = [None] * len(records)
            small = []
            for number, record in enumerate(records):
                if record.stored >= LOOSE_BYTES:
                    places[number] = self._write_loose(record)
                else:
                    small.append(number)
            for part in self._fitting([records[number] for number in small]):
                for place in self._append(part):
                    places[small.pop(0)] = place
            self._reach("objects.written")
        return [place for place in places if place is not None]

    def _fitting(self, records: Sequence[Record]) -> Iterator[list[Record]]:
        """The records in groups that each fit into one pack."""
        part: list[Record] = []
        room = PACK_BYTES - (self._writing[2] if self._writing else 0)
        for record in records:
            if part and record.stored > room:
                yield part
                part, room = [], PACK_BYTES
            part.append(record)
            room -= record.stored
        if part:
            yield part

    def _append(self, records: Sequence[Record]) -> list[Place]:
        pack, descriptor, length = self._open_for(sum(record.stored for record in records))
        buffers: list[bytes] = []
        places = []
        at = length
        for record in records:
            places.append(Place(pack, at, record.stored))
            at += record.stored
            buffers += (header_of(record), record.payload)
        self._reach("objects.before-append")
        try:
            write_all(descriptor, buffers)
            self._reach("objects.appended")
            os.fdatasync(descriptor)
        except BaseException:
            # What was half written would hide what comes after it from whoever reads the file record by record.
            self._writing = None
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.truncate(self.path(Place(pack, 0, 0)), length)
            raise
        self._writing = (pack, descriptor, at)
        return places

    def _open_for(self, count: int) -> tuple[int, int, int]:
        """Number, descriptor and length of a pack that has room for `count` bytes, or is new."""
        if self._writing is None and self._go_on:
            self._writing = self._newest()
        self._go_on = True
        if self._writing is not None:
            if self._writing[2] + count <= PACK_BYTES:
                return self._writing
            self._leave()
        pack = max(self.numbers(), default=0) + 1
        path = self.path(Place(pack, 0, 0))
        self._make_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._reach("objects.pack")
            sync_folder(path.parent)
        except BaseException:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        self._writing = (pack, descriptor, 0)
        return self._writing

    def _make_folder(self, folder: Path) -> None:
        """Has a folder of ours, whose own name is on the disk."""
        if not folder.is_dir():
            make_private_folder(str(self._folder))
            make_private_folder(str(folder))
            sync_folder(self._folder)
            sync_folder(self._folder.parent)

    def _newest(self) -> tuple[int, int, int] | None:
        """The newest pack, to go on with, unless a crash has left half a record at its end."""
        numbers = self.numbers()
        if not numbers:
            return None
        pack = max(numbers)
        path = self.path(Place(pack, 0, 0))
        end = 0
        for found in self.records(pack):
            if found.place.offset != end:
                # What looks like records may be the bytes of half a one, and what is appended would lie within that.
                return None
            end += found.place.stored
        if path.stat().st_size != end or end >= PACK_BYTES:
            return None
        sync_folder(path.parent)  # a crash may have come before that
        return pack, os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC), end

    def _write_loose(self, record: Record) -> Place:
        place = Place(LOOSE, 0, record.stored)
        path = self.path(place, record.hash)
        if path.exists() and path.stat().st_size == record.stored:
            # Kept by an earlier process that did not get to say so; whether it is sound shows when it is read.
            with open(path, "rb") as file:
                if file.read() == header_of(record) + record.payload:
                    os.utime(file.fileno())  # it is as good as new, which keeps it from being tidied away
                    os.fsync(file.fileno())
                    return place
        self._make_folder(path.parent)
        partial = path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            self._reach("objects.before-loose")
            write_all(descriptor, [header_of(record), record.payload])
            os.fdatasync(descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(partial)
            raise
        finally:
            os.close(descriptor)
        os.rename(partial, path)
        sync_folder(path.parent)
        self._reach("objects.loose")
        return place

    def read(self, place: Place, digest: bytes) -> bytes:
        """The bytes of the record at `place`, header included, unchecked; raises `ObjectDamaged` if they are gone."""
        if place.pack == LOOSE:
            try:
                with open(self.path(place, digest), "rb") as file:
                    data = file.read(place.stored + 1)
            except FileNotFoundError:
                raise ObjectDamaged("a kept object is gone", path=str(self.path(place, digest))) from None
            except OSError as error:
                raise ObjectDamaged(
                    f"a kept object cannot be read: {error.strerror}", path=str(self._folder)
                ) from error
        else:
            data = self._pread(place)
        if len(data) != place.stored:
            raise ObjectDamaged("a kept object is cut off", path=str(self.path(place, digest)))
        return data

    def _pread(self, place: Place) -> bytes:
        try:
            # Held while it is read: another thread that needs the room would close it.
            with self._read_lock:
                descriptor = self._reading.get(place.pack)
                if descriptor is None:
                    descriptor = os.open(self.path(place), os.O_RDONLY | os.O_CLOEXEC)
                    self._reading[place.pack] = descriptor
                    if len(self._reading) > _OPEN_PACKS:
                        os.close(self._reading.popitem(last=False)[1])
                else:
                    self._reading.move_to_end(place.pack)
                return os.pread(descriptor, place.stored, place.offset)
        except FileNotFoundError:
            raise ObjectDamaged("a pack of kept objects is gone", path=str(self.path(place))) from None
        except OSError as error:
            raise ObjectDamaged(f"a pack cannot be read: {error.strerror}", path=str(self.path(place))) from error

    def path(self, place: Place, digest: bytes = b"") -> Path:
        """The file that a place is in; `digest` names a file of its own."""
        if place.pack != LOOSE:
            return self._folder / "packs" / f"{place.pack:08d}.pack"
        name = digest.hex()
        return self._folder / name[:2] / f"{name}.piece"

    def numbers(self) -> list[int]:
        """The numbers of the packs that there are, in order."""
        with contextlib.suppress(FileNotFoundError):
            names = os.listdir(self._folder / "packs")
            return sorted(int(name[:-5]) for name in names if name.endswith(".pack") and name[:-5].isdigit())
        return []

    def loose(self) -> Iterator[tuple[bytes, Path]]:
        """Hash and path of every record with a file of its own."""
        with contextlib.suppress(FileNotFoundError):
            for folder in sorted(self._folder.iterdir()):
                if len(folder.name) != 2 or not folder.is_dir():
                    continue
                for path in sorted(folder.glob("*.piece")):
                    with contextlib.suppress(ValueError):
                        yield bytes.fromhex(path.stem), path

    def records(self, pack: int) -> Iterator[Found]:
        """The records of a pack in order; what is damaged is passed over up to the next sound header."""
        try:
            file = open(self.path(Place(pack, 0, 0)), "rb", buffering=0)  # noqa: SIM115 - closed below
        except FileNotFoundError:
            return
        with file:
            size = os.fstat(file.fileno()).st_size
            at = 0
            while at + HEADER_BYTES <= size:
                header = read_header(os.pread(file.fileno(), HEADER_BYTES, at))
                if header is None or at + header.stored > size:
                    after = _next_magic(file.fileno(), at + 1, size)
                    if after is None:
                        return
                    at = after
                    continue
                yield Found(header, Place(pack, at, header.stored))
                at += header.stored

    def everything(self) -> Iterator[Found]:
        """Every record of every file."""
        for pack in self.numbers():
            yield from self.records(pack)
        for digest, path in self.loose():
            try:
                with open(path, "rb") as file:
                    header = read_header(file.read(HEADER_BYTES))
                    size = os.fstat(file.fileno()).st_size
            except FileNotFoundError:
                continue  # tidied away meanwhile
            if header is not None and header.hash == digest and size == header.stored:
                yield Found(header, Place(LOOSE, 0, header.stored))

    def remove_pack(self, pack: int, before_ns: int | None = None) -> bool:
        """Deletes a pack that nothing refers to any more, unless it was written to since; whether it is gone."""
        path = self.path(Place(pack, 0, 0))
        with self._lock:
            if written_since(path, before_ns):
                return False
            if self._writing is not None and self._writing[0] == pack:
                self._leave()
            path.unlink(missing_ok=True)
        with self._read_lock:
            if (descriptor := self._reading.pop(pack, None)) is not None:
                os.close(descriptor)
        return True

    def remove_loose(self, digest: bytes, before_ns: int | None = None) -> bool:
        """Deletes a record with a file of its own, unless it was written since; whether it is gone."""
        path = self.path(Place(LOOSE, 0, 0), digest)
        with self._lock:
            if written_since(path, before_ns):
                return False
            path.unlink(missing_ok=True)
        return True

    def begin_new_pack(self) -> None:
        """Has the next record begin a new pack, so that an old one can be taken away."""
        with self._lock:
            self._leave()
            self._go_on = False

    def close(self) -> None:
        """Closes every file."""
        with self._lock:
            self._leave()
        with self._read_lock:
            for descriptor in self._reading.values():
                os.close(descriptor)
            self._reading.clear()

    def _leave(self) -> None:
        if self._writing is not None:
            os.close(self._writing[1])
            self._writing = None


def _next_magic(descriptor: int, at: int, size: int) -> int | None:
    """Where the next header may begin."""
    while at < size:
        data = os.pread(descriptor, _SEARCH_BYTES, at)
        found = data.find(MAGIC)
        if found >= 0:
            return at + found
        if len(data) < len(MAGIC):
            return None
        at += len(data) - len(MAGIC) + 1
    return None
