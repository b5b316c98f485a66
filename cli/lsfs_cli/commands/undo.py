"""``lsfs undo`` and ``lsfs redo``: take an op back, and forward again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from lsfs.core.errors import UsageError
from lsfs_cli.changing import change
from lsfs_cli.command import Command, pass_session
from lsfs_cli.confirm import Consent, consent_options
from lsfs_cli.session import Session
from lsfs_cli.taking_back import take_back_all

F = TypeVar("F", bound=Callable[..., Any])


def _options(command: F) -> F:
    command = click.argument("op", required=False, type=click.IntRange(min=1), metavar="[OP]")(command)
    command = click.option("--keep", "how", flag_value="keep", help="Leave what changed since, and do the rest.")(
        command
    )
    command = click.option(
        "--force", "how", flag_value="force", help="Go over what changed since; the newer is kept as a version."
    )(command)
    return consent_options(command)


@click.command("undo", cls=Command)
@_options
@click.option("--client", metavar="NAME", help="Take back all that this agent had done, the newest first.")
@pass_session
def undo_command(
    session: Session, op: int | None, how: str | None, client: str | None, yes: bool, dry_run: bool
) -> int:
    """Take an op back: the newest one, or that with the number OP.

    Twice steps back twice. A file that was changed since is in the way, and then nothing is done (exit code 4) unless
    you say what is to become of it.
    """
    if client is not None:
        if op is not None:
            raise UsageError("--client is of all that an agent had done, and takes no OP")
        return take_back_all(session, client, how or "", Consent(yes, dry_run))
    asked = {"op": op, "how": how or "", "unasked": yes or session.yes}
    return change(session, "undo", asked, Consent(yes, dry_run))


@click.command("redo", cls=Command)
@_options
@pass_session
def redo_command(session: Session, op: int | None, how: str | None, yes: bool, dry_run: bool) -> int:
    """Carry out again what was taken back last.

    Or the op with the number OP, which `lsfs undo` took back.
    """
    return change(session, "redo", {"op": op, "how": how or ""}, Consent(yes, dry_run))
