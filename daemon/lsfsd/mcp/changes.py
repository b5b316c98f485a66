"""The tools that change files: plan, apply, take back, restore."""

from __future__ import annotations

from typing import Any, get_args

from lsfs.core.api import OpState
from lsfs.core.errors import ConflictError, UsageError
from lsfs.core.failures import plain
from lsfsd.mcp.actions import MOST_ACTIONS, action_of, action_schema
from lsfsd.mcp.asking import Asking
from lsfsd.mcp.cursors import cursor, opened
from lsfsd.mcp.files import raise_refusal
from lsfsd.mcp.permissions import Level
from lsfsd.mcp.schema import SAID_INTEGER, SAID_TEXT, integer, listed, many, record, said, text, yes_no
from lsfsd.mcp.shown import counted, effect, effect_lines, left_out, line, lines, more, picked, usable
from lsfsd.mcp.tool import Answer, Hints, ToolSpec

_EFFECTS = 50
"""In one answer."""
_TEXT_CHANGE = 4_000
"""Characters of what a plan does to one text."""
_WRITING = ("create", "write", "append", "merge", "restore")
_TEXT_CHANGES = 10
_OUTCOME = 20_000
"""Characters of what a called tool said."""


def _plan(asking: Asking, arguments: dict[str, Any]) -> Answer:
    if "cursor" in arguments:
        fields = opened("plan_files", arguments["cursor"])
        return _preview(asking, asking.call("op", op=fields["plan"]), fields["offset"])
    if ("sentence" in arguments) == ("actions" in arguments):
        raise UsageError("a plan is made of either a sentence or actions")
    if "sentence" in arguments:
        result = asking.stream("do", sentence=arguments["sentence"])
        raise_refusal(result)
    else:
        actions = [action_of(flat, asking.path) for flat in arguments["actions"]]
        result = asking.call("plan", actions=actions)
        if result["op"] is not None and any(action["do"] in _WRITING for action in actions):
            result = asking.call("op", op=result["op"])  # with what it does to the texts
    _raise_conflicts(result)
    return _preview(asking, result, 0)


def _raise_conflicts(plan: dict[str, Any], *, may_choose: bool = False) -> None:
    """Raises ConflictError where something is in the way of a plan (`lsfs.core.api.PlanResult`)."""
    if plan["conflicts"]:
        told = "; ".join(f"{one['path']}: {one['why']}" for one in plan["conflicts"][:10])
        forcible = any(one["forcible"] for one in plan["conflicts"])
        hint = "how=keep leaves these as they are" + (", how=force goes over them" if forcible else "")
        message = f"nothing is done, since something is in the way: {told}"
        raise ConflictError(message, hint=hint if may_choose else None)


def _preview(asking: Asking, plan: dict[str, Any], offset: int) -> Answer:
    effects = plan["effects"][offset : offset + _EFFECTS]
    data: dict[str, Any] = {"state": plan["state"], "effects": [effect(one) for one in effects]}
    data |= {"effects_in_all": len(plan["effects"]), "files": plan["files"], "bytes": plan["bytes"]}
    data |= picked(plan, "summary", "class", "notes", "expires", "answer", "reason")
    if plan["op"] is not None:
        data["plan"] = plan["op"]
    if plan["left_out"] and not offset:
        data["left_out"] = left_out(plan)[:_EFFECTS]
    changes = [_text_change(one) for one in plan.get("changes", ()) if one["drafted"] or one["unified"]]
    if changes:
        data["changes"] = changes[:_TEXT_CHANGES]
    hits = [{"path": usable(hit)} | picked(hit, "snippet", "line") for hit in plan.get("hits", ())[:_EFFECTS]]
    if hits:
        data["hits"] = hits
    if len(plan["effects"]) > offset + _EFFECTS:
        data["next_cursor"] = cursor("plan_files", {"plan": plan["op"], "offset": offset + _EFFECTS})
    return Answer(data, _preview_text(asking, plan, data, effects))


def _text_change(one: dict[str, Any]) -> dict[str, Any]:
    name = "drafted" if one["drafted"] else "unified"
    return {"path": usable(one), name: one[name][:_TEXT_CHANGE]}


def _preview_text(asking: Asking, plan: dict[str, Any], data: dict[str, Any], effects: list[dict[str, Any]]) -> str:
    if plan["op"] is None:
        told = data.get("answer") or data.get("reason") or ("" if data.get("hits") else "Nothing is to be done.")
        found = [f"{plain(hit['path'])}  {line(hit.get('snippet', ''), 120)}" for hit in data.get("hits", ())]
        return lines(told, found, _left_out_lines(plan))
    heading = f"Plan {plan['op']}: {counted(plan['files'], 'file')}. Nothing is changed yet."
    number = plan["op"]
    going_on = (
        f"apply_plan with plan {number} carries it out."
        if asking.level >= Level.APPLY
        else f"You may not apply it. The user can: lsfs apply {number}"
    )
    texts = [each for one in data.get("changes", ()) for each in (one.get("drafted"), one.get("unified")) if each]
    notes = map(line, plan["notes"])
    return lines(
        heading, effect_lines(effects), notes, _left_out_lines(plan), texts, more(data.get("next_cursor")), going_on
    )


def _left_out_lines(plan: dict[str, Any]) -> list[str]:
    return [f"  left out: {plain(one['path'])}: {line(one['why'])}" for one in plan["left_out"][:_EFFECTS]]


def _apply(asking: Asking, arguments: dict[str, Any]) -> Answer:
    return _done(asking.apply(arguments["plan"], expect=arguments.get("expect")))


def _undo(asking: Asking, arguments: dict[str, Any]) -> Answer:
    plan = asking.call("undo", op=arguments.get("op"), how=arguments.get("how", ""))
    _raise_conflicts(plan, may_choose=True)
    return _applied(asking, plan)


