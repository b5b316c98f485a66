"""Calls that are asked for in words: which tool is meant, and with what arguments.  Nothing is called here."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from lsfs.core.actions import CallTool
from lsfs.core.api import DraftCallRequest, DraftedCall
from lsfs.core.errors import ModelUnavailable, NothingFound, RefusedError, UnavailableError
from lsfs.core.tools import Tool
from lsfs.engine.parts import Parts
from lsfs.tools.calling import check_callable
from lsfs.tools.drafting import Drafted, draft

SURE_OF_TOOL = 0.8
"""Least probability of a tool that is offered for a sentence about which nobody asked for tools."""

_LOOKED_AT = 5
"""Tools among which there may be some that are only described."""


class ToolMeant(msgspec.Struct, frozen=True):
    """A tool that serves a sentence, and the call that it comes to."""

    tool: Tool
    action: CallTool


class Calling:
    """Makes calls of sentences."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def draft(self, request: DraftCallRequest) -> DraftedCall:
        """The arguments of a tool for a sentence."""
        if not request.llm:
            raise ModelUnavailable("the language model is off (LSFS_LLM=off)", hint="give the arguments with --args")
        tool = self._parts.tools.tool(request.id)
        check_callable(tool)
        drafted = self._drafted(tool, request.sentence, lambda: True)
        return DraftedCall(id=tool.id, arguments=drafted.arguments, missing=drafted.missing)

    def meant(self, sentence: str, going: Callable[[], bool]) -> ToolMeant | None:
        """The call that a sentence comes to, if a tool surely serves it; None where none does.

        Raises RefusedError where one does and the sentence lacks what it needs.
        """
        try:
            found = self._parts.tooling.finding.find(sentence, _LOOKED_AT, (), ())
        except UnavailableError:
            return None  # nothing can be found now
        best = next((hit for hit in found.hits if hit.tool.is_callable), None)
        if found.none_fits or best is None or best.score < SURE_OF_TOOL:
            return None
        try:
            tool = self._parts.tools.tool(best.tool.id)
        except NothingFound:
            return None  # it was removed since
        drafted = self._drafted(tool, sentence, going)
        if drafted.missing:
            why = f"{tool.id} may do it, and needs to be told: {', '.join(drafted.missing)}"
            raise RefusedError(why, hint=f"lsfs tools show {tool.id}")
        return ToolMeant(tool, CallTool(tool=tool.id, arguments=drafted.arguments))

    def _drafted(self, tool: Tool, sentence: str, going: Callable[[], bool]) -> Drafted:
        return draft(self._parts.llm(), tool, sentence, going)
