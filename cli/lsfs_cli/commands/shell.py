"""``lsfs shell``: one sentence after another."""

from __future__ import annotations

import os
import sys

import click

from lsfs.core.errors import UsageError
from lsfs_cli.command import Command, pass_session
from lsfs_cli.session import Session


@click.command("shell", cls=Command)
@click.option("-y", "--yes", is_flag=True, help="Do not ask before changes.")
@pass_session
def shell_command(session: Session, yes: bool) -> int:
    """Type one sentence after another, with history and Tab.

    “it” and “them” are the files of the last result; lsfs commands (find, undo, log, …) work too. Ctrl-C stops what is
    under way, Ctrl-D ends. Lines on standard input are taken as well; without a terminal nothing is asked, and
    nothing changed unless --yes is given.
    """
    from lsfs_cli.known_tags import known_tags
    from lsfs_cli.main import lsfs, run
    from lsfs_cli.shell.loop import converse, piped_lines, typed_lines
    from lsfs_cli.shell.prompt import Prompt

    if session.within:
        raise UsageError("this is the shell already")
    session.yes = yes
    reconfigure = getattr(sys.stdin, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="surrogateescape")  # as arguments are: what is not UTF-8 may still be a path
    if not sys.stdin.isatty():
        return converse(session, piped_lines(), lsfs, run)
    history = os.path.join(session.paths.state_dir, "shell_history")
    prompt = Prompt(history, lsfs.list_commands(click.Context(lsfs)), lambda: known_tags(session.environ))
    try:
        return converse(session, typed_lines(prompt.line, lambda: session.say("")), lsfs, run)
    finally:
        prompt.close()
