"""``lsfs completion``: Tab completion for shells."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from lsfs_cli.command import Command, pass_session
from lsfs_cli.session import Session


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
@pass_session
def completion_command(session: Session, context: click.Context, shell: str) -> None:
    """Print what makes Tab complete lsfs commands.

    For bash: lsfs completion bash >> ~/.bashrc
    """
    made = get_completion_class(shell)
    assert made is not None
    script = made(context.find_root().command, {}, "lsfs", "_LSFS_COMPLETE").source()
    session.show({"shell": shell, "script": script}, script.rstrip())
