"""Calls that take long and are not waited for, and what is told of them meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.daemon.mcp.conftest import Served, serve


@pytest.fixture(scope="module")
def served(fake) -> Iterator[Served]:
    url, said, process = serve("--new-token")
    yield Served(url, said.removeprefix("Authorization: Bearer "), process)
    process.terminate()
    process.communicate()


@pytest.fixture(scope="module", params=["stdio legacy", "stdio auto", "http legacy", "http auto"])
def doer(agents, fake, served, request):
    transport, mode = request.param.split()
    return agents.connect(mode=mode) if transport == "stdio" else agents.reach(served, mode=mode)


def closed_streams(daemon) -> int:
    return int(daemon.call("status")["notes"][0].rpartition(" ")[2])


def test_an_answer_that_nobody_waits_for_any_more_ends_in_the_daemon(doer, fake, wait_until):
    before = closed_streams(fake)
    call = doer.start("ask_files", question="endless")
    assert doer.data("search_files", words="meanwhile")["hits"]
    call.cancel()
    wait_until(lambda: closed_streams(fake) == before + 1)
    assert doer.data("search_files", words="afterwards")["hits"]


def test_an_op_that_nobody_waits_for_any_more_is_taken_back(doer, fake, wait_until):
    plan = doer.data("plan_files", actions=[{"do": "trash", "paths": ["/endless"]}])["plan"]
    begun = []
    call = doer._portal.start_task_soon(
        lambda: doer.client.call_tool("apply_plan", {"plan": plan}, progress_callback=_noting(begun))
    )
    wait_until(lambda: len(begun) > 2)
    call.cancel()
    with pytest.raises(Exception, match="cancelled"):
        wait_until(lambda: list(fake.stream("apply", {"op": plan}))[-1] and False)


def _noting(begun):
    async def note(progress: float, total: float | None, message: str | None) -> None:
        begun.append((progress, message))

    return note


def test_progress_is_told_to_who_asks_for_it_and_grows(doer, fake):
    begun: list = []
    plan = doer.data("plan_files", actions=[{"do": "trash", "paths": ["/slow"]}])["plan"]
    result = doer._portal.call(
        lambda: doer.client.call_tool("apply_plan", {"plan": plan}, progress_callback=_noting(begun))
    )
    assert result.structured_content["state"] == "applied"
    steps = [progress for progress, _ in begun]
    assert len(steps) > 10 and steps == sorted(set(steps)) and "change 5/100" in [message for _, message in begun]


def test_questions_are_answered_with_where_it_stands(doer, fake):
    answered = doer.data("ask_files", question="what of the lease?")
    assert answered["answered"] and answered["citations"][0]["line"] == 12
    unknown = doer.data("ask_files", question="unknown")
    assert not unknown["answered"] and unknown["reason"]
    assert doer.data("plan_files", sentence="find the lease")["state"] == "answered"
    refused = doer.failure("plan_files", sentence="refused")
    assert refused["code"] == "refused" and "understood would be: trash" in refused["hint"]
    assert doer.failure("plan_files", sentence="without a model")["code"] == "model-unavailable"


@pytest.mark.parametrize("code", ["nothing-found", "conflict", "worker-failed", "vault-damaged", "internal"])
def test_every_error_of_the_daemon_is_a_result_with_its_code(doer, code):
    failure = doer.failure("search_files", words=f"error:{code}")
    assert (failure["code"], failure["path"], failure["hint"]) == (code, "/some/path", "do this")


def test_a_bug_costs_that_call_alone_and_shows_no_trace(doer):
    assert doer.failure("search_files", words="bug")["code"] == "internal"
    assert doer.data("search_files", words="fine")["hits"]
