"""Telling a file that a crash has left half written from one that somebody has written since.  Pure."""

from __future__ import annotations

_BLOCK_BYTES = 4096
"""What the system writes as one: blocks reach the disk in any order, and a write ends between any two."""


def is_torn(now: bytes, one: bytes, other: bytes) -> bool:
    """Whether `now` is what a file may look like while one content is written over the other from the beginning.

    The three begin at the same offset, which is one of a block.  In each block the new bytes come first, then the old
    ones; which is which does not matter: what was written over may be being taken back.  A block that was never
    written reads as zeros.
    """
    for at in range(0, len(now), _BLOCK_BYTES):
        block, first, second = (part[at : at + _BLOCK_BYTES] for part in (now, one, other))
        if block in (first, second) or not any(block):
            continue
        if not _is_over(block, first, second) and not _is_over(block, second, first):
            return False
    return True


def _is_over(now: bytes, new: bytes, old: bytes) -> bool:
    """Whether a block begins with new bytes and goes on with old ones."""
    pairs = enumerate(zip(now, new, strict=False))
    written = next((number for number, (is_now, is_new) in pairs if is_now != is_new), min(len(now), len(new)))
    return now[written:] == old[written : len(now)]
