"""Skills: a call gives their instructions, which whoever asked is to follow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lsfs.core.errors import NothingFound
from lsfs.core.tools import CallOutcome, Tool
from lsfs.tools.callers.base import Around, shortened

_MOST_BYTES = 1 << 20


class SkillCaller:
    """Reads ``SKILL.md``."""

    def call(self, tool: Tool, arguments: Mapping[str, Any], around: Around) -> CallOutcome:
        """See `ToolCaller.call`."""
        path = Path(str(tool.invocation.get("path", "")))
        try:
            with path.open("rb") as file:
                body = file.read(_MOST_BYTES)
        except OSError as error:
            why = f"the instructions cannot be read: {error.strerror or error}"
            raise NothingFound(why, path=str(path)) from error
        text, cut = shortened(body.decode("utf-8", "replace"))
        return CallOutcome(ok=True, text=text, cut=cut)
