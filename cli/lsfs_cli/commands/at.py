"""``lsfs at``: a folder as it was."""

from __future__ import annotations

import click

from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.session import Session
from lsfs_cli.shown import local_time
from lsfs_cli.tree_text import render_tree
from lsfs_cli.typed import text_of


@click.command("at", cls=Command)
@click.argument("when")
@click.argument("path", shell_complete=complete_path)
@pass_session
def at_command(session: Session, when: str, path: str) -> None:
    """List a folder and all below it as it was.

    For example: lsfs at yesterday Documents. `lsfs restore` brings it back.
    """
    result = session.client().call("at", {"when": text_of(when), "path": session.wire_path(path)})
    session.show(result, render_tree(result["entries"], session.style, session.cwd))
    if not session.json:
        named = result["when"].startswith("before op ")
        session.note(f"as it was {result['when'] if named else local_time(result['when'])}")
