"""A document from a URL that the user gave: one request, bounded in time and size, on that server alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from lsfs.core.errors import UnavailableError, UsageError
from lsfs.tools.importers.base import MOST_FILE_BYTES
from lsfs.tools.web import PLAIN, encoding_problem

_SECONDS = 30.0


def download(url: str, headers: Mapping[str, str]) -> bytes:
    """The bytes at `url`.  Raises UnavailableError, and UsageError for what is too large or no web address."""
    import httpx2

    shown = f"{urlsplit(url).scheme}://{urlsplit(url).hostname}{urlsplit(url).path}"
    until = time.monotonic() + _SECONDS
    try:
        with (
            httpx2.Client(timeout=_SECONDS, trust_env=False, headers={**headers, **PLAIN}) as client,
            client.stream("GET", url) as response,
        ):
            if not response.is_success:
                raise UnavailableError(f"the server answered {response.status_code}", path=shown)
            if why := encoding_problem(response.headers):
                raise UnavailableError(why, path=shown)
            data = bytearray()
            for part in response.iter_bytes():
                data += part
                if len(data) > MOST_FILE_BYTES:
                    raise UsageError(f"it is larger than {MOST_FILE_BYTES >> 20} MiB", path=shown)
                if time.monotonic() > until:
                    raise UnavailableError(f"it takes longer than {_SECONDS:g} s", path=shown)
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise UnavailableError(f"it cannot be fetched: {str(error) or type(error).__name__}", path=shown) from error
    return bytes(data)
