"""An embedder whose model lives in a child process: started on first use, gone with its memory when idle."""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from lsfs.core.errors import InternalError, ModelUnavailable, WorkerFailed
from lsfs.workers.child import Child
from lsfs.workers.embed_messages import (
    Embed,
    EmbedderSpec,
    EmbedFailed,
    EmbedReady,
    EmbedSetup,
    FromEmbedWorker,
    NotLoaded,
    Vectors,
)
from lsfs.workers.progress import Stopwatch
from lsfs.workers.protocol import ChannelClosed
from lsfs.workers.sandbox import Limits, SandboxReport

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SLICE_TEXTS = 256
"""Texts of one message: enough to batch by length, few enough to be bounded in time."""
_LOOK_S = 1.0
_START_S = 120.0


class EmbedderSettings(msgspec.Struct, frozen=True):
    """How an embed worker is run."""

    scratch: Path
    """A folder of ours that may be written before the sandbox closes; made with mode 0700."""
    idle_s: float
    idle_priority: bool
    deadline_s: float = 120.0
    """Seconds for `SLICE_TEXTS` texts, without the wait for a processor."""
    limits: Limits = Limits(memory=4 << 30, cpu_s=None, descriptors=64)
    """A generous bound of address space: libraries map more than they use, and batches bound what they use."""
    command: tuple[str, ...] = (sys.executable, "-P", "-m", "lsfs.workers.embed_worker")
    stderr: int | None = None


def settings_for(kind: Literal["query", "bulk"], scratch: Path) -> EmbedderSettings:
    """The usual settings: a query's embedder stays for five minutes, the backlog's runs when nothing else wants to."""
    if kind == "query":
        return EmbedderSettings(scratch, idle_s=300.0, idle_priority=False)
    return EmbedderSettings(scratch, idle_s=10.0, idle_priority=True)


_Request = tuple[list[str], Future[bytes]]


class RemoteEmbedder:
    """`lsfs.embed.base.Embedder` over a child; calls from several threads are done one after the other."""

    def __init__(self, spec: EmbedderSpec, settings: EmbedderSettings) -> None:
        self.id = spec.id
        self.dimensions = spec.dimensions
        self.max_tokens = spec.max_tokens
        self.sandbox: SandboxReport | None = None
        """Of the last child; None until one was started."""
        self._spec = spec
        self._settings = settings
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._child: Child[FromEmbedWorker] | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        child = self._child
        return child.pid if child else None

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text: float32, ``[len(texts), dimensions]``, each of length 1.

        Raises `ModelUnavailable` when the model cannot be loaded, `WorkerFailed` when the child died or hung twice.
        """
        import numpy as np

        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for at in range(0, len(texts), SLICE_TEXTS):
            # Lone surrogates cannot be sent; the embedders read them as "?" as well.
            part = [text.encode("utf-8", "replace").decode() for text in texts[at : at + SLICE_TEXTS]]
            vectors[at : at + len(part)] = self._rows(self._ask(part).result(), len(part))
        return vectors

    def later(self, text: str) -> Callable[[], NDArray[np.float32]]:
        """Begins to embed a text; what is returned waits for its row, and raises what `embed` does."""
        answer = self._ask([text.encode("utf-8", "replace").decode()])
        return lambda: self._rows(answer.result(), 1)[0]

    def _rows(self, raw: bytes, count: int) -> NDArray[np.float32]:
        import numpy as np

        rows = np.frombuffer(raw, dtype=np.float32)
        if rows.size != count * self.dimensions:
            raise WorkerFailed("the embed worker sent vectors of another size")
        return rows.reshape(count, self.dimensions)

    def close(self) -> None:
        """Ends the child; calls that wait raise `WorkerFailed`.  Closing twice does nothing."""
        with self._lock:
            self._closed = True
            thread = self._thread
            self._requests.put(None)
        child = self._child
        if child:
            child.kill()
        if thread:
            thread.join()

    def _ask(self, texts: list[str]) -> Future[bytes]:
        answer: Future[bytes] = Future()
        with self._lock:
            if self._closed:
                raise WorkerFailed("the embedder is closed")
            if self._thread is None:
                # A thread of its own, because the kernel ends the child with the thread that made it.
                self._thread = threading.Thread(target=self._serve, name="lsfs-embedder", daemon=True)
                self._thread.start()
            self._requests.put((texts, answer))
        return answer

    def _serve(self) -> None:
        while True:
            try:
                request = self._requests.get(timeout=self._settings.idle_s if self._child else None)
            except queue.Empty:
                self._end_child()
                continue
            if request is None:
                break
            texts, answer = request
            try:
                answer.set_result(self._embed_with_retry(texts))
            except Exception as error:
                answer.set_exception(error)
        self._end_child()
        while not self._requests.empty():
            if left := self._requests.get():
                left[1].set_exception(WorkerFailed("the embedder was closed"))

    def _embed_with_retry(self, texts: list[str]) -> bytes:
        try:
            return self._embed_once(texts)
        except (ChannelClosed, TimeoutError):
            self._end_child()
        try:
            return self._embed_once(texts)
        except (ChannelClosed, TimeoutError) as error:
            self._end_child()
            self._require_open()
            raise WorkerFailed(f"the embed worker was lost twice: {error}", hint="lsfs doctor") from error

    def _require_open(self) -> None:
        if self._closed:
            raise WorkerFailed("the embedder was closed")

    def _embed_once(self, texts: list[str]) -> bytes:
        self._require_open()
        child = self._child or self._start()
        child.channel.send(Embed(texts))
        match self._answer(child):
            case Vectors(raw):
                return raw
            case EmbedFailed(reason):
                raise WorkerFailed(f"embedding failed: {reason}")
        raise ChannelClosed("the worker said what it should not")

    def _answer(self, child: Child[FromEmbedWorker]) -> FromEmbedWorker:
        watch = Stopwatch(child.pid)
        while not self._closed:
            with contextlib.suppress(TimeoutError):
                return child.channel.receive(_LOOK_S)[0]
            if watch.elapsed() > self._settings.deadline_s:
                raise TimeoutError(f"no answer within {self._settings.deadline_s:g} s")
        raise WorkerFailed("the embedder was closed")

    def _start(self) -> Child[FromEmbedWorker]:
        settings = self._settings
        try:
            child = Child[FromEmbedWorker](
                settings.command,
                [],
                FromEmbedWorker,
                scratch=settings.scratch,
                idle_priority=settings.idle_priority,
                stderr=settings.stderr,
            )
        except OSError as error:
            raise WorkerFailed(f"the embed worker cannot be started: {error}", hint="lsfs doctor") from error
        self._child = child
        if self._closed:  # `close` may have looked for a child just before there was one
            self._end_child()
            self._require_open()
        child.channel.send(EmbedSetup(self._spec, settings.limits))
        ready, _ = child.channel.receive(_START_S)
        match ready:
            case EmbedReady(id, dimensions, sandbox):
                if (id, dimensions) != (self.id, self.dimensions):
                    self._end_child()
                    raise InternalError(f"expected the embedder {self.id}, the worker loaded {id}")
                self.sandbox = sandbox
                return child
            case NotLoaded(reason, hint):
                self._end_child()
                raise ModelUnavailable(reason, path=self._spec.folder or None, hint=hint)
        raise ChannelClosed("the worker said what it should not")

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child:
            child.destroy()
