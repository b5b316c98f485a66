"""When a captured state becomes a version, and whether it is one.  Pure."""

from __future__ import annotations

from lsfs.core.records import Kind
from lsfs.store.vault import Entry, Version

SETTLE_NS = 2_000_000_000
"""A content that stood still this long (by its ctime) is kept as a version."""
LONGEST_NS = 10_000_000_000
"""A file that never stands still gets a version this long after the first capture that is not one yet."""


def due_ns(ctime_ns: int, pending_ns: int, now_ns: int) -> int:
    """When a pending state becomes a version."""
    if pending_ns > now_ns:
        return now_ns  # the clock was set back since, and says nothing of how long the content stood
    return min(ctime_ns + SETTLE_NS, pending_ns + LONGEST_NS)


def differs(entry: Entry, last: Version | None) -> bool:
    """Whether an entry's state is not what its newest version says: a touch, chmod, rename or attribute differs too."""
    if last is None or last.gone:
        return True
    same = (
        last.kind == entry.kind
        and last.content == entry.content
        and last.target == entry.target
        and last.root == entry.root
        and last.path == entry.path
        and last.mode == entry.mode
        and last.xattrs == entry.xattrs
    )
    # A directory's mtime changes with every name in it, and those have versions of their own.
    return not (same and (entry.kind is Kind.DIR or last.mtime_ns == entry.mtime_ns))


def is_content(entry: Entry, last_content: bytes | None) -> bool:
    """Whether a state counts as a new content, and so gets a number."""
    return entry.kind is Kind.FILE and entry.content is not None and entry.content != last_content


def has_come(entry: Entry, last: Version | None) -> bool:
    """Whether something was elsewhere, or nowhere, when the newest version of its history was made."""
    return last is not None and (bool(last.gone) or (last.root, last.path) != (entry.root, entry.path))


def since_ns(entry: Entry, last: Version | None, found: bool, now_ns: int, folder_ns: int = 0) -> int:
    """From when a state counts as valid.

    The first version of a file that a root's first scan `found` is taken as unchanged since its mtime, that of any
    other file begins when it was seen.  A later one begins with the inode's ctime, unless that was before the version
    it follows.  What lies below a renamed folder is somewhere else though its own inode tells of no change, so that
    nothing that `has_come` did so before `folder_ns`, when its folder came to be where that is.
    """
    if last is None and found:
        return min(entry.mtime_ns, now_ns)
    earliest = now_ns - 2 * LONGEST_NS if last is None else last.since_ns
    began = entry.ctime_ns
    if last is not None and has_come(entry, last):
        earliest = max(earliest, last.seen_ns)  # it was at its old place then
        began = max(began, folder_ns)
    return began if earliest < began <= now_ns else now_ns
