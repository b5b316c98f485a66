"""A small MCP server of notes, made with the SDK: over stdio, or over HTTP where a port is given."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("notes")
notes: list[str] = []


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def find_note(words: str) -> str:
    """Find the notes that have all of the words."""
    return "\n".join(note for note in notes if all(word in note for word in words.split())) or "none"


@server.tool()
def add_note(text: str, urgent: bool = False) -> str:
    """Write a note down."""
    notes.append(f"! {text}" if urgent else text)
    return f"{len(notes)} notes"


@server.tool(annotations=ToolAnnotations(readOnlyHint=True))
def environment() -> dict[str, str]:
    """What the server's environment is."""
    return dict(os.environ)


@server.tool()
async def wait(seconds: float) -> str:
    """Wait for a while."""
    await asyncio.sleep(seconds)
    return "waited"


@server.tool()
async def learn(name: str, context: Context) -> str:
    """Learn a tool that was not there before."""
    server.add_tool(lambda: name, name=name, description=f"Say {name}.")
    await context.notify_tools_changed()
    return "learnt"


@server.tool()
def write_file(path: str, text: str) -> str:
    """Write a text to a file."""
    Path(path).write_text(text)
    return "written"


@server.tool()
def die() -> str:
    """End the server at once."""
    print("out of paper", file=sys.stderr, flush=True)
    os._exit(3)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[1]))
    else:
        server.run("stdio")
