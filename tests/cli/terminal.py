"""A program on a terminal of its own, as somebody at a keyboard meets it."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

SOURCES = [str(Path(__file__).parents[2] / folder) for folder in ("", "daemon", "cli")]
PATIENCE_S = 20.0
CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[()][A-Z0-9]|\x1b[=>]|\r|.\x08")


class Terminal:
    """A program with its own terminal; what it says comes without what moves the cursor or colours."""

    def __init__(self, command: list[str], environ: dict[str, str], cwd: Path) -> None:
        self.child, self.here = pty.fork()
        if self.child == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, environ)
        self.said = ""

    def type(self, text: str) -> None:
        os.write(self.here, text.encode())

    def until(self, text: str) -> str:
        """What was said up to and with `text`, which is then forgotten; fails the test when it never comes."""
        end = time.monotonic() + PATIENCE_S
        while text not in self.said:
            assert self._read(end - time.monotonic()), f"never said {text!r}: {self.said!r}"
        before, _, self.said = self.said.partition(text)
        return before + text

    def interrupt(self, done: Callable[[], object]) -> None:
        """Presses Ctrl-C until `done`: one just before Python waits for a key is unseen until the next."""
        for _ in range(int(PATIENCE_S)):
            self.type("\x03")
            end = time.monotonic() + 1.0
            while (left := end - time.monotonic()) > 0:
                if done():
                    return
                self._read(min(left, 0.05))
        raise AssertionError(f"Ctrl-C did nothing: {self.said!r}")

    def ended(self) -> int:
        """The exit code, once it has ended."""
        while self._read(PATIENCE_S):
            pass
        _, status = os.waitpid(self.child, 0)
        self.child = 0
        return os.waitstatus_to_exitcode(status)

    def _read(self, patience: float) -> bool:
        if patience <= 0 or not select.select([self.here], [], [], patience)[0]:
            return False
        try:
            piece = os.read(self.here, 65536)
        except OSError:
            return False
        # What moves the cursor or colours; a sequence that is cut in two joins with its rest.
        self.said = CONTROLS.sub("", self.said + piece.decode(errors="replace"))
        return bool(piece)

    def close(self) -> None:
        if self.child:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self.here)
