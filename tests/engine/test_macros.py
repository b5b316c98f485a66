"""Ops made into tools: with what was said as parameters, each once, and planned anew when they are called."""

from __future__ import annotations

import msgspec
import pytest

from lsfs.core import actions as act
from lsfs.core.api import ApplyRequest, DoRequest, PlanRequest, SaveOpRequest, UndoRequest
from lsfs.core.errors import ConflictError, NothingFound, RefusedError, UsageError
from lsfs.core.tools import ToolSource
from lsfs.plan.macros import Macro
from lsfs.tools.importers.macros import Macros as MacroImporter
from tests.engine.said import make_home
from tests.plan.calls import Tools
from tests.running import engine_at

SOURCE = ToolSource(name="macros", kind="macros", where={})


class Person:
    """Somebody who says what is to be done, and saves that."""

    def __init__(self, lsfs, folder) -> None:
        self.lsfs = lsfs
        self.engine = lsfs.engine
        self.caller = {"cwd": str(lsfs.root), "door": "cli"}
        self.tools = Tools(self.engine, folder)
        self.engine._parts.tools._tools = self._tool
        self.engine._parts.tools._sources = lambda name: SOURCE if name == "macros" else self.tools.source

    def _tool(self, id):
        macros = {tool.id: tool for tool in MacroImporter(self.lsfs.vault.tools.macros).take(SOURCE).tools}
        return macros.get(id) or self.tools.known.get(id)

    def say(self, sentence: str) -> int:
        events = list(self.engine.saying.do(DoRequest(sentence=sentence, llm=False, **self.caller)))
        return self.apply(events[-1].result.op)

    def plan(self, *actions):
        return self.engine.changing.plan(PlanRequest(actions=actions, **self.caller))

    def call(self, name: str, **arguments):
        return self.plan(act.CallTool(tool=f"macros/{name}", arguments=arguments))

    def apply(self, op: int) -> int:
        *_, last = self.engine.changing.apply(ApplyRequest(op=op, confirmed="asked", **self.caller))
        assert last.result.state == "applied"
        return op

    def save(self, op: int, name: str) -> str:
        return self.engine.macros.save(SaveOpRequest(op=op, name=name, **self.caller))

    def schema(self, name: str):
        return self._tool(f"macros/{name}").schema["properties"]


@pytest.fixture
def person(tmp_path):
    root = tmp_path / "root"
    make_home(root)
    with engine_at(tmp_path, embedder="off") as lsfs:
        lsfs.up()
        yield Person(lsfs, tmp_path)


def ends(plan) -> list[tuple[str, str]]:
    return sorted(
        (effect.path.rpartition("/")[2], effect.to.rpartition("root/")[2]) for effect in plan.effects if effect.to
    )


def test_what_a_sentence_did_becomes_a_tool_whose_parameters_are_its_words(person):
    op = person.say("move *.mp4 from Downloads to Films")
    assert person.save(op, "File films") == "file-films"
    properties = person.schema("file-films")
    assert {name: one["default"] for name, one in properties.items()} == {
        "what": ["*.mp4"],
        "in": "Downloads",
        "to": "Films",
    }
    tool = person._tool("macros/file-films")
    assert tool.kind == "macro" and "move *.mp4 from Downloads to Films" in tool.examples
    (person.lsfs.root / "Downloads/new.mp4").write_bytes(b"film")
    person.lsfs.rescanned()
    assert ends(person.call("file-films")) == [("new.mp4", "Films/new.mp4")]
    other = person.call("file-films", what=["*.csv"], to="Tables")
    assert {name for name, _ in ends(other)} == {"data.csv", "data (1).csv"} and other.effect_class == "reversible"
    person.apply(other.op)
    assert (person.lsfs.root / "Tables/data.csv").exists()


def test_what_a_plan_did_becomes_a_tool_whose_parameters_are_its_paths(person):
    op = person.plan(act.Mkdir(path="Work/log"), act.Tag(paths=("Work/thesis.md",), tags=("big",)))
    person.apply(op.op)
    assert person.save(op.op, "begin") == "begin"
    assert person.schema("begin").keys() == {"path", "paths", "tags"}
    plan = person.call("begin", path=str(person.lsfs.root / "Work/other"), tags=["small"])
    assert {(e.action, e.path.rpartition("/")[2]) for e in plan.effects} == {("mkdir", "other"), ("tag", "thesis.md")}


def test_a_text_that_was_written_is_kept_for_no_tool(person):
    op = person.plan(act.Create(path="Work/log.txt", text="between us\n"))
    person.apply(op.op)
    with pytest.raises(RefusedError, match="nothing is kept"):
        person.save(op.op, "begin")


def test_the_same_is_saved_once_and_a_name_means_one_thing(person):
    one = person.say("move *.mp4 from Downloads to Films")
    person.apply(person.engine.changing.undo(UndoRequest(op=one, **person.caller)).op)
    person.lsfs.settled()
    other = person.say("move *.mp4 from Downloads to Films")
    assert person.save(one, "films") == person.save(other, "films again") == "films"
    assert [macro.name for macro in person.lsfs.vault.tools.macros()] == ["films"]
    third = person.say("move *.csv from Downloads to Tables")
    with pytest.raises(ConflictError, match="something else"):
        person.save(third, "Films")


def test_a_call_of_a_tool_becomes_a_tool_that_needs_its_secrets_again(person):
    plan = person.plan(act.CallTool(tool="own/say", arguments={"password": "hunter2hunter2"}))
    person.apply(plan.op)
    assert person.save(plan.op, "log in") == "log-in"
    assert b"hunter2" not in person.lsfs.vault.tools.macro("log-in").document
    with pytest.raises(UsageError, match="password"):
        person.call("log-in")
    again = person.call("log-in", password="another one")
    assert again.effect_class == "external" and [step.to for step in again.steps] == ["own/say"]


def test_what_cannot_be_repeated_is_refused_with_the_reason(person):
    op = person.say("move *.mp4 from Downloads to Films")
    undo = person.engine.changing.undo(UndoRequest(op=op, **person.caller))
    person.apply(undo.op)
    with pytest.raises(RefusedError, match="took something back"):
        person.save(undo.op, "back")
    with pytest.raises(NothingFound):
        person.save(999, "none")
    with pytest.raises(RefusedError, match="not carried out"):
        person.save(person.plan(act.Create(path="a.txt")).op, "never done")
    with pytest.raises(UsageError):
        person.save(op, "  /  ")


def test_arguments_that_a_macro_has_no_place_for_are_refused(person):
    person.save(person.say("move *.mp4 from Downloads to Films"), "films")
    for arguments in ({"where": "x"}, {"what": "x"}, {"to": 3}):
        with pytest.raises(UsageError):
            person.call("films", **arguments)
    with pytest.raises(NothingFound):
        person.call("films", what=["nothing of that name.xyz"])


def test_a_macro_that_calls_itself_is_refused(person):
    op = person.plan(act.Create(path="a.txt"))
    person.apply(op.op)
    person.save(op.op, "ring")
    ring = Macro(description="", schema={"type": "object"}, actions=(act.CallTool(tool="macros/ring"),))
    with person.lsfs.vault.write() as tx:
        person.lsfs.vault.tools.put_macro(tx, "ring", msgspec.json.encode(ring), ring.digest, 0)
    with pytest.raises(RefusedError, match="calls itself"):
        person.call("ring")
