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


def since_ns(entry: Entry, last: Version | None, found: bool, now_ns: int) -> int:
    """From when a state counts as valid.

    The first version of a file that a root's first scan `found` is taken as unchanged since its mtime, that of any
    other file begins when it was seen.  A later one begins with the inode's ctime, unless that was before the version
    it follows: what lies below a renamed folder, say, is somewhere else though its own inode tells of no change.
    """
    if last is None and found:
        return min(entry.mtime_ns, now_ns)
    earliest = now_ns - 2 * LONGEST_NS if last is None else last.since_ns
    if last is not None and (last.root, last.path) != (entry.root, entry.path):
        earliest = max(earliest, last.seen_ns)  # it was at its old place then
    return entry.ctime_ns if earliest < entry.ctime_ns <= now_ns else now_ns
