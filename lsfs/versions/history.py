"""What stood where and when: which version of a file a WHEN means, and the tree at a point in the past.

Versions are ordered by the vault's numbers, not by the clock, which may be set back.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from lsfs.core.errors import NothingFound, RefusedError, UsageError
from lsfs.core.paths import display
from lsfs.core.times import Back, BeforeOp, First, Moment, Numbered, When
from lsfs.store.vault import Bound, Entry, Vault, Version


class Listed(msgspec.Struct, frozen=True):
    """A version, and whether its content can be had."""

    version: Version
    kept: bool
    """True too for what has no content: a folder, a link, an end."""
    reason: str = ""
    """Why the content is not kept."""


class History:
    """The past of a vault, told in a time zone; reads only."""

    def __init__(self, vault: Vault, zone: dt.tzinfo = dt.UTC) -> None:
        self._vault = vault
        self._zone = zone

    def entry(self, root: int, path: bytes) -> Entry | None:
        """What stands at a path, or stood there last."""
        return self._vault.entries.at(root, [path]).get(path)

    def versions(self, lineage: int) -> list[Listed]:
        """A lineage's versions, oldest first."""
        rows = self._vault.versions.of(lineage)
        kept = self._vault.pieces.kept(list({row.content for row in rows if row.content is not None}))
        reasons = self._vault.versions.dropped(lineage)
        listed = []
        for row in rows:
            there = row.content is None or row.content in kept
            reason = "" if there else reasons.get(row.seq, "its bytes were not kept")
            listed.append(Listed(row, there, reason))
        return listed

    def bound(self, when: When) -> Bound:
        """Up to when a WHEN that names a time reaches; UsageError for one that counts versions."""
        match when:
            case Moment(ns):
                return Bound(ns=ns)
            case BeforeOp(op):
                row = self._vault.ops.get(op)
                if row is None or row.seq is None:
                    raise NothingFound(f"there is no op {op} that was carried out", hint="lsfs log")
                return Bound(seq=row.seq)
            case _:
                raise UsageError(
                    "a folder's versions are not counted",
                    hint="name a time: “yesterday”, 2026-03-12 15:00, “before op 17”",
                )

    def resolve(self, root: int, path: bytes, when: When, by: str = "") -> Version:
        """The version of the file at `path` that a WHEN means; its content is kept.

        The history at a path is that of the lineage there now, else of the last that ended there.  Where another
        lineage stood there then, `by` says which is meant: ``file``, that of now, or ``path``, whatever stood there.
        Raises NothingFound where there is none, RefusedError with the choices where it is not clear which is meant.
        """
        entry = self.entry(root, path)
        if entry is None:
            raise NothingFound("nothing is known of this path", path=display(path), hint="lsfs history names what is")
        lineage = entry.lineage
        if isinstance(when, Moment | BeforeOp):
            bound = self.bound(when)
            there = self._vault.versions.standing(root, path, bound)
            if there is not None and there.lineage != lineage:
                if by == "path":
                    return self._kept(there, path)
                if by != "file":
                    raise self._two_readings(path, lineage, there, bound)
            return self._kept(self._at(lineage, bound, path), path)
        return self._counted(lineage, path, when, gone=bool(entry.gone))

    def _at(self, lineage: int, bound: Bound, path: bytes) -> Version:
        found = self._vault.versions.at(lineage, bound)
        if found is None:
            first = next((each.version for each in self.versions(lineage)), None)
            since = f": the first is from {self._date(first.since_ns)}" if first is not None else ""
            raise NothingFound(
                f"that is before the first version{since}", path=display(path), hint="lsfs history lists them"
            )
        if found.gone:
            raise NothingFound(
                f"it did not exist then: it was gone since {self._date(found.since_ns)}",
                path=display(path),
                hint="lsfs history lists its versions",
            )
        return found

    def _counted(self, lineage: int, path: bytes, when: When, *, gone: bool) -> Version:
        counted = [each for each in self.versions(lineage) if each.version.number is not None]
        if not counted:
            raise NothingFound("it has no versions", path=display(path))
        if isinstance(when, Numbered):
            found = next((each.version for each in counted if each.version.number == when.number), None)
            if found is None:
                have = f"@{counted[0].version.number} to @{counted[-1].version.number}"
                raise NothingFound(f"there is no version @{when.number}: it has {have}", path=display(path))
            return self._kept(found, path)
        kept = [each.version for each in counted if each.kept]
        if isinstance(when, First):
            if not kept:
                raise NothingFound("none of its versions is kept", path=display(path))
            return kept[0]
        assert isinstance(when, Back)
        # Of a file that is there, the newest is what it says now; of one that is gone, the newest is one step back.
        older = kept if gone else [version for version in kept if version is not counted[-1].version]
        if when.count > len(older):
            raise NothingFound(
                f"there are only {len(older)} kept versions before this one", path=display(path), hint="lsfs history"
            )
        return older[-when.count]

    def _kept(self, version: Version, path: bytes) -> Version:
        """The version itself; raises NothingFound that names the nearest kept ones where its content is not kept."""
        if version.content is None or self._vault.pieces.kept([version.content]):
            return version
        listed = self.versions(version.lineage)
        reason = next((each.reason for each in listed if each.version.seq == version.seq), "")
        near = [each.version for each in listed if each.kept and each.version.number is not None]
        before = [v for v in near if v.seq < version.seq][-1:]
        after = [v for v in near if v.seq > version.seq][:1]
        choices = " or ".join(f"@{v.number} of {self._date(v.since_ns)}" for v in (*before, *after))
        number = (
            f"@{version.number}" if version.number is not None else f"the version of {self._date(version.since_ns)}"
        )
        raise NothingFound(
            f"the content of {number} is not kept any more: {reason}" if reason else f"{number} is not kept",
            path=display(path),
            hint=f"near it is {choices}" if choices else "",
        )

    def _two_readings(self, path: bytes, lineage: int, there: Version, bound: Bound) -> RefusedError:
        own = self._vault.versions.at(lineage, bound)
        if own is None:
            mine = "the file that stands there now did not exist then"
        elif own.gone:
            mine = "the file that stands there now was gone then"
        else:
            mine = f"the file that stands there now was {display(own.path)} then"
        now = next(iter(self._vault.entries.holders([there.lineage])), None)
        other = (
            f"another file stood there, which is {display(now.path)} now"
            if now
            else "another file stood there, since gone"
        )
        return RefusedError(
            f"it is not clear which file is meant: {mine}; {other}",
            path=display(path),
            hint="--by file means the first, --by path the other",
        )

    def tree(self, root: int, folder: bytes, bound: Bound) -> dict[bytes, Version]:
        """What stood below `folder` then, by path."""
        return self._vault.versions.tree(root, folder, bound)

    def _date(self, ns: int) -> str:
        return dt.datetime.fromtimestamp(ns / 1e9, self._zone).strftime("%Y-%m-%d %H:%M:%S")
