"""Importing is cheap: no heavy library comes with the package, with the client, or with a command's help."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "apsw", "sqlite3", "sqlite_vec", "onnxruntime", "tokenizers", "numpy", "kreuzberg", "watchdog", "starlette",
    "uvicorn", "apscheduler", "dateparser", "zstandard", "blake3", "asyncio", "multiprocessing", "llama_cpp", "jinja2",
}  # fmt: skip
HOT = HEAVY | {"lsfsd", "rich", "msgspec"}
"""What `lsfs find` loads none of: a search should cost hardly more than starting Python."""


def loaded_by(statement: str) -> set[str]:
    """Top-level modules that a fresh interpreter holds after the statement."""
    program = f"""\
import json, sys
try:
    {statement}
except SystemExit:
    pass
print("LOADED", json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.rpartition("LOADED ")[2]))


@pytest.mark.parametrize("module", ["lsfs", "lsfs.core.errors", "lsfs.rpc", "lsfs_cli", "lsfsd"])
def test_importing_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import {module}") & HEAVY == set()


def test_the_client_leaves_msgspec_to_type_checking() -> None:
    assert loaded_by("import lsfs.rpc.client") & HOT == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["find", "--help"], ["status", "--help"]])
def test_the_command_line_loads_nothing_heavy(arguments: list[str]) -> None:
    loaded = loaded_by(f"sys.argv = ['lsfs', *{arguments!r}]; from lsfs_cli.main import main; sys.exit(main())")
    assert loaded & HOT == set()
