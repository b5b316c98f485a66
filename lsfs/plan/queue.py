"""Ops wait here for their turn: one is carried out at a time.

A call of a tool leaves the queue free while it runs, in a thread of its own; what comes before and after it has its
turn like an op.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from lsfs.core.errors import ConflictError, LsfsError, RolledBack, UnavailableError
from lsfs.core.tools import CallOutcome
from lsfs.plan.calls import Begun, Calls
from lsfs.plan.execute import Cancelled, Executor, Phase
from lsfs.plan.steps import Call
from lsfs.store.vault import OpRow, Vault

log = logging.getLogger(__name__)

_REPEAT_S = 5.0
_MOST_CALLS, _OF_SOURCE, _OF_AGENTS = 8, 4, 5
"""Calls that run at once, of one source, and of agents: a server that hangs does not keep others from being called, nor
agents the user."""
_END_S = 10.0
"""How long a stop waits for calls to end that were told to."""


class Headway(NamedTuple):
    """How far an op is."""

    phase: Phase
    done: int
    total: int


class _Ticket:
    def __init__(self, op: OpRow | None, work: Callable[[_Ticket], bool]) -> None:
        self.op = op
        self.work = work
        """Whether it goes on outside of the queue, and comes back."""
        self.source = ""
        """Of the tool that is being called."""
        self.cancelled = threading.Event()
        self.events: queue.SimpleQueue[Headway | None] = queue.SimpleQueue()
        self.error: BaseException | None = None


class OpQueue:
    """A thread that carries out ops in the order in which they were handed in."""

    def __init__(self, vault: Vault, executor: Executor, calls: Calls, now_ns: Callable[[], int]) -> None:
        self._calls = calls
        self._calling: list[_Ticket] = []
        self._vault = vault
        self._executor = executor
        self._now_ns = now_ns
        self._wake = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._running: _Ticket | None = None
        self._stopping = False
        self._given_up_s = math.inf
        """When a stop waits for calls no longer, by the monotonic clock."""
        self._thread = threading.Thread(target=self._run, name="lsfs-ops", daemon=True)

    def start(self) -> None:
        """Begins to carry out what is handed in."""
        self._thread.start()

    def stop(self) -> None:
        """Ends what waits, has what runs taken back unless it is as good as done, and waits for that.

        A call that does not end is left after a while: the next start says that it was cut off.
        """
        with self._wake:
            self._stopping = True
            self._given_up_s = time.monotonic() + _END_S
            for ticket in (*self._calling, *([self._running] if self._running is not None else [])):
                ticket.cancelled.set()
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def carry_out(self, op: OpRow, environ: Mapping[str, str]) -> Iterator[Headway]:
        """Hands in an op at once, and returns what tells how far it is; that ends with the op, or raises its error.

        It is carried out whether anybody listens or not.  A tool that is called has `environ`, which is kept nowhere.
        """
        ticket = _Ticket(op, functools.partial(self._carry_out, op, environ))
        with self._wake:
            if self._stopping:
                raise UnavailableError("lsfs is stopping")
            with self._vault.write() as tx:
                if not self._vault.ops.claim(tx, op.id, self._now_ns()):
                    raise ConflictError(f"op {op.id} is not a preview any more", hint="lsfs log says what became of it")
            self._waiting.append(ticket)
            self._wake.notify_all()
        return self._follow(ticket)

    def between(self, work: Callable[[], object]) -> None:
        """Hands in what must not run beside an op; it is not waited for, and not done any more if lsfs stops first."""

        def unless_stopped(ticket: _Ticket) -> bool:
            if not ticket.cancelled.is_set():
                work()
            return False

        with self._wake:
            if not self._stopping:
                self._waiting.append(_Ticket(None, unless_stopped))
                self._wake.notify_all()

    @staticmethod
    def _follow(ticket: _Ticket) -> Iterator[Headway]:
        headway: Headway | None = Headway("queued", 0, 0)
        while headway is not None:
            yield headway
            with contextlib.suppress(queue.Empty):
                headway = ticket.events.get(
                    timeout=_REPEAT_S
                )  # else it is told again: who listens knows that it goes on
        if ticket.error is not None:
            raise ticket.error

    def cancel(self, op: int) -> bool:
        """Has an op that waits or runs taken back, or a call ended; whether there was one."""
        with self._wake:
            running = [self._running] if self._running is not None else []
            for ticket in (*self._waiting, *self._calling, *running):
                if ticket.op is not None and ticket.op.id == op:
                    ticket.cancelled.set()
                    self._wake.notify_all()
                    return True
        return False

    def idle(self) -> bool:
        """Whether nothing waits or runs, but for tools that are called."""
        with self._wake:
            return not self._waiting and self._running is None

    def _run(self) -> None:
        while (ticket := self._next()) is not None:
            number = ticket.op.id if ticket.op is not None else 0
            goes_on = False
            try:
                goes_on = ticket.work(ticket)
            except Cancelled:
                ticket.error = RolledBack(f"op {number} was cancelled; nothing is changed")
            except Exception as error:  # the op's: who waits for it is told
                ticket.error = error
                if ticket.op is None or not isinstance(error, LsfsError):
                    log.exception("%s failed", f"op {number}" if number else "what was to be done between ops")
            finally:
                with self._wake:
                    self._running = None
                    self._wake.notify_all()
                if not goes_on:
                    ticket.events.put(None)

    def _next(self) -> _Ticket | None:
        with self._wake:
            while not self._waiting and (self._calling or not self._stopping):
                left_s = self._given_up_s - time.monotonic()
                if left_s <= 0:
                    break
                self._wake.wait(left_s if self._stopping else None)
            if not self._waiting:
                for ticket in self._calling:
                    ticket.error = UnavailableError("lsfs stopped, and the tool did not: what it did is not known")
                    ticket.events.put(None)
                return None
            self._running = self._waiting.pop(0)
            if self._stopping:
                self._running.cancelled.set()
            return self._running

    def _carry_out(self, op: OpRow, environ: Mapping[str, str], ticket: _Ticket) -> bool:
        def progress(phase: Phase, done: int, total: int) -> None:
            if ticket.cancelled.is_set():
                raise Cancelled
            ticket.events.put(Headway(phase, done, total))

        if ticket.cancelled.is_set():
            self._executor.give_up(op, "cancelled before anything was done")
            raise Cancelled
        step = self._calls.call_of(op)
        if step is None:
            self._executor.run(op, progress)
            return False
        try:
            self._check_room(op, step)
            begun = self._calls.begin(op, step)
        except Exception as error:
            self._calls.give_up(op, getattr(error, "message", "") or type(error).__name__)
            raise
        ticket.events.put(Headway("change", 0, 1))
        ticket.source = _source(step)
        with self._wake:
            self._calling.append(ticket)
        threading.Thread(target=self._call, args=(begun, environ, ticket), name=f"lsfs-call-{op.id}").start()
        return True

    def _check_room(self, op: OpRow, step: Call) -> None:
        """Raises ConflictError where too many tools are being called."""
        with self._wake:
            calling = list(self._calling)
        of_source = sum(ticket.source == _source(step) for ticket in calling)
        of_agents = sum(ticket.op is not None and bool(ticket.op.client) for ticket in calling)
        if of_source >= _OF_SOURCE:
            raise ConflictError(
                f"{_OF_SOURCE} tools of {_source(step)} are being called already", hint="lsfs log --running"
            )
        if len(calling) >= _MOST_CALLS or (op.client and of_agents >= _OF_AGENTS):
            raise ConflictError(f"{len(calling)} tools are being called already", hint="lsfs log --running")

    def _call(self, begun: Begun, environ: Mapping[str, str], ticket: _Ticket) -> None:
        """Calls a tool, and hands in what is to be done after it."""
        try:
            outcome = self._calls.call(begun, environ, ticket.cancelled.is_set)
        except Exception as error:  # of lsfs itself: what the tool did is looked at all the same
            log.exception("the call of op %d failed", begun.op.id)
            outcome = CallOutcome(ok=False, text=f"the call failed: {error}", failure="failed")

        def finish(_: _Ticket) -> bool:
            try:
                self._calls.finish(begun, outcome)
            except Exception as error:
                self._calls.give_up(begun.op, f"the tool was called, and {getattr(error, 'message', 'lsfs failed')}")
                raise
            return False

        with self._wake:
            ticket.work = finish
            self._calling.remove(ticket)
            self._waiting.append(ticket)
            self._wake.notify_all()


def _source(step: Call) -> str:
    return step.tool.partition("/")[0]
