"""Ctrl-C while the daemon changes files: it takes them back, and only then this process ends."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable

from lsfs.core.errors import LsfsError


class CtrlC(contextlib.AbstractContextManager["CtrlC"]):
    """Within it Ctrl-C calls `cancel` instead of ending this process; a second one ends it.  For the main thread."""

    def __init__(self, cancel: Callable[[], object]) -> None:
        self.pressed = False
        self._cancel = cancel
        self._cancelled = False
        self._before = signal.getsignal(signal.SIGINT)

    def __enter__(self) -> CtrlC:
        if self._before is not signal.SIG_IGN:  # as in the background of a script, which Ctrl-C does not mean
            signal.signal(signal.SIGINT, self._press)
        return self

    def __exit__(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)

    def cancel_if_pressed(self) -> None:
        """Cancels if that is wanted and was not accepted yet: an op that is not under way cannot be cancelled."""
        if self.pressed and not self._cancelled:
            with contextlib.suppress(LsfsError):
                self._cancel()
                self._cancelled = True

    def _press(self, *_: object) -> None:
        signal.signal(signal.SIGINT, self._before)
        self.pressed = True
        self.cancel_if_pressed()
