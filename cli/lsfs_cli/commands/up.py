"""``lsfs up``: start the daemon, watch folders, perhaps wait until they can be searched."""

from __future__ import annotations

from typing import Any

import click

from lsfs.core.errors import LsfsError
from lsfs_cli.command import Command, pass_session
from lsfs_cli.roots_text import render_roots
from lsfs_cli.session import Session


@click.command("up", cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--wait", "until", flag_value="all", help="Until all of every folder is found by words and by meaning.")
@click.option("--wait-words", "until", flag_value="words", help="Until all of every folder is found by its words.")
@pass_session
def up_command(session: Session, paths: tuple[str, ...], until: str | None) -> None:
    """Start the daemon, and watch and index the folders.

    Searching works within seconds, while indexing goes on. Ctrl-C ends the waiting, not the indexing.
    """
    client = session.client()
    wired = [session.wire_path(path) for path in paths]
    result = client.call("up", {"paths": wired, "wait": until or "no"}) if paths else client.call("roots")
    if until is None:
        session.show(result, render_roots(result["roots"], session.style))
        if paths:
            session.note("indexing goes on in the background: lsfs status")
        elif not result["roots"]:
            session.note("the daemon runs and watches nothing yet: lsfs up FOLDER")
        return
    if not session.json:
        session.say(render_roots(result["roots"], session.style))
    try:
        _follow(session, client.stream("progress", {"until": until, "paths": wired}))
    except KeyboardInterrupt:
        session.note("\nthe daemon goes on with it: lsfs status")
        raise
    except LsfsError as error:
        error.hint = error.hint or "what was indexed so far is kept; lsfs up goes on"
        raise
    if session.json:
        session.document(client.call("roots"))


def _follow(session: Session, events: Any) -> None:
    if session.json or session.quiet:
        for _ in events:
            pass
    elif session.stderr.isatty():
        from lsfs_cli.progress_bar import follow_with_bar

        follow_with_bar(events, session.stderr)
    else:
        from lsfs_cli.progress_lines import follow_with_lines

        follow_with_lines(events, session.note)
