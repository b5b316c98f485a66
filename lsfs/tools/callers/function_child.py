"""Calls one Python function and ends: what `python_function` runs.  Imports nothing of lsfs."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import os
import sys
import traceback
from typing import Any


def main() -> None:
    """Reads the job from the standard input, writes the result behind a record separator (U+001E) to the output."""
    job = json.load(sys.stdin)
    try:
        if job["path"]:
            sys.path.insert(0, job["path"])
        target: Any = _loaded(job["module"])
        for name in job["function"].split("."):
            target = getattr(target, name)
        value = target(**job["arguments"])
        if inspect.iscoroutine(value):
            import asyncio

            value = asyncio.run(value)
        _say({"value": _plain(value)})
    except BaseException as error:  # whatever a foreign function raises is the result of the call
        traceback.print_exc(limit=-5)
        _say({"error": f"{type(error).__name__}: {error}"})
    sys.stdout.flush()
    os._exit(0)  # threads that it left running do not keep anybody waiting


def _loaded(module: str) -> Any:
    """A module by its name, or by the path of its file, beside which it finds others."""
    if not module.startswith("/"):
        return importlib.import_module(module)
    folder, file = os.path.split(module)
    sys.path.insert(0, folder)
    name = file.removesuffix(".py")
    name = name if name not in sys.modules else f"_{name}"  # a file may be called like what runs here
    spec = importlib.util.spec_from_file_location(name, module)
    assert spec is not None and spec.loader is not None  # of a file of this suffix
    loaded = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def _plain(value: Any) -> Any:
    """The value itself if it is JSON, else its text."""
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return str(value)
    return value


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write("\n\x1e" + json.dumps(what))


if __name__ == "__main__":
    main()
