"""How an error looks to whoever ran a command: its exit code, its document under ``--json``, its line on stderr.

Shared by the two programs; the codes are those of the contract in ``docs`` and never change.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from lsfs.core.errors import (
    CallFailed,
    ConflictError,
    InternalError,
    LsfsError,
    NothingFound,
    RefusedError,
    RolledBack,
    StorageError,
    UnavailableError,
    UsageError,
)

_CONTROLS = (*range(32), *range(127, 160))
_MARKS = (0x061C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
"""A name or a passage may hold escape sequences (C0, DEL, C1) and marks of direction, which a terminal would obey."""
_SHOWN = {code: f"\\x{code:02x}" for code in _CONTROLS} | {code: f"\\u{code:04x}" for code in _MARKS}
_IN_JSON = {code: f"\\u{code:04x}" for code in (*_CONTROLS, *_MARKS)}

DONE = 0
NOTHING = 1
"""Nothing found, or nothing to do."""
INTERRUPTED = 130


class Interrupted(LsfsError):
    """The user ended the command; no failure, so no message is owed."""

    code = "interrupted"


_EXIT_CODES: tuple[tuple[type[LsfsError], int], ...] = (
    (NothingFound, NOTHING),
    (UsageError, 2),
    (RefusedError, 3),
    (ConflictError, 4),
    (UnavailableError, 5),
    (RolledBack, 6),
    (CallFailed, 6),
    (StorageError, 7),
    (InternalError, 70),
    (Interrupted, INTERRUPTED),
)


def exit_code(error: LsfsError) -> int:
    """The exit code of a command that failed with `error`."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), 70)


def failure_document(error: LsfsError) -> dict[str, dict[str, str | None]]:
    """What ``--json`` prints for `error` (`lsfs.core.api.ErrorResult`, without importing it)."""
    return {
        "error": {"code": error.code, "message": error.message, "path": error.path, "hint": error.hint},
    }


def report_failure(
    error: LsfsError, program: str, *, document: Callable[[object], None] | None, line: Callable[[str], object]
) -> int:
    """The exit code for `error`, after handing it to `document` (None without ``--json``) and, as text, to `line`."""
    if document is not None:
        document(failure_document(error))
    if not isinstance(error, Interrupted) or (error.hint and document is None):
        line(f"{program}: {failure_line(error)}")
    return exit_code(error)


def failure_line(error: LsfsError) -> str:
    """One line: what failed, on what, and what to do."""
    line = error.message
    if error.path and error.path not in line:
        line = f"{error.path}: {line}"
    if error.hint:
        line = f"{line}; {error.hint}"
    return plain(" ".join(line.split()))


def plain(text: str) -> str:
    """`text` with its control characters shown instead of obeyed; one line stays one line."""
    return text.translate(_SHOWN)


def json_line(value: object) -> str:
    """`value` as JSON on one line, with nothing in it that a terminal would obey; parsed it is the same."""
    return plain_json(json.dumps(value, ensure_ascii=False))


def plain_json(line: str) -> str:
    """A line of JSON with its control characters escaped: between its strings there are none."""
    return line.translate(_IN_JSON)


def error_of(code: str, message: str, path: str | None = None, hint: str | None = None) -> LsfsError:
    """The error that `code` names; an unknown code, of another version, gives the root of the tree."""
    return _by_code(LsfsError).get(code, LsfsError)(message, path=path, hint=hint)


def _by_code(kind: type[LsfsError]) -> dict[str, type[LsfsError]]:
    found = {kind.code: kind}
    for below in kind.__subclasses__():
        found = _by_code(below) | found  # kinds without a code of their own are shown as what they are a kind of
    return found
