"""What one run of the command has: where things are, how to show them, and the daemon."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping
from io import TextIOWrapper
from typing import Any, TextIO

from lsfs.core.errors import DiskFull, StorageError
from lsfs.core.failures import json_line
from lsfs.core.locations import Paths
from lsfs.core.wirepath import to_lossy, to_wire
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import ANSWER_SECONDS, Client
from lsfs_cli.style import Style


class ReaderGone(Exception):
    """Whoever reads our output has closed it, as ``head`` does when it has enough."""


class Session:
    """One run of ``lsfs``; click hands it to each command as its object."""

    def __init__(self, environ: Mapping[str, str], stdout: TextIOWrapper, stderr: TextIO) -> None:
        self.environ = environ
        self.arguments: tuple[str, ...] = ()
        """What was typed after ``lsfs``."""
        self.json = False
        self.quiet = False
        self.stdout = stdout
        self.stderr = stderr
        self.printed = False
        """True once a document was printed, of which there is to be one."""
        self.broken = False
        """True once the output could not be written."""
        self.yes = False
        """No change is asked about: `lsfs shell --yes`."""
        self.within: str | None = None
        """The program that goes on after this run, in the same process: ``shell``."""
        self.last: tuple[str, ...] = ()
        """The files of the last result, as paths of a request."""

    @property
    def paths(self) -> Paths:
        """The places of this user's lsfs."""
        return Paths.from_env(self.environ)

    @property
    def style(self) -> Style:
        """Colours, where stdout is a terminal that wants them."""
        return Style(self.stdout.isatty() and not self.environ.get("NO_COLOR") and self.environ.get("TERM") != "dumb")

    @property
    def screen(self) -> os.terminal_size | None:
        """Columns and lines of the terminal that the result goes to; None where it goes elsewhere."""
        try:
            size = os.get_terminal_size(self.stdout.fileno()) if self.stdout.isatty() else None
        except OSError:
            return None
        return size if size is not None and size.columns and size.lines else None

    @property
    def cwd(self) -> str:
        """The working directory, as results show paths."""
        return to_lossy(_cwd())[0]

    def client(self, *, on_demand: bool = True, answer_s: float = ANSWER_SECONDS) -> Client:
        """The daemon; started when it is first called, if `on_demand`.  It may be silent for `answer_s` seconds."""
        paths = self.paths

        def launch() -> None:
            from lsfs.rpc.launch import launch_daemon

            launch_daemon(paths, self.environ)

        caller = caller_fields(self.environ, _cwd(), "cli")
        return Client(paths, caller, launch=launch, on_demand=on_demand, answer_s=answer_s)

    def wire_path(self, path: str) -> str:
        """A path as typed, absolute and fit for a request; links and dots are the daemon's to resolve."""
        return to_wire(os.path.join(_cwd(), os.fsencode(os.path.expanduser(path) if path == "~" else path)))

    def document(self, value: object) -> None:
        """Prints `value`, the one document of this run under ``--json``."""
        self.say(json_line(value))
        self.printed = True

    def say(self, text: str) -> None:
        """Prints a line of the result."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Prints a piece of the result."""
        # Not left to click, which takes a closed pipe for a failure of the command.
        try:
            self.stdout.write(text)
        except BrokenPipeError as error:
            raise ReaderGone from error
        except OSError as error:
            raise self.unwritable(error) from error

    def say_bytes(self, data: bytes) -> None:
        """Writes `data` to stdout as it is."""
        self.flush()
        try:
            self.stdout.buffer.write(data)
            self.stdout.buffer.flush()
        except BrokenPipeError as error:
            raise ReaderGone from error
        except OSError as error:
            raise self.unwritable(error) from error

    def unwritable(self, error: OSError) -> StorageError:
        """The error for an output that cannot be written; nothing more is printed to it."""
        self.broken = True
        kind = DiskFull if error.errno == errno.ENOSPC else StorageError
        return kind(f"the output cannot be written: {error.strerror}")

    def flush(self) -> None:
        """Hands over what was said."""
        try:
            self.stdout.flush()
        except BrokenPipeError as error:
            raise ReaderGone from error
        except OSError as error:
            raise self.unwritable(error) from error

    def note(self, text: str) -> None:
        """Prints a line beside the result, to stderr, unless the user wants quiet."""
        if not self.quiet:
            self.flush()  # results first, where both go to one place
            self.stderr.write(text + "\n")

    def show(self, value: Any, text: str) -> None:
        """Prints `value` under ``--json``, else `text`, its rendering for people."""
        if self.json:
            self.document(value)
        elif text:
            self.say(text)


def standard_session() -> Session:
    """The session of this process."""
    stdout = sys.stdout
    assert isinstance(stdout, TextIOWrapper)
    stdout.reconfigure(errors="backslashreplace")  # a terminal that cannot show a name still gets the answer
    return Session(os.environ, stdout, sys.stderr)


def _cwd() -> bytes:
    try:
        return os.getcwdb()
    except FileNotFoundError:
        return b"/"  # the folder was deleted beneath the shell
