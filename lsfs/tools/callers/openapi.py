"""Operations of HTTP APIs: a request as the operation's description says, with the headers that the user configured.

The headers of a source (its token among them) go to the one origin that was fixed when it was added, and to no other
that its document names; redirects are followed on the same origin only.
"""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lsfs.core.errors import RefusedError
from lsfs.core.tools import CallOutcome, Tool, ToolSource
from lsfs.tools.callers.base import MOST_BYTES, Around, failed, shortened, unreached
from lsfs.tools.callers.credentials import placed
from lsfs.tools.web import PLAIN, credentials_of, credentials_origin, encoding_problem, origin_of

if TYPE_CHECKING:
    import httpx2

_ASK_S = 0.1
_CONNECT_S = 10.0
_REDIRECTS = 3
_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))


class _Ended(Exception):
    """The call was ended before the server was done."""


class ApiCaller:
    """Calls operations over HTTP."""

    def works_in(self, source: ToolSource, cwd: str) -> str | None:
        """See `ToolCaller.works_in`."""
        return None

    def call(self, tool: Tool, arguments: Mapping[str, Any], around: Around) -> CallOutcome:
        """See `ToolCaller.call`."""
        import httpx2

        method, url, fields = request_of(tool, arguments, around.source)
        answers: queue.SimpleQueue[CallOutcome | Exception] = queue.SimpleQueue()
        until = time.monotonic() + around.deadline_s
        ended = threading.Event()

        def going() -> bool:
            return not ended.is_set() and time.monotonic() < until

        def work() -> None:
            timeout = httpx2.Timeout(around.deadline_s, connect=min(_CONNECT_S, around.deadline_s))
            try:
                # trust_env: the daemon's own proxies and netrc are not the user's wish for this call.
                with httpx2.Client(timeout=timeout, trust_env=False, headers=PLAIN) as client:
                    answers.put(_answered(client, method, url, fields, going))
            except Exception as error:  # handed to the caller's thread, which knows what it means
                answers.put(error)

        threading.Thread(target=work, name="lsfs-api-call", daemon=True).start()
        answer: CallOutcome | Exception | None = None
        while answer is None:
            try:
                answer = answers.get(timeout=_ASK_S)
            except queue.Empty:
                if around.cancelled() or time.monotonic() > until:
                    ended.set()  # the thread gives up at its next part, or at the same time limit
                    why = "it was cancelled" if around.cancelled() else f"no answer within {around.deadline_s:g} s"
                    return failed(why)
        if isinstance(answer, CallOutcome):
            return answer
        if isinstance(answer, _Ended):
            return failed(f"no answer within {around.deadline_s:g} s")
        if isinstance(answer, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.InvalidURL):
            return unreached(f"the server could not be asked: {str(answer) or type(answer).__name__}")
        if isinstance(answer, httpx2.TimeoutException):
            return failed(f"the server did not answer in time ({type(answer).__name__})")
        if isinstance(answer, httpx2.HTTPError | OSError | ValueError):
            return failed(f"the server could not be asked: {str(answer) or type(answer).__name__}")
        raise answer


def request_of(tool: Tool, arguments: Mapping[str, Any], source: ToolSource) -> tuple[str, str, dict[str, Any]]:
    """Method, URL and further fields of the HTTP request that an operation's arguments come to.

    Raises RefusedError for a description that names none, and for a server that may not have the source's credentials.
    """
    how = tool.invocation
    method, path = str(how.get("method", "")).upper(), str(how.get("path", ""))
    base = str(source.where.get("server") or how.get("url") or "")
    if method not in _METHODS or not base.startswith(("http://", "https://")) or not path.startswith("/"):
        raise RefusedError(f"{tool.id} does not say which request it is", hint="lsfs tools show " + tool.id)
    left = dict(arguments)
    query: list[tuple[str, str]] = []
    headers: dict[str, str] = {}
    for each in how.get("parameters", ()):
        name = str(each["name"])
        argument = str(each.get("argument", name))
        if argument not in left:
            continue
        value = left.pop(argument)
        place = each.get("in")
        if place == "path":
            if _text(value) in ("", ".", ".."):
                raise RefusedError(f"“{_text(value)}” cannot be the {name} of a path")
            path = path.replace("{" + name + "}", quote(_text(value), safe=""))
        elif place == "query":
            query += [(name, _text(one)) for one in (value if isinstance(value, list) else [value])]
        elif place == "header":
            headers[name] = _header(_text(value))
    if "{" in path:
        raise RefusedError(f"the path needs a value for {path[path.index('{') :].partition('}')[0]}}}")
    configured = {name: _header(value) for name, value in credentials_of(source).items()}
    if configured:
        _check_origin(tool, base, source)
    own = placed(configured, how.get("security") or {})
    fields: dict[str, Any] = {"headers": {**headers, **own.headers}, "params": query + own.query}
    if "body" in how:
        argument = str(how["body"] or "")
        body = left.pop(argument, None) if argument else (left or None)
        if body is not None and str(how.get("content_type", "")).endswith("x-www-form-urlencoded"):
            fields["data"] = body
        elif body is not None:
            fields["json"] = body
    return method, base.rstrip("/") + path, fields


def _check_origin(tool: Tool, base: str, source: ToolSource) -> None:
    """Raises RefusedError where the credentials of a source are for another server, or for none that is known."""
    asked, own = origin_of(base), credentials_origin(source.where)
    if not asked or asked != own:
        raise RefusedError(
            f"{tool.id} is at {asked or 'no plain web address'}; the credentials of {source.name} are for "
            f"{own or 'no server that is known'} and not sent there",
            hint="if they are for that one, name it: lsfs tools add --server URL …, or server in its file of tools.d",
        )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | dict | list) else str(value)


def _header(text: str) -> str:
    if any(sign in text for sign in "\r\n\0"):
        raise RefusedError("a header cannot have a line break in it")
    return text


def _answered(
    client: httpx2.Client, method: str, url: str, fields: dict[str, Any], going: Callable[[], bool]
) -> CallOutcome:
    request = client.build_request(method, url, **fields)
    origin = _origin(request.url)
    for _ in range(_REDIRECTS + 1):
        response = client.send(request, stream=True)
        try:
            if why := encoding_problem(response.headers):
                return failed(why)
            body = bytearray()
            for part in response.iter_bytes():
                body += part
                if not going():
                    raise _Ended
                if len(body) > MOST_BYTES:
                    return failed(f"the server said more than {MOST_BYTES >> 20} MiB; nothing of it is kept")
            following = response.next_request
            if following is None or method not in ("GET", "HEAD"):
                return _outcome(response, bytes(body))
            if _origin(following.url) != origin:
                return failed(f"the server points to another one: {following.url.copy_with(query=None)}")
            request = following
        finally:
            response.close()
    return failed("the server points from one place to another without end")


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _outcome(response: httpx2.Response, body: bytes) -> CallOutcome:
    text, cut = shortened(body.decode(response.encoding or "utf-8", "replace"))
    data = None
    if not cut:
        try:
            data = json.loads(body)
        except (ValueError, RecursionError):
            data = None
    if response.is_success:
        return CallOutcome(ok=True, text=text, data=data, cut=cut)
    return failed(f"the server answered {response.status_code} {response.reason_phrase}".rstrip(), text=text, cut=cut)
