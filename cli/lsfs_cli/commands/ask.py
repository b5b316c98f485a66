"""``lsfs ask``, ``summarize`` and ``compare``: what the files say."""

from __future__ import annotations

import os

import click

from lsfs.core.errors import UsageError
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path, complete_words
from lsfs_cli.doing import answer
from lsfs_cli.session import Session
from lsfs_cli.typed import text_of


@click.command("ask", cls=Command)
@click.argument("words", nargs=-1, metavar="QUESTION...", shell_complete=complete_words)
@pass_session
def ask_command(session: Session, words: tuple[str, ...]) -> int:
    """Answer a question from your files.

    For example: lsfs ask when can I cancel the lease? The numbers in the answer are those of the places below it.
    Exit code 1 where your files do not say, 5 where no language model is installed.
    """
    question = text_of(" ".join(words))
    if not question.strip():
        raise UsageError("the question is missing", hint="for example: lsfs ask when can I cancel the lease?")
    return answer(session, "ask", {"question": question}, words=question)


@click.command("summarize", cls=Command)
@click.argument("words", nargs=-1, metavar="PATH|WORDS...", shell_complete=complete_path)
@pass_session
def summarize_command(session: Session, words: tuple[str, ...]) -> int:
    """Say in short what a document says.

    It is named by its path or by words that find it: lsfs summarize the lease for the flat
    """
    what = " ".join(words)
    if not what.strip():
        raise UsageError("what to summarize is missing", hint="a path, or words that find it")
    return answer(session, "summarize", {"what": _meant(session, what)})


@click.command("compare", cls=Command)
@click.argument("one", metavar="PATH|WORDS", shell_complete=complete_path)
@click.argument("other", metavar="PATH|WORDS", shell_complete=complete_path)
@pass_session
def compare_command(session: Session, one: str, other: str) -> int:
    """Say what two documents have in common, and where they differ.

    Each is a path, or words (in quotes) that find it. For example: lsfs compare "old lease" leases/2026.pdf
    """
    return answer(session, "compare", {"one": _meant(session, one), "other": _meant(session, other)})


def _meant(session: Session, typed: str) -> str:
    """A path where one stands there, whatever its bytes, else the words."""
    there = os.path.lexists(os.path.expanduser(typed) if typed == "~" else typed)
    return session.wire_path(typed) if there else text_of(typed)
