"""A server without the SDK that speaks just enough MCP to misbehave as its first argument says."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

HOW = sys.argv[1]
GOOD = {"name": "good", "description": "a good one", "inputSchema": {"type": "object", "properties": {}}}


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema}}
    return schema


LIES = [
    {"name": "no-schema"},
    {"name": "text", "inputSchema": "an object, I promise"},
    {"name": "array", "inputSchema": {"type": "array"}},
    {"name": "properties", "inputSchema": {"type": "object", "properties": {"a": 7}}},
    {"name": 12, "inputSchema": {"type": "object"}},
    {"name": "nested", "inputSchema": nested(100)},
    {"name": "huge", "inputSchema": {"type": "object", "properties": {str(n): {} for n in range(20_000)}}},
    {"name": "with\nline", "inputSchema": {"type": "object"}},
    {"name": "good", "inputSchema": {"type": "object"}},
    "nothing",
    GOOD | {"name": "odd", "annotations": "none", "title": 5, "outputSchema": []},
]


def answer(message: dict[str, Any]) -> Any:
    """The result of a request, None for what is refused."""
    method = message["method"]
    if method == "initialize":
        version = message["params"]["protocolVersion"]
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": {"name": "x", "version": "1"}}
    if method != "tools/list":
        return None
    if HOW == "hangs":
        time.sleep(60)
    if HOW == "dies":
        print("no licence, token hunter22", file=sys.stderr, flush=True)
        sys.exit(1)
    if HOW == "flood":
        sys.stdout.write('{"x": "' + "a" * (10 << 20))
        sys.stdout.flush()
        time.sleep(60)
    if HOW == "endless":
        cursor = int((message.get("params") or {}).get("cursor") or 0)
        return {"tools": [GOOD | {"name": f"good{cursor}"}], "nextCursor": str(cursor + 1)}
    return {"tools": [GOOD, *LIES]}


def main() -> None:
    """Answers line by line."""
    if HOW == "mute":
        time.sleep(60)
    print("hello, this is not JSON", flush=True)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        result = answer(message)
        said = {"error": {"code": -32601, "message": "no such method"}} if result is None else {"result": result}
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **said}), flush=True)


main()
