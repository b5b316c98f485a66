"""The program of a language model worker: ``python -m lsfs.workers.llm_worker FD PARENT``.

It opens no file once the model is loaded: states are kept in files that the parent opens.
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from lsfs.core.errors import LsfsError, ModelUnavailable, UsageError
from lsfs.llm.base import Bounds, LanguageModel, Prompt, Turn
from lsfs.llm.states import StateFiles
from lsfs.workers.llm_messages import (
    Cancel,
    Choose,
    Count,
    Done,
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
    ToLlmWorker,
    WantState,
    Write,
)
from lsfs.workers.protocol import Channel, ChannelClosed
from lsfs.workers.sandbox import die_with_parent, enter


class Stoppable(LanguageModel, Protocol):
    """A model that another thread can stop."""

    def stop(self) -> None:
        """Ends the call that is running."""


Load = Callable[[LlmSpec, StateFiles], Stoppable]


def load(spec: LlmSpec, states: StateFiles) -> Stoppable:
    """The model that `spec` names; raises ModelUnavailable."""
    from lsfs.llm.llamacpp import LlamaCpp

    return LlamaCpp(
        Path(spec.path),
        id=spec.id,
        fingerprint=spec.fingerprint,
        states=states,
        context=spec.context,
        threads=spec.threads,
    )


class ParentsStates:
    """`StateFiles` whose files the parent opens."""

    def __init__(self, channel: Channel[ToLlmWorker]) -> None:
        self._channel = channel
        self.opened: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        """What the parent answered."""

    def read(self, key: str) -> int | None:
        """A descriptor to read from, which the caller closes; None where nothing is kept under that key."""
        self._channel.send(WantState(key))
        return self.opened.get()

    def write(self, key: str, fill: Callable[[int], None]) -> None:
        """Keeps what `fill` writes to a descriptor; a failure of the disk keeps nothing and raises OSError."""
        self._channel.send(KeepState(key))
        fd = self.opened.get()
        if fd is None:
            raise OSError("there is nowhere to keep it")
        whole = False
        try:
            fill(fd)
            whole = True
        finally:
            os.close(fd)
            self._channel.send(StateKept(whole))


class Server:
    """Does requests one after the other, and hears meanwhile what else the parent says."""

    def __init__(self, channel: Channel[ToLlmWorker], load: Load) -> None:
        self._channel = channel
        self._load = load
        self._states = ParentsStates(channel)
        self._requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._doing = 0
        self._cancelled = 0
        self._turn = threading.Lock()
        """Held where what is done changes, so that a request is not stopped in place of the one before."""

    def serve(self) -> None:
        """Loads what the set-up names, closes the sandbox, and works until the parent closes the connection."""
        setup, _ = self._channel.receive()
        if not isinstance(setup, LlmSetup):
            raise ChannelClosed("the parent sent something else than the set-up")
        try:
            self._model = self._load(setup.spec, self._states)
            # What libraries import or start on first use: the template engine, the threads, the sampler.
            self._model.write(Prompt((), (Turn("user", "?"),)), Bounds(max_tokens=2, grammar="root ::= [^|]*"))
        except LsfsError as error:
            self._channel.send(NotLoaded(error.message, error.hint))
            return
        except Exception as error:  # of a library, on files that are not what they should be
            self._channel.send(NotLoaded(f"the language model cannot be loaded: {error}", "lsfs doctor"))
            return
        self._channel.send(LlmReady(self._model.context, enter(setup.limits)))
        # Made now, so that the sandbox binds it.
        threading.Thread(target=self._hear, name="hearing", daemon=True).start()
        while True:
            self._do(self._requests.get())

    def _hear(self) -> None:
        try:
            while True:
                message, descriptors = self._channel.receive()
                match message:
                    case Cancel(number):
                        with self._turn:
                            self._cancelled = number
                            if self._doing == number:
                                self._model.stop()
                    case StateFile():
                        self._states.opened.put(descriptors[0] if descriptors else None)
                    case LlmSetup():
                        break
                    case _:
                        self._requests.put(message)
        except ChannelClosed:
            pass
        os._exit(0)  # also in the middle of a text that nobody waits for

    def _do(self, request: Request) -> None:
        try:
            match request:
                case Write(number, prompt, bounds):
                    self._begin(number)
                    written = self._model.write(prompt, bounds, lambda text: self._say(number, text))
                    self._channel.send(Done(written))
                case Choose(number, prompt, options):
                    self._begin(number)
                    odds = self._model.choose(prompt, options, lambda: self._cancelled != number)
                    self._channel.send(Numbers(tuple(odds)))
                case Count(text):
                    self._channel.send(Numbers((self._model.count(text),)))
                case Prepare(number, kept):
                    self._begin(number)
                    done = self._model.prepare(kept, lambda: self._cancelled != number)
                    self._channel.send(Numbers((1.0,) if done else ()))
        except ChannelClosed:
            raise
        except LsfsError as error:
            self._channel.send(LlmFailed(_kind(error), error.message, error.hint))
        except Exception as error:
            self._channel.send(LlmFailed("worker", f"{type(error).__name__}: {error}"))
        finally:
            self._end()

    def _begin(self, number: int) -> None:
        with self._turn:
            self._doing = number

    def _end(self) -> None:
        with self._turn:
            self._doing = 0

    def _say(self, number: int, text: str) -> bool:
        self._channel.send(Said(text))
        return self._cancelled != number


def _kind(error: LsfsError) -> Literal["usage", "model", "worker"]:
    if isinstance(error, UsageError):
        return "usage"
    return "model" if isinstance(error, ModelUnavailable) else "worker"


def run(arguments: list[str], load: Load = load) -> None:
    """Everything from the command line to the end of the connection."""
    fd, parent = int(arguments[0]), int(arguments[1])
    die_with_parent(parent)
    with contextlib.suppress(ChannelClosed):
        Server(Channel(socket.socket(fileno=fd), ToLlmWorker), load).serve()
    os._exit(0)  # no clean-up of libraries whose threads and files the sandbox cut off


if __name__ == "__main__":
    run(sys.argv[1:])
