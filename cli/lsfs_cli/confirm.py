"""Questions before what cannot be taken back."""

from __future__ import annotations

import sys

import click

from lsfs.core.errors import RefusedError
from lsfs_cli.session import Session


def confirm(session: Session, question: str) -> None:
    """Returns when the user agrees; raises `RefusedError` when not, and where nobody can be asked."""
    if session.json or not sys.stdin.isatty():
        raise RefusedError("this needs a confirmation, and nobody can be asked here", hint="--yes confirms it")
    if not click.confirm(question, default=False, err=True):
        raise RefusedError("nothing was done")
