"""Times as results show them: ISO 8601 in UTC; the reader's zone is the renderer's business."""

from __future__ import annotations

import datetime as dt


def iso(ns: int | None) -> str:
    """A time in ns, to the millisecond; '' for none."""
    return "" if ns is None else dt.datetime.fromtimestamp(ns / 1e9, dt.UTC).isoformat(timespec="milliseconds")
