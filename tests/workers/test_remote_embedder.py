"""An embedder in a child process is, seen from outside, the embedder that the child has."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import lsfs
from lsfs.core.errors import ModelUnavailable, WorkerFailed
from lsfs.embed.hashing import HashingEmbedder
from lsfs.workers.embed_messages import EmbedderSpec
from lsfs.workers.embedder import SLICE_TEXTS, RemoteEmbedder, settings_for

SPEC = EmbedderSpec(backend="hashing", id="hashing-64", dimensions=64, max_tokens=256)
STUB = (sys.executable, str(Path(__file__).with_name("stub_embed_worker.py")))

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux scheduling")

Make = Callable[..., RemoteEmbedder]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    monkeypatch.setenv("PYTHONPATH", str(Path(lsfs.__file__).parents[1]), prepend=os.pathsep)
    made: list[RemoteEmbedder] = []

    def build(spec: EmbedderSpec = SPEC, **changes: Any) -> RemoteEmbedder:
        kind = changes.pop("kind", "query")
        settings = msgspec.structs.replace(settings_for(kind, tmp_path / "scratch"), **changes)
        made.append(RemoteEmbedder(spec, settings))
        return made[-1]

    yield build
    for embedder in made:
        embedder.close()


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_vectors_are_those_of_the_embedder_in_the_child(make: Make) -> None:
    texts = [f"text number {number}" for number in range(SLICE_TEXTS + 3)] + ["", "lone \ud800 surrogate", "東京"]
    embedder = make()
    expected = HashingEmbedder(64).embed([text.encode("utf-8", "replace").decode() for text in texts])
    assert np.array_equal(embedder.embed(texts), expected)
    assert (embedder.id, embedder.dimensions, embedder.max_tokens) == ("hashing-64", 64, 256)
    assert embedder.sandbox is not None
    assert "no-new-privs" in embedder.sandbox.active


def test_no_texts_need_no_child(make: Make) -> None:
    embedder = make()
    assert embedder.embed([]).shape == (0, 64)
    assert embedder.pid is None


def test_the_child_outlives_the_thread_that_first_needed_it(make: Make) -> None:
    embedder = make()
    thread = threading.Thread(target=embedder.embed, args=(["first"],))
    thread.start()
    thread.join()
    first = embedder.pid
    assert first is not None
    time.sleep(0.1)
    embedder.embed(["second"])
    assert embedder.pid == first


def test_an_idle_child_ends_and_comes_back(make: Make) -> None:
    embedder = make(idle_s=0.1)
    embedder.embed(["x"])
    deadline = time.monotonic() + 20
    while embedder.pid is not None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert embedder.pid is None
    assert embedder.embed(["x"]).shape == (1, 64)


def test_a_child_killed_between_calls_is_replaced(make: Make) -> None:
    embedder = make()
    before = embedder.embed(["x"])
    first = embedder.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert np.array_equal(embedder.embed(["x"]), before)
    assert embedder.pid != first


def test_texts_that_kill_the_child_twice_are_given_up_and_others_still_work(make: Make) -> None:
    embedder = make(command=STUB)
    with pytest.raises(WorkerFailed, match="twice"):
        embedder.embed(["exit"])
    assert embedder.embed(["fine"]).shape == (1, 64)


def test_a_child_that_hangs_is_given_up(make: Make) -> None:
    embedder = make(command=STUB, deadline_s=0.3)
    with pytest.raises(WorkerFailed, match="within"):
        embedder.embed(["hang"])
    assert embedder.pid is None


@pytest.mark.parametrize(("text", "reason"), [("raise", "ValueError: not a number"), ("passwd", "PermissionError")])
def test_an_error_of_the_backend_and_the_sandbox_reach_the_caller(make: Make, text: str, reason: str) -> None:
    embedder = make(command=STUB)
    with pytest.raises(WorkerFailed, match=reason):
        embedder.embed([text])
    assert embedder.embed(["fine"]).shape == (1, 64)


def test_a_missing_model_is_said_with_what_to_do(make: Make, tmp_path: Path) -> None:
    spec = EmbedderSpec("minilm", "minilm-l6-int8", 384, 256, folder=str(tmp_path))
    embedder = make(spec)
    with pytest.raises(ModelUnavailable) as caught:
        embedder.embed(["x"])
    assert caught.value.path == str(tmp_path)
    assert caught.value.hint is not None
    assert embedder.pid is None


@linux_only
def test_the_backlog_runs_at_idle_priority_and_queries_do_not(make: Make) -> None:
    policies = {kind: int(make(command=STUB, kind=kind).embed(["policy"])[0, 0]) for kind in ("bulk", "query")}
    assert policies == {"bulk": os.SCHED_IDLE, "query": os.SCHED_OTHER}


def test_closing_ends_the_child_and_those_who_wait(make: Make) -> None:
    embedder = make(command=STUB)
    embedder.embed(["x"])
    child = embedder.pid
    assert child is not None
    errors: list[Exception] = []

    def wait() -> None:
        try:
            embedder.embed(["hang"])
        except WorkerFailed as error:
            errors.append(error)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    embedder.close()
    for thread in threads:
        thread.join(10)
    assert len(errors) == 3
    assert gone(child)
    with pytest.raises(WorkerFailed):
        embedder.embed(["x"])
