"""``lsfs do``: what a sentence says."""

from __future__ import annotations

import click

from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_words
from lsfs_cli.confirm import Consent, consent_options, plan_options
from lsfs_cli.doing import do_sentence
from lsfs_cli.session import Session
from lsfs_cli.typed import text_of


@click.command("do", cls=Command)
@click.argument("words", nargs=-1, metavar="SENTENCE...", shell_complete=complete_words)
@consent_options
@plan_options
@pass_session
def do_command(
    session: Session, words: tuple[str, ...], yes: bool, dry_run: bool, expect: int | None, edit: bool
) -> int:
    """Do what a sentence says.

    It finds, moves, renames, tags, sorts, merges, writes, restores, undoes, and answers questions. For example:
    lsfs do move every invoice from 2024 to Invoices/2024

    Which files are meant is shown first, with what was left out and why; nothing is changed before you agree. `lsfs
    undo` takes it back. What is not understood, or could mean two things, is refused (exit code 3).
    """
    return do_sentence(session, text_of(" ".join(words)), Consent(yes, dry_run, expect), edit=edit)
