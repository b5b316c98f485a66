"""The interface of the daemon as one table; the client, the server and the description are all made from it."""

from __future__ import annotations

from typing import NamedTuple

PROTOCOL = 1
"""The number in every path.  A change that an older client or daemon would misread takes the next one."""


class Route(NamedTuple):
    """One thing that can be asked of the daemon."""

    name: str
    """What the client calls it; but for hello and shutdown, also the method of the engine."""
    method: str
    path: str
    request: str | None
    """Name of the record in `lsfs.core.api` that the body holds."""
    result: str
    """Name of the record that the answer holds, or each line of it when it streams."""
    effect: str
    """``read``, ``change`` (of what lsfs keeps or does) or ``control`` (of the daemon itself)."""
    summary: str
    lane: str = "work"
    """``query`` is never kept waiting by ``work``; ``stream`` answers line by line (NDJSON) until it is done."""


ROUTES = (
    Route("hello", "GET", "/v1/hello", None, "Handshake", "read", "Who the daemon is", "query"),
    Route("shutdown", "POST", "/v1/shutdown", None, "Done", "control", "Finish what is running and stop", "query"),
    Route("up", "POST", "/v1/up", "UpRequest", "RootList", "change", "Watch and index folders"),
    Route("progress", "POST", "/v1/progress", "ProgressRequest", "ProgressEvent", "read", "Follow indexing", "stream"),
    Route("find", "POST", "/v1/find", "FindRequest", "FindResult", "read", "Look for files", "query"),
    Route("status", "GET", "/v1/status", None, "StatusResult", "read", "How the daemon is", "query"),
    Route("file_status", "POST", "/v1/status/file", "PathRequest", "FileStatus", "read", "About one path", "query"),
    Route("roots", "GET", "/v1/roots", None, "RootList", "read", "The watched folders", "query"),
    Route("remove_root", "POST", "/v1/roots/remove", "PathRequest", "RootInfo", "change", "Stop watching a folder"),
    Route("purge", "POST", "/v1/purge", "PathRequest", "Done", "change", "Forget a removed folder's history"),
    Route("rescan", "POST", "/v1/rescan", "RescanRequest", "Done", "change", "Compare the disk with the index"),
    Route("pause", "POST", "/v1/pause", None, "Done", "control", "Stop indexing for now"),
    Route("resume", "POST", "/v1/resume", None, "Done", "control", "Go on indexing"),
    Route("doctor", "GET", "/v1/doctor", None, "FindingList", "read", "What is wrong, and how to mend it"),
)


def route(name: str) -> Route:
    """The route called `name`; raises ``KeyError`` for a name that is none."""
    for candidate in ROUTES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
