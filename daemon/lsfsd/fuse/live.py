"""The daemon as a mount sees it: asked over its socket, with a deadline, and left alone once it has missed one."""

from __future__ import annotations

import binascii
import contextlib
import datetime as dt
import errno
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lsfs.core.errors import DaemonUnavailable, LsfsError, RefusedError, StorageError
from lsfs.core.wirepath import to_wire
from lsfs.rpc.client import Client
from lsfs.views.base import Answer, Found, ToolPage, Wish, refused
from lsfsd.fuse.errnos import errno_of
from lsfsd.fuse.tool_pages import page_of

DEADLINE_S = 5.0
"""How long an answer may take before the daemon counts as away."""
PROBE_S = 1.0
"""Between looks whether it is back."""
MOST_HITS = 1000
MOST_TOOLS = 10
EXPLAINED = 20
"""Hits that come with their best passage, for `.why.txt`."""


class Breaker:
    """Lets calls through while the daemon answers; after a missed deadline none, until it answers again."""

    def __init__(self, answers: Callable[[], bool], clock: Callable[[], float] = time.monotonic) -> None:
        """`answers` asks the daemon whether it is there, and may take long."""
        self._answers = answers
        self._clock = clock
        self._lock = threading.Lock()
        self._open = False
        self._probing = False
        self._looked_s = float("-inf")

    def require_there(self) -> None:
        """Raises ETIMEDOUT while the daemon is known to be away."""
        if self._is_away():
            refused(errno.ETIMEDOUT)

    def missed(self) -> None:
        """A deadline was missed."""
        with self._lock:
            self._open = True
            self._looked_s = self._clock()

    def _is_away(self) -> bool:
        with self._lock:
            if not self._open:
                return False
            if not self._probing and self._clock() - self._looked_s >= PROBE_S:
                # Whoever comes by has it looked at; nobody waits for that.
                self._probing = True
                threading.Thread(target=self._probe, name="probe", daemon=True).start()
            return True

    def _probe(self) -> None:
        there = False
        try:
            there = self._answers()
        finally:
            with self._lock:
                self._probing = False
                self._looked_s = self._clock()
                self._open = not there


class SocketLive:
    """`lsfs.views.base.Live` over the daemon's socket."""

    def __init__(self, client: Client, breaker: Breaker) -> None:
        """`client` gives up after `DEADLINE_S`."""
        self._client = client
        self._breaker = breaker

    def search(self, wish: Wish) -> Answer:
        """The hits, with what speaks for each; EINVAL where the daemon cannot read the query."""
        fields: dict[str, Any] = {
            "words": wish.words,
            "limit": MOST_HITS,
            "snippets": EXPLAINED,
            "types": wish.types,
            "tags": wish.tags,
            "since": wish.since,
            "until": wish.until,
            "like": to_wire(wish.like) if wish.like is not None else None,
        }
        with self._calling():
            result = self._client.call("find", fields)
        found = [_found(hit) for hit in result["hits"]]
        return Answer(found, result.get("note", ""), result["complete"])

    def tools(self, words: str) -> Sequence[ToolPage]:
        """The tools that serve a request, each with its page."""
        fields = {"query": words, "limit": MOST_TOOLS, "with_schemas": True, "with_examples": True}
        with self._calling():
            result = self._client.call("tools_find", fields)
        return [] if result["none_fits"] else [ToolPage(tool["name"], page_of(tool)) for tool in result["tools"]]

    def tag(self, changes: Sequence[tuple[bytes, str, bool]]) -> None:
        """Tags and untags files, in one op."""
        actions = [
            {"do": "tag" if on else "untag", "paths": [to_wire(path)], "tags": [tag]} for path, tag, on in changes
        ]
        self._change(actions)

    def save(self, name: str, query: str | None) -> None:
        """Saves a query, or forgets it."""
        self._change([{"do": "save_query", "name": name, "query": query}])

    def _change(self, actions: Sequence[Mapping[str, Any]]) -> None:
        with self._calling():
            plan = self._client.call("plan", {"actions": actions, "sentence": "through the mount"})
            if plan["op"] is None:
                if plan["left_out"] or plan["conflicts"]:
                    raise RefusedError("the change cannot be made")
                return
            until = time.monotonic() + DEADLINE_S
            for event in self._client.stream("apply", {"op": plan["op"], "confirmed": "yes"}):
                if time.monotonic() > until:
                    # Another op is under way, and tells of its headway; this one follows when that is done.
                    refused(errno.ETIMEDOUT)
                if event["phase"] == "done" and event["result"]["state"] != "applied":
                    raise StorageError("the change was not made")

    @contextlib.contextmanager
    def _calling(self) -> Iterator[None]:
        self._breaker.require_there()
        try:
            yield
        except DaemonUnavailable as error:
            slow = isinstance(error.__cause__, TimeoutError)
            if slow:
                self._breaker.missed()
            code = errno.ETIMEDOUT if slow else errno.ECONNREFUSED
            raise OSError(code, os.strerror(code)) from error
        except LsfsError as error:
            raise OSError(errno_of(error), error.message) from error


def _found(hit: Mapping[str, Any]) -> Found:
    path = binascii.a2b_base64(hit["path_b64"]) if hit.get("path_b64") else hit["path"].encode("utf-8")
    modified = dt.datetime.fromisoformat(hit["modified"])
    line = f", line {hit['line']}" if hit.get("line") else ""
    return Found(path, hit["size"], int(modified.timestamp()) * 1_000_000_000, hit["score"], f"{hit['snippet']}{line}")
