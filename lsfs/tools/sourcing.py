"""What a user means by a source: recognised by how it looks, named, and shown without its secrets."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lsfs.core.errors import UsageError
from lsfs.core.tools import Allowance, SourceKind, ToolSource
from lsfs.store.vault.tools import SECRET_KEYS
from lsfs.tools.importers import function_json, openapi, skills
from lsfs.tools.importers.files import parse, read_file
from lsfs.tools.web import origin_of

_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_FILE = re.compile(r"/.*\.py(:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*)?")
"""A file of Python, and perhaps a function in it."""
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_DOCUMENTS = (".json", ".yaml", ".yml")
_LINES = (".jsonl", ".ndjson")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]+")
_TELLING = re.compile(r"(?i)key|token|secret|passw|auth|credential")
_MOST_SHOWN = 200
_USE = ("from_help", "server", "origin")
"""What of a source's ``where`` says how it is used."""


def recognised(
    said: str,
    *,
    name: str | None = None,
    kind: SourceKind | None = None,
    args: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    server: str | None = None,
    allow: Allowance = "ask",
    from_help: bool = False,
    path: str = "",
    modules: str | None = None,
) -> ToolSource:
    """The source that a user means by `said`; `path` is the caller's PATH, `env` an environment or HTTP headers,
    `server` the URL that an API's requests go to, `modules` a folder in which Python finds modules.

    ``commands``, a file or folder by its absolute path, a URL, ``module:function``, ``/path/to/file.py:function``, or a
    program with its arguments.
    Raises UsageError for what is none of these, and what reading the file raises.
    """
    found, where = _meaning(said, kind, list(args), path)
    if args and "command" not in where:
        raise UsageError(f"only a program has arguments: {args[0]}", hint="options stand before the source")
    if modules is not None:
        if found != "python":
            raise UsageError("only Python has a path to find its modules in", path=modules)
        where["path"] = modules
    if server is not None:
        if found != "openapi" or not origin_of(server):
            raise UsageError(f"that is no server of an API: {server}", hint="https://HOST/PATH, of an OpenAPI document")
        where["server"] = server
    if env:
        where["headers" if "url" in where else "env"] = dict(env)
    if env and found == "openapi" and "path" in where and server is None:
        where["origin"] = origin_of(openapi.first_server(Path(where["path"])))
    if from_help:
        where["from_help"] = True
    return ToolSource(name=name or name_for(found, where), kind=found, where=where, allow=allow)


def _meaning(said: str, kind: SourceKind | None, args: list[str], path: str) -> tuple[SourceKind, dict[str, Any]]:
    if kind == "commands" or (kind is None and said == "commands"):
        return "commands", {}
    if kind == "macros" or (kind is None and said == "macros"):
        return "macros", {}
    if urlsplit(said).scheme in ("http", "https"):
        document = urlsplit(said).path.lower().endswith(_DOCUMENTS)
        return kind or ("openapi" if document else "mcp"), {"url": said}
    if kind == "python" or (kind is None and _TARGET.fullmatch(said)):
        return "python", {"target": said}
    if kind is None and _FILE.fullmatch(said) and not args and not _is_program(said):
        return "python", {"target": said}
    if os.path.isabs(said) and not args and (kind not in (None, "mcp") or not _is_program(said)):
        return kind or kind_of(Path(said)), {"path": said}
    if kind in (None, "mcp"):
        program = shutil.which(said, path=path or os.defpath)
        if program is not None:
            return "mcp", {"command": os.path.abspath(program), "args": args}
    if kind is None and _MODULE.fullmatch(said):
        return "python", {"target": said}
    raise UsageError(
        "that is no source of tools",
        path=said,
        hint="name “commands”, a file, a folder of skills, a URL, module:function, FILE.py:function, or a program that "
        "speaks MCP",
    )


def _is_program(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK) and not path.lower().endswith((*_DOCUMENTS, *_LINES))


