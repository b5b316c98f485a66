"""Plans and ops as the doors ask for them: make a plan, carry it out, take it back, say what was done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence

import msgspec

from lsfs.core.actions import Action
from lsfs.core.api import (
    ApplyRequest,
    Caller,
    LogRequest,
    LogResult,
    OpEvent,
    OpRequest,
    PlanRequest,
    PlanResult,
    StoredPlan,
    UndoRequest,
)
from lsfs.core.errors import ConflictError, NothingFound, RefusedError, UsageError
from lsfs.core.wirepath import absolute_from_wire
from lsfs.engine.describing import described, described_op
from lsfs.engine.macros import Macros
from lsfs.engine.parts import Parts
from lsfs.engine.places import place_of
from lsfs.engine.plan_texts import plan_texts
from lsfs.plan.draft import Surroundings
from lsfs.plan.planner import Document, Planned
from lsfs.plan.preview import Class, check_confirmed
from lsfs.plan.steps import decode
from lsfs.store.vault import OpRow

_SHOWN = ("applied", "undone", "failed", "running", "queued")
_RUNNING = ("running", "queued")


class Changing:
    """Makes plans and carries them out."""

    def __init__(self, parts: Parts, macros: Macros, now_ns: Callable[[], int]) -> None:
        self._parts = parts
        self._macros = macros
        macros.check = self._check
        self._now_ns = now_ns
        self.on_called: Callable[[str, Caller], None] = lambda tool, caller: None
        """Told of each tool that was called and did what it was asked for."""

    def plan(self, request: PlanRequest) -> PlanResult:
        """A plan for actions: stored under a number, shown, nothing changed."""
        if not request.actions:
            raise UsageError("the plan has no actions")
        return self.plan_of(self._macros.expanded(request.actions, request), request, request.sentence)

    def plan_of(self, actions: Sequence[Action], caller: Caller, sentence: str, request: str = "") -> PlanResult:
        """The same for actions that a sentence came to; `request` is what may be learnt of it."""
        self._parts.vault.require_writable()
        planned = self._parts.planner.plan(
            actions, self._around(caller), door=caller.door, sentence=sentence, request=request
        )
        return self._result(planned)

    def _check(self, actions: Sequence[Action], caller: Caller) -> None:
        self._parts.planner.check(self._macros.expanded(actions, caller), self._around(caller))

    def undo(self, request: UndoRequest, *, by_command: bool = True) -> PlanResult:
        """The plan that takes an op back; `by_command`: bare undo steps over the op that comes of it."""
        self._parts.vault.require_writable()
        if request.op is None:
            op = self._newest(request)
            if op is None:
                raise NothingFound("there is nothing to undo", hint="lsfs log")
        else:
            op = self._op(request.op)
        _check_own(op, request)
        if op.state == "undone":
            raise NothingFound(f"op {op.id} is undone already", hint=f"lsfs redo {op.id} carries it out again")
        if op.state != "applied":
            raise NothingFound(f"op {op.id} was not carried out: it is {op.state}", hint="lsfs log")
        return self._reversal(op, request, by_command=by_command)

    def redo(self, request: UndoRequest, *, by_command: bool = True) -> PlanResult:
        """The plan that carries out again what was taken back."""
        self._parts.vault.require_writable()
        ops = self._parts.vault.ops
        if request.op is None:
            undo = ops.newest_undo()
            if undo is None:
                raise NothingFound("there is nothing to redo", hint="lsfs log")
            _check_own(undo, request)
            return self._reversal(undo, request, by_command=by_command)
        op = self._op(request.op)
        _check_own(op, request)
        if op.state != "undone":
            raise NothingFound(f"op {op.id} is not undone: it is {op.state}", hint="lsfs log")
        return self._reversal(op, request, by_command=by_command)

    def _newest(self, request: UndoRequest) -> OpRow | None:
        ops = self._parts.vault.ops
        client = request.of_client or (request.client if request.door == "mcp" else "")
        if not client:
            return ops.newest_applied()
        return next(iter(ops.of_client(client, 1, ("applied",))), None)

    def _reversal(self, op: OpRow, request: UndoRequest, *, by_command: bool) -> PlanResult:
        # What was taken back and carried out again stands as the last of that chain left it.
        newest = op
        while newest.reversed_by is not None:
            newest = self._op(newest.reversed_by)
        planned = self._parts.planner.plan_undo(
            newest,
            self._around(request),
            how=request.how,
            door=request.door,
            sentence=request.sentence,
            by_command=by_command,
            unasked=request.unasked or request.door == "mcp",
        )
        return self._result(planned)

    def apply(self, request: ApplyRequest) -> Iterator[OpEvent]:
        """Carries out a plan by its number, and tells how far it is; raises what ended it."""
        self._parts.vault.require_writable()
        op = self._op(request.op)
        _check_own(op, request)
        if op.state != "preview" or op.expires_ns < self._now_ns():
            state = "expired" if op.state == "preview" else op.state
            raise ConflictError(f"op {op.id} cannot be carried out: it is {state}", hint="make the plan again")
        document = msgspec.json.decode(op.plan, type=Document)
        if request.confirmed == "yes" or request.door == "mcp":  # an agent is nobody who could be asked
            self._check_unasked(op, document, request)
        return self._carry_out(op, document.called, request)

    def _check_unasked(self, op: OpRow, document: Document, request: ApplyRequest) -> None:
        if document.in_doubt:
            raise ConflictError(
                f"{document.in_doubt} of the changes may be your own doing, which is always asked",
                hint="lsfs undo takes --keep to leave these as they are, --force to take them back",
            )
        if document.called:
            if self._is_unasked(document):
                return
            hint = "answer the question, or let its source run unasked: lsfs tools enable SOURCE --allow all"
            raise RefusedError(f"{document.called} may change anything, which is always asked", hint=hint)
        if op.effect == Class.EXTERNAL and not (document.external_named and request.door == "cli"):
            raise RefusedError("it writes outside the watched folders, which is always asked")
        check_confirmed(op.files, op.bytes, expect=request.expect, exempt=document.exempt)

    def _is_unasked(self, document: Document) -> bool:
        """Whether a call may be made without a question."""
        tools = self._parts.tools
        try:
            return bool(document.called) and tools.is_allowed(tools.tool(document.called))
        except NothingFound:
            return False  # it was removed since

    def _carry_out(self, op: OpRow, called: str, request: ApplyRequest) -> Iterator[OpEvent]:
        for headway in self._parts.ops.carry_out(op, request.environ):
            yield OpEvent(phase=headway.phase, done=headway.done, total=headway.total)
        result = self.op(OpRequest(op=op.id))
        if called and result.results and all(one.ok for one in result.results):
            self.on_called(called, request)
        yield OpEvent(phase="done", result=result)

    def cancel(self, request: OpRequest) -> PlanResult:
        """Has an op that waits or runs taken back."""
        op = self._op(request.op)
        _check_own(op, request)
        if not self._parts.ops.cancel(op.id):
            raise NothingFound(f"op {op.id} neither waits nor runs: it is {op.state}", hint="lsfs log")
        return self.op(request)

    def op(self, request: OpRequest) -> PlanResult:
        """One op in full."""
        op = self._op(request.op)
        _check_own(op, request)
        document = msgspec.json.decode(op.plan, type=Document)
        steps = tuple(decode(step) for step, _ in self._parts.vault.ops.steps(op.id))
        plan = described(Planned(op, document, steps), self._bases())
        if op.state != "preview":
            return plan
        bases = self._bases() | {int(base): path for base, path in document.places.items()}
        fields = {name: getattr(plan, name) for name in PlanResult.__struct_fields__}
        shown = self._parts.readable.are_shown(steps, bases, document.read) if request.door == "mcp" else steps
        return StoredPlan(**fields, changes=plan_texts(shown, bases, self._parts.contents))

    def log(self, request: LogRequest) -> LogResult:
        """What was done, the newest first."""
        vault = self._parts.vault
        if request.limit < 1:
            raise UsageError("-n must be at least 1")
        if request.of_client:
            rows = vault.ops.of_client(request.of_client, request.limit, _SHOWN)
        elif request.running:
            rows = vault.ops.newest(request.limit, _RUNNING)
        elif request.path is None:
            rows = vault.ops.newest(request.limit, _SHOWN)
        else:
            rows = self._touching(absolute_from_wire(request.path), request.limit)
        return LogResult(ops=tuple(described_op(row) for row in rows))

    def _touching(self, path: bytes, limit: int) -> list[OpRow]:
        vault = self._parts.vault
        place = place_of(vault, path)
        entry = vault.entries.at(place.root.id, [place.path]).get(place.path)
        return vault.ops.touching(place.root.id, place.path, [entry.lineage] if entry is not None else [], limit)

    def _op(self, number: int) -> OpRow:
        op = self._parts.vault.ops.get(number)
        if op is None:
            raise NothingFound(f"there is no op {number}", hint="lsfs log")
        return op

    def _result(self, planned: Planned) -> PlanResult:
        return msgspec.structs.replace(described(planned, self._bases()), unasked=self._is_unasked(planned.document))

    def _bases(self) -> dict[int, bytes]:
        return dict(self._parts.root_paths())

    def _around(self, caller: Caller) -> Surroundings:
        return Surroundings(
            cwd=absolute_from_wire(caller.cwd),
            home=os.fsencode(os.path.expanduser("~")),
            zone=caller.zone,
            locale=caller.locale,
            umask=caller.umask & 0o777,
            now_ns=self._now_ns(),
            trash=self._parts.trash,
            uid=os.getuid(),
            client=caller.client if caller.door == "mcp" else "",
            by_agent=caller.door == "mcp",
            view=self._parts.readable if caller.door == "mcp" else None,
        )


def _check_own(op: OpRow, caller: Caller) -> None:
    """Raises RefusedError where an agent would look at, or go on with, what the user or another agent has asked for."""
    if caller.door == "mcp" and op.client != caller.client:
        raise RefusedError(f"op {op.id} is not one that {caller.client or 'this agent'} asked for")
