"""One running language model worker: what is said with it, and what it is held to."""

from __future__ import annotations

import contextlib
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from lsfs.core.errors import LsfsError, ModelUnavailable, UsageError, WorkerFailed
from lsfs.llm.base import Written
from lsfs.llm.states import StateFolder
from lsfs.workers.child import Child
from lsfs.workers.llm_messages import (
    Cancel,
    Choose,
    Done,
    FromLlmWorker,
    KeepState,
    LlmFailed,
    LlmReady,
    LlmSetup,
    LlmSpec,
    NotLoaded,
    Numbers,
    Prepare,
    Request,
    Said,
    StateFile,
    StateKept,
    WantState,
    Write,
)
from lsfs.workers.progress import Stopwatch
from lsfs.workers.protocol import ChannelClosed
from lsfs.workers.sandbox import Limits

_LOOK_S = 0.5
_START_S = 120.0
_GIB = 1 << 30


class LlmSettings(msgspec.Struct, frozen=True):
    """How a language model worker is run."""

    scratch: Path
    """A folder of ours that may be written before the sandbox closes; made with mode 0700."""
    states: Path
    """Where evaluated prefixes are kept."""
    memory: int
    """Bytes that are its own, beside the model's file; with more it is ended.  llama.cpp maps the file, so that a bound
    of address space would count that too."""
    idle_s: float = 300.0
    deadline_s: float = 180.0
    """Seconds for one call, without the wait for a processor."""
    silence_s: float = 60.0
    """The same between two pieces of a text, or of the prompt."""
    limits: Limits = Limits(memory=None, cpu_s=None, descriptors=64, writing=2 * _GIB)
    command: tuple[str, ...] = (sys.executable, "-P", "-m", "lsfs.workers.llm_worker")
    stderr: int | None = None


def settings_for(spec: LlmSpec, scratch: Path, states: Path) -> LlmSettings:
    """The usual settings: five idle minutes, and the model's size and 2 GiB of memory at most."""
    return LlmSettings(scratch, states, memory=os.stat(spec.path).st_size + 2 * _GIB)


class Call:
    """A request on its way to a worker."""

    def __init__(self, request: Request, said: Callable[[str], None] = lambda _: None) -> None:
        self.request = request
        self.said = said
        self.begun = False
        """Whether the worker said anything about it."""
        self._sent = False
        self._cancelled = False
        self._lock = threading.Lock()

    def send(self, child: LlmChild) -> bool:
        """Sends it; False where it was cancelled before."""
        with self._lock:
            if self._cancelled:
                return False
            self._sent = True
        child.send(self.request)
        return True

    def cancel(self, child: LlmChild | None) -> bool:
        """Ends it; True where it has not even begun, and nothing will come of it."""
        with self._lock:
            self._cancelled = True
            if not self._sent:
                return True
        if child and isinstance(self.request, Write | Choose | Prepare):
            with contextlib.suppress(ChannelClosed):
                child.send(Cancel(self.request.number))
        return False


