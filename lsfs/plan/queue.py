"""Ops wait here for their turn: one is carried out at a time."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

from lsfs.core.errors import ConflictError, LsfsError, RolledBack, UnavailableError
from lsfs.plan.execute import Cancelled, Executor
from lsfs.store.vault import OpRow, Vault

log = logging.getLogger(__name__)


class Step(NamedTuple):
    """How far an op is."""

    phase: str
    """queued, check, write or change."""
    done: int
    total: int


class _Ticket:
    def __init__(self, op: OpRow) -> None:
        self.op = op
        self.cancelled = threading.Event()
        self.events: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
        self.error: BaseException | None = None


class OpQueue:
    """A thread that carries out ops in the order in which they were handed in."""

    def __init__(self, vault: Vault, executor: Executor, now_ns: Callable[[], int]) -> None:
        self._vault = vault
        self._executor = executor
        self._now_ns = now_ns
        self._wake = threading.Condition()
        self._waiting: list[_Ticket] = []
        self._running: _Ticket | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="lsfs-ops", daemon=True)

    def start(self) -> None:
        """Begins to carry out what is handed in."""
        self._thread.start()

    def stop(self) -> None:
        """Ends what waits, has what runs taken back unless it is as good as done, and waits for that."""
        with self._wake:
            self._stopping = True
            if self._running is not None:
                self._running.cancelled.set()
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def carry_out(self, op: OpRow) -> Iterator[Step]:
        """Hands in an op at once, and returns what tells how far it is; that ends with the op, or raises its error.

        It is carried out whether anybody listens or not.
        """
        ticket = _Ticket(op)
        with self._wake:
            if self._stopping:
                raise UnavailableError("lsfs is stopping")
            with self._vault.write() as tx:
                if not self._vault.ops.claim(tx, op.id, self._now_ns()):
                    raise ConflictError(f"op {op.id} is not a preview any more", hint="lsfs log says what became of it")
            self._waiting.append(ticket)
            self._wake.notify_all()
        return self._follow(ticket)

    @staticmethod
    def _follow(ticket: _Ticket) -> Iterator[Step]:
        while (step := ticket.events.get()) is not None:
            yield step
        if ticket.error is not None:
            raise ticket.error

    def cancel(self, op: int) -> bool:
        """Has an op that waits or runs taken back; whether there was one."""
        with self._wake:
            for ticket in (*self._waiting, *([self._running] if self._running is not None else [])):
                if ticket.op.id == op:
                    ticket.cancelled.set()
                    self._wake.notify_all()
                    return True
        return False

    def idle(self) -> bool:
        """Whether nothing waits or runs."""
        with self._wake:
            return not self._waiting and self._running is None

    def _run(self) -> None:
        while (ticket := self._next()) is not None:
            try:
                self._carry_out(ticket)
            except Cancelled:
                ticket.error = RolledBack(f"op {ticket.op.id} was cancelled; nothing is changed")
            except Exception as error:  # the op's: who waits for it is told
                ticket.error = error
                if not isinstance(error, LsfsError):
                    log.exception("op %d failed", ticket.op.id)
            finally:
                with self._wake:
                    self._running = None
                    self._wake.notify_all()
                ticket.events.put(None)

    def _next(self) -> _Ticket | None:
        with self._wake:
            while not self._waiting and not self._stopping:
                self._wake.wait()
            if not self._waiting:
                return None
            self._running = self._waiting.pop(0)
            if self._stopping:
                self._running.cancelled.set()
            return self._running

    def _carry_out(self, ticket: _Ticket) -> None:
        def progress(phase: str, done: int, total: int) -> None:
            if ticket.cancelled.is_set():
                raise Cancelled
            ticket.events.put(Step(phase, done, total))

        ticket.events.put(Step("queued", 0, 0))
        if ticket.cancelled.is_set():
            self._executor.give_up(ticket.op, "cancelled before anything was done")
            raise Cancelled
        self._executor.run(ticket.op, progress)
