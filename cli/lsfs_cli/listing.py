"""Lists as text: columns under each other, and what is long cut in the middle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

MOST_LINES = 24


def shortened(items: Sequence[T], render: Callable[[T], str], most: int = MOST_LINES) -> list[str]:
    """A line for each item; of more than `most` the first and the last, with the count of those between."""
    if len(items) <= most:
        return [render(item) for item in items]
    first, last = most * 5 // 8, max(1, most // 4 - 1)
    return [
        *(render(item) for item in items[:first]),
        f"  … {len(items) - first - last:,} more …",
        *(render(item) for item in items[-last:]),
    ]


def width_of(texts: Sequence[str], most: int) -> int:
    """How wide a column is: as its widest text that is not wider than `most`."""
    return max((len(text) for text in texts if len(text) <= most), default=0)
