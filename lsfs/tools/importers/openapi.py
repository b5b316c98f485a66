"""OpenAPI 3.0 and 3.1 documents, JSON or YAML: an operation is a tool (https://spec.openapis.org/oas/v3.1.1.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from lsfs.core.errors import UsageError
from lsfs.core.tools import ToolSource
from lsfs.tools.importers.base import Basket, Taken
from lsfs.tools.importers.download import download
from lsfs.tools.importers.files import parse, read_file, source_path, stat_stamp
from lsfs.tools.importers.references import Document
from lsfs.tools.importers.security import Schemes, schemes_of
from lsfs.tools.web import credentials_of, credentials_origin, origin_of

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_READS = ("get", "head", "options")
_BODIES = ("application/json", "application/x-www-form-urlencoded")
_PLACES = ("path", "query", "header")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_BODY = "body"


class OpenApi:
    """Reads the operations of a document, from a file or, where the user gave a URL, from there."""

    def take(self, source: ToolSource) -> Taken:
        """See `Importer.take`."""
        url = source.where.get("url")
        if isinstance(url, str):
            own = credentials_of(source) if credentials_origin(source.where) == origin_of(url) else {}
            path, data = source_name(url), download(url, own)
        else:
            file = source_path(source)
            path, data = str(file), read_file(file)
            url = ""
        found = _parsed(data, path)
        basket = Basket(source, "openapi")
        document = Document(found)
        server = _server(document, found, url)
        schemes = schemes_of(document, found)
        for route, item in _paths(found):
            resolved = document.resolve(item)
            if not isinstance(resolved, dict):
                basket.refuse(route, "it is not the description of a path")
                continue
            nearer = _server(document, resolved, url) or server
            for method in _METHODS:
                if method in resolved:
                    _put(basket, document, schemes, nearer, route, method, resolved)
        return basket.taken()

    def stamp(self, source: ToolSource) -> str:
        """See `Importer.stamp`."""
        return "" if source.where.get("url") else stat_stamp(source_path(source))


def first_server(path: Path) -> str:
    """The URL of the server that a document in a file names first, '' for none.  Raises what reading it raises."""
    found = _parsed(read_file(path), str(path))
    return _server(Document(found), found, "")


def _parsed(data: bytes, path: str) -> dict[str, Any]:
    found = parse(data, Path(path))
    if not looks_like(found):
        raise UsageError("it is no OpenAPI 3 document", path=path, hint="Swagger 2 has to be converted first")
    assert isinstance(found, dict)
    return found


def looks_like(document: Any) -> bool:
    """Whether a document is of OpenAPI 3."""
    return isinstance(document, dict) and str(document.get("openapi", "")).startswith("3.")


def source_name(url: str) -> str:
    """A URL without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def _paths(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    paths = document.get("paths")
    if isinstance(paths, dict):
        for route, item in paths.items():
            if isinstance(route, str) and route.startswith("/"):
                yield route, item


def _server(document: Document, holder: Mapping[str, Any], base: str) -> str:
    """The URL of the first server that a document, a path or an operation names, its variables filled in; else ''."""
    servers = holder.get("servers")
    first = document.resolve(servers[0]) if isinstance(servers, list) and servers else None
    if not isinstance(first, dict) or not isinstance(first.get("url"), str):
        return ""
    url = str(first["url"])
    variables = first.get("variables")
    for name, variable in variables.items() if isinstance(variables, dict) else ():
        if isinstance(variable, dict):
            url = url.replace("{" + str(name) + "}", str(variable.get("default", "")))
    return urljoin(base, url) if base else url


def _put(
    basket: Basket,
    document: Document,
    schemes: Schemes,
    server: str,
    route: str,
    method: str,
    item: Mapping[str, Any],
) -> None:
    operation = document.resolve(item[method])
    label = f"{method.upper()} {route}"
    if not isinstance(operation, dict):
        basket.refuse(label, "it is not the description of an operation")
        return
    named = operation.get("operationId")
    name = named if isinstance(named, str) and named.strip() else _name(method, route)
    schema, invocation, why = _arguments(document, item, operation)
    if why:
        basket.refuse(name, why)
        return
    tags = operation.get("tags")
    group = tags[0] if isinstance(tags, list) and tags and isinstance(tags[0], str) else ""
    said = [text.strip() for key in ("summary", "description") if isinstance(text := operation.get(key), str)]
    basket.put(
        name,
        "\n".join(dict.fromkeys(said)) or label,
        schema,
        effect="read" if method in _READS else "change",
        group=group[:100],
        invocation={
            "method": method.upper(),
            "url": _server(document, operation, "") or server,
            "path": route,
            **invocation,
            **schemes.invocation(operation),
        },
    )


def _name(method: str, route: str) -> str:
    return "_".join(filter(None, (method, *_NOT_IN_NAMES.split(route))))


def _arguments(
    document: Document, item: Mapping[str, Any], operation: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Schema and invocation of an operation's arguments, or why it has none."""
    properties: dict[str, Any] = {}
    required: list[str] = []
    placed: list[dict[str, Any]] = []
    for parameter in _parameters(document, item, operation):
        name, place = parameter.get("name"), parameter.get("in")
        if not isinstance(name, str) or place not in _PLACES:
            if place == "cookie" and not parameter.get("required"):
                continue
            return {}, {}, f"its parameter {name!r} stands in {place!r}, where none is put"
        argument = name if name not in properties else f"{name}_in_{place}"
        said = document.schema(_schema_of(parameter))
        if isinstance(parameter.get("description"), str):
            said = {**said, "description": parameter["description"]}
        properties[argument] = said
        if parameter.get("required") or place == "path":
            required.append(argument)
        placed.append({"name": name, "in": place} | ({"argument": argument} if argument != name else {}))
    invocation: dict[str, Any] = {"parameters": placed}
    body = document.resolve(operation.get("requestBody"))
    if isinstance(body, dict):
        content = body.get("content")
        kind = _content_type(content)
        if kind is None:
            if body.get("required"):
                return {}, {}, "its body is of a kind that is not written here"
        else:
            assert isinstance(content, dict)
            media = document.resolve(content[kind])
            said = document.schema(media.get("schema") if isinstance(media, dict) else None)
            argument = _BODY if _BODY not in properties else "request_body"
            inner = said.get("properties")
            is_object = said.get("type", "object") == "object"
            if is_object and isinstance(inner, dict) and not inner.keys() & properties.keys():
                # The fields of the body are arguments of their own: flatter schemas are filled in more often rightly.
                properties |= inner
                if body.get("required"):
                    required += [one for one in said.get("required", []) if isinstance(one, str)]
                argument = ""
            else:
                properties[argument] = said
                if body.get("required"):
                    required.append(argument)
            invocation |= {"body": argument, "content_type": kind}
    return {"type": "object", "properties": properties, "required": required}, invocation, ""


def _parameters(document: Document, item: Mapping[str, Any], operation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parameters of an operation: its own before those of its path, by name and place."""
    found: dict[tuple[Any, Any], Mapping[str, Any]] = {}
    for holder in (item, operation):
        listed = holder.get("parameters")
        for one in listed if isinstance(listed, list) else ():
            parameter = document.resolve(one)
            if isinstance(parameter, dict):
                found[str(parameter.get("name")), str(parameter.get("in"))] = parameter
    return list(found.values())


def _schema_of(parameter: Mapping[str, Any]) -> Any:
    if "schema" in parameter:
        return parameter["schema"]
    content = parameter.get("content")
    media = next(iter(content.values()), None) if isinstance(content, dict) else None
    return media.get("schema") if isinstance(media, dict) else None


def _content_type(content: Any) -> str | None:
    """Which of the kinds of a body is written."""
    if not isinstance(content, dict):
        return None
    for wanted in _BODIES:
        for kind in content:
            plain = str(kind).split(";")[0].strip().lower()
            if plain == wanted or (wanted == _BODIES[0] and (plain.endswith("+json") or plain in ("*/*", "text/json"))):
                return str(kind)
    return None
