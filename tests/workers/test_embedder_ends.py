"""An embedder that is closed starts nothing more, and one whose child cannot be started says so."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest

from lsfs.core.errors import WorkerFailed
from lsfs.workers.embed_messages import EmbedderSpec
from lsfs.workers.embedder import RemoteEmbedder, settings_for

SPEC = EmbedderSpec(backend="hashing", id="hashing-64", dimensions=64, max_tokens=256)


def embedder(folder: Path, *command: str) -> RemoteEmbedder:
    settings = msgspec.structs.replace(settings_for("query", folder / "scratch"), command=command)
    return RemoteEmbedder(SPEC, settings)


def test_a_worker_that_cannot_be_started_is_one_that_failed(tmp_path):
    none = embedder(tmp_path, str(tmp_path / "no program"))
    with pytest.raises(WorkerFailed):
        none.embed(["text"])
    none.close()


def test_closing_while_the_worker_loads_starts_no_other(tmp_path):
    started = tmp_path / "started"
    program = f"import time; open({str(started)!r}, 'a').write('x'); time.sleep(60)"
    loading = embedder(tmp_path, sys.executable, "-c", program)
    errors = []

    def ask():
        try:
            loading.embed(["text"])
        except WorkerFailed as error:
            errors.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    until = time.monotonic() + 20
    while not started.exists() and time.monotonic() < until:
        time.sleep(0.01)
    loading.close()
    thread.join(10)
    assert len(errors) == 1 and not thread.is_alive()
    assert started.read_text() == "x"
