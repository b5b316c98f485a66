"""The prompt of ``lsfs shell`` on a terminal: readline with Tab and a history that is this user's alone."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Sequence

from lsfs.core.errors import LsfsError
from lsfs.core.locations import make_private_folder
from lsfs_cli.shell.words import completions

PROMPT = "lsfs> "
MOST_LINES = 2000
"""Of the history."""
_TAGS_SECONDS = 10.0
"""How long tags that were looked up are taken as they are."""


class Prompt:
    """Asks for lines."""

    def __init__(self, history: str, commands: Iterable[str], tags: Callable[[], Sequence[str]]) -> None:
        """`history` is the file that lines are kept in; it is made if it is missing, 0600."""
        import readline

        self._readline = readline
        self._history = history
        self._commands = list(commands)
        self._look_up = tags
        self._tags: Sequence[str] = ()
        self._tags_due = 0.0
        self._found: list[str] = []
        readline.set_auto_history(False)  # answers to questions are none of it
        readline.set_completer_delims(" \t\n")
        readline.set_completer(self._complete)
        readline.parse_and_bind("tab: complete")
        self._open_history()

    def line(self) -> str:
        """The next line; raises EOFError at Ctrl-D."""
        line = input(PROMPT)
        if line.strip() and not line.startswith(" "):  # as shells do, what begins with a blank is not kept
            self._readline.add_history(line)
            with contextlib.suppress(OSError):
                self._readline.append_history_file(1, self._history)
        return line

    def close(self) -> None:
        """Gives the Tab key and the history back."""
        self._readline.set_completer(None)
        self._readline.set_auto_history(True)
        self._readline.clear_history()

    def _open_history(self) -> None:
        with contextlib.suppress(OSError, LsfsError):
            make_private_folder(os.path.dirname(self._history))
            os.close(os.open(self._history, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600))
            os.chmod(self._history, 0o600)
            self._readline.set_history_length(MOST_LINES)
            self._readline.clear_history()
            self._readline.read_history_file(self._history)

    def _complete(self, text: str, state: int) -> str | None:
        if state == 0:
            line, begin = self._readline.get_line_buffer(), self._readline.get_begidx()
            line = line[: self._readline.get_endidx()]
            try:
                self._found = completions(line, begin, self._commands, self._known_tags)
            except Exception:  # readline's boundary, which shows nothing of it and must not end the shell
                self._found = []
        return self._found[state] if state < len(self._found) else None

    def _known_tags(self) -> Sequence[str]:
        if time.monotonic() >= self._tags_due:
            self._tags, self._tags_due = self._look_up(), time.monotonic() + _TAGS_SECONDS
        return self._tags
