"""``lsfs purge``: forget a folder that is not watched any more, with its history."""

from __future__ import annotations

import click

from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.confirm import confirm
from lsfs_cli.session import Session


@click.command("purge", cls=Command)
@click.argument("path", shell_complete=complete_path)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@pass_session
def purge_command(session: Session, path: str, yes: bool) -> None:
    """Forget the history of a removed folder for good.

    The files themselves are not touched. This cannot be undone, so it asks first.
    """
    if not yes:
        confirm(session, f"Forget everything about {path}, its versions too? This cannot be undone.")
    session.show(session.client().call("purge", {"path": session.wire_path(path)}), "")
    session.note(f"{path} is forgotten")
