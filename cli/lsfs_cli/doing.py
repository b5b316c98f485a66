"""From a sentence to what came of it: a plan that is shown and agreed to, an answer, or a refusal with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsfs.core.errors import LsfsError, RefusedError
from lsfs.core.failures import DONE, NOTHING, error_of, exit_code, failure_document, failure_line
from lsfs.rpc.client import Client
from lsfs_cli.answer_text import render_answer, render_passages
from lsfs_cli.changing import settle, unfinished
from lsfs_cli.confirm import ASK, Consent, answer_to, can_ask
from lsfs_cli.hits import render_hits
from lsfs_cli.last_result import files_of
from lsfs_cli.plan_text import render_plan
from lsfs_cli.saying import Said, said
from lsfs_cli.session import Session
from lsfs_cli.style import plain

NO_RESULT: Mapping[str, Any] = {
    "op": None, "state": "refused", "class": "read", "summary": "", "files": 0, "bytes": 0, "effects": [],
    "left_out": [], "notes": [], "conflicts": [], "steps": [], "results": [], "exempt": False,
    "unasked": False, "allowed": False, "expires": "",
    "error": "", "tier": None, "reason": "", "readings": [], "hits": [], "answer": None, "citations": [], "actions": [],
    "changes": [], "judged": [], "unanswered": [],
    "elapsed_ms": 0.0,
}  # fmt: skip
"""`lsfs.core.api.SayResult`, decoded, of a sentence that came to nothing before there was one."""


def do_sentence(session: Session, sentence: str, consent: Consent = ASK, *, edit: bool = False) -> int:
    """The exit code of `sentence`, said and done; raises what it is refused with, or what ended it."""
    client = session.client()
    asked = {"sentence": sentence, "last": list(session.last)}
    answer = heard(session, client, "do", asked)
    result = answer.result
    if result["state"] != "preview" and (result.get("refusal") or not result["conflicts"]):
        meant = _meant_instead(session, result) if not consent.yes else None
        return show_answer(session, answer, words=sentence) if meant is None else do_sentence(session, meant, consent)
    if edit:
        result = _edited(session, client, result, sentence)
    return settle(session, client, result, consent, sentence)


def _meant_instead(session: Session, result: dict[str, Any]) -> str | None:
    """The reading that the user picks where the sentence was not understood; None where there is none to pick."""
    refusal, readings = refusal_of(result), result["readings"]
    if refusal is None or not readings or not can_ask(session):
        return None
    session.note(failure_line(refusal))
    for number, reading in enumerate(readings, 1):
        session.note(f"  {number}  {plain(reading)}")
    picked = answer_to(session, f"Did you mean {'it' if len(readings) == 1 else 'one of them'}? [N/1-{len(readings)}]")
    if picked.isdecimal() and 1 <= int(picked) <= len(readings):
        return str(readings[int(picked) - 1])
    result["readings"] = []  # they were shown
    return None


def _edited(session: Session, client: Client, result: dict[str, Any], sentence: str) -> dict[str, Any]:
    from lsfs_cli.correcting import made_again
    from lsfs_cli.plan_file import edited_actions

    try:
        if not result["actions"]:
            raise RefusedError("nothing was done: this plan cannot be edited", hint="run it without --edit")
        actions = edited_actions(session, result["actions"])
        return made_again(result, client.call("plan", {"actions": actions, "sentence": sentence}), actions)
    except LsfsError as error:
        if session.json:
            session.document(unfinished(result, error))
        raise


def answer(session: Session, route: str, fields: Mapping[str, Any], *, words: str = "") -> int:
    """The exit code of a question whose answer `route` gives; raises what it is refused with."""
    return show_answer(session, heard(session, session.client(), route, fields), words=words)


def answer_beside(
    session: Session, client: Client, route: str, fields: Mapping[str, Any], document: Mapping[str, Any]
) -> int:
    """As `answer`; under ``--json`` it becomes ``summary`` of `document`."""
    return show_answer(session, heard(session, client, route, fields, document), beside=document)


def heard(
    session: Session, client: Client, route: str, fields: Mapping[str, Any], beside: Mapping[str, Any] | None = None
) -> Said:
    """What the daemon says; under ``--json`` a failure is a whole document too."""
    try:
        return said(session, client, route, fields)
    except LsfsError as error:
        if session.json and not session.printed:
            state = "refused" if 2 <= exit_code(error) <= 5 else "failed"
            empty = {**NO_RESULT, "state": state, "reason": error.message}
            session.document({**_document(empty, beside), **failure_document(error)})
        raise


def _document(result: Mapping[str, Any], beside: Mapping[str, Any] | None) -> dict[str, Any]:
    whole = {name: value for name, value in result.items() if name != "refusal"}
    return whole if beside is None else {**beside, "summary": whole}


def show_answer(session: Session, answer: Said, *, words: str = "", beside: Mapping[str, Any] | None = None) -> int:
    """Shows what is no plan, and gives the exit code; raises what it is refused with.

    `words` are those that hits were looked for with; `beside` makes the document where the result is a part of it.
    """
    result = answer.result
    if files_of(result):
        session.last = files_of(result)
    refusal = refusal_of(result)
    document = {**_document(result, beside), **(failure_document(refusal) if refusal else {})}
    session.show(document, "" if session.json else _text(session, answer, words))
    if session.json:
        if refusal is not None:
            raise refusal
        return DONE if result["state"] == "answered" else NOTHING
    if refusal is not None:
        session.flush()
        _note_readings(session, result["readings"])
        raise refusal
    if result["state"] == "answered":
        return DONE
    session.note(plain(result["reason"] or "nothing found"))
    _note_readings(session, result["readings"])
    return NOTHING


def refusal_of(result: Mapping[str, Any]) -> LsfsError | None:
    """What a refused sentence ends the command with; None for another."""
    said = result.get("refusal")
    if said:
        return error_of(said["code"], said["message"], said.get("path"), said.get("hint"))
    if result["state"] in ("refused", "failed"):
        code = "refused" if result["state"] == "refused" else "internal"
        return error_of(code, result["reason"] or result["error"] or "it is refused")
    return None


def _text(session: Session, answer: Said, words: str) -> str:
    result, style, cwd = answer.result, session.style, session.cwd
    if result["state"] != "answered":
        passages = render_passages(result["citations"], style, cwd)
        left = render_plan(result, style, cwd, screen=session.screen)
        return "\n".join(part for part in (passages, left) if part)
    whole = (result["answer"] or "").split() == answer.streamed.split()
    parts = [render_answer(result, style, cwd, said=whole and bool(answer.streamed))]
    if result["hits"]:
        parts.append(render_hits({"query": words, "hits": result["hits"]}, style))
    parts.append("\n".join(style.dim(f"note: {plain(note)}") for note in result["notes"]))
    return "\n".join(part for part in parts if part)


def _note_readings(session: Session, readings: list[str]) -> None:
    if len(readings) == 1:
        session.note(f"did you mean: {plain(readings[0])}")
    elif readings:
        session.note("did you mean one of these:")
        for reading in readings:
            session.note(f"  {plain(reading)}")
