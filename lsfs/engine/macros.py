"""Macros: ops made into tools, and plans made of those again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lsfs.core import actions as act
from lsfs.core.actions import Action
from lsfs.core.api import Caller, SaveOpRequest
from lsfs.core.errors import ConflictError, NothingFound, RefusedError, UsageError
from lsfs.engine.desk import Desk
from lsfs.engine.parts import Parts
from lsfs.plan import macros
from lsfs.plan.macros import Macro
from lsfs.plan.phrasing import sentence_of
from lsfs.plan.planner import Document
from lsfs.plan.request import Request
from lsfs.plan.resolve.texts import DraftWanted
from lsfs.plan.resolve.unclear import Unclear
from lsfs.plan.steps import Call, decode
from lsfs.store.vault import OpRow

_MOST_NESTED = 4
"""Macros within macros."""


class Macros:
    """Saves ops as macros, and expands calls of those."""

    def __init__(self, parts: Parts, now_ns: Callable[[], int]) -> None:
        self._parts = parts
        self._now_ns = now_ns
        self.check: Callable[[Sequence[Action], Caller], None] = lambda actions, caller: None
        """Makes a plan of actions, which is not kept; raises what is in its way."""

    def save(self, request: SaveOpRequest) -> str:
        """Makes a macro of what an op did; its name.  What another macro does already is that one.

        Raises RefusedError for an op that is nothing to repeat, ConflictError for a name that does something else.
        """
        vault = self._parts.vault
        vault.require_writable()
        op = vault.ops.get(request.op)
        if op is None:
            raise NothingFound(f"there is no op {request.op}", hint="lsfs log")
        if op.state not in ("applied", "undone"):
            raise RefusedError(f"op {op.id} was not carried out: it is {op.state}", hint="lsfs log")
        name = macros.slug(request.name)
        made = self._made(op, request.name.strip())
        self._try(made, request)
        digest = made.digest
        if (like := vault.tools.macro_like(digest)) is not None:
            return like.name
        if vault.tools.macro(name) is not None:
            raise ConflictError(f"there is a macro {name} that does something else", hint="give it another name")
        with vault.write() as tx:
            vault.tools.put_macro(tx, name, msgspec.json.encode(made), digest, self._now_ns())
        return name

    def expanded(self, actions: Sequence[Action], caller: Caller) -> tuple[Action, ...]:
        """The same actions, with those of macros in the place of their calls; raises what is wrong with one."""
        for _ in range(_MOST_NESTED):
            if not any(self._document(action) for action in actions):
                return tuple(actions)
            actions = [
                one
                for action in actions
                for one in (self._expanded(action, caller) if self._document(action) else (action,))
            ]
        raise RefusedError("the macro calls itself, or others without end")

    def _document(self, action: Action) -> bytes:
        """What is kept of the macro that an action calls; b'' where it calls none."""
        if not isinstance(action, act.CallTool):
            return b""
        tool = self._parts.tools.tool(action.tool)
        if tool.kind != "macro":
            return b""
        stored = self._parts.vault.tools.macro(str(tool.invocation.get("macro", tool.name)))
        if stored is None:
            raise NothingFound(f"{tool.id} was removed", hint="lsfs tools list --kind macro")
        return stored.document

    def _expanded(self, action: Action, caller: Caller) -> tuple[Action, ...]:
        assert isinstance(action, act.CallTool)
        self._parts.tools.fitting(action.tool, action.arguments)
        return self._actions(macros.decode(self._document(action)), action.arguments, caller)

    def _actions(self, macro: Macro, arguments: Mapping[str, Any], caller: Caller) -> tuple[Action, ...]:
        found = macros.expanded(macro, arguments)
        if not isinstance(found, Request):
            return found
        desk = Desk(self._parts, caller, self._now_ns(), None)
        try:
            resolved = desk.resolver(sentence_of(found), ()).resolve(found)
        except DraftWanted as wanted:
            raise RefusedError("its text is to be drafted, which only a sentence can have done") from wanted
        if not resolved.actions:
            raise NothingFound("it comes to nothing here", hint=sentence_of(found))
        return tuple(resolved.actions)

    def _made(self, op: OpRow, name: str) -> Macro:
        if op.reverses is not None:
            raise RefusedError(f"op {op.id} took something back, which is nothing to repeat")
        document = msgspec.json.decode(op.plan, type=Document)
        if document.request:
            return macros.of_request(name, document.request, op.sentence)
        first = next((decode(step) for step, _ in self._parts.vault.ops.steps(op.id)[:1]), None)
        if isinstance(first, Call):
            return macros.of_actions(name, (act.CallTool(tool=first.tool, arguments=first.arguments),), op.summary)
        return macros.of_actions(name, document.actions, op.summary)

    def _try(self, macro: Macro, caller: Caller) -> None:
        """Plans a macro as it is; raises RefusedError for one of which no plan could ever be made.

        That it finds nothing to do now is to be expected: it was done.
        """
        try:
            again = macros.decode(msgspec.json.encode(macro))
            if again.digest != macro.digest:
                raise RefusedError("what it did cannot be written down")
            if any(one.default is None for one in macro.parameters):
                return
            self.check(self._actions(again, {}, caller), caller)
        except (NothingFound, ConflictError, Unclear):
            pass
        except UsageError as error:
            raise RefusedError(f"it cannot be done again: {error.message}", hint=error.hint) from error
