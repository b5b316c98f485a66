"""``lsfs rescan``: compare the disk with the index again."""

from __future__ import annotations

import click

from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.session import Session


@click.command("rescan", cls=Command)
@click.argument("path", required=False, shell_complete=complete_path)
@pass_session
def rescan_command(session: Session, path: str | None) -> None:
    """Compare a folder, or all of them, with the index again.

    Rarely needed: changes are noticed as they happen, and what was missed by a scan every day.
    """
    fields = {} if path is None else {"path": session.wire_path(path)}
    session.show(session.client().call("rescan", fields), "")
    session.note("scanning: lsfs status")
