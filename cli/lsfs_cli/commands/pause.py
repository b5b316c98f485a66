"""``lsfs pause`` and ``lsfs resume``: let the machine be for a while."""

from __future__ import annotations

import click

from lsfs_cli.command import Command, pass_session
from lsfs_cli.session import Session


@click.command("pause", cls=Command)
@pass_session
def pause_command(session: Session) -> None:
    """Stop indexing until `lsfs resume`; searching goes on."""
    session.show(session.client().call("pause"), "")
    session.note("indexing is paused; go on with: lsfs resume")


@click.command("resume", cls=Command)
@pass_session
def resume_command(session: Session) -> None:
    """Go on indexing."""
    session.show(session.client().call("resume"), "")
    session.note("indexing goes on")
