"""Where search is not sure which file is meant, what the model says of each is told as it comes, and in the result."""

from __future__ import annotations

import os

from lsfs.core.api import DoRequest, SayEvent
from lsfs.core.wirepath import to_wire
from lsfs.llm.base import Prompt
from lsfs.llm.scripted import ScriptedModel
from tests.engine.living import home, living

__all__ = ["home", "living"]


def said(home, sentence: str, model: ScriptedModel) -> list[SayEvent]:
    request = DoRequest(sentence=sentence, cwd=to_wire(os.fsencode(home.root)), llm=True)
    return list(home.saying({}, lambda: model).do(request))


def yes_to(name: str) -> ScriptedModel:
    def answer(prompt: Prompt) -> str:
        return "yes" if f"File {name}:" in prompt.turns[-1].text else "no"

    return ScriptedModel(answer)


def test_each_file_is_told_as_it_is_judged_and_all_are_in_the_result(home):
    events = said(home, "find the invoice of the man who came about the tiles", yes_to("roofer invoice.txt"))
    told = [event.judged for event in events if event.judged is not None]
    assert {event.phase for event in events if event.judged is not None} == {"looking"}
    assert 1 < len(told) <= 5
    assert [os.path.basename(one.path) for one in told if one.yes] == ["roofer invoice.txt"]
    assert all((one.odds > 0.5) == one.yes and 0 <= one.odds <= 1 for one in told)
    result = events[-1].result
    assert result is not None and result.judged == tuple(told)
    assert os.path.basename(result.hits[0].path) == "roofer invoice.txt"


def test_nothing_is_judged_where_the_name_is_said(home):
    events = said(home, "find lease.txt", yes_to("lease.txt"))
    assert [event.judged for event in events if event.judged is not None] == []
    assert events[-1].result is not None and events[-1].result.judged == ()


def test_what_is_refused_in_the_end_says_what_was_judged_too(home):
    events = said(home, "delete the invoice of the man who came about the tiles", ScriptedModel(lambda _: "no"))
    result = events[-1].result
    assert result is not None and result.state == "refused"
    assert result.judged and not any(one.yes for one in result.judged)
