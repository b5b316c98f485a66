"""Asks the daemon what takes thought, and shows the answer while it is written."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping
from typing import Any, cast

from lsfs.core.errors import DaemonUnavailable
from lsfs.rpc.client import Client
from lsfs_cli.session import Session
from lsfs_cli.status_line import StatusLine, judged_text, status_text
from lsfs_cli.style import readable


class Said:
    """What came of it."""

    def __init__(self, result: dict[str, Any], streamed: str) -> None:
        self.result = result
        """`lsfs.core.api.SayResult`, decoded."""
        self.streamed = streamed
        """What of the answer stands on the terminal already."""


def said(session: Session, client: Client, route: str, fields: Mapping[str, Any]) -> Said:
    """What the daemon makes of `fields`; leaving this early, as Ctrl-C does, ends the work there."""
    pieces: list[str] = []
    live = session.stdout.isatty() and not session.json
    result: dict[str, Any] | None = None
    found_out = waits = phase = ""
    coming = cast("Generator[dict[str, Any]]", client.stream(route, fields))
    try:
        with contextlib.closing(coming) as events, StatusLine(session) as status:
            for event in events:
                result = event["result"]
                text = event["text"] if event["phase"] == "writing" else ""
                if live and (text.strip() or (text and pieces)):
                    status.show("")
                    pieces.append(text)
                    session.write(readable(text))
                    session.flush()
                elif not pieces:
                    found_out = judged_text(event) or (found_out if event["phase"] == "looking" else "")
                    if event["text"] or event["phase"] != phase:  # the same phase again says that it goes on
                        waits = status_text(event)
                    status.show(found_out or waits)
                phase = event["phase"]
    finally:
        if pieces and not pieces[-1].endswith("\n"):
            session.say("")
    if result is None:
        raise DaemonUnavailable("the daemon stopped before it had answered", hint="try again")
    return Said(result, "".join(pieces))
