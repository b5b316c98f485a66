"""``lsfs undo --client``: one question for all that an agent had done is no word on what may be the user's own."""

from __future__ import annotations

import pytest

from lsfs.core import api

YOURS = api.ConflictInfo(path="/docs/mine.txt", why="the change may be your own", forcible=True)


@pytest.fixture
def agent(door, preview):
    """A daemon in which an agent's call changed something that it had not named."""
    op = api.OpInfo(
        op=5,
        state="applied",
        effect_class="external",
        summary="call own/tidy",
        sentence="",
        door="mcp",
        files=2,
        bytes=0,
        started="2026-11-29T16:00:00Z",
        finished="2026-11-29T16:00:01Z",
        client="doer",
    )
    door.on("log", api.LogResult(ops=(op,)))
    back = preview(api.EffectInfo(action="write", path="/docs/a.txt"), kind=api.PlanResult)
    stopped = api.PlanResult(op=None, state="preview", effect_class="silent", conflicts=(YOURS,))
    door.on("undo", by=lambda asked: [stopped if asked["unasked"] and not asked["how"] else back])
    door.on("apply", api.OpEvent(phase="done", result=back))
    return door


@pytest.mark.parametrize(("options", "typed"), [((), "y\n"), (("--yes",), None)])
def test_what_may_be_the_users_own_doing_is_not_taken_back_by_an_answer_to_all(agent, lsfs, options, typed):
    outcome = lsfs("undo", "--client", "doer", *options, typed=typed)
    assert outcome.code == 4 and "/docs/mine.txt" in outcome.out and "may be your own" in outcome.out
    assert "lsfs undo 5 " in outcome.err and "--keep" in outcome.err and "--force" in outcome.err
    assert not agent.said("apply")


@pytest.mark.parametrize("how", ["keep", "force"])
def test_the_user_says_what_is_to_become_of_it(agent, lsfs, how):
    outcome = lsfs("undo", "--client", "doer", f"--{how}", typed="y\n")
    assert outcome.code == 0, outcome.err
    assert agent.said("undo")[0]["how"] == how and agent.said("apply")[0]["confirmed"] == "asked"
