"""Ctrl-C while an op is carried out: it is cancelled, again where it was not under way yet, and once only."""

from __future__ import annotations

import signal
from types import SimpleNamespace

import pytest

from lsfs.core.errors import NothingFound
from lsfs_cli.carrying_out import carried_out
from lsfs_cli.ctrl_c import CtrlC


@pytest.fixture(autouse=True)
def usual_handler():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_the_first_cancels_and_the_second_ends_the_process():
    calls: list[str] = []
    with pytest.raises(KeyboardInterrupt), CtrlC(lambda: calls.append("cancel")) as ctrl_c:
        signal.raise_signal(signal.SIGINT)
        assert (ctrl_c.pressed, calls) == (True, ["cancel"])
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_op_that_is_not_under_way_yet_is_cancelled_when_it_is():
    calls: list[str] = []

    def cancel() -> None:
        calls.append("cancel")
        if len(calls) < 3:
            raise NothingFound("it neither waits nor runs")

    with CtrlC(cancel) as ctrl_c:
        ctrl_c.cancel_if_pressed()
        assert calls == []
        signal.raise_signal(signal.SIGINT)
        for _ in range(4):
            ctrl_c.cancel_if_pressed()
    assert len(calls) == 3


def test_a_process_that_ignores_it_goes_on_ignoring_it():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with CtrlC(lambda: pytest.fail("nobody pressed it")) as ctrl_c:
        signal.raise_signal(signal.SIGINT)
    assert not ctrl_c.pressed


@pytest.mark.parametrize(("failure", "late"), [("cancelled", False), ("", True)])
def test_a_call_is_said_to_have_been_done_before_only_where_it_was(failure, late):
    asked: list[str] = []
    notes: list[str] = []

    def stream(route, request):
        yield {"phase": "change", "result": None}
        signal.raise_signal(signal.SIGINT)
        yield {"phase": "done", "result": {"results": [{"ok": late, "failure": failure}]}}

    client = SimpleNamespace(stream=stream, call=lambda route, fields: asked.append(route))
    carried_out(SimpleNamespace(json=True, quiet=False, note=notes.append), client, {"op": 1})
    assert asked == ["cancel"] and bool(notes) == late
