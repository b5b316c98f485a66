"""Work that reports while it goes on, as an iterator of events that ends it when it is closed."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from lsfs.core.api import Judged, SayEvent, SayResult
from lsfs.core.errors import LsfsError

log = logging.getLogger(__name__)

_BEAT_S = 0.2
"""Without news an event is given all the same: only then does a door notice that nobody listens any more."""


class Emit(Protocol):
    """Takes news of the work."""

    def __call__(self, phase: str, text: str = "", /, *, judged: Judged | None = None) -> bool:
        """Takes a phase, a piece of text, what a file was judged to be.

        False where nobody listens any more, and the work should end.
        """


def streamed(work: Callable[[Emit], SayResult]) -> Iterator[SayEvent]:
    """The events of `work`, which runs in a thread of its own.  Raises what it raises.

    The last has its result, and in that every file that was judged on the way.
    """
    events: queue.SimpleQueue[SayEvent | Exception] = queue.SimpleQueue()
    gone = threading.Event()
    every: list[Judged] = []

    def emit(phase: str, text: str = "", /, *, judged: Judged | None = None) -> bool:
        if judged is not None:
            every.append(judged)
        events.put(SayEvent(phase=phase, text=text, judged=judged))  # type: ignore[arg-type]  # one of the phases
        return not gone.is_set()

    def run() -> None:
        try:
            result = work(emit)
            events.put(
                SayEvent(phase="done", result=msgspec.structs.replace(result, judged=tuple(dict.fromkeys(every))))
            )
        except Exception as error:  # a thread's boundary: raised again by the iterator, if it is still there
            if gone.is_set() and not isinstance(error, LsfsError):
                log.error("work that nobody waited for failed", exc_info=error)
            events.put(error)

    thread = threading.Thread(target=run, name="lsfs-saying", daemon=True)
    thread.start()
    phase = "understanding"
    try:
        while True:
            try:
                event = events.get(timeout=_BEAT_S)
            except queue.Empty:
                yield SayEvent(phase=phase)  # type: ignore[arg-type]  # the last one that was given
                continue
            if isinstance(event, Exception):
                raise event
            phase = event.phase
            yield event
            if event.phase == "done":
                return
    finally:
        gone.set()
