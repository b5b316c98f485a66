"""The loop of ``lsfs shell``: a line is read, done, and its files are what “it” and “them” mean in the next."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator

import click

from lsfs.core.errors import UsageError
from lsfs.core.failures import DONE, INTERRUPTED
from lsfs_cli.session import Session
from lsfs_cli.shell.lines import command_of

Run = Callable[[list[str], Session], int]
HELP = """\
Say what is to be done, or ask: move every invoice from 2024 to Invoices/2024
“it” and “them” are the files of the last result. lsfs commands work too: find, undo, log, …
cd FOLDER goes elsewhere; Ctrl-C stops what is under way; Ctrl-D or exit ends."""


def converse(session: Session, lines: Iterator[str | None], group: click.Group, run: Run) -> int:
    """The exit code of the last line; `lines` are what is typed, None where Ctrl-C took one back."""
    code = DONE
    for line in lines:
        if line is None or not line.strip():
            continue
        if line.split() in (["exit"], ["quit"]):
            break
        code = _done(session, line.strip(), group, run)
        if session.broken:
            break
    return code


def typed_lines(read: Callable[[], str], end_line: Callable[[], None]) -> Iterator[str | None]:
    """Lines of a terminal until Ctrl-D; `end_line` ends the line where either key left the cursor."""
    while True:
        try:
            yield read()
        except KeyboardInterrupt:
            end_line()
            yield None
        except EOFError:
            end_line()
            return


def piped_lines() -> Iterator[str]:
    """Lines of standard input."""
    for line in iter(sys.stdin.readline, ""):
        yield line.rstrip("\n")


def _done(session: Session, line: str, group: click.Group, run: Run) -> int:
    words = line.split()
    if words in (["help"], ["?"]):
        session.say(HELP)
        return DONE
    one = Session(session.environ, session.stdout, session.stderr)
    one.json, one.quiet, one.yes, one.last, one.within = session.json, session.quiet, session.yes, session.last, "shell"
    try:
        if words[0] == "cd" and len(words) <= 2:
            return _gone_to(session, words[1] if len(words) > 1 else "~")
        arguments = command_of(line, group, session)
        code = run(arguments if arguments is not None else ["do", "--", line], one)
    except KeyboardInterrupt:  # between two steps of ours
        code = INTERRUPTED
    except UsageError as error:
        session.note(f"lsfs: {error.message}")
        code = 2
    session.last, session.broken = one.last, one.broken
    if code == INTERRUPTED and session.stderr.isatty():
        session.stderr.write("\n")  # the terminal has written ^C
    session.flush()
    return code


def _gone_to(session: Session, folder: str) -> int:
    try:
        os.chdir(os.path.expanduser(folder))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror}") from None
    return DONE
