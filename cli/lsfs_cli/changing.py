"""The one way in which commands change files: a plan is made and shown, somebody agrees to it, it is carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsfs.core.errors import ConflictError, LsfsError, RefusedError, UsageError
from lsfs.core.failures import DONE, NOTHING, failure_document
from lsfs.rpc.client import Client
from lsfs_cli.call_failures import failure_of, said_besides
from lsfs_cli.carrying_out import carried_out
from lsfs_cli.confirm import ASK, Consent, can_ask, confirm
from lsfs_cli.last_result import files_of
from lsfs_cli.plan_text import render_plan
from lsfs_cli.session import Session
from lsfs_cli.style import count_text, readable
from lsfs_cli.tools_text import render_outcomes
from lsfs_cli.typed import sentence
from lsfs_cli.written_text import render_changes

CALL = "call"
"""What an effect is called that calls a tool: it gets the environment of who asks."""


def change(session: Session, route: str, fields: Mapping[str, Any], consent: Consent = ASK) -> int:
    """The exit code of a change of files: `route` makes its plan (``plan``, ``undo`` or ``redo``) of `fields`.

    Shows the plan, asks unless `consent` says enough, and carries it out.  Raises RefusedError where nobody agreed,
    ConflictError where something is in the way, and what ended the op; nothing is changed then.
    """
    client = session.client()
    said = sentence(session.arguments)
    return settle(session, client, client.call(route, {**fields, "sentence": said}), consent, said)


def settle(session: Session, client: Client, plan: dict[str, Any], consent: Consent, said: str) -> int:
    """As `change`, of a plan that is made already of what was `said`.

    Whoever is asked may correct a plan that brings its ``actions``.  What else `plan` has besides the fields of
    `lsfs.core.api.PlanResult` stays in its document.
    """
    if session.yes:
        consent = consent._replace(yes=True)
    try:
        return _decided(session, client, plan, consent, said)
    except LsfsError as error:
        if session.json and not session.printed:
            session.document(unfinished(plan, error))
        raise


def unfinished(plan: dict[str, Any], error: LsfsError) -> dict[str, Any]:
    """The document of a change that was not made: its plan, and why."""
    return {**plan, "state": state_after(error), **failure_document(error)}


def state_after(error: LsfsError) -> str:
    """The state of a plan that ended in `error`."""
    return "refused" if isinstance(error, RefusedError | ConflictError | UsageError) else "failed"


def _decided(session: Session, client: Client, plan: dict[str, Any], consent: Consent, said: str) -> int:
    reads = plan["class"] == "read" and plan.get("unasked", False)
    silent = plan["class"] == "silent" or reads
    calls = any(effect["action"] == CALL for effect in plan["effects"])
    # What a tool may change nobody can show beforehand: --yes is no answer to that, the user's word for its source is.
    # A tool that nobody has named is asked about even so, and --yes is the answer.
    allowed = plan.get("allowed", False)
    agreed = (plan.get("unasked", False) or (allowed and consent.yes)) if calls else consent.yes
    asks = not (agreed or consent.dry_run or silent)
    correctable = asks and can_ask(session) and bool(plan.get("actions"))
    if not reads or consent.dry_run:
        _show(session, plan, numbered=correctable)
    session.last = files_of(plan)
    if plan["conflicts"]:
        raise in_the_way(plan["conflicts"], command="lsfs undo " if "tier" in plan else "")
    if plan["op"] is None:
        session.show(plan, "")
        session.note(plan.get("reason") or "nothing to do")
        return NOTHING
    if consent.dry_run:
        session.show(plan, "")
        return DONE
    if consent.expect not in (None, plan["files"]):
        raise RefusedError(f"it touches {count_text(plan['files'], 'file')}, not {consent.expect}")
    request: dict[str, Any] = {"op": plan["op"], "confirmed": "yes", "expect": consent.expect}
    if silent:
        request["expect"] = plan["files"]  # harmless, however many they are
    elif asks:
        if correctable:
            from lsfs_cli.correcting import corrected

            better = corrected(session, client, plan, said)
            if better is not None:
                return _decided(session, client, better, consent, said)
        elif calls:
            hint = "--yes calls it" if allowed else "lsfs tools enable SOURCE --allow all lets its tools run unasked"
            confirm(session, "Call it?", hint=hint)
        else:
            confirm(session, "Apply?")
        request["confirmed"] = "asked"
    if calls:
        request["environ"] = {name: value for name, value in session.environ.items() if _is_text(name + value)}
    result = {**plan, **carried_out(session, client, request)}
    session.last = files_of(result)
    error = failure_of(result)
    if error is not None:
        session.show({**result, **failure_document(error)}, readable(said_besides(result)))
        raise error
    session.show(result, _done(session, result))
    return DONE


def _done(session: Session, result: dict[str, Any]) -> str:
    said = render_outcomes(result["results"], session.style)
    changed = not result["results"] or any(effect["action"] != CALL for effect in result["effects"])
    if result["class"] == "read" or result["state"] == "failed" or not changed:
        return said
    back = f"Done. Take it back with: lsfs undo {result['op']}"
    return f"{said}\n{back}" if said else back


def _is_text(value: str) -> bool:
    """Whether it can be sent: the environment may hold any bytes."""
    return not any("\ud800" <= sign <= "\udfff" for sign in value)


def _show(session: Session, plan: dict[str, Any], *, numbered: bool) -> None:
    if session.json:
        return
    preview = render_plan(plan, session.style, session.cwd, numbered=numbered, screen=session.screen)
    texts = render_changes(plan.get("changes", ()), session.style, session.cwd, session.screen)
    preview = "\n".join(part for part in (preview, texts) if part)
    if preview:
        session.say(preview)
        session.flush()  # what cannot be shown is not done


def in_the_way(conflicts: list[dict[str, Any]], command: str) -> ConflictError:
    """The error for an undo over what changed since, with the choices; they are options of `command`."""
    keep = f"{command}--keep takes back the rest and leaves these as they are"
    force = f"{command}--force takes the old over the newer, which is kept as a version"
    forcible = any(conflict["forcible"] for conflict in conflicts)
    return ConflictError(
        f"nothing was done: {count_text(len(conflicts), 'thing')} in the way",
        hint=f"{force}; {keep}" if forcible else keep,
    )
