"""The command ``lsfs``: its table of commands, and how each run ends."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Sequence

import click

from lsfs import __version__
from lsfs.core.errors import InternalError, LsfsError, StorageError, UsageError
from lsfs.core.failures import DONE, Interrupted, report_failure
from lsfs_cli.command import LazyGroup
from lsfs_cli.session import ReaderGone, Session, standard_session

_COMMANDS = {
    "up": "lsfs_cli.commands.up",
    "down": "lsfs_cli.commands.down",
    "find": "lsfs_cli.commands.find",
    "ask": "lsfs_cli.commands.ask",
    "summarize": "lsfs_cli.commands.ask",
    "compare": "lsfs_cli.commands.ask",
    "do": "lsfs_cli.commands.do",
    "shell": "lsfs_cli.commands.shell",
    "history": "lsfs_cli.commands.history",
    "diff": "lsfs_cli.commands.diff",
    "restore": "lsfs_cli.commands.restore",
    "rollback": "lsfs_cli.commands.restore",
    "at": "lsfs_cli.commands.at",
    "apply": "lsfs_cli.commands.apply",
    "undo": "lsfs_cli.commands.undo",
    "redo": "lsfs_cli.commands.undo",
    "cancel": "lsfs_cli.commands.log",
    "log": "lsfs_cli.commands.log",
    "tag": "lsfs_cli.commands.tags",
    "untag": "lsfs_cli.commands.tags",
    "tags": "lsfs_cli.commands.tags",
    "save": "lsfs_cli.commands.saved",
    "saved": "lsfs_cli.commands.saved",
    "mount": "lsfs_cli.commands.mount",
    "umount": "lsfs_cli.commands.mount",
    "materialize": "lsfs_cli.commands.materialize",
    "tools": "lsfs_cli.commands.tools",
    "save-op": "lsfs_cli.commands.save_op",
    "status": "lsfs_cli.commands.status",
    "roots": "lsfs_cli.commands.roots",
    "retention": "lsfs_cli.commands.retention",
    "vault": "lsfs_cli.commands.handed_over",
    "mcp": "lsfs_cli.commands.handed_over",
    "models": "lsfs_cli.commands.handed_over",
    "doctor": "lsfs_cli.commands.handed_over",
    "config": "lsfs_cli.commands.config",
    "pause": "lsfs_cli.commands.pause",
    "resume": "lsfs_cli.commands.pause",
    "rescan": "lsfs_cli.commands.rescan",
    "purge": "lsfs_cli.commands.purge",
    "completion": "lsfs_cli.commands.completion",
}


@click.group(cls=LazyGroup, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lsfs", message="%(prog)s %(version)s")
def lsfs() -> None:
    """Find your files by what they say. Everything stays on this machine.

    Begin with: lsfs up ~/Documents
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line `arguments` (default: the process's) and exits with the contract's codes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    session = standard_session()
    try:
        code = run(given, session)
        try:
            if not session.broken:
                session.flush()
        except StorageError as error:
            code = fail(error, given, session)
        if session.broken:
            _drop_output(session)
    except ReaderGone:
        # End as any program does then.
        _drop_output(session)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
        code = 128 + signal.SIGPIPE
    sys.exit(code)


def _drop_output(session: Session) -> None:
    """Lets what is still buffered go nowhere, so that the interpreter's end does not fail on it."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), session.stdout.fileno())


def run(arguments: list[str], session: Session) -> int:
    """The exit code of the command line `arguments`; everything is printed to the session's streams."""
    session.arguments = tuple(arguments)
    try:
        code = lsfs.main(arguments, prog_name="lsfs", standalone_mode=False, obj=session)
        return code if isinstance(code, int) else DONE
    except click.exceptions.NoArgsIsHelpError as shown:
        if not wants_json(arguments, session):
            session.stderr.write(shown.format_message() + "\n")
            return 2
        return fail(UsageError("a command is missing", hint="see lsfs --help"), arguments, session)
    except click.UsageError as wrong:
        command = wrong.ctx.command_path if wrong.ctx else "lsfs"
        return fail(UsageError(wrong.format_message().rstrip("."), hint=f"see {command} --help"), arguments, session)
    except click.ClickException as wrong:
        return fail(UsageError(wrong.format_message()), arguments, session)
    except LsfsError as error:
        return fail(error, arguments, session)
    except (KeyboardInterrupt, click.Abort):
        return fail(Interrupted("interrupted"), arguments, session)
    except ReaderGone:
        raise
    except Exception as error:  # the process's boundary
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:  # click's own printing
            return fail(session.unwritable(error), arguments, session)
        if session.environ.get("LSFS_DEBUG"):
            raise
        hint = "run it again with LSFS_DEBUG=1 to see where"
        return fail(InternalError(f"a bug in lsfs: {type(error).__name__}: {error}", hint=hint), arguments, session)


def fail(error: LsfsError, arguments: Sequence[str], session: Session) -> int:
    """Shows `error`, as a line and under ``--json`` as the document of this run; its exit code."""
    whole = not session.printed and not session.broken
    document = session.document if wants_json(arguments, session) and whole else None
    return report_failure(error, "lsfs", document=document, line=lambda line: session.stderr.write(f"{line}\n"))


def wants_json(arguments: Sequence[str], session: Session) -> bool:
    """True under ``--json``, also where the command line went wrong before that was read."""
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return session.json or "--json" in before
