"""“Not this one”: a plan that was shown is made again without some of its lines, or as it stands after an edit."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from lsfs.core.errors import RefusedError, UsageError
from lsfs.core.failures import failure_line
from lsfs.core.wirepath import from_wire
from lsfs.rpc.client import Client
from lsfs_cli.confirm import answer_to
from lsfs_cli.last_result import exact_path
from lsfs_cli.session import Session

_LEFT_OUT = re.compile(r"-\s*\d+(\s*-\s*\d+)?(\s*,\s*-?\s*\d+(\s*-\s*\d+)?)*")
Action = dict[str, Any]


def corrected(session: Session, client: Client, plan: dict[str, Any], said: str) -> dict[str, Any] | None:
    """None when the user agrees to `plan`, else the plan that is to be shown instead, also as one of what was `said`.

    Raises `RefusedError` on a no.
    """
    while True:
        answer = answer_to(session, "Apply? [y/N/e/-N]").lower()
        if answer in ("y", "yes"):
            return None
        try:
            if answer in ("e", "edit"):
                from lsfs_cli.plan_file import edited_actions

                actions = edited_actions(session, plan["actions"])
            elif answer.startswith("-"):
                numbers = numbers_of(answer, len(plan["effects"]))
                actions = without(plan["actions"], plan["effects"], numbers, os.fsencode(os.getcwd()))
            elif answer in ("", "n", "no"):
                raise RefusedError("nothing was done")
            else:
                raise UsageError(
                    "y does it, e opens it in an editor, -2,5 leaves out the second and the fifth, Enter does nothing"
                )
            made = client.call("plan", {"actions": actions, "sentence": said})
        except UsageError as wrong:
            session.note(failure_line(wrong))  # and once more
        else:
            return made_again(plan, made, actions)


def made_again(plan: dict[str, Any], made: dict[str, Any], actions: list[Action]) -> dict[str, Any]:
    """`made`, of the corrected `actions`, with what `plan` knew besides: what it left out is left out still."""
    taken = {effect["path"] for effect in made["effects"]} | {left["path"] for left in made["left_out"]}
    still = [left for left in plan["left_out"] if left["path"] not in taken]
    changes: list[dict[str, Any]] = []
    if all(action in plan["actions"] for action in actions):  # of what was edited the texts are not known
        stay = {effect["path"] for effect in made["effects"]}
        changes = [change for change in plan.get("changes", []) if change["path"] in stay]
    return {**plan, **made, "left_out": [*still, *made["left_out"]], "actions": actions, "changes": changes}


def numbers_of(answer: str, most: int) -> list[int]:
    """The line numbers that ``-2,5-7`` names, of `most` lines; raises `UsageError` for one that is not there."""
    if not _LEFT_OUT.fullmatch(answer):
        raise UsageError("the numbers of the lines are wanted: -2 or -2,5 or -2,5-7")
    numbers: list[int] = []
    for part in answer.replace(" ", "").split(","):
        first, _, last = part.removeprefix("-").partition("-")
        ends = int(first), int(last or first)
        wrong = [number for number in ends if not 1 <= number <= most]
        if wrong:
            raise UsageError(f"there is no line {wrong[0]}")
        numbers += range(ends[0], ends[1] + 1)
    return list(dict.fromkeys(numbers))


def without(
    actions: Sequence[Action], effects: Sequence[dict[str, Any]], numbers: Iterable[int], cwd: bytes
) -> list[Action]:
    """`actions` without the effects of these numbers, and without what was to be done to those files afterwards.

    Raises `UsageError` for an effect that is no file of an action, as a folder that is made for others is not, and
    `RefusedError` where nothing would be left.
    """
    left = list(actions)
    for number in numbers:
        effect = effects[number - 1]
        left, found = _dropped(left, effect, cwd)
        if not found:
            raise UsageError(f"line {number} cannot be left out by itself", hint="e opens the plan in an editor")
    if not left:
        raise RefusedError("nothing was done: nothing is left of the plan")
    return left


def _dropped(actions: Sequence[Action], effect: dict[str, Any], cwd: bytes) -> tuple[list[Action], bool]:
    path = exact_path(effect)
    holding = [at for at, action in enumerate(actions) if path in _paths(action, cwd)]
    holding = [at for at in holding if actions[at].get("do") == effect["action"]] or holding
    if not holding or not path:
        return list(actions), False
    begun = holding[0]
    gone = {path}
    left: list[Action | None] = list(actions)
    left[begun] = _action_without(actions[begun], gone, cwd)
    if effect["to"]:
        gone = {exact_path(effect, "to")}  # what it would have become does not come to be
        for at in range(begun + 1, len(actions)):
            left[at] = _action_without(actions[at], gone, cwd)
    return [action for action in left if action is not None], True


def _action_without(action: Action, gone: set[bytes], cwd: bytes) -> Action | None:
    if "paths" not in action:
        return None if set(_paths(action, cwd)) & gone else action
    paths = [path for path in action["paths"] if _absolute(path, cwd) not in gone]
    return {**action, "paths": paths} if paths else None


def _paths(action: Action, cwd: bytes) -> list[bytes]:
    named = action.get("paths") or ([action["path"]] if action.get("path") else [])
    return [_absolute(path, cwd) for path in named]


def _absolute(path: str, cwd: bytes) -> bytes:
    try:
        return os.path.normpath(os.path.join(cwd, from_wire(path)))
    except ValueError:
        return b""
