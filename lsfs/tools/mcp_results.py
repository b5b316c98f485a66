"""What a tool of an MCP server gave, as the outcome of a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsfs.core.tools import CallOutcome
from lsfs.tools.callers.base import shortened

if TYPE_CHECKING:
    from mcp.types import CallToolResult


def outcome_of(result: CallToolResult) -> CallOutcome:
    """Its texts, with what is no text named; its structured content as data."""
    text, cut = shortened("\n".join(filter(None, map(_said, result.content))))
    data = None if cut else result.structured_content
    ok = not result.is_error
    return CallOutcome(ok=ok, text=text, data=data, cut=cut, failure="" if ok else "failed")


def _said(block: Any) -> str:
    if block.type == "text":
        return str(block.text)
    if block.type in ("image", "audio"):
        return f"[{block.mime_type}, {len(block.data) * 3 // 4} bytes]"
    if block.type == "resource_link":
        return f"[{block.uri}]"
    if block.type == "resource":
        text = getattr(block.resource, "text", None)
        return str(text) if text is not None else f"[{block.resource.uri}]"
    return f"[{block.type}]"
