"""Skills: a call gives their instructions, which whoever asked is to follow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lsfs.core.tools import CallOutcome, Tool, ToolSource
from lsfs.tools.callers.base import Around, shortened
from lsfs.tools.importers.files import source_path
from lsfs.tools.importers.skills import instructions


class SkillCaller:
    """Reads ``SKILL.md``, which may be another thing by now than when it was taken in."""

    def works_in(self, source: ToolSource, cwd: str) -> str | None:
        """See `ToolCaller.works_in`."""
        return None

    def call(self, tool: Tool, arguments: Mapping[str, Any], around: Around) -> CallOutcome:
        """See `ToolCaller.call`."""
        text, cut = shortened(instructions(source_path(around.source), Path(str(tool.invocation.get("path", "")))))
        return CallOutcome(ok=True, text=text, cut=cut)
