"""What others wrote down: configurations of MCP clients, and example requests.

``.mcp.json``, Claude Desktop, Cursor, Windsurf and the like keep ``mcpServers``, VS Code ``servers`` (in ``mcp.json``,
or below ``mcp`` in its settings), with comments and trailing commas here and there; Zed ``context_servers``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lsfs.core.errors import UsageError
from lsfs.core.tools import ToolProblem, ToolSource
from lsfs.tools.importers.base import plain
from lsfs.tools.importers.files import parse, read_file
from lsfs.tools.sourcing import clean_name

_MAPS = (
    ("mcpServers",),
    ("servers",),
    ("mcp", "servers"),
    ("mcp", "mcpServers"),
    ("context_servers",),
    ("mcp_servers",),
)
_TEXT_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING = re.compile(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')
_VARIABLE = re.compile(r"\$\{(?:env:)?([A-Za-z_]\w*)(?::-([^}]*))?\}")
_LEFT = re.compile(r"\$\{[^}]*\}")
_MOST_EXAMPLE = 2000


class Configured(msgspec.Struct, frozen=True):
    """The servers that a configuration names, and those that cannot be taken from it."""

    sources: tuple[ToolSource, ...]
    problems: tuple[ToolProblem, ...]


def configured(path: Path, environ: Mapping[str, str]) -> Configured | None:
    """The servers of a client's configuration; None where the file is none.

    ``${VAR}`` and ``${VAR:-default}`` are filled in from `environ`.  A server that the client has switched off is
    added switched off.  Raises what reading the file raises.
    """
    document = parse_config(read_file(path).decode("utf-8-sig", "replace"), path)
    servers = _servers(document)
    if servers is None:
        return None
    sources: list[ToolSource] = []
    problems: list[ToolProblem] = []
    for said, server in servers.items():
        name = clean_name(str(said))
        try:
            where = _where(server, environ)
        except UsageError as error:
            problems.append(ToolProblem(name=str(said)[:128], why=error.message))
            continue
        enabled = server.get("disabled") is not True and server.get("enabled") is not False
        sources.append(ToolSource(name=name or "server", kind="mcp", where=where, enabled=enabled))
    return Configured(tuple(sources), tuple(problems))


def parse_config(text: str, path: Path) -> Any:
    """What a configuration says: JSON, which may have comments and trailing commas, or YAML."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        bare = _TEXT_OR_COMMENT.sub(lambda found: found[0] if found[0][0] == '"' else " ", text)
        bare = _TRAILING.sub(lambda found: found[1] or "", bare)
    return parse(bare.encode(), path)


def _servers(document: Any) -> dict[str, Any] | None:
    for keys in _MAPS:
        found = document
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else {}
        if (
            isinstance(found, dict)
            and found
            and all(isinstance(one, dict) and _is_server(one) for one in found.values())
        ):
            return found
    return None


def _is_server(said: Mapping[str, Any]) -> bool:
    return any(key in said for key in ("command", "url", "httpUrl", "serverUrl"))


def _where(server: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """How a server is reached.  Raises UsageError, with the reason, where that is not told, or not in a way we have."""
    url = next((server[key] for key in ("url", "httpUrl", "serverUrl") if isinstance(server.get(key), str)), None)
    if url is not None:
        if server.get("type") == "sse":
            raise UsageError("it speaks the older transport of HTTP with SSE, which is not spoken here")
        where: dict[str, Any] = {"url": _filled(url, environ)}
        if headers := _texts(server.get("headers"), environ):
            where["headers"] = headers
        return where
    command, args = server.get("command"), server.get("args", [])
    if isinstance(command, dict):  # Zed: {"path": …, "args": …, "env": …}
        server = command
        command, args = server.get("path"), server.get("args", [])
    if isinstance(command, list) and command:
        command, args = command[0], [*command[1:], *args]
    if not isinstance(command, str) or not command or not isinstance(args, list):
        raise UsageError("it names neither a program nor a URL")
    where = {
        "command": os.path.expanduser(_filled(command, environ)),
        "args": [_filled(str(word), environ) for word in args],
    }
    if env := _texts(server.get("env"), environ):
        where["env"] = env
    if isinstance(server.get("cwd"), str):
        where["cwd"] = os.path.expanduser(_filled(server["cwd"], environ))
    return where


def _filled(text: str, environ: Mapping[str, str]) -> str:
    filled = _VARIABLE.sub(lambda found: environ.get(found[1]) or found[2] or found[0], text)
    if left := _LEFT.search(filled):
        raise UsageError(f"it needs a value for {left[0]}, which is not there")
    return filled


def _texts(values: Any, environ: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    return {str(name): _filled(str(value), environ) for name, value in values.items() if value is not None}


def examples_in(path: Path) -> Iterator[tuple[str, str]]:
    """The (tool, request) pairs of JSON lines with ``query`` and ``gold``, a name or a list of names.

    Raises UsageError, with the line, for what is none.
    """
    for number, line in enumerate(read_file(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            query, gold = said["query"], said["gold"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise UsageError(f"line {number} has no query and gold", path=str(path)) from None
        query = plain(query, _MOST_EXAMPLE)
        for name in gold if isinstance(gold, list) else [gold]:
            if query and isinstance(name, str) and name:
                yield name, query