class LlmChild:
    """A worker, owned by the thread that makes it; `cancel` of a call, and `kill`, may come from any."""

    def __init__(self, settings: LlmSettings, states: StateFolder, closed: Callable[[], bool]) -> None:
        """Starts it; `closed` says that it is not wanted any more.  Raises `WorkerFailed`."""
        self._settings = settings
        self._states = states
        self._closed = closed
        self._sending = threading.Lock()
        try:
            self._child = Child[FromLlmWorker](
                settings.command,
                [],
                FromLlmWorker,
                scratch=settings.scratch,
                idle_priority=False,
                stderr=settings.stderr,
            )
        except OSError as error:
            raise WorkerFailed(f"the language model's worker cannot be started: {error}", hint="lsfs doctor") from error
        self.pid = self._child.pid
        self.kill = self._child.kill
        self.destroy = self._child.destroy

    def load(self, spec: LlmSpec) -> LlmReady:
        """Has it load a model; raises `ModelUnavailable`, `WorkerFailed`, `ChannelClosed`."""
        self.send(LlmSetup(spec, self._settings.limits))
        try:
            ready, _ = self._child.channel.receive(_START_S)
        except TimeoutError:
            raise lost(f"it was not loaded within {_START_S:g} s") from None
        match ready:
            case LlmReady():
                return ready
            case NotLoaded(reason, hint):
                raise ModelUnavailable(reason, path=spec.path, hint=hint)
        raise ChannelClosed("the worker said what it should not")

    def send(self, message: msgspec.Struct, descriptors: Sequence[int] = ()) -> None:
        """Sends a message; any thread may."""
        with self._sending:
            self._child.channel.send(message, descriptors)

    def ask(self, call: Call) -> Done | Numbers:
        """What comes of a call.

        Raises what the model raised; `Overrun` where the worker has to be ended; `ChannelClosed` where it ended.
        """
        if not call.send(self):
            return Done(Written("", 0.0, 0, 0, "cancelled")) if isinstance(call.request, Write) else Numbers(())
        for message in self._heard(call.request):
            call.begun = True
            match message:
                case Said(text):
                    call.said(text)
                case Done() | Numbers():
                    return message
                case LlmFailed(kind, reason, hint):
                    raise _error(kind, reason, hint)
                case WantState(key):
                    self._give_state(key)
                case KeepState(key):
                    self._keep_state(key)
                case _:
                    break
        raise ChannelClosed("the worker said what it should not")

    def _heard(self, request: Request) -> Iterator[FromLlmWorker]:
        """What it says, as long as it says something in time and keeps within its memory."""
        whole, silence = Stopwatch(self.pid), Stopwatch(self.pid)
        looked = time.monotonic()
        while not self._closed():
            try:
                message, _ = self._child.channel.receive(_LOOK_S)
            except TimeoutError:
                if isinstance(request, Write) and silence.elapsed() > self._settings.silence_s:
                    raise Overrun(f"nothing came for {self._settings.silence_s:g} s") from None
            else:
                yield message
                silence = Stopwatch(self.pid)
            if time.monotonic() - looked < _LOOK_S:
                continue
            looked = time.monotonic()
            if whole.elapsed() > self._settings.deadline_s:
                raise Overrun(f"no end within {self._settings.deadline_s:g} s")
            if own_memory(self.pid) > self._settings.memory:
                raise Overrun(f"more than {self._settings.memory >> 20} MiB of memory were taken")
        raise WorkerFailed("the language model was closed")

    def _give_state(self, key: str) -> None:
        fd = self._states.read(key)
        try:
            self.send(StateFile(fd is not None), () if fd is None else (fd,))
        finally:
            if fd is not None:
                os.close(fd)

    def _keep_state(self, key: str) -> None:
        """Opens a file for a state, and gives it its name once the worker has written it."""
        try:
            new = self._states.new(key)
        except OSError:
            self.send(StateFile(False))
            return
        whole = False
        try:
            self.send(StateFile(True), (new.descriptor,))
            message, _ = self._child.channel.receive(self._settings.silence_s)
            whole = isinstance(message, StateKept) and message.whole
        except TimeoutError:
            raise Overrun(f"a state was not written within {self._settings.silence_s:g} s") from None
        finally:
            with contextlib.suppress(OSError):  # a full disk costs the next start some seconds
                new.finish(whole)


class Overrun(Exception):
    """The worker does not keep to its bounds."""


def lost(reason: str) -> WorkerFailed:
    """What a caller is told of a worker that is gone."""
    return WorkerFailed(f"the language model was lost: {reason}", hint="try again: the next call starts it anew")


def own_memory(pid: int) -> int:
    """Bytes of memory that a process has for itself, without the files that it maps; 0 where that is not said."""
    try:
        with open(f"/proc/{pid}/statm") as file:
            fields = file.read().split()
        return (int(fields[1]) - int(fields[2])) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return 0


def _error(kind: str, reason: str, hint: str | None) -> LsfsError:
    errors = {"usage": UsageError, "model": ModelUnavailable}
    return errors.get(kind, WorkerFailed)(reason, hint=hint)
