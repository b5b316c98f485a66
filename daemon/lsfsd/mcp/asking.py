"""One call of one client, as it asks the daemon; runs in a thread, and may be cancelled from another."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from typing import Any

from lsfs.core.config import load_config
from lsfs.core.errors import LsfsError, NothingFound, RefusedError, RolledBack, UnavailableError
from lsfs.core.failures import Interrupted
from lsfs.core.locations import Paths
from lsfs.core.wirepath import to_wire
from lsfs.rpc.build import build_id
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import launch_daemon
from lsfsd.mcp.permissions import Level, grant, level_of

Told = Callable[[str, int, int], None]
"""Takes how far a call is: in words, and as a count of a total (0 where there is none)."""


class Daemon:
    """The daemon, started when it is first asked and none runs."""

    def __init__(self, paths: Paths, environ: Mapping[str, str], cwd: bytes) -> None:
        self.environ = environ
        self.cwd = cwd
        self._paths = paths
        self._build = build_id()  # of what runs here, whatever is installed meanwhile

    def client(self, name: str) -> Client:
        """The daemon's socket, for the agent of that name."""
        caller = caller_fields(self.environ, self.cwd, "mcp") | {"client": name}
        return Client(self._paths, caller, launch=lambda: launch_daemon(self._paths, self.environ), build=self._build)

    def permissions(self) -> tuple[str, ...]:
        """The setting as it is now: what a user grants holds at once."""
        return load_config(self._paths.config_file).mcp_permissions


class Asking:
    """What the handler of one call has."""

    def __init__(self, daemon: Daemon, client: str, told: Told) -> None:
        self.client = client
        self.told = told
        self._daemon = daemon
        self._rpc = daemon.client(client)
        self._cancelled = threading.Event()
        self._op: int | None = None

    # What may be done

    @property
    def level(self) -> Level:
        """What the client may do."""
        return level_of(self._daemon.permissions(), self.client)

    def require(self, level: Level, what: str, instead: str = "") -> None:
        """Raises RefusedError, with how the user grants it, where the client may not do `what`."""
        permissions = self._daemon.permissions()
        has = level_of(permissions, self.client)
        if has < level:
            granting = f"the user grants it with: {grant(permissions, self.client, level)}"
            raise RefusedError(
                f"{what} takes the permission “{level.name.lower()}”, and {self.client} has “{has.name.lower()}”",
                hint=f"{instead}; {granting}" if instead else granting,
            )

    # Paths

    def path(self, text: str) -> str:
        """A path as the agent wrote it, absolute and fit for a request; links and dots are the daemon's to resolve."""
        if text.startswith("base64:"):
            return text
        home = text == "~" or text.startswith("~/")
        return to_wire(os.path.join(self._daemon.cwd, os.fsencode(os.path.expanduser(text) if home else text)))

    # The daemon

    def call(self, route: str, **fields: Any) -> Any:
        """The daemon's answer (decoded); raises what the daemon says went wrong."""
        return self._rpc.call(route, fields)

    def stream(self, route: str, **fields: Any) -> dict[str, Any]:
        """The result in the last event of a streaming route; ends early, with `Interrupted`, when cancelled."""
        for event in self._rpc.stream(route, fields):
            if self._cancelled.is_set():
                break
            result: dict[str, Any] | None = event["result"]
            if result is not None:
                return result
            self.told(event["phase"], event.get("done", 0), event.get("total", 0))
        raise Interrupted("cancelled")

    def apply(self, op: int, *, expect: int | None = None) -> dict[str, Any]:
        """The op as it went (`lsfs.core.api.PlanResult`); cancelled, it is taken back."""
        self._op = op  # from here on `cancel` has it taken back
        if self._cancelled.is_set():
            raise Interrupted("cancelled")
        fields = {"op": op, "confirmed": "yes", "expect": expect, "environ": dict(self._daemon.environ)}
        try:
            for event in self._rpc.stream("apply", fields):
                if self._cancelled.is_set():
                    self._take_back(op)  # it may not have been under way when that was asked first
                result: dict[str, Any] | None = event["result"]
                if result is not None:
                    return result
                self.told(event["phase"], event["done"], event["total"])
        except UnavailableError as error:
            error.hint = f"what became of it is told by undo or by: lsfs log (op {op})"
            raise
        except RolledBack as error:
            raise (Interrupted("cancelled") if self._cancelled.is_set() else error) from error
        finally:
            self._op = None
        raise Interrupted("cancelled")

    def cancel(self) -> None:
        """Ends the call: what streams ends with its next event, an op that waits or runs is taken back.  Blocks."""
        self._cancelled.set()
        if (op := self._op) is not None:
            with contextlib.suppress(LsfsError):
                self._take_back(op)

    def _take_back(self, op: int) -> None:
        with contextlib.suppress(NothingFound):
            self._rpc.call("cancel", {"op": op})