def kind_of(path: Path) -> SourceKind:
    """What kind of source a file or folder is.  Raises UsageError, and what reading it raises."""
    if path.is_dir() or path.name == "SKILL.md":
        if next(skills.skill_files(path), None) is None:
            raise UsageError("there is no SKILL.md in that folder", path=str(path))
        return "skills"
    data = read_file(path)
    if path.suffix.lower() in _LINES:
        return "functions"
    document = parse(data, path)
    if openapi.looks_like(document):
        return "openapi"
    if function_json.looks_like(document):
        return "functions"
    hint = "lsfs tools import takes the configuration of a client of MCP"
    raise UsageError("the file describes no tools", path=str(path), hint=hint)


def name_for(kind: SourceKind, where: Mapping[str, Any]) -> str:
    """A short name of what a source is."""
    if kind in ("commands", "macros"):
        return kind
    if isinstance(where.get("url"), str):
        said = urlsplit(where["url"]).hostname or "web"
        said = said.removeprefix("www.")
    elif isinstance(where.get("target"), str):
        folder, _, target = where["target"].rpartition("/")
        said = target.replace(".py", "", 1) if folder or target.startswith("/") else target
    elif isinstance(where.get("path"), str):
        path = Path(where["path"])
        said = path.parent.name if path.name == "SKILL.md" else path.name if path.is_dir() else path.stem
    else:
        said = _server_name(str(where.get("command", "")), where.get("args") or ())
    return clean_name(said) or kind


def _server_name(command: str, args: Sequence[str]) -> str:
    """Of ``npx -y @scope/server-files`` and the like the package, of a script its file, else the program."""
    own = os.path.basename(command)
    if re.fullmatch(r"npx|uvx|pipx|bunx|node|deno|python[\d.]*|uv|sh|bash|docker|podman", own):
        words = [word for word in args if not word.startswith("-") and word not in ("run", "exec", "x", "tool")]
        if words:
            last = words[0].rstrip("/").rsplit("/", 1)[-1].split("@")[0]
            return Path(last).stem if last.endswith((".py", ".js", ".ts", ".mjs")) else last
    return own


def clean_name(said: str) -> str:
    """A name that ids can begin with."""
    return _NOT_IN_NAMES.sub("-", said).strip("-.")[:60]


def shown(source: ToolSource) -> str:
    """Where a source is, in one line without secrets: no environment, no headers, nothing behind ``--token``."""
    server = source.where.get("server") or source.where.get("origin")
    return f"{_place(source)}, server {openapi.source_name(str(server))}" if server else _place(source)


def _place(source: ToolSource) -> str:
    where = source.where
    if isinstance(where.get("url"), str):
        return openapi.source_name(where["url"])[:_MOST_SHOWN]
    if isinstance(where.get("command"), str):
        return " ".join([where["command"], *_masked([str(word) for word in where.get("args") or ()])])[:_MOST_SHOWN]
    return str(where.get("target") or where.get("path") or source.kind)[:_MOST_SHOWN]


def _masked(words: Sequence[str]) -> list[str]:
    said: list[str] = []
    hide = False
    for word in words:
        name, equals, _ = word.partition("=")
        if hide and not word.startswith("-"):
            said.append("•••")
            hide = False
        elif equals and _TELLING.search(name):
            said.append(f"{name}=•••")
        else:
            hide = word.startswith("-") and bool(_TELLING.search(word))
            said.append(openapi.source_name(word) if word.startswith(("http://", "https://")) else word)
    return said


def same_place(one: ToolSource, other: ToolSource) -> bool:
    """Whether two sources are one: of a kind, at one place, whatever their secrets and how they are used."""

    def place(source: ToolSource) -> dict[str, Any]:
        return {key: value for key, value in source.where.items() if key not in (*SECRET_KEYS, *_USE)}

    return one.kind == other.kind and place(one) == place(other)
