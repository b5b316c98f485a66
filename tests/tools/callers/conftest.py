"""What calls are made with in tests: a source, a folder to work in, and time limits."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lsfs.core.tools import Tool, ToolSource
from lsfs.tools.callers.base import Around

ENVIRON = {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/nowhere"}


@pytest.fixture
def around(tmp_path: Path) -> Callable[..., Around]:
    """Makes what a call is made with; of the source only what is given."""

    def make(*, deadline_s: float = 20.0, cancelled: Callable[[], bool] = lambda: False, **where: object) -> Around:
        source = ToolSource(name="given", kind="python", where=where)
        return Around(source, str(tmp_path), ENVIRON, deadline_s, cancelled)

    return make


def tool(kind: str, name: str = "one", **invocation: object) -> Tool:
    """A tool that is called so."""
    return Tool(
        id=f"given/{name}",
        name=name,
        description="",
        schema={"type": "object"},
        source="given",
        kind=kind,  # type: ignore[arg-type]  # one of the kinds
        invocation=invocation,
    )
