"""``lsfs retention``: which versions are kept, which go, and why."""

from __future__ import annotations

import click

from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.retention_text import render_retention
from lsfs_cli.session import Session
from lsfs_cli.style import plain


@click.command("retention", cls=Command)
@click.argument("path", required=False, shell_complete=complete_path)
@click.option("--explain", is_flag=True, help="Name every version with the reason, not only those that go.")
@pass_session
def retention_command(session: Session, path: str | None, explain: bool) -> None:
    """Show which versions are to go, and why.

    Of all files, or of one. Nothing is done by this: the daemon tidies up by itself.
    """
    wired = session.wire_path(path) if path is not None else None
    result = session.client().call("retention", {"path": wired, "explain": explain})
    session.show(result, render_retention(result, session.style, session.cwd))
    if result["note"] and not session.json:
        session.note(plain(result["note"]))
