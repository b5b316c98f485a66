"""``lsfs completion``: Tab completion for shells, and a key for sentences."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from lsfs_cli.command import Command, pass_session
from lsfs_cli.key_binding import DEFAULT_KEY, key_script
from lsfs_cli.session import Session

_COMPINIT = "\n\n(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }\n"
"""What zsh needs before it can complete anything, where no start-up file has it."""


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--keys", is_flag=True, help="Bind a key too: it hands the line typed so far to `lsfs do`.")
@click.option("--key", metavar="KEY", help=r"Which key, as readline names it; default: '\el', which is Alt-L.")
@click.pass_context
@pass_session
def completion_command(session: Session, context: click.Context, shell: str, keys: bool, key: str | None) -> None:
    """Print what makes Tab complete lsfs commands, paths and tags.

    For bash, in ~/.bashrc: eval "$(lsfs completion bash --keys)"

    With --keys, type a sentence at the prompt and press Alt-L: what it would do is shown below, and done on y.
    """
    made = get_completion_class(shell)
    assert made is not None
    script = made(context.find_root().command, {}, "lsfs", "_LSFS_COMPLETE").source().rstrip()
    if shell == "zsh":
        script = script.replace("\n", _COMPINIT, 1)
    if keys or key is not None:
        script += "\n" + key_script(shell, key if key is not None else DEFAULT_KEY).rstrip()
    session.show({"shell": shell, "script": script}, script)
