"""Python callables by ``module:function``, ``/path/file.py:function``, module, or group of entry points: described in a
process of their own.

Importing a module runs it, so the daemon never does: a module that hangs, prints, exits or crashes costs its source.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lsfs.core.errors import UnavailableError, UsageError
from lsfs.core.tools import ToolSource
from lsfs.tools.callers.processes import run
from lsfs.tools.importers.base import Basket, Taken
from lsfs.tools.importers.files import stat_stamp

_CHILD = Path(__file__).with_name("python_child.py")
_SECONDS = 20.0
_MOST_BYTES = 8 << 20


class PythonCallables:
    """Describes callables by their signatures and docstrings."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """`environ` is what the process gets: PATH, HOME and the like."""
        self._environ = environ

    def take(self, source: ToolSource) -> Taken:
        """See `Importer.take`."""
        target = source.where.get("target")
        if not isinstance(target, str) or not target:
            raise UsageError(f"the source {source.name} names no module")
        path = str(source.where.get("path") or "")
        job = json.dumps({"target": target, "path": path}).encode()
        own = {str(name): str(value) for name, value in dict(source.where.get("env") or {}).items()}
        environ = {"PATH": os.defpath, **self._environ, **own, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            ran = run(
                [sys.executable, "-P", str(_CHILD)],
                stdin=job,
                cwd="/",
                environ=environ,
                deadline_s=_SECONDS,
                cancelled=lambda: False,
                most_bytes=_MOST_BYTES,
            )
        except OSError as error:
            raise UnavailableError(f"Python could not be started: {error.strerror}") from error
        if ran.why:
            raise UnavailableError(f"{target} could not be imported: {ran.why}")
        said = ran.out.decode("utf-8", "replace").rpartition("\n\x1e")[2]
        try:
            found = json.loads(said)
        except ValueError as error:
            raise UnavailableError(f"{target} ended its process (exit code {ran.code}) when it was imported") from error
        if "error" in found:
            raise UsageError(f"{target} could not be imported: {found['error']}")
        return _taken(source, found["functions"], path)

    def stamp(self, source: ToolSource) -> str:
        """See `Importer.stamp`."""
        file = file_of(str(source.where.get("target")))
        return stat_stamp(Path(file)) if file else ""


def file_of(target: str) -> str:
    """The file of a target that names one by its absolute path, '' of any other."""
    return target[: target.rindex(".py") + 3] if target.startswith("/") and ".py" in target else ""


def _taken(source: ToolSource, functions: list[dict[str, object]], path: str) -> Taken:
    basket = Basket(source, "function")
    for one in functions:
        if "error" in one:
            basket.refuse(str(one["name"]), str(one["error"]))
            continue
        invocation = {"module": one["module"], "function": one["function"]}
        basket.put(
            one["name"],
            one["description"],
            one["schema"],
            invocation=invocation | ({"path": path} if path else {}),
        )
    taken = basket.taken()
    if not taken.tools and not taken.problems:
        raise UsageError("there are no public functions in it")
    return taken
