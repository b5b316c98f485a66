"""One line on the terminal that says what is being waited for, and is gone when there is something to read."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from lsfs_cli.session import Session
from lsfs_cli.style import plain


class StatusLine(contextlib.AbstractContextManager["StatusLine"]):
    """Shows a text in place of the one before, on stderr, where that is a terminal; erased when this is left."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._wanted = session.stderr.isatty() and not (session.json or session.quiet)
        self._shown = ""

    def show(self, text: str) -> None:
        """Shows `text`, which has no line end; '' shows nothing."""
        if not self._wanted or text == self._shown:
            return
        self._session.flush()
        self._session.stderr.write(f"\r{text}\x1b[K" if text else "\r\x1b[K")
        self._session.stderr.flush()
        self._shown = text

    def __exit__(self, *_: object) -> None:
        self.show("")


def status_text(event: dict[str, Any]) -> str:
    """What a wait is for, by an event (`lsfs.core.api.SayEvent`, decoded); '' where it is over."""
    phase, text = event["phase"], plain(event["text"])
    if phase == "reading" and text:
        return f"reading {text if len(text) <= _NAME else f'{text[:_NAME]}…'}"
    return _WAITS.get(phase, "")


def judged_text(event: dict[str, Any]) -> str:
    """What was found out about a file that may be meant, by an event as above; '' where that is not its news."""
    judged = event.get("judged")
    if not judged:
        return ""
    name = plain(os.path.basename(judged["path"]))
    if len(name) > _NAME:
        name = f"{name[: _NAME // 2]}…{name[-_NAME // 2 + 1 :]}"
    return f"is it one: {name} … {'yes' if judged['yes'] else 'no'} {judged['odds']:.2f}"


_NAME = 48
"""Characters of a name on a line that must not be wrapped."""
_WAITS = {
    "loading": "loading the model…",
    "understanding": "reading the sentence…",
    "looking": "looking…",
    "reading": "reading…",
    "writing": "writing…",
}
