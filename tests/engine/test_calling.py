"""A sentence that is about no files and that a tool serves comes to a call of it, shown and asked about."""

from __future__ import annotations

import dataclasses
import json

import pytest

from lsfs.core import actions as act
from lsfs.core.api import (
    ApplyRequest,
    DoRequest,
    DraftCallRequest,
    OpRequest,
    PlanRequest,
    ToolsEnableRequest,
)
from lsfs.core.errors import ModelUnavailable, NothingFound, RefusedError
from lsfs.core.tools import ToolSource
from lsfs.engine.calling import Calling
from lsfs.engine.saying import Saying
from lsfs.llm.scripted import ScriptedModel
from lsfs.plan.understand import Understanding
from tests.running import engine_at

FUNCTIONS = '''
def currency_rate(amount: float, currency: str) -> str:
    """Convert an amount of euros to another currency at the exchange rate of today."""
    return f"{amount} euros in {currency}"

def brew_coffee(cups: int) -> str:
    """Brew cups of coffee with the coffee machine in the kitchen."""
    return f"{cups} cups"
'''
SENTENCE = "convert 20 euros to another currency, yen, at the exchange rate"


class Person:
    """Somebody who talks to an engine that knows two functions; the model says what it is given to say."""

    def __init__(self, lsfs, folder) -> None:
        self.lsfs = lsfs
        self.engine = lsfs.engine
        self.caller = {"cwd": str(lsfs.root), "door": "cli"}
        (folder / "given_tools.py").write_text(FUNCTIONS)
        where = {"target": "given_tools", "path": str(folder)}
        added = self.engine._parts.tooling.catalogue.add(ToolSource(name="given", kind="python", where=where))
        assert added.tools == 2, added

    def say(self, sentence: str, wire: str = "none", arguments: object = None, **how):
        """The result; `wire` is what the model takes the sentence for, `arguments` what it makes of it for a tool."""
        self.model = ScriptedModel(lambda prompt: json.dumps(arguments) if "Tool:" in prompt.turns[-1].text else wire)
        parts = dataclasses.replace(
            self.engine._parts, understanding=Understanding(lambda: self.model), llm=lambda: self.model
        )
        engine = self.engine
        saying = Saying(
            parts, engine._finding, engine.changing, engine.past, engine.diffing, self.engine.saying._now_ns
        )
        *_, last = saying.do(DoRequest(sentence=sentence, **{**self.caller, **how}))
        return last.result


@pytest.fixture
def person(tmp_path):
    with engine_at(tmp_path, embedder="hashing") as lsfs:
        lsfs.up()
        yield Person(lsfs, tmp_path)


def test_a_tool_that_fits_is_previewed_with_arguments_from_the_sentence_and_called_when_agreed(person):
    result = person.say(SENTENCE, arguments={"amount": 20, "currency": "yen"})
    assert (result.state, result.effect_class, result.tier) == ("preview", "external", "llm"), result
    assert result.effects[0].note == 'given/currency_rate {"amount": 20, "currency": "yen"}'
    assert result.actions == (act.CallTool(tool="given/currency_rate", arguments={"amount": 20, "currency": "yen"}),)
    assert not result.unasked
    with pytest.raises(RefusedError):
        list(person.engine.changing.apply(ApplyRequest(op=result.op, **person.caller)))
    *_, last = person.engine.changing.apply(ApplyRequest(op=result.op, confirmed="asked", **person.caller))
    assert last.result.results[0].text == "20 euros in yen"
    assert person.engine.changing.op(OpRequest(op=result.op)).results == last.result.results


def test_what_the_tool_needs_and_nobody_said_is_asked_for(person):
    result = person.say(SENTENCE, arguments={"amount": 99, "currency": "yen"})
    assert result.state == "refused" and "needs to be told: amount" in result.reason
    assert result.op is None


def test_an_action_on_files_comes_before_any_tool(person):
    result = person.say("brew coffee with the coffee machine and make folder kitchen", wire="mkdir|name=kitchen")
    assert result.state != "preview" or result.effects[0].action == "mkdir"
    assert not any("Tool:" in prompt.turns[-1].text for prompt in person.model.asked)


def test_without_a_fitting_tool_the_refusal_stays_what_it_was(person):
    result = person.say("sing me a song about the sea")
    assert result.state == "refused" and "about files" in result.reason


def test_without_the_model_no_tool_is_tried(person):
    assert person.say(SENTENCE, llm=False).state == "refused"
    assert person.model.asked == []


def test_a_tool_that_is_switched_off_is_neither_offered_nor_called(person):
    call = act.CallTool(tool="given/brew_coffee", arguments={"cups": 2})
    plan = person.engine.changing.plan(PlanRequest(actions=(call,), **person.caller))
    person.engine.tooling.enable(ToolsEnableRequest(target="given", enabled=False))
    assert person.say(SENTENCE, arguments={"amount": 20, "currency": "yen"}).state == "refused"
    with pytest.raises(NothingFound, match="switched off"):
        list(person.engine.changing.apply(ApplyRequest(op=plan.op, confirmed="asked", **person.caller)))


def test_a_tool_that_is_only_described_is_neither_drafted_nor_planned_and_another_is_offered(person, tmp_path):
    said = "Convert an amount of euros to another currency at the exchange rate of today."
    (tmp_path / "only.json").write_text(json.dumps([{"name": "currency_rate", "description": said}]))
    catalogue = person.engine._parts.tooling.catalogue
    catalogue.add(ToolSource(name="a-file", kind="functions", where={"path": str(tmp_path / "only.json")}))
    assert not catalogue.detail("a-file/currency_rate").callable and catalogue.detail("given/currency_rate").callable
    with pytest.raises(RefusedError, match="does not say how"):
        person.engine.changing.plan(
            PlanRequest(actions=(act.CallTool(tool="a-file/currency_rate", arguments={}),), **person.caller)
        )
    calling = Calling(dataclasses.replace(person.engine._parts, llm=lambda: pytest.fail("nothing is to be drafted")))
    with pytest.raises(RefusedError, match="does not say how"):
        calling.draft(DraftCallRequest(id="a-file/currency_rate", sentence="20 euros"))
    assert person.say(SENTENCE, arguments={"amount": 20, "currency": "yen"}).actions[0].tool == "given/currency_rate"


def test_arguments_can_be_drafted_for_a_tool_that_is_named(person):
    model = ScriptedModel(lambda _: '{"cups": 3}')
    calling = Calling(dataclasses.replace(person.engine._parts, llm=lambda: model))
    drafted = calling.draft(DraftCallRequest(id="given/brew_coffee", sentence="three cups please"))
    assert drafted.arguments == {"cups": 3} and drafted.missing == ()
    with pytest.raises(ModelUnavailable):
        calling.draft(DraftCallRequest(id="given/brew_coffee", sentence="three cups", llm=False))


def test_training_with_too_little_use_finds_nothing_to_learn_from(person):
    with pytest.raises(NothingFound, match="too few"):
        person.engine.tooling.train()


def test_a_sentence_says_whether_the_source_of_its_tool_is_allowed(person):
    for allow in ("ask", "all"):
        person.engine.tooling.enable(ToolsEnableRequest(target="given", enabled=True, allow=allow))
        result = person.say(SENTENCE, arguments={"amount": 20, "currency": "yen"})
        assert (result.allowed, result.unasked) == (allow == "all", False)
