"""The wish that the daemon end, which a signal, a request or a test may utter."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType


class StopRequest:
    """Made once and waited for by one thread.

    A pipe, because a signal's handler may run while its own thread holds any lock, that of an event included.
    """

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        os.set_blocking(self._writing, False)

    def make(self) -> None:
        """Asks to stop; from any thread or signal handler, any number of times."""
        with contextlib.suppress(BlockingIOError, OSError):
            os.write(self._writing, b"x")

    def wait(self) -> None:
        """Returns once somebody asks."""
        os.read(self._reading, 1)

    def close(self) -> None:
        """Gives the pipe back."""
        os.close(self._reading)
        os.close(self._writing)

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT ask to stop meanwhile, and SIGHUP does nothing: a daemon outlives its terminal."""

        def ask(number: int, frame: FrameType | None) -> None:
            self.make()

        before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
