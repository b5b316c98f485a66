"""Tools for the tests of calls: programs of this machine and small Python functions, put where the catalogue stands."""

from __future__ import annotations

from pathlib import Path

import msgspec

from lsfs.core.tools import Tool, ToolSource
from lsfs.engine import Engine

FUNCTIONS = '''
import os, pathlib, shutil, time

def tidy():
    """Does something to everything there is."""
    here = pathlib.Path()
    (here / "notes.txt").write_text("rewritten\\n")
    (here / "old.txt").unlink()
    (here / "moved.txt").rename(here / "new" / "there.txt") if (here / "new").exists() else None
    (here / "made").mkdir()
    (here / "made" / "by the tool.txt").write_text("new\\n")
    (here / "script.sh").chmod(0o755)
    shutil.rmtree(here / "gone")
    return "tidied"

def wait(seconds, path=""):
    if path:
        pathlib.Path(path).write_text("begun\\n")
    time.sleep(seconds)
    return "waited"

def fail(path):
    pathlib.Path(path).write_text("half\\n")
    raise ValueError("no more")

def say(password, token=""):
    print(password)
    return f"logged in with {password} and {os.environ.get('API_KEY', '')} {token}"
'''
ANY = {"type": "object"}
SCHEMAS = {
    "tidy": {"type": "object", "additionalProperties": False},
    "wait": {"type": "object", "properties": {"seconds": {"type": "number"}}, "required": ["seconds"]},
    "say": {"type": "object", "properties": {"password": {"type": "string"}}, "required": ["password"]},
}


class Tools:
    """What stands in the catalogue of an engine."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        (folder / "functions_of_calls.py").write_text(FUNCTIONS)
        self._folder = folder
        self.source = ToolSource(name="own", kind="python", where={"env": {"API_KEY": "key-of-the-source"}})
        self.known: dict[str, Tool] = {}
        for name in ("tidy", "wait", "fail", "say"):
            self.add(name, "function", module="functions_of_calls", function=name, path=str(folder))
        self.add("cat", "command", effect="read", argv=["cat"])
        self.add("sh", "command", argv=["sh"])
        self.join(engine)

    def join(self, engine: Engine) -> None:
        """Has an engine know them."""
        tools = engine._parts.tools
        tools._tools = self.known.get
        tools._sources = lambda name: self.source if name == self.source.name else None

    def add(self, name: str, kind: str, effect: str = "change", **invocation: object) -> None:
        self.known[f"own/{name}"] = Tool(
            id=f"own/{name}",
            name=name,
            description="",
            schema=SCHEMAS.get(name, ANY),
            source="own",
            kind=kind,  # type: ignore[arg-type]  # one of them
            effect=effect,  # type: ignore[arg-type]  # one of them
            invocation=invocation,
        )

    def allow_all(self) -> None:
        self.source = msgspec.structs.replace(self.source, allow="all")
