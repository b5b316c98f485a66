"""Progress as plain lines, for a log or a pipe."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

LINE_SECONDS = 5.0

PHASES = {
    "scan": "looking at files",
    "words": "reading (search by words)",
    "vectors": "reading for meaning",
    "versions": "recording versions",
    "queued": "waiting for another op",
    "check": "looking at what is there",
    "write": "writing",
    "change": "changing",
    "done": "done",
}


def follow_with_lines(
    events: Iterable[dict[str, Any]], write: Callable[[str], None], clock: Callable[[], float] = time.monotonic
) -> None:
    """Writes a line when a phase or a note begins, every five seconds, and at the end."""
    phase, note, due = None, "", 0.0
    for event in events:
        begins = event["phase"] != phase or event["note"] != note
        if begins or event["finished"] or clock() >= due:
            write(progress_text(event))
            due = clock() + LINE_SECONDS
        phase, note = event["phase"], event["note"]


def progress_text(event: dict[str, Any]) -> str:
    """One line about an event (`lsfs.core.api.ProgressEvent`, decoded)."""
    line = PHASES.get(event["phase"], event["phase"])
    if event["total"]:
        line += f": {event['done']:,} of {event['total']:,} {event.get('noun', 'files')}"
    if event["rate"] >= 0.5 and not event["finished"]:
        line += f", {event['rate']:,.0f} files/s"
    return f"{line} ({event['note']})" if event["note"] else line
