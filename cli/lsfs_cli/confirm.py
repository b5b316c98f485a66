"""Questions before what changes or forgets something, and what was answered beforehand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import click

from lsfs.core.errors import RefusedError
from lsfs_cli.session import Session

F = TypeVar("F", bound=Callable[..., Any])


class Consent(NamedTuple):
    """What the user said before the question."""

    yes: bool = False
    dry_run: bool = False
    """Show what would be done, and stop there."""
    expect: int | None = None
    """It has to be so many files; together with `yes` that confirms more than `yes` alone."""


ASK = Consent()
"""Nothing yet."""


def consent_options(command: F) -> F:
    """The options ``--yes`` and ``--dry-run`` for a command that changes files."""
    command = click.option("-y", "--yes", is_flag=True, help="Do not ask.")(command)
    return click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")(command)


def confirm(session: Session, question: str) -> None:
    """Returns when the user agrees; raises `RefusedError` when not, and where nobody can be asked."""
    if session.json or not sys.stdin.isatty():
        raise RefusedError("this needs a confirmation, and nobody can be asked here", hint="--yes confirms it")
    if not click.confirm(question, default=False, err=True):
        raise RefusedError("nothing was done")
