"""Tags on the files themselves (user.xdg.tags) beside those in the vault: who follows whom.

The vault is the truth.  The attribute is a mirror for other programs: what they change in it is taken in, and what they
lose by replacing a file is written again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import msgspec

from lsfs.core import xattrs
from lsfs.core.records import Kind, StatKey
from lsfs.core.xattrs import split_tags
from lsfs.ingest.opening import Opener
from lsfs.store.database import Transaction
from lsfs.store.vault import Entry, Vault


class Mirrored(msgspec.Struct, frozen=True):
    """What is to be written to a file."""

    entry: int
    tags: str


class Change(msgspec.Struct, frozen=True):
    """What a look at the attribute means."""

    tags: tuple[str, ...] | None = None
    """The tags that the vault takes in; None where it stays as it is."""
    write: str | None = None
    """What is written to the file; None where that stays as it is."""


def compare(before: str | None, now: str | None, own: Sequence[str]) -> Change:
    """What follows from the attribute being `now` where it was `before` and the vault has `own`.

    `before` is None for a file that was not looked at before: a new one, or one that took another's place.
    `now` is None where the file system keeps no attributes.
    """
    if now is None or now == before:
        return Change()
    said = split_tags(now)
    if sorted(said) == sorted(own):
        return Change()
    if before is None and not said:
        # Lost when a program wrote the file anew; who takes tags away does so on the file that had them.
        return Change(write=value_of(own))
    return Change(tags=said)


def value_of(tags: Sequence[str]) -> str:
    """The attribute's value for tags; a comma within one cannot be said there."""
    return ",".join(tag.replace(",", " ") for tag in tags)


def take_in(
    tx: Transaction, vault: Vault, fresh: Sequence[tuple[Entry, Entry]], tags: Mapping[int, Sequence[str]]
) -> list[Mirrored]:
    """Has the vault follow the attributes of (entry as read, entry as it was); returns what is to be written back."""
    back = []
    for read, before in fresh:
        change = compare(before.mirror, read.mirror, tags.get(read.lineage, ()))
        if change.tags is not None:
            vault.tags.set(tx, read.lineage, change.tags)
        if change.write is not None:
            back.append(Mirrored(read.id, change.write))
    return back


class Reflector:
    """Writes tags to files, and looks at what they say."""

    def __init__(self, vault: Vault, opener: Opener) -> None:
        self._vault = vault
        self._opener = opener

    def look(self, entry: Entry, key: StatKey) -> xattrs.Attributes | None:
        """The attributes of the file at an entry's path, while it is as `key` says; None where it is not."""
        try:
            descriptor = self._opener.open(entry.root, entry.path)
        except OSError:
            return None
        try:
            found = xattrs.read(descriptor)
            return found if StatKey.of(os.fstat(descriptor)) == key else None
        except OSError:
            return None
        finally:
            os.close(descriptor)

    def write_back(self, mirrors: Sequence[Mirrored]) -> None:
        """Writes tags to files that lost them when a program wrote them anew."""
        current = self._vault.entries.many([mirrored.entry for mirrored in mirrors])
        for mirrored in mirrors:
            if (entry := current.get(mirrored.entry)) is not None:
                self.write(entry, mirrored.tags)

    def show(self, entries: Sequence[Entry]) -> None:
        """Writes the tags that the vault has to those of the files that do not show them."""
        files = [entry for entry in entries if entry.kind is Kind.FILE]
        tags = self._vault.tags.of_many([entry.lineage for entry in files])
        for entry in files:
            value = value_of(tags.get(entry.lineage, ()))
            if entry.mirror != value:
                self.write(entry, value)

    def write(self, entry: Entry, tags: str) -> None:
        """Makes `tags` the attribute of the file at an entry's path, if that file still stands there.

        What cannot be written (no attributes here, a file of somebody else) stays in the vault alone.
        """
        try:
            descriptor = self._opener.open(entry.root, entry.path)
        except OSError:
            return
        try:
            if StatKey.of(os.fstat(descriptor)) != entry.key or not xattrs.write_tags(descriptor, tags):
                return
            # The change of an attribute shows in the ctime, which else would have the file read again.
            key = StatKey.of(os.fstat(descriptor))
        finally:
            os.close(descriptor)
        with self._vault.turn, self._vault.write() as tx:
            now = self._vault.entries.many([entry.id]).get(entry.id)
            if now is not None and now.key == entry.key:
                self._vault.entries.put(tx, [msgspec.structs.replace(now, ctime_ns=key.ctime_ns, mirror=tags)])
