"""Files of public repositories on Hugging Face, by plain HTTPS with resumption."""

from __future__ import annotations

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import quote

from lsfs.models.part import Part, SourceFailed
from lsfs.models.registry import HuggingFaceSource

ENDPOINT = "https://huggingface.co"
_BLOCK = 1 << 18
_TRIES = 4
"""Connections in a row that bring no byte before the source is given up."""
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP status codes that may be gone a moment later."""


class _Broken(Exception):
    """The connection ended early; what has come so far stays."""


class _Unreachable(_Broken):
    """There was no connection at all."""


class HuggingFace:
    """Fetches over HTTP from `endpoint` (a mirror may stand there); proxies come from the environment.

    A host that cannot be reached at all is not tried again by the same value.
    """

    def __init__(
        self, endpoint: str = ENDPOINT, *, timeout: float = 10.0, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """`timeout` in seconds holds for connecting and for each wait for bytes."""
        self._endpoint = endpoint.rstrip("/")
        self._timeout = timeout
        self._sleep = sleep
        self._unreachable: str | None = None

    def fetch(self, source: HuggingFaceSource, part: Part) -> None:
        """Completes `part`; raises SourceFailed, leaving in `part` what has come."""
        if not self._endpoint.startswith(("https://", "http://")):
            raise SourceFailed(f"not a web address: {self._endpoint}")
        if self._unreachable is not None:
            raise SourceFailed(self._unreachable)
        url = f"{self._endpoint}/{source.repo}/resolve/{quote(source.revision)}/{quote(source.file)}"
        origin = part.length
        idle = 0
        while not part.complete:
            before = part.length
            try:
                self._stream(url, part)
            except _Broken as error:
                if isinstance(error, _Unreachable) and part.length == origin:
                    self._unreachable = str(error)
                    raise SourceFailed(self._unreachable) from error
                idle = 1 if part.length > before else idle + 1
                if idle == _TRIES:
                    raise SourceFailed(f"{error}, {_TRIES} times in a row") from error
                self._sleep(0.5 * 2**idle)

    def _stream(self, url: str, part: Part) -> None:
        """Appends what one connection gives; raises _Broken where that is not all."""
        with self._open(url, part.length) as response:
            start, total = _extent(response)
            if total is not None and total != part.total:
                raise SourceFailed(f"has a file of {total} bytes there, not {part.total}")
            if start != part.length:
                part.restart()
            if start > part.length:
                raise SourceFailed(f"answers from byte {start} on, which nobody asked for")
            while block := self._read(response):
                part.write(block)
        if not part.complete:
            raise _Broken("the connection broke")

    def _open(self, url: str, start: int) -> http.client.HTTPResponse:
        headers = {"User-Agent": "lsfs", "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        try:
            response = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=self._timeout)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _PASSING:
                raise _Broken(f"HTTP status {error.code}") from error
            raise SourceFailed(f"HTTP status {error.code}") from error
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise _Unreachable(f"cannot be reached ({getattr(reason, 'strerror', None) or reason})") from error
        assert isinstance(response, http.client.HTTPResponse)
        return response

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        try:
            return response.read1(_BLOCK)  # as it comes: read(n) loses what a broken connection had brought
        except (OSError, http.client.HTTPException) as error:
            raise _Broken("the connection broke") from error


def _extent(response: http.client.HTTPResponse) -> tuple[int, int | None]:
    """The place of the body's first byte in the file, and the file's size where the answer tells it (RFC 9110)."""
    if response.status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", ""))
        if match is None:
            raise SourceFailed("answers a range without saying which")
        return int(match[1]), None if match[2] == "*" else int(match[2])
    return 0, response.length
