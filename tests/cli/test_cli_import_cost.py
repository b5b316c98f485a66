"""A search pays for what it needs and no more: what a whole run of ``lsfs find`` loads."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lsfs.core import api
from lsfs.core.locations import Paths

HEAVY = {
    "apsw", "sqlite3", "sqlite_vec", "numpy", "onnxruntime", "msgspec", "rich", "starlette", "uvicorn", "asyncio",
    "ssl", "email", "http", "urllib", "subprocess", "multiprocessing", "logging", "tomllib", "lsfsd", "pathlib",
}  # fmt: skip
ROOT = Path(__file__).parents[2]


def loaded_by(*arguments: str) -> tuple[int, set[str]]:
    """Exit code and loaded top-level modules of a run of the command."""
    sources = [str(ROOT), str(ROOT / "daemon"), str(ROOT / "cli")]
    program = f"""\
import sys
sys.path[:0] = {sources!r}
before = set(sys.modules)
from lsfs_cli.main import main
try:
    main()
except SystemExit as done:
    import json
    names = sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})
    print("\\nLOADED", json.dumps([done.code, names]))
"""
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    code, names = json.loads(done.stdout.rpartition("LOADED ")[2])
    return code, set(names)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["find", "--help"], ["do", "--help"]])
def test_help_loads_nothing_heavy(arguments):
    assert loaded_by(*arguments)[1] & HEAVY == set()


def test_a_search_loads_nothing_heavy(private_home):
    """Against something that answers as the daemon does, so that the whole way there and back is counted."""
    paths = Paths.from_env(os.environ)
    Path(paths.socket).parent.mkdir(mode=0o700)
    hit = {"path": "/a", "score": 1.0, "kind": "text", "modified": "", "size": 1, "snippet": "words", "line": 1}
    body = json.dumps({"query": "words", "hits": [hit], "elapsed_ms": 1.0, "complete": True}).encode()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(paths.socket)
        listener.listen()

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

        answering = threading.Thread(target=answer)
        answering.start()
        code, loaded = loaded_by("find", "words")
        answering.join()
    os.unlink(paths.socket)
    assert code == 0
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("sentence", ["move it", "find it"])
def test_a_sentence_loads_nothing_heavy(door, preview, done, sentence):
    """What the daemon understands by rules takes it milliseconds: the command should not take longer than that."""
    effect = api.EffectInfo(action="move", path="/a", to="/b/a")
    hit = api.Hit(path="/a", score=1.0, kind="text", modified="", size=1, snippet="words")
    moved, found = done(preview(effect)), done(state="answered", hits=(hit,))
    door.on("do", by=lambda request: [moved if request["sentence"].startswith("move") else found])
    code, loaded = loaded_by("do", sentence, "--dry-run")
    assert code == 0
    assert loaded & HEAVY == set()
