"""What an MCP server says of its tools, mended before the SDK sees it, which refuses a whole list for one bad tool."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from lsfs.core.tools import ToolProblem
from lsfs.tools.importers.base import is_shallow, schema_problem

if TYPE_CHECKING:
    from typing import Self

_HINTS = ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint")


def mended(tools: list[Any]) -> tuple[list[dict[str, Any]], list[ToolProblem]]:
    """The tools of a list that can be taken, with the fields that matter, and why the others cannot."""
    good: list[dict[str, Any]] = []
    problems: list[ToolProblem] = []
    for number, tool in enumerate(tools, 1):
        name = tool.get("name") if isinstance(tool, dict) else None
        if not isinstance(name, str):
            problems.append(ToolProblem(name=f"tool {number}", why="it has no name"))
            continue
        schema = tool.get("inputSchema")
        if not isinstance(schema, dict):
            problems.append(ToolProblem(name=name[:128], why="it has no schema of its arguments"))
            continue
        if why := schema_problem(schema):
            problems.append(ToolProblem(name=name[:128], why=why))
            continue
        one: dict[str, Any] = {"name": name, "inputSchema": {**schema, "type": "object"}}
        for key in ("title", "description"):
            if isinstance(tool.get(key), str):
                one[key] = tool[key]
        output = tool.get("outputSchema")
        if isinstance(output, dict) and output.get("type") == "object" and is_shallow(output):
            one["outputSchema"] = output
        hints = tool.get("annotations")
        if isinstance(hints, dict):
            one["annotations"] = {key: hints[key] for key in _HINTS if isinstance(hints.get(key), bool)}
        good.append(one)
    return good, problems


class MendedStream:
    """The messages of a server, with the lists of tools among them mended; why a tool was left out is gathered."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.problems: list[ToolProblem] = []

    async def receive(self) -> Any:
        """The next message."""
        message = await self._inner.receive()
        result = getattr(getattr(message, "message", None), "result", None)
        if isinstance(result, dict) and isinstance(result.get("tools"), list):
            result["tools"], problems = mended(result["tools"])
            self.problems += problems
        return message

    async def aclose(self) -> None:
        """Closes the stream within."""
        await self._inner.aclose()

    def close(self) -> None:
        """Closes the stream within."""
        self._inner.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        import anyio

        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
