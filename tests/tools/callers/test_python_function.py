"""Python functions as tools: called in a process of their own."""

from __future__ import annotations

import os

import pytest

from lsfs.core.errors import RefusedError
from lsfs.tools.callers.python_function import FunctionCaller
from tests.tools.callers.conftest import tool

call = FunctionCaller().call

SOURCE = """
import os, sys, threading, time

def add(one, other=1):
    print("working")
    return {"sum": one + other, "pid": os.getpid()}

def fail():
    raise ValueError("no such thing")

def die():
    os._exit(9)

def hang():
    time.sleep(60)

def pages():
    return "x" * 20_000_000

async def later(word):
    return word

class Box:
    @staticmethod
    def open():
        threading.Thread(target=hang).start()
        return object
"""


@pytest.fixture
def function(tmp_path):
    (tmp_path / "given_functions.py").write_text(SOURCE)
    return lambda name: tool("function", name, module="given_functions", function=name, path=str(tmp_path))


def test_it_gives_back_what_the_function_does_from_another_process(function, around):
    said = call(function("add"), {"one": 2}, around())
    assert said.ok and said.data["sum"] == 3
    assert said.data["pid"] != os.getpid()


def test_coroutines_and_methods_are_called_too_and_what_is_no_json_is_text(function, around):
    assert call(function("later"), {"word": "now"}, around()).text == "now"
    assert call(function("Box.open"), {}, around()).text == "<class 'object'>"


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("fail", {}, "raised ValueError: no such thing"),
        ("die", {}, "ended its process"),
        ("hang", {}, "longer than 1 s"),
        ("pages", {}, "MiB"),
        ("add", {"other": 1}, "TypeError"),
        ("missing", {}, "AttributeError"),
    ],
)
def test_a_failure_costs_only_the_call(function, around, name, arguments, why):
    said = call(function(name), arguments, around(deadline_s=1 if name == "hang" else 20))
    assert not said.ok and why in said.text.splitlines()[0]


def test_what_is_only_described_cannot_be_called(around):
    with pytest.raises(RefusedError, match="only described"):
        call(tool("function", "described"), {}, around())
