"""Documents from a URL: one request to the server that the user named, bounded."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from lsfs.core.errors import LsfsError
from lsfs.core.tools import ToolSource
from lsfs.tools.importers.openapi import OpenApi

pytest.importorskip("httpx2")

API = json.dumps({"openapi": "3.0.0", "servers": [{"url": "/v2"}], "paths": {"/a": {"get": {"operationId": "a"}}}})


class Handler(BaseHTTPRequestHandler):
    """Serves a document, a redirect to elsewhere, and a flood."""

    seen: list[str | None] = []

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        if self.path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/api.json")
            self.end_headers()
            return
        body = API.encode() if self.path.startswith("/api.json") else b" " * 2_000_000
        if self.path.startswith("/bomb"):
            body = gzip.compress(API.encode())
        self.send_response(200 if self.path != "/gone.json" else 404)
        if self.path.startswith("/bomb"):
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


def source(url: str, **where: str) -> ToolSource:
    where_of_all = {"url": url, "headers": {"Authorization": "Bearer s3cret"}, **where}
    return ToolSource(name="x", kind="openapi", where=where_of_all)


def test_a_document_is_fetched_with_the_headers_of_its_source(server):
    (tool,) = OpenApi().take(source(f"{server}/api.json?key=s3cret")).tools
    assert tool.invocation["url"] == f"{server}/v2" and Handler.seen[-1] == "Bearer s3cret"


def test_a_document_from_elsewhere_than_its_server_is_fetched_without_credentials(server):
    assert OpenApi().take(source(f"{server}/api.json", server="https://api.example/v1")).tools
    assert Handler.seen[-1] is None


@pytest.mark.parametrize("path", ["gone.json", "away.json", "flood.json", "bomb.json"])
def test_what_cannot_be_had_is_told_without_secrets(server, path, monkeypatch):
    monkeypatch.setattr("lsfs.tools.importers.download.MOST_FILE_BYTES", 1_000_000)
    with pytest.raises(LsfsError) as caught:
        OpenApi().take(source(f"{server}/{path}?key=s3cret"))
    assert "s3cret" not in f"{caught.value.message} {caught.value.path}"
