"""The command ``lsfsd``: runs the daemon, and what of the command line needs the whole library."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from lsfs import __version__
from lsfs.core.config import load_config
from lsfs.core.errors import InternalError, LsfsError, UsageError
from lsfs.core.failures import DONE, INTERRUPTED, failure_document, json_line, report_failure
from lsfs.core.locations import Paths

AS_LSFS = "--as-lsfs"
"""First argument when ``lsfs`` hands a command over: help and errors speak of ``lsfs`` then."""

_COMMANDS = {
    "doctor": "lsfsd.doctor:doctor",
    "fuse": "lsfsd.fuse.command:fuse",
    "mcp": "lsfsd.mcp.command:mcp_command",
    "models": "lsfsd.models_command:models",
    "run": "lsfsd.main:run",
    "vault": "lsfsd.vault_command:vault",
}


class _Commands(click.Group):
    """Imports a command's module when it is used: models and databases are not needed for ``--help``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Commands)
@click.version_option(__version__, prog_name="lsfsd")
def lsfsd() -> None:
    """The daemon of lsfs. You rarely need this: `lsfs` starts it."""


@click.command()
@click.option("--foreground", is_flag=True, help="Write the log to stderr too.")
@click.option(
    "--ready-fd", type=int, hidden=True, help="Descriptor to which one line of JSON is written when it is up."
)
def run(foreground: bool, ready_fd: int | None) -> None:
    """Run the daemon until SIGTERM, SIGINT or `lsfs down`."""
    from lsfs.compose import open_engine
    from lsfsd.run import run_daemon

    paths = Paths.from_env(os.environ)
    with reporting_to(ready_fd) as report:
        run_daemon(
            paths,
            load_config(paths.config_file),
            open_engine=open_engine,
            ready=report.ready,
            also_stderr=foreground,
        )


class ReadyReport:
    """Tells the process that started the daemon, once, that it is up or what it failed with."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def ready(self) -> None:
        """Requests are answered."""
        self._tell({"ready": True})

    def failed(self, error: LsfsError) -> None:
        """The daemon ends with `error`."""
        self._tell(failure_document(error))

    def _tell(self, document: object) -> None:
        if self._descriptor is None:
            return
        with contextlib.suppress(OSError):  # who asked may have gone, and the daemon runs on
            os.write(self._descriptor, json.dumps(document).encode() + b"\n")
        os.close(self._descriptor)
        self._descriptor = None


class reporting_to(contextlib.AbstractContextManager[ReadyReport]):
    """Gives a `ReadyReport` to descriptor `descriptor`, and reports what is raised before it was ready."""

    def __init__(self, descriptor: int | None) -> None:
        self._report = ReadyReport(descriptor)

    def __enter__(self) -> ReadyReport:
        return self._report

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, Exception):
            self._report.failed(error if isinstance(error, LsfsError) else bug(error))


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line `arguments` (default: the process's) and exits with the contract's codes."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    program = "lsfsd"
    if given[:1] == [AS_LSFS]:
        program = given.pop(0).removeprefix("--as-")
    try:
        code = lsfsd.main(given, prog_name=program, standalone_mode=False)
        sys.exit(code if isinstance(code, int) else DONE)
    except click.exceptions.NoArgsIsHelpError as shown:
        click.echo(shown.format_message())
        sys.exit(2)
    except click.ClickException as wrong:
        sys.exit(shown_failure(UsageError(wrong.format_message()), program, as_json="--json" in given))
    except LsfsError as error:
        sys.exit(shown_failure(error, program, as_json="--json" in given))
    except (KeyboardInterrupt, click.Abort):
        sys.exit(INTERRUPTED)
    except Exception as error:  # the process's boundary
        sys.exit(shown_failure(bug(error), program, as_json="--json" in given))


def bug(error: Exception) -> InternalError:
    """`error`, which is ours to mend, as one that can be shown."""
    return InternalError(f"a bug in lsfs: {type(error).__name__}: {error}")


def shown_failure(error: LsfsError, program: str, *, as_json: bool) -> int:
    """The exit code for `error`, which is shown on stderr and, `as_json`, as a document on stdout."""
    return report_failure(
        error,
        program,
        document=(lambda value: click.echo(json_line(value))) if as_json else None,
        line=lambda line: click.echo(line, err=True),
    )
