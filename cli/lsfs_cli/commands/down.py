"""``lsfs down``: stop the daemon."""

from __future__ import annotations

import click

from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.command import Command, pass_session
from lsfs_cli.session import Session


@click.command("down", cls=Command)
@pass_session
def down_command(session: Session) -> int:
    """Stop the daemon, once it has finished what it is at.

    Nothing is lost: it goes on where it was when it is started again. Exit code 1 if none ran.
    """
    stopped = session.client(on_demand=False).stop_daemon()
    session.show({"stopped": stopped}, "")
    session.note("the daemon has stopped" if stopped else "the daemon does not run")
    return DONE if stopped else NOTHING
