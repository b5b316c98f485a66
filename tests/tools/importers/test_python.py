"""Python callables: described by signature and docstring, in a process of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsfs.core.errors import LsfsError
from lsfs.core.tools import Tool, ToolSource
from lsfs.tools.callers.base import Around
from lsfs.tools.callers.python_function import FunctionCaller
from lsfs.tools.importers.python_callables import PythonCallables

MODULE = '''
import enum
from pathlib import Path
from typing import Literal, Optional

print("this is not for the importer")

class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"

def shrink(path: Path, level: int = 3, *, size: Size = Size.SMALL, how: Literal["fast", "good"] = "fast",
           tags: Optional[list[str]] = None, **more) -> str:
    """Make a file smaller.

    Args:
        path: Which file.
        level (int): How much.

    Returns:
        path: not a parameter.
    """

def numpy_style(first, second: float):
    """Do it.

    Parameters
    ----------
    first : str
        The first.
    second : float
        The second.
    """

def sphinx_style(one: "Unknown"):
    """Do it.

    :param one: The one.
    """

def by_place(value, /):
    """Cannot be given by name."""

def _private():
    """Nothing."""

async def later(text: str):
    """A coroutine."""
'''


@pytest.fixture
def importer(tmp_path: Path) -> PythonCallables:
    (tmp_path / "thing.py").write_text(MODULE)
    return PythonCallables({"HOME": str(tmp_path)})


def take(importer: PythonCallables, tmp_path: Path, target: str) -> dict[str, Tool]:
    source = ToolSource(name="x", kind="python", where={"target": target, "path": str(tmp_path)})
    return {tool.name: tool for tool in importer.take(source).tools}


def test_signature_and_docstring_become_schema_and_description(importer, tmp_path):
    (tool,) = take(importer, tmp_path, "thing:shrink").values()
    assert tool.description.startswith("Make a file smaller.") and tool.kind == "function"
    assert tool.schema == {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "Which file."},
            "level": {"type": "integer", "default": 3, "description": "How much."},
            "size": {"enum": ["small", "large"]},
            "how": {"enum": ["fast", "good"], "default": "fast"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["path"],
    }
    assert tool.invocation == {"module": "thing", "function": "shrink", "path": str(tmp_path)}


def test_a_module_gives_its_own_public_functions_and_bad_ones_cost_themselves(importer, tmp_path):
    source = ToolSource(name="x", kind="python", where={"target": "thing", "path": str(tmp_path)})
    found = importer.take(source)
    tools = {tool.name: tool for tool in found.tools}
    assert tools.keys() == {"shrink", "numpy_style", "sphinx_style", "later"}
    assert [problem.name for problem in found.problems] == ["by_place"]
    assert tools["numpy_style"].schema["properties"]["second"] == {"type": "number", "description": "The second."}
    assert tools["sphinx_style"].schema["properties"]["one"] == {"description": "The one."}


def test_a_group_of_entry_points_gives_what_its_packages_name(importer, tmp_path):
    package = tmp_path / "thing-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[lsfs.things]\nsmaller = thing:shrink\ngone = thing:no_such\n")
    source = ToolSource(name="x", kind="python", where={"target": "lsfs.things", "path": str(tmp_path)})
    found = importer.take(source)
    assert [(tool.name, tool.invocation["function"]) for tool in found.tools] == [("smaller", "shrink")]
    assert [problem.name for problem in found.problems] == ["gone"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("raise RuntimeError('no licence')", "no licence"),
        ("import os; os._exit(3)", "ended its process"),
        ("import sys; sys.exit(1)", "SystemExit"),
        ("x = 1", "no public functions"),
        ("import os, sys; os.write(1, b'a' * (9 << 20))", ""),
    ],
)
def test_a_module_that_misbehaves_costs_its_source(importer, tmp_path, body, why):
    (tmp_path / "bad.py").write_text(body)
    with pytest.raises(LsfsError) as caught:
        take(importer, tmp_path, "bad")
    assert why in caught.value.message


def test_a_module_that_hangs_is_given_up(importer, tmp_path, monkeypatch):
    monkeypatch.setattr("lsfs.tools.importers.python_callables._SECONDS", 0.5)
    (tmp_path / "bad.py").write_text("import time; time.sleep(60)")
    with pytest.raises(LsfsError, match="could not be imported"):
        take(importer, tmp_path, "bad")


def test_a_file_is_a_module_wherever_it_lies_and_finds_those_beside_it(importer, tmp_path):
    (tmp_path / "beside.py").write_text("WORDS = 'from beside'\n")
    file = tmp_path / "json.py"  # as a module of the library is called
    file.write_text("from beside import WORDS\n\ndef tell(loud: bool = False) -> str:\n    return WORDS\n")
    for target in (str(file), f"{file}:tell"):
        source = ToolSource(name="x", kind="python", where={"target": target})
        before = importer.stamp(source)
        (tool,) = importer.take(source).tools
        assert tool.invocation == {"module": str(file), "function": "tell"}
        around = Around(source, "/", {}, 20.0, lambda: False)
        assert FunctionCaller().call(tool, {"loud": True}, around).text == "from beside"
        os.utime(file, ns=(1, len(target)))
        assert importer.stamp(source) != before


def test_the_environment_of_a_source_says_where_its_modules_are(importer, tmp_path):
    where = {"target": "thing:shrink", "env": {"PYTHONPATH": str(tmp_path)}}
    assert [tool.name for tool in importer.take(ToolSource(name="x", kind="python", where=where)).tools] == ["shrink"]
