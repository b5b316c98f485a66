"""Carrying out a plan that somebody agreed to, with its progress and a Ctrl-C that takes it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from lsfs.core.errors import RolledBack, UnavailableError
from lsfs.core.failures import Interrupted
from lsfs.rpc.client import Client
from lsfs_cli.ctrl_c import CtrlC
from lsfs_cli.following import follow, op_progress
from lsfs_cli.session import Session


def carried_out(session: Session, client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """The op as it went (`lsfs.core.api.PlanResult`, decoded); `request` are the fields of route ``apply``.

    Raises `Interrupted` where Ctrl-C had it taken back, and what ended it otherwise.
    """
    op = request["op"]
    results: list[dict[str, Any]] = []
    with CtrlC(lambda: client.call("cancel", {"op": op})) as ctrl_c:
        try:
            follow(session, op_progress(_watched(client.stream("apply", request), ctrl_c, results)))
        except RolledBack as error:
            if not ctrl_c.pressed:
                raise
            raise Interrupted(f"op {op} was cancelled", hint="nothing is changed") from error
        except UnavailableError as error:
            error.hint = f"lsfs log tells what became of op {op}"
            raise
    if ctrl_c.pressed and all(one["failure"] != "cancelled" for one in results[-1]["results"]):
        session.note("it was done before it could be cancelled")
    return results[-1]


def _watched(
    events: Iterable[dict[str, Any]], ctrl_c: CtrlC, results: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for event in events:
        ctrl_c.cancel_if_pressed()  # again: the op may not have been under way yet
        if event["result"] is not None:
            results.append(event["result"])
        yield event
