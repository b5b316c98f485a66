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


def plan_options(command: F) -> F:
    """The options ``--expect`` and ``--edit`` for a command whose plan can be written down."""
    expect = click.option(
        "--expect",
        type=click.IntRange(min=0),
        metavar="N",
        help="It has to be so many files; with --yes, also more than 1,000.",
    )
    return expect(click.option("--edit", is_flag=True, help="Open the plan in $VISUAL or $EDITOR first.")(command))


def can_ask(session: Session) -> bool:
    """Whether somebody is there to answer."""
    return not session.json and sys.stdin.isatty()


def confirm(session: Session, question: str, hint: str = "--yes confirms it") -> None:
    """Returns when the user agrees; raises `RefusedError` when not, and with `hint` where nobody can be asked."""
    if not can_ask(session):
        raise RefusedError("this needs a confirmation, and nobody can be asked here", hint=hint)
    if not click.confirm(question, default=False, err=True):
        raise RefusedError("nothing was done")


def answer_to(session: Session, question: str) -> str:
    """What the user types after `question`, '' for nothing; only where `can_ask`."""
    session.flush()
    typed: str = click.prompt(question, default="", show_default=False, prompt_suffix=" ", err=True)
    return typed.strip()
