"""``lsfs models``, ``doctor``, ``vault``, ``mcp``: what ``lsfs`` is too thin for, ``lsfsd`` does in its place."""

from __future__ import annotations

import os
import sys

import click

from lsfs_cli.command import pass_session
from lsfs_cli.session import Session

_AS_TYPED = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


@click.command("models", context_settings=_AS_TYPED, short_help="List, pull and choose models.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@pass_session
def models_command(session: Session, arguments: tuple[str, ...]) -> int:
    """List, pull and choose the models that lsfs works with."""
    return hand_over(session, "models", arguments)


@click.command("doctor", context_settings=_AS_TYPED, short_help="Say what is wrong, and how to mend it.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@pass_session
def doctor_command(session: Session, arguments: tuple[str, ...]) -> int:
    """Say what is wrong with lsfs here, and how to mend it."""
    return hand_over(session, "doctor", arguments)


@click.command("vault", context_settings=_AS_TYPED, short_help="Take the vault to another machine.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@pass_session
def vault_command(session: Session, arguments: tuple[str, ...]) -> int:
    """Write the vault, every kept version included, to one file, or take such a file in."""
    return hand_over(session, "vault", arguments)


@click.command("mcp", context_settings=_AS_TYPED, short_help="Serve agents that speak MCP.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@pass_session
def mcp_command(session: Session, arguments: tuple[str, ...]) -> int:
    """Serve agents that speak MCP: over stdin and stdout, or HTTP."""
    return hand_over(session, "mcp", arguments)


def hand_over(session: Session, command: str, arguments: tuple[str, ...]) -> int:
    """Becomes ``lsfsd COMMAND``, in the user's own environment: a pull goes by the user's pip settings.

    Within a shell it is a child, and its exit code comes back.
    """
    flags = [flag for flag, wanted in (("--json", session.json), ("--quiet", session.quiet)) if wanted]
    session.stdout.flush()
    session.stderr.flush()
    program = [sys.executable, "-P", "-m", "lsfsd", "--as-lsfs", command, *flags, *arguments]
    if session.within:
        import subprocess

        return subprocess.call(program)
    os.execv(sys.executable, program)
