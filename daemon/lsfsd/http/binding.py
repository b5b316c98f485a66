"""Ties each route to its records and its method of the engine, and describes the whole as OpenAPI.

The table of routes names records, so that a client need not import them; here the names become types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from lsfs import __version__
from lsfs.core import api
from lsfs.core.wirepath import absolute_from_wire
from lsfs.rpc.routes import ROUTES, Route

if TYPE_CHECKING:
    from lsfs.engine import Engine

Call = Callable[[Any], Any]
"""Takes the decoded request (None where the route has none), gives the result, or an iterator of results."""


def engine_calls(engine: Engine) -> dict[str, Call]:
    """What each route of the engine does, by the route's name."""
    return {
        "up": lambda request: api.RootList(roots=tuple(engine.up(request))),
        "progress": lambda request: engine.progress(request),
        "find": lambda request: engine.find(request),
        "status": lambda _: engine.status(),
        "file_status": lambda request: engine.file_status(absolute_from_wire(request.path)),
        "roots": lambda _: api.RootList(roots=tuple(engine.roots())),
        "remove_root": lambda request: engine.remove_root(absolute_from_wire(request.path)),
        "settings": lambda request: engine.change_settings(request),
        "purge": _without_result(lambda request: engine.purge(absolute_from_wire(request.path))),
        "rescan": _without_result(
            lambda request: engine.rescan(None if request.path is None else absolute_from_wire(request.path))
        ),
        "pause": _without_result(lambda _: engine.pause()),
        "resume": _without_result(lambda _: engine.resume()),
        "plan": lambda request: engine.changing.plan(request),
        "do": lambda request: engine.saying.do(request),
        "ask": lambda request: engine.saying.ask(request),
        "summarize": lambda request: engine.saying.summarize(request),
        "compare": lambda request: engine.saying.compare(request),
        "explain": lambda request: engine.saying.explain(request),
        "undo": lambda request: engine.changing.undo(request),
        "redo": lambda request: engine.changing.redo(request),
        "apply": lambda request: engine.changing.apply(request),
        "cancel": lambda request: engine.changing.cancel(request),
        "op": lambda request: engine.changing.op(request),
        "log": lambda request: engine.changing.log(request),
        "history": lambda request: engine.past.history(request),
        "diff": lambda request: engine.diffing.diff(request),
        "at": lambda request: engine.past.at(request),
        "read": lambda request: engine.reading.read(request),
        "tags": lambda request: engine.past.tags(request),
        "saved": lambda _: engine.past.saved(),
        "retention": lambda request: engine.keeping.retention(request),
        "verify": lambda _: engine.verifying.verify(),
        "tools_add": lambda request: engine.tooling.add(request),
        "tools_sources": lambda _: engine.tooling.sources(),
        "tools_list": lambda request: engine.tooling.list(request),
        "tools_show": lambda request: engine.tooling.show(request),
        "tools_find": lambda request: engine.tooling.find(request),
        "tools_think": lambda request: engine.tooling.find(request),
        "tools_remove": _without_result(lambda request: engine.tooling.remove(request)),
        "tools_enable": _without_result(lambda request: engine.tooling.enable(request)),
        "tools_import": lambda request: engine.tooling.import_file(request),
        "tools_draft": lambda request: engine.tooling.draft(request),
        "tools_train": lambda _: engine.tooling.train(),
        "tools_eval": lambda request: engine.tooling.evaluate(request),
        "save_op": lambda request: engine.tooling.save_op(request),
        "doctor": lambda _: api.FindingList(findings=tuple(engine.doctor())),
    }


def record(name: str) -> type[msgspec.Struct]:
    """The record of `lsfs.core.api` that a route names."""
    found: type[msgspec.Struct] = getattr(api, name)
    return found


def openapi() -> dict[str, Any]:
    """The interface as an OpenAPI 3.1 document, made of the routes and the records."""
    names = sorted({name for route in ROUTES for name in (route.request, route.result) if name} | {"ErrorResult"})
    _, schemas = msgspec.json.schema_components(
        [record(name) for name in names], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "lsfs",
            "version": __version__,
            "description": "Served on a Unix socket to its owner alone.  Send the header `Host: lsfs`.",
        },
        "paths": {route.path: {route.method.lower(): _operation(route)} for route in ROUTES},
        "components": {"schemas": schemas},
    }


def _operation(route: Route) -> dict[str, Any]:
    media = "application/x-ndjson" if route.lane == "stream" else "application/json"
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "x-effect": route.effect,
        "responses": {
            "200": {"description": "Done", "content": {media: {"schema": _reference(route.result)}}},
            "default": {
                "description": "Failed",
                "content": {"application/json": {"schema": _reference("ErrorResult")}},
            },
        },
    }
    if route.request:
        content = {"application/json": {"schema": _reference(route.request)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _without_result(act: Callable[[Any], None]) -> Call:
    def call(request: Any) -> api.Done:
        act(request)
        return api.Done()

    return call
