"""Has the language model write example requests, a few tools at a time, when the machine has nothing else to do."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from lsfs.core.errors import LsfsError, RefusedError
from lsfs.core.tools import Tool
from lsfs.llm.base import LanguageModel
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.finding import Finding
from lsfs.tools.writing import write_requests

NEAR = 10
"""A request is kept where its tool is among so many that are found by it."""
DAY_S = 24 * 3600.0

log = logging.getLogger(__name__)


class UsageWriting:
    """Works off the tools that nothing was written for, those first that were found most often."""

    def __init__(
        self,
        catalogue: Catalogue,
        finding: Finding,
        model: Callable[[], LanguageModel],
        at_rest: Callable[[], bool],
        budget_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`model` raises `ModelUnavailable` where there is none; `at_rest` says whether nothing else is to be done.

        `budget_s`: seconds a day that the model may work for this.
        """
        self._catalogue = catalogue
        self._finding = finding
        self._model = model
        self._at_rest = at_rest
        self._budget_s = budget_s
        self._clock = clock
        self._day_began = clock()
        self._spent_s = 0.0

    def run(self, going: Callable[[], bool] = lambda: True) -> int:
        """Writes until the day's budget is used up, something else is to be done, or nothing is left; for how many.

        Raises what the model raises.
        """
        done = 0

        def may() -> bool:
            return going() and self._at_rest() and self._left_s() > 0

        for tool in self._due():
            if not may():
                break
            began = self._clock()
            try:
                self._write(tool, may)
                done += 1
            except RefusedError:
                break
            finally:
                self._spent_s += self._clock() - began
        if done:
            log.info("example requests were written for %d tools", done)
        return done

    def _due(self) -> list[Tool]:
        """The tools that nothing was written for, the most often found first."""
        tools = [tool for tool in self._catalogue.enabled() if tool.kind != "macro"]
        shown = self._finding.shown()
        return sorted(self._catalogue.unwritten(tools), key=lambda tool: -shown.get(tool.id, 0))

    def _left_s(self) -> float:
        if self._clock() - self._day_began > DAY_S:
            self._day_began, self._spent_s = self._clock(), 0.0
        return self._budget_s - self._spent_s

    def _write(self, tool: Tool, going: Callable[[], bool]) -> None:
        requests = write_requests(self._model(), tool, going)
        self._catalogue.write_examples(tool, [request for request in requests if self._finds(request, tool)])

    def _finds(self, request: str, tool: Tool) -> bool:
        """Whether the tool, or for a subcommand its program, is among the first that are found by a request."""
        try:
            hits = self._finding.find(request, NEAR).hits
        except LsfsError:
            return False
        return any(hit.tool.id == tool.id or (tool.group and hit.tool.name == tool.group) for hit in hits)