def _restore(asking: Asking, arguments: dict[str, Any]) -> Answer:
    action = {"do": "restore", "path": asking.path(arguments["path"]), "to": arguments["version"]}
    return _applied(asking, asking.call("plan", actions=[action]))


def _applied(asking: Asking, plan: dict[str, Any]) -> Answer:
    return _done(asking.apply(plan["op"]) if plan["op"] is not None else plan)


def _done(op: dict[str, Any]) -> Answer:
    """What was done (`lsfs.core.api.PlanResult`)."""
    data: dict[str, Any] = {"state": op["state"], "files": op["files"]} | picked(op, "op", "summary", "notes", "error")
    data["effects"] = [effect(one) for one in op["effects"][:_EFFECTS]]
    data["effects_in_all"] = len(op["effects"])
    if op["left_out"]:
        data["left_out"] = left_out(op)[:_EFFECTS]
    results = [{"ok": one["ok"], "text": one["text"][:_OUTCOME]} for one in op["results"]]
    if results:
        data["results"] = results
    if op["op"] is None:
        return Answer(data, lines("There was nothing to do.", _left_out_lines(op)))
    heading = f"Done, {counted(op['files'], 'file')}. undo with op {op['op']} takes it back."
    shown = effect_lines(op["effects"][:_EFFECTS])
    unshown = len(op["effects"]) - _EFFECTS
    rest = f"  and {unshown:,} more" if unshown > 0 else ""
    return Answer(data, lines(heading, shown, rest, _left_out_lines(op), (one["text"] for one in results)))


_EFFECT = said(["action", "path"], action=SAID_TEXT, path=SAID_TEXT, to=SAID_TEXT, note=SAID_TEXT, size=SAID_INTEGER)
_LEFT_OUT = listed(said(["path", "why"], path=SAID_TEXT, why=SAID_TEXT))
_DONE = said(
    ["state", "files", "effects", "effects_in_all"],
    state=SAID_TEXT, op=SAID_INTEGER, summary=SAID_TEXT, files=SAID_INTEGER, effects=listed(_EFFECT),
    effects_in_all=SAID_INTEGER, left_out=_LEFT_OUT, notes=listed(SAID_TEXT), error=SAID_TEXT,
    results=listed(said(["ok", "text"], ok=yes_no(), text=SAID_TEXT)),
)  # fmt: skip
_STATES = (*get_args(OpState),)
_CHANGES = Hints(destructive=True)

PLAN = ToolSpec(
    "plan_files",
    "Plan changes",
    "Make a plan that creates, writes, moves, copies, renames, tags, merges, groups, restores or trashes files, from a "
    "sentence or from actions. Gives a preview and the plan's number; changes nothing. Plans expire after an hour.",
    Level.PLAN,
    Hints(read_only=False, destructive=False, idempotent=False),
    record(
        sentence=text("What is to be done, in one sentence, with the files named or described. Instead of actions"),
        actions=many(action_schema(), "What is to be done, step by step. Instead of sentence", most=MOST_ACTIONS),
        cursor=text("next_cursor of an earlier answer: the effects that follow. Needs no other argument"),
    ),
    said(
        ["state", "effects", "effects_in_all", "files", "bytes"],
        plan=SAID_INTEGER,
        state=text(one_of=_STATES),
        summary=SAID_TEXT, files=SAID_INTEGER, bytes=SAID_INTEGER, effects=listed(_EFFECT), effects_in_all=SAID_INTEGER,
        left_out=_LEFT_OUT, notes=listed(SAID_TEXT), expires=SAID_TEXT, answer=SAID_TEXT, reason=SAID_TEXT,
        changes=listed(said(["path"], path=SAID_TEXT, drafted=SAID_TEXT, unified=SAID_TEXT)),
        hits=listed(said(["path"], path=SAID_TEXT, snippet=SAID_TEXT, line=SAID_INTEGER)),
        next_cursor=SAID_TEXT, **{"class": SAID_TEXT},
    ),
    _plan,
)  # fmt: skip

APPLY = ToolSpec(
    "apply_plan",
    "Apply a plan",
    "Carry out a plan that plan_files made. Up to 1,000 files and 1 GiB; more only with expect. All of it is done or "
    "nothing, and undo takes it back.",
    Level.APPLY,
    Hints(destructive=True, idempotent=True),
    record(
        ["plan"],
        plan=integer("The plan's number", least=1),
        expect=integer("How many files the preview said; has to be right, and confirms more than 1,000"),
    ),
    _DONE,
    _apply,
    "the user can apply it with: lsfs apply {plan}",
)

UNDO = ToolSpec(
    "undo",
    "Take back",
    "Take back what this client had done: its newest op, or one by its number. Where a file was changed since, nothing "
    "is done unless how says what becomes of it.",
    Level.APPLY,
    _CHANGES,
    record(
        op=integer("Number of the op; the newest of this client if not given", least=1),
        how=text("Of files that changed since: keep leaves them, force goes over them", one_of=("keep", "force")),
    ),
    _DONE,
    _undo,
    "the user can take things back with: lsfs undo",
)

RESTORE = ToolSpec(
    "restore_version",
    "Restore a version",
    "Put a file or folder back as it was: a version of list_versions or a time. What stands there now is kept as a "
    "version, and undo takes it back.",
    Level.APPLY,
    Hints(destructive=True, idempotent=True),
    record(
        ["path", "version"],
        path=text("Absolute, or beginning with ~/, or as an earlier result gave it", most=16_000),
        version=text("@2, previous, or a time: yesterday, 2026-03-12 15:00, before op 17", most=200),
    ),
    _DONE,
    _restore,
    "plan_files with the action restore makes a plan of it for the user",
)
