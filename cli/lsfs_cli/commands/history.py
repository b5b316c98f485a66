"""``lsfs history``: the versions of files."""

from __future__ import annotations

import click

from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.history_text import render_history
from lsfs_cli.session import Session


@click.command("history", cls=Command)
@click.argument("path", shell_complete=complete_path)
@click.option(
    "-n", "--limit", type=click.IntRange(1, 1_000_000), default=1000, show_default=True, help="How many files."
)
@pass_session
def history_command(session: Session, path: str, limit: int) -> None:
    """Show the versions of files, oldest first.

    Deleted files have theirs too; a folder means every file below it, a quoted pattern those that it matches. @3 is
    what the other commands take for the third content, @-1 or `previous` for the one before that of now.
    """
    result = session.client().call("history", {"path": session.wire_path(path), "limit": limit})
    session.show(result, render_history(result, session.style, session.cwd))
    if not session.json:
        for note in result["notes"]:
            session.note(f"({note})")
