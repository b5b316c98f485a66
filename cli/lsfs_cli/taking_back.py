"""Taking back all that one agent had done: op after op, the newest first, until something is in the way."""

from __future__ import annotations

from typing import Any

from lsfs.core.errors import ConflictError, LsfsError
from lsfs.core.failures import DONE, NOTHING, failure_document, plain
from lsfs.rpc.client import Client
from lsfs_cli.carrying_out import carried_out
from lsfs_cli.changing import in_the_way, state_after
from lsfs_cli.confirm import Consent, confirm
from lsfs_cli.log_text import render_log
from lsfs_cli.plan_text import render_plan
from lsfs_cli.session import Session
from lsfs_cli.style import count_text
from lsfs_cli.typed import sentence

_MOST = 10_000


def take_back_all(session: Session, name: str, how: str, consent: Consent) -> int:
    """The exit code of taking back what stands of what agent `name` had done; it is shown and confirmed as a whole.

    Each op is one of its own, which can be carried out again by itself.  Raises what ended it; what was taken back
    before that stays so.
    """
    client = session.client()
    listed = client.call("log", {"of_client": name, "limit": _MOST})["ops"]
    ops = [op for op in listed if op["state"] == "applied"]
    document: dict[str, Any] = {"client": name, "ops": ops, "taken_back": [], "state": "nothing"}
    if not ops:
        session.show(document, "")
        session.note(f"nothing stands that {plain(name)} had done")
        return NOTHING
    if not session.json:
        session.say(render_log(ops, session.style))
        session.flush()  # what cannot be shown is not done
    if consent.dry_run:
        session.show({**document, "state": "preview"}, "")
        return DONE
    if not consent.yes:
        confirm(session, f"Take back {count_text(len(ops), 'op')}?")
    try:
        for op in ops:
            document["taken_back"].append(_take_back(session, client, op["op"], how, consent))
    except LsfsError as error:
        if document["taken_back"]:
            error.message = f"{count_text(len(document['taken_back']), 'op')} taken back, and then: {error.message}"
        if session.json:
            session.document({**document, "state": state_after(error), **failure_document(error)})
        raise
    session.show({**document, "state": "applied"}, f"Done: {count_text(len(ops), 'op')} taken back.")
    return DONE


def _take_back(session: Session, client: Client, op: int, how: str, consent: Consent) -> dict[str, Any]:
    """The op that took `op` back (`lsfs.core.api.PlanResult`, decoded)."""
    # The question was one of all ops together, with the plan of none: nobody has seen what may be the user's own doing.
    asked = {"op": op, "how": how, "unasked": True, "sentence": sentence(session.arguments)}
    plan: dict[str, Any] = client.call("undo", asked)
    if plan["conflicts"]:
        if not session.json:
            session.say(render_plan(plan, session.style, session.cwd, screen=session.screen))
        error = in_the_way(plan["conflicts"], command="")
        error.hint = f"lsfs undo {op} shows and asks what is to become of this one alone; {error.hint}"
        raise error
    if plan["op"] is None:
        raise ConflictError(f"nothing of op {op} can be taken back")
    return carried_out(session, client, {"op": plan["op"], "confirmed": "yes" if consent.yes else "asked"})
