"""How far indexing is, as a stream of events that ends when what was asked for is done."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import Literal, Protocol

from lsfs.core.api import ProgressEvent, ProgressRequest
from lsfs.engine.changes import Changes
from lsfs.store.index import Index

_EVERY_S = 0.2
_AT_LEAST_EVERY_S = 1.0
_RATE_S = 3.0
_PAUSE = 30.0
"""Times as long as a count took, nothing is counted."""


class Work(Protocol):
    """What is still being done."""

    def scanning(self) -> bool:
        """Whether a scan runs or is due."""

    def reading(self) -> bool:
        """Whether files wait to be read or recorded."""

    def embedding(self) -> str | None:
        """Why vectors are not made though some are missing, '' while they are being made, None when none is missing."""

    def unversioned(self) -> int:
        """How many captured contents are not versions yet."""

    def hindrance(self) -> str:
        """Why nothing can be done now (a full disk, a pause); '' when all is well."""


class Progress:
    """Follows the work; each call of `follow` is a stream of its own."""

    def __init__(self, index: Index, work: Work, changes: Changes) -> None:
        self._index = index
        self._work = work
        self._changes = changes
        self._closed = False

    def close(self) -> None:
        """Ends all streams soon."""
        self._closed = True
        self._changes.happened()

    def follow(self, request: ProgressRequest) -> Iterator[ProgressEvent]:
        """Events until everything is done; the last one has `finished`."""
        samples: deque[tuple[float, int]] = deque()
        said = 0.0
        while not self._closed:
            count = self._changes.count()
            began = time.monotonic()
            event = self._event(request.until, samples)
            now = time.monotonic()
            if event.finished or now - said >= _EVERY_S:
                said = now
                yield event
            if event.finished:
                return
            self._changes.wait(count, _AT_LEAST_EVERY_S)
            # A storm of commits is one event, and counting takes little of the time that it counts.
            self._rest(max(_EVERY_S / 4, _PAUSE * (now - began)))
        yield ProgressEvent(phase="done", done=0, total=0, note="the daemon is stopping", finished=True)

    def _rest(self, seconds: float) -> None:
        """Sleeps, but not past the end of a scan, or of all reading."""
        under_way = self._work.scanning(), self._work.reading()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._closed:
            time.sleep(min(left, _EVERY_S / 4))
            if (self._work.scanning(), self._work.reading()) != under_way:
                return

    def _event(self, until: Literal["words", "all"], samples: deque[tuple[float, int]]) -> ProgressEvent:
        scanning, reading = self._work.scanning(), self._work.reading()
        note = self._work.hindrance()
        files = self._index.files.totals()
        total = sum(count for state, count in files.items() if state not in ("bytes", "ignored"))
        done = total - files.get("queued", 0) - files.get("unstable", 0)
        if scanning and not done:
            return ProgressEvent(phase="scan", done=0, total=total, note=note)
        if scanning or reading:
            return ProgressEvent(phase="words", done=done, total=total, rate=_rate(samples, done), note=note)
        if until == "words":
            return ProgressEvent(phase="done", done=done, total=total, finished=True, note=note)
        hindered = self._work.embedding()
        if hindered is not None and not hindered:
            contents = self._index.contents.totals()
            total = contents.get("text", 0)
            made = total - contents["unembedded"]
            return ProgressEvent(phase="vectors", done=made, total=total, rate=_rate(samples, made), note=note)
        if waiting := self._work.unversioned():
            return ProgressEvent(phase="versions", done=0, total=waiting, note=note)
        return ProgressEvent(phase="done", done=done, total=total, finished=True, note=hindered or note)


def _rate(samples: deque[tuple[float, int]], done: int) -> float:
    """Things per second over the last seconds."""
    now = time.monotonic()
    if samples and done < samples[-1][1]:
        samples.clear()
    samples.append((now, done))
    while now - samples[0][0] > _RATE_S and len(samples) > 2:
        samples.popleft()
    seconds = now - samples[0][0]
    return round((done - samples[0][1]) / seconds, 1) if seconds > 0.2 else 0.0
