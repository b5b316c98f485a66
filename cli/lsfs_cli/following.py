"""Long work while it goes on: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lsfs_cli.session import Session

PATIENCE_S = 1.0
"""An op that takes less shows no progress."""


def follow(session: Session, events: Iterable[dict[str, Any]]) -> None:
    """Shows the events (`lsfs.core.api.ProgressEvent`, decoded) until they end; where there are none, nothing."""
    coming = iter(events)
    first = next(coming, None)
    if first is None:
        return
    coming = itertools.chain([first], coming)
    if session.json or session.quiet:
        for _ in coming:
            pass
    elif session.stderr.isatty():
        from lsfs_cli.progress_bar import follow_with_bar

        follow_with_bar(coming, session.stderr)
    else:
        from lsfs_cli.progress_lines import follow_with_lines

        follow_with_lines(coming, session.note)


def op_progress(
    events: Iterable[dict[str, Any]], clock: Callable[[], float] = time.monotonic
) -> Iterator[dict[str, Any]]:
    """The events of an op (`lsfs.core.api.OpEvent`, decoded) as `follow` shows them; none of its first second."""
    begun = clock()
    for event in events:
        if event["phase"] != "done" and clock() - begun >= PATIENCE_S:
            yield {**event, "noun": "steps", "rate": 0.0, "note": "", "finished": False}
