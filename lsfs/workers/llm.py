"""A language model that lives in a child process: started on first use, gone with its memory when idle."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from pathlib import Path

from lsfs.core.errors import ModelUnavailable, WorkerFailed
from lsfs.llm.base import Bounds, Prompt, Turn, Written
from lsfs.llm.states import StateFolder
from lsfs.workers.llm_child import Call, LlmChild, LlmSettings, Overrun, lost
from lsfs.workers.llm_messages import Choose, Count, Done, LlmSpec, Numbers, Prepare, Write
from lsfs.workers.protocol import ChannelClosed
from lsfs.workers.sandbox import SandboxReport

CONTEXT = 8192
_ASK_S = 0.1
"""How often a caller is asked whether to go on while nothing comes."""

log = logging.getLogger(__name__)

_Answer = Done | Numbers
_Due = tuple[Call, Future[_Answer]]


def spec_of(path: Path, id: str, sha256: str | None = None, context: int = CONTEXT) -> LlmSpec:
    """How a model is named to a worker; without its digest, size and time of change stand for that.

    Raises `ModelUnavailable` where there is no such file.
    """
    try:
        status = path.stat()
    except OSError as error:
        reason = f"the model cannot be read: {error.strerror}"
        raise ModelUnavailable(reason, path=str(path), hint="lsfs models list") from error
    return LlmSpec(id, str(path), sha256 or f"{status.st_size} {status.st_mtime_ns} {path}", context)


class RemoteLLM:
    """`lsfs.llm.base.LanguageModel` over a child; calls from several threads are done one after the other."""

    def __init__(self, spec: LlmSpec, settings: LlmSettings, on_rest: Callable[[], None] = lambda: None) -> None:
        """`on_rest` is called, by a thread of this, whenever the last call that was due has ended."""
        self.id = spec.id
        self.context = spec.context
        """Tokens; a model that has fewer says so once it is loaded."""
        self.sandbox: SandboxReport | None = None
        """Of the last child; None until one was started."""
        self._spec = spec
        self._settings = settings
        self._on_rest = on_rest
        self._states = StateFolder(settings.states)
        self._calls: queue.SimpleQueue[_Due | None] = queue.SimpleQueue()
        self._child: LlmChild | None = None
        self._loaded = False
        self._due = 0
        self._preparing: Call | None = None
        self._number = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Process id of the child, None while there is none."""
        child = self._child
        return child.pid if child else None

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory now; a call has to load it otherwise."""
        return self._loaded

    @property
    def busy(self) -> bool:
        """Whether a call is being done or waits; background work had better pause."""
        return self._due > 0

    def write(self, prompt: Prompt, bounds: Bounds, on_text: Callable[[str], bool] | None = None) -> Written:
        """The likeliest continuation, token by token; see `LanguageModel.write`.

        `on_text` is called by the calling thread, and with '' while nothing comes, so that it can end that too.
        """
        number = self._next_number()
        pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        call = Call(Write(number, _sendable(prompt), bounds), pieces.put)
        answer = self._ask(call)
        answer.add_done_callback(lambda _: pieces.put(None))
        unsent = False
        try:
            while (piece := _next(pieces, on_text)) is not None:
                if on_text and not on_text(piece):
                    on_text = None
                    unsent = call.cancel(self._child)
                if unsent:
                    return Written("", 0.0, 0, 0, "cancelled")
        except BaseException:
            call.cancel(self._child)
            raise
        done = answer.result()
        if not isinstance(done, Done):
            raise WorkerFailed("the language model's worker said what it should not")
        return done.written

    def choose(self, prompt: Prompt, options: Sequence[str], going: Callable[[], bool] | None = None) -> list[float]:
        """Natural log-probability of the first token of each option as what comes next, among all tokens; see
        `LanguageModel.choose`.  `going` is asked by the calling thread."""
        request = Choose(self._next_number(), _sendable(prompt), tuple(_text(option) for option in options))
        return self._numbers(Call(request), (len(options), 0), going)

    def count(self, text: str) -> int:
        """Number of tokens of a text."""
        return int(self._numbers(Call(Count(_text(text))), (1,))[0])

    def prepare(self, kept: Sequence[Turn], going: Callable[[], bool] | None = None) -> bool:
        """Has the kept turns evaluated now; see `LanguageModel.prepare`.  Any other call ends it."""
        call = Call(Prepare(self._next_number(), _turns(kept)))
        with self._lock:
            if self._due:
                return False
            self._preparing = call
        try:
            return bool(self._numbers(call, (1, 0), going))
        finally:
            with self._lock:
                self._preparing = None

    def close(self) -> None:
        """Ends the child; calls that wait raise `WorkerFailed`.  Closing twice does nothing."""
        with self._lock:
            self._closed = True
            thread = self._thread
            self._calls.put(None)
        child = self._child
        if child:
            child.kill()
        if thread:
            thread.join()

    def _next_number(self) -> int:
        with self._lock:
            self._number += 1
            return self._number

    def _numbers(self, call: Call, counts: Sequence[int], going: Callable[[], bool] | None = None) -> list[float]:
        """What comes of a call: one of so many numbers, none where it was ended."""
        due = self._ask(call)
        try:
            while going is not None and not _came(due):
                if not going():
                    going = None
                    if call.cancel(self._child):
                        return []
        except BaseException:
            call.cancel(self._child)
            raise
        answer = due.result()
        if not isinstance(answer, Numbers) or len(answer.values) not in counts:
            raise WorkerFailed("the language model's worker said what it should not")
        return list(answer.values)

    def _ask(self, call: Call) -> Future[_Answer]:
        answer: Future[_Answer] = Future()
        with self._lock:
            self._require_open()
            ahead = self._preparing if self._preparing is not call else None
            if self._thread is None:
                # A thread of its own, because the kernel ends the child with the thread that made it.
                self._thread = threading.Thread(target=self._serve, name="lsfs-llm", daemon=True)
                self._thread.start()
            self._due += 1
            self._calls.put((call, answer))
        if ahead is not None:
            ahead.cancel(self._child)  # what is prepared for nobody must not keep somebody waiting
        return answer

    def _serve(self) -> None:
        while True:
            try:
                due = self._calls.get(timeout=self._settings.idle_s if self._child else None)
            except queue.Empty:
                self._end_child()
                continue
            if due is None:
                break
            call, answer = due
            try:
                result = self._result(call)
            except Exception as error:
                self._end_call()
                answer.set_exception(error)
            else:
                self._end_call()
                answer.set_result(result)
        self._end_child()
        while not self._calls.empty():
            if left := self._calls.get():
                left[1].set_exception(WorkerFailed("the language model was closed"))

    def _end_call(self) -> None:
        with self._lock:
            self._due -= 1
            resting = not self._due
        if resting and not self._closed:
            try:
                self._on_rest()
            except Exception:  # of whoever was to be told
                log.exception("telling that the language model rests failed")

    def _result(self, call: Call) -> _Answer:
        """What comes of a call; a child that had died before it is replaced, one that dies of it is not."""
        while True:
            fresh = self._child is None
            try:
                return self._ready_child().ask(call)
            except Overrun as error:
                self._end_child()
                raise lost(str(error)) from error
            except ChannelClosed as error:
                ended = self._end_child()
                self._require_open()
                if fresh or call.begun:
                    raise lost(f"its process ended ({ended})") from error

    def _ready_child(self) -> LlmChild:
        self._require_open()
        if self._child:
            return self._child
        self._states.tidy()
        self._child = child = LlmChild(self._settings, self._states, lambda: self._closed)
        try:
            self._require_open()  # `close` may have looked for a child just before there was one
            ready = child.load(self._spec)
        except (ModelUnavailable, WorkerFailed):
            self._end_child()
            raise
        self.context, self.sandbox = ready.context, ready.sandbox
        self._loaded = True
        return child

    def _require_open(self) -> None:
        if self._closed:
            raise WorkerFailed("the language model was closed")

    def _end_child(self) -> str:
        child, self._child = self._child, None
        self._loaded = False
        return child.destroy() if child else ""


def _sendable(prompt: Prompt) -> Prompt:
    return Prompt(_turns(prompt.kept), _turns(prompt.turns))


def _turns(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    return tuple(turn if turn.text.isascii() else Turn(turn.role, _text(turn.text)) for turn in turns)


def _text(text: str) -> str:
    """Lone surrogates cannot be sent; the models read them as "?" as well."""
    return text.encode("utf-8", "replace").decode()


def _came(due: Future[_Answer]) -> bool:
    """Whether an answer is there, after a short wait."""
    return bool(wait((due,), _ASK_S).done)


def _next(pieces: queue.SimpleQueue[str | None], on_text: Callable[[str], bool] | None) -> str | None:
    """The next piece, None after the last; '' where somebody may want to end it and none came."""
    try:
        return pieces.get(timeout=_ASK_S if on_text else None)
    except queue.Empty:
        return ""
