"""Keeps services running: started in order, restarted with growing pauses when they fail, stopped in reverse."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

logger = logging.getLogger(__name__)

STEADY_SECONDS = 60.0
"""A service that ran this long is taken as healthy again: its next failure waits the first pause."""


class Service(Protocol):
    """Something that runs until it is told to stop."""

    @property
    def name(self) -> str:
        """What the log calls it."""

    def run(self, ready: Callable[[], None]) -> None:
        """Works until `stop`; calls `ready` once it does.  To raise is to fail, and to be run again later."""

    def stop(self) -> None:
        """Makes `run` return soon; called from another thread, at any time, perhaps before `run`."""


def backoff(first: float = 0.5, most: float = 60.0) -> Iterator[float]:
    """Seconds to wait before each further attempt: doubling from `first` to `most`."""
    pause = first
    while True:
        yield pause
        pause = min(pause * 2, most)


class Supervisor:
    """Runs services, each in a thread of its own, while its context lasts.

    Leaving the context stops them in reverse order, each ended before the next is told to stop.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        pauses: Callable[[], Iterator[float]] = backoff,
    ) -> None:
        self._clock = clock
        self._pauses = pauses
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Supervisor:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def start(self, service: Service, *, ready_seconds: float = 30.0) -> None:
        """Returns when `service` is ready, or after its first failure raises that."""
        keeper = _Keeper(service, self._clock, self._pauses)
        thread = threading.Thread(target=keeper.keep, name=service.name)
        thread.start()
        self._stack.callback(thread.join)
        self._stack.callback(keeper.stop)
        if not keeper.settled.wait(ready_seconds):
            logger.warning("%s is not ready after %.0f s", service.name, ready_seconds)
        if keeper.first_failure is not None:
            raise keeper.first_failure


class _Keeper:
    def __init__(self, service: Service, clock: Callable[[], float], pauses: Callable[[], Iterator[float]]) -> None:
        self.settled = threading.Event()
        self.first_failure: Exception | None = None
        self._service = service
        self._clock = clock
        self._pauses = pauses
        self._stopping = threading.Event()

    def keep(self) -> None:
        pauses = self._pauses()
        while not self._stopping.is_set():
            began = self._clock()
            try:
                self._service.run(self.settled.set)
            except Exception as error:  # a service's boundary: what it raises costs that service only
                if not self.settled.is_set():
                    self.first_failure = error
                    self.settled.set()
                    return
                logger.exception("%s failed", self._service.name)
            else:
                return
            if self._clock() - began > STEADY_SECONDS:
                pauses = self._pauses()
            self._stopping.wait(next(pauses))

    def stop(self) -> None:
        self._stopping.set()
        self._service.stop()
