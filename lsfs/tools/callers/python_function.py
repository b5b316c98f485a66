"""Python callables: imported and called in a process of their own, which ends with the call."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lsfs.core.errors import RefusedError
from lsfs.core.tools import CallOutcome, Tool, ToolSource
from lsfs.tools.callers.base import Around, failed, shortened, unreached
from lsfs.tools.callers.processes import run

_CHILD = Path(__file__).with_name("function_child.py")


class FunctionCaller:
    """Calls functions with keyword arguments; what they give back has to be JSON, else its text is handed on."""

    def works_in(self, source: ToolSource, cwd: str) -> str | None:
        """See `ToolCaller.works_in`."""
        return cwd

    def call(self, tool: Tool, arguments: Mapping[str, Any], around: Around) -> CallOutcome:
        """See `ToolCaller.call`."""
        module, function = tool.invocation.get("module"), tool.invocation.get("function")
        if not module or not function:
            raise RefusedError(f"{tool.id} is only described: nothing is known that could be called")
        job = {
            "module": module,
            "function": function,
            "path": tool.invocation.get("path") or "",
            "arguments": dict(arguments),
        }
        try:
            ran = run(
                # -P: a module that happens to lie in the caller's folder is not what is meant.
                [sys.executable, "-P", str(_CHILD)],
                stdin=json.dumps(job).encode(),
                cwd=around.cwd,
                environ={"PATH": os.defpath, **around.environ, **around.own},
                deadline_s=around.deadline_s,
                cancelled=around.cancelled,
            )
        except OSError as error:
            return unreached(f"Python could not be started: {error.strerror or error}")
        printed, _, last = ran.out.decode("utf-8", "replace").rpartition("\n\x1e")
        complaint = ran.err.decode("utf-8", "replace").strip()
        if ran.why:
            return failed(ran.why, text=shortened("\n".join(filter(None, (printed, complaint))))[0])
        try:
            said = json.loads(last)
            value, raised = said.get("value"), said.get("error")
        except (ValueError, AttributeError):
            return failed(f"{function} ended its process (exit code {ran.code})", text=shortened(complaint)[0])
        if raised is not None:
            return failed(f"{function} raised {raised}", text=shortened(complaint)[0])
        text, cut = shortened(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1))
        return CallOutcome(ok=True, text=text, data=None if cut else value, cut=cut)
