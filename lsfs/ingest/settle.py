"""Writes the version rows of states that have stood still, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lsfs.core.paths import ancestors, split
from lsfs.core.records import Kind
from lsfs.store.database import Transaction
from lsfs.store.vault import Entry, Vault, Version
from lsfs.versions.settling import differs, has_come, is_content, since_ns

NO_ROOM = "there was no room for it"
"""Why a version was never kept."""


def settle(
    tx: Transaction, vault: Vault, entries: Sequence[Entry], now_ns: int, *, gone: bool = False, op: int | None = None
) -> int:
    """Writes a version for each entry whose state is not its lineage's newest version yet; returns how many.

    The first version of a file that a root's first scan found counts as valid since its mtime.  With `gone` the
    entries have vanished: a lineage with versions gets a row that says so, kept of it still or not, and one without
    leaves no trace.
    `op` is the op of lsfs that made the state.
    """
    entries = sorted((entry for entry in entries if gone or not entry.unversioned), key=lambda entry: entry.seq)
    # Cut off between the look at a file's new name and that at its old one, both hold its lineage: each in its turn.
    first = {entry.lineage: entry.id for entry in reversed(entries)}
    later = [entry for entry in entries if first[entry.lineage] != entry.id]
    entries = [entry for entry in entries if first[entry.lineage] == entry.id]
    baselines = {root.id: root.baseline for root in vault.roots.all()}

    def found(entry: Entry) -> bool:
        baseline = baselines.get(entry.root, 0)
        return baseline == 0 or entry.lineage <= baseline

    lineages = [entry.lineage for entry in entries]
    newest = vault.versions.newest(tx, lineages)
    if gone:
        entries = [entry for entry in entries if entry.lineage in newest and not newest[entry.lineage].gone]
    else:
        entries = [entry for entry in entries if differs(entry, newest.get(entry.lineage))]
    counted_last = vault.versions.newest_contents(tx, lineages) if newest else {}
    counted = [] if gone else [e.lineage for e in entries if is_content(e, counted_last.get(e.lineage))]
    numbers = vault.versions.next_numbers(tx, counted)
    folders = {} if gone else _folders(tx, vault, entries, newest)

    def since(entry: Entry) -> int:
        folder_ns = folders.get((entry.root, split(entry.path)[0]), 0)
        return now_ns if gone else since_ns(entry, newest.get(entry.lineage), found(entry), now_ns, folder_ns)

    seq = vault.next_seq(tx, len(entries)) if entries else 0
    versions = [
        Version(
            seq=number,
            lineage=entry.lineage,
            number=numbers.get(entry.lineage),
            root=entry.root,
            path=entry.path,
            kind=entry.kind.value,
            content=entry.content if entry.kind is Kind.FILE else None,
            target=entry.target,
            size=entry.size,
            mode=entry.mode,
            mtime_ns=entry.mtime_ns,
            xattrs=entry.xattrs,
            seen_ns=now_ns,
            since_ns=since(entry),
            gone=int(gone),
            op=op,
        )
        for number, entry in enumerate(entries, seq)
    ]
    vault.versions.add(tx, versions)
    # A state without a number has the content of the version before, which may not be kept either.
    if unkept := vault.pieces.missing(tx, list({version.content for version in versions if version.content})):
        vault.versions.drop(tx, [version.seq for version in versions if version.content in unkept], now_ns, NO_ROOM)
    return len(entries) + (settle(tx, vault, later, now_ns, gone=gone, op=op) if later else 0)


def _folders(
    tx: Transaction, vault: Vault, entries: Sequence[Entry], newest: Mapping[int, Version]
) -> dict[tuple[int, bytes], int]:
    """When the folders of entries that have come to their places came to be where they are, in ns."""
    wanted: dict[int, set[bytes]] = {}
    for entry in entries:
        if has_come(entry, newest.get(entry.lineage)):
            wanted.setdefault(entry.root, set()).update(ancestors(entry.path))
    found: dict[tuple[int, bytes], int] = {}
    for root, paths in wanted.items():
        # As they were before the caller's transaction: what that moves itself, it dates by its own clock.
        known = vault.entries.at(root, list(paths))
        for path in sorted(paths):
            above = found.get((root, split(path)[0]), 0)
            folder = known.get(path)
            if folder is None or folder.gone:
                found[root, path] = above
                continue
            came = vault.versions.came_ns(tx, folder.lineage, root, path)
            found[root, path] = max(above, came if came is not None else folder.ctime_ns)
    return found
