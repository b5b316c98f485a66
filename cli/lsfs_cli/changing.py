"""The one way in which commands change files: a plan is made and shown, somebody agrees to it, it is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lsfs.core.errors import ConflictError, LsfsError, RefusedError, RolledBack, UnavailableError, UsageError
from lsfs.core.failures import DONE, NOTHING, Interrupted, failure_document
from lsfs.rpc.client import Client
from lsfs_cli.confirm import ASK, Consent, confirm
from lsfs_cli.ctrl_c import CtrlC
from lsfs_cli.following import follow, op_progress
from lsfs_cli.plan_text import render_plan
from lsfs_cli.session import Session
from lsfs_cli.style import count_text
from lsfs_cli.typed import sentence


def change(session: Session, route: str, fields: Mapping[str, Any], consent: Consent = ASK) -> int:
    """The exit code of a change of files: `route` makes its plan (``plan``, ``undo`` or ``redo``) of `fields`.

    Shows the plan, asks unless `consent` says enough, and carries it out.  Raises RefusedError where nobody agreed,
    ConflictError where something is in the way, and what ended the op; nothing is changed then.
    """
    client = session.client()
    plan = client.call(route, {**fields, "sentence": sentence(session.arguments)})
    try:
        return _decided(session, client, plan, consent)
    except LsfsError as error:
        if session.json:
            session.document(_unfinished(plan, error))
        raise


def _decided(session: Session, client: Client, plan: dict[str, Any], consent: Consent) -> int:
    preview = "" if session.json else render_plan(plan, session.style, session.cwd)
    if preview:
        session.say(preview)
        session.flush()  # what cannot be shown is not done
    if plan["conflicts"]:
        raise _in_the_way(plan["conflicts"])
    if plan["op"] is None:
        session.show(plan, "")
        session.note("nothing to do")
        return NOTHING
    if consent.dry_run:
        session.show(plan, "")
        return DONE
    if consent.expect not in (None, plan["files"]):
        raise RefusedError(f"it touches {count_text(plan['files'], 'file')}, not {consent.expect}")
    request: dict[str, Any] = {"op": plan["op"], "confirmed": "yes", "expect": consent.expect}
    if plan["class"] == "silent":
        request["expect"] = plan["files"]  # harmless, however many they are
    elif not consent.yes:
        confirm(session, "Apply?")
        request["confirmed"] = "asked"
    result = _carried_out(session, client, request)
    session.show(result, f"Done. Take it back with: lsfs undo {plan['op']}")
    return DONE


def _carried_out(session: Session, client: Client, request: dict[str, Any]) -> dict[str, Any]:
    """The op as it went; Ctrl-C has it taken back."""
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
    if ctrl_c.pressed:
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


def _in_the_way(conflicts: list[dict[str, Any]]) -> ConflictError:
    """The error for an undo over what changed since, with the choices."""
    keep = "--keep takes back the rest and leaves these as they are"
    force = "--force takes the old over the newer, which is kept as a version"
    forcible = any(conflict["forcible"] for conflict in conflicts)
    return ConflictError(
        f"nothing was done: {count_text(len(conflicts), 'thing')} in the way",
        hint=f"{force}; {keep}" if forcible else keep,
    )


def _unfinished(plan: dict[str, Any], error: LsfsError) -> dict[str, Any]:
    """The document of a change that was not made: its plan, and why."""
    refused = isinstance(error, RefusedError | ConflictError | UsageError)
    return {**plan, "state": "refused" if refused else "failed", **failure_document(error)}
