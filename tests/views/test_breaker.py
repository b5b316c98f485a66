"""A daemon that does not answer costs one deadline, and nothing more until it is back."""

from __future__ import annotations

import errno
import threading

import pytest

from lsfs.core.errors import (
    ConflictError,
    DaemonUnavailable,
    InternalError,
    LsfsError,
    NothingFound,
    RefusedError,
    StorageError,
    UsageError,
)
from lsfs.extract.base import ExtractError
from lsfs.views.base import Wish
from lsfsd.fuse.errnos import errno_of
from lsfsd.fuse.live import Breaker, SocketLive


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Daemon:
    """A client, as far as a mount uses one."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict]] = []
        self.failure: LsfsError | None = None

    def call(self, name, fields=None):
        self.calls.append((name, fields))
        if self.failure is not None:
            raise self.failure
        return {"hits": [], "complete": True}


def hung() -> DaemonUnavailable:
    error = DaemonUnavailable("the daemon has not answered")
    error.__cause__ = TimeoutError()
    return error


def test_after_a_missed_deadline_calls_fail_at_once_until_the_daemon_answers(wait_until):
    clock, daemon, probed, there = Clock(), Daemon(), threading.Event(), []

    def answers() -> bool:
        probed.set()
        return bool(there)

    live = SocketLive(daemon, Breaker(answers, clock))
    live.search(Wish(words="x"))
    daemon.failure = hung()
    for _ in range(3):
        with pytest.raises(OSError) as raised:
            live.search(Wish(words="x"))
        assert raised.value.errno == errno.ETIMEDOUT
    assert len(daemon.calls) == 2  # one that worked, one that waited
    assert not probed.is_set()
    clock.now += 1.5
    with pytest.raises(OSError):
        live.search(Wish(words="x"))
    wait_until(probed.is_set)
    clock.now += 1.5
    there.append(True)
    daemon.failure = None

    def works() -> bool:
        clock.now += 1.5
        try:
            live.search(Wish(words="x"))
        except OSError:
            return False
        return True

    wait_until(works)


def test_a_daemon_that_does_not_run_is_no_reason_to_wait():
    daemon = Daemon()
    daemon.failure = DaemonUnavailable("the daemon does not run")
    live = SocketLive(daemon, Breaker(lambda: True, Clock()))
    for _ in range(2):
        with pytest.raises(OSError) as raised:
            live.search(Wish(words="x"))
        assert raised.value.errno == errno.ECONNREFUSED
    daemon.failure = None
    live.search(Wish(words="x"))


def every_error(kind=LsfsError):
    yield kind
    for below in kind.__subclasses__():
        yield from every_error(below)


def test_every_error_has_an_errno():
    for kind in set(every_error()) - {ExtractError}:  # which stays with its file
        assert errno_of(kind("what")) in errno.errorcode
    assert errno_of(NothingFound("what")) == errno.ENOENT
    assert errno_of(UsageError("what")) == errno.EINVAL
    assert errno_of(RefusedError("what")) == errno.EPERM
    assert errno_of(ConflictError("what")) == errno.EBUSY
    assert errno_of(StorageError("what")) == errno_of(InternalError("what")) == errno.EIO
