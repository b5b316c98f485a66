"""``lsfs up``: start the daemon, watch folders, perhaps wait until they can be searched."""

from __future__ import annotations

from typing import Any

import click

from lsfs.core.errors import LsfsError, UsageError
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.following import follow
from lsfs_cli.root_options import root_options, settings_of
from lsfs_cli.roots_text import render_roots
from lsfs_cli.session import Session


@click.command("up", cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete_path)
@click.option("--wait", "until", flag_value="all", help="Until all of every folder is found by words and by meaning.")
@click.option("--wait-words", "until", flag_value="words", help="Until all of every folder is found by its words.")
@root_options
@pass_session
def up_command(session: Session, /, paths: tuple[str, ...], until: str | None, **options: Any) -> None:
    """Start the daemon, and watch and index the folders.

    Searching works within seconds, while indexing goes on. Ctrl-C ends the waiting, not the indexing.
    """
    settings = settings_of(**options)
    if settings and not paths:
        raise UsageError("the folder that the settings are for is missing")
    client = session.client()
    wired = [session.wire_path(path) for path in paths]
    request = {"paths": wired, "wait": until or "no", "settings": settings}
    result = client.call("up", request) if paths else client.call("roots")
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
        follow(session, client.stream("progress", {"until": until, "paths": wired}))
    except KeyboardInterrupt:
        session.note("\nthe daemon goes on with it: lsfs status")
        raise
    except LsfsError as error:
        error.hint = error.hint or "what was indexed so far is kept; lsfs up goes on"
        raise
    if session.json:
        session.document(client.call("roots"))
