"""A plan as JSON: read from a file, checked, changed in an editor."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Sequence
from typing import Any

from lsfs.core.errors import PermissionRefused, RefusedError, StorageError, UsageError
from lsfs_cli.session import Session


def read_plan(path: str) -> str:
    """The text of a plan's file; raises UsageError for none, StorageError where it cannot be read."""
    try:
        if path == "-":
            return sys.stdin.buffer.read().decode()
        with open(path, "rb") as file:
            return file.read().decode()
    except UnicodeDecodeError:
        raise UsageError("the plan is not text in UTF-8", path=path) from None
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise UsageError(f"the plan cannot be read: {error.strerror}", path=path) from None
    except OSError as error:
        kind = PermissionRefused if isinstance(error, PermissionError) else StorageError
        raise kind(f"the plan cannot be read: {error.strerror}", path=path) from None


def actions_of(text: str) -> list[dict[str, Any]]:
    """The actions of a plan's text; raises UsageError where it has none.  What each means is the daemon's to check."""
    if not text.strip():
        raise UsageError("the plan is empty")
    try:
        plan = json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"the plan is not JSON: {error.msg} in line {error.lineno}") from None
    except RecursionError:
        raise UsageError("the plan is not one: it is nested too deeply") from None
    if isinstance(plan, dict) and plan.keys() == {"actions"}:
        plan = plan["actions"]
    if not isinstance(plan, list) or not all(isinstance(action, dict) for action in plan):
        raise UsageError('a plan is {"actions": [...]}, or the list alone', hint="see lsfs apply --help")
    if not plan:
        raise UsageError("the plan has no actions")
    return plan


def edited(session: Session, text: str) -> str:
    """`text` as the user leaves it in an editor; raises RefusedError where the editor fails."""
    import subprocess
    import tempfile

    editor = session.environ.get("VISUAL") or session.environ.get("EDITOR") or "vi"
    # A folder, since editors save by replacing the file, and put their own beside it.
    with tempfile.TemporaryDirectory(prefix="lsfs-") as folder:
        path = os.path.join(folder, "plan.json")
        with open(path, "w") as file:
            file.write(_readable(text))
        try:
            # The document of --json is alone on stdout.
            code = subprocess.call([*shlex.split(editor), path], stdout=None if session.stdout.isatty() else sys.stderr)
        except (OSError, ValueError) as error:
            raise UsageError(f"the editor cannot be started: {error}", hint="set EDITOR") from None
        if code:
            raise RefusedError(f"nothing was done: the editor ended with exit code {code}")
        return read_plan(path)


def edited_actions(session: Session, actions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """`actions` as the user leaves them in an editor; raises as `actions_of` and `edited` do."""
    return actions_of(edited(session, json.dumps({"actions": actions})))


def _readable(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
    except (json.JSONDecodeError, RecursionError):
        return text  # to be mended in the editor
