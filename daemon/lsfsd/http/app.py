"""The application: each route decodes its record, calls the engine in its lane, and encodes what comes back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route as WebRoute

from lsfs.core.errors import InternalError, LsfsError, UsageError
from lsfs.core.failures import failure_document
from lsfs.rpc.routes import ROUTES, Route
from lsfsd.http.binding import Call, openapi, record
from lsfsd.http.lanes import Lanes
from lsfsd.http.statuses import http_status

logger = logging.getLogger(__name__)

Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(calls: Mapping[str, Call], lanes: Lanes) -> Starlette:
    """An application that serves every route of the table with the call of its name."""
    routes = [
        WebRoute(route.path, _endpoint(route, calls[route.name], lanes), methods=[route.method]) for route in ROUTES
    ]
    routes.append(WebRoute("/v1/openapi.json", _describe, methods=["GET"]))
    return Starlette(
        routes=routes,
        exception_handlers={LsfsError: _failed, HTTPException: _misdirected, Exception: _crashed},
    )


def _endpoint(route: Route, call: Call, lanes: Lanes) -> Endpoint:
    decoder = msgspec.json.Decoder(record(route.request)) if route.request else None

    async def answer(request: Request) -> Response:
        asked = _decoded(decoder, await request.body()) if decoder else None
        if route.lane == "stream":
            return StreamingResponse(_lines(lanes, lambda: call(asked)), media_type="application/x-ndjson")
        body = await lanes.call(route.lane, lambda: msgspec.json.encode(call(asked)))
        return Response(body, media_type="application/json")

    return answer


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the request is not as it should be: {error}") from None


async def _lines(lanes: Lanes, make: Callable[[], Any]) -> AsyncIterator[bytes]:
    """Each item as a line of JSON; a failure is the last line, since the status has been sent by then."""
    try:
        async with lanes.stream(make) as items:
            async for item in items:
                yield msgspec.json.encode(item) + b"\n"
    except Exception as error:  # the door's boundary, like `_crashed` for what has not begun to answer
        yield msgspec.json.encode(failure_document(_presentable(error))) + b"\n"


async def _describe(_: Request) -> Response:
    return Response(msgspec.json.encode(openapi()), media_type="application/json")


async def _failed(_: Request, error: Exception) -> Response:
    known = _presentable(error)
    return Response(msgspec.json.encode(failure_document(known)), http_status(known), media_type="application/json")


async def _misdirected(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    document = failure_document(UsageError(f"nothing is served here: {error.detail}", hint="see /v1/openapi.json"))
    return Response(msgspec.json.encode(document), error.status_code, media_type="application/json")


async def _crashed(request: Request, error: Exception) -> Response:
    return await _failed(request, error)


def _presentable(error: Exception) -> LsfsError:
    if isinstance(error, LsfsError):
        return error
    logger.error("a request failed", exc_info=error)
    return InternalError(f"a bug in lsfs: {type(error).__name__}: {error}", hint="the daemon's log has the details")
