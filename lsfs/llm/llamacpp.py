"""Models in GGUF files, by llama.cpp through llama-cpp-python's C functions.

Its class ``Llama`` is not used: it stores the logits of the whole context with every state (311 MB), and samples under
a grammar from the whole vocabulary.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lsfs.core.errors import ModelUnavailable, UsageError, WorkerFailed
from lsfs.llm.base import Bounds, Prompt, Turn, Written
from lsfs.llm.chat import ChatTemplate, Piece
from lsfs.llm.grammar import Chooser
from lsfs.llm.library import library
from lsfs.llm.memory import BLOCK, Memory, Tokens
from lsfs.llm.states import StateFiles
from lsfs.llm.text import TextInPieces
from lsfs.llm.vocabulary import Vocabulary

CONTEXT = 8192
"""Tokens; the memory for them is 100 MB with the 0.5B model, 235 MB with the 1.5B one."""
_RENDERED_KEPT = 4
_ABORTED = 2
_FORM = "f16, no flash attention"
"""How a context remembers, which kept states depend on."""


def _always(_: str) -> bool:
    return True


class LlamaCpp:
    """`lsfs.llm.base.LanguageModel` in this process; `stop` may be called from any thread, the rest from one."""

    def __init__(
        self,
        path: Path,
        *,
        id: str,
        fingerprint: str,
        states: StateFiles | None = None,
        context: int = CONTEXT,
        threads: int = 0,
        block: int = BLOCK,
    ) -> None:
        """Loads a model; `fingerprint` tells its bytes from those of others, for the kept states, and `block` says
        how many tokens are read at once.

        Raises `ModelUnavailable` where it cannot be loaded.
        """
        self.id = id
        self._library = library()
        self._api = self._library.api
        self._closing = contextlib.ExitStack()
        self._stop_flag = ctypes.create_string_buffer(2)
        try:
            model = self._load(path)
            self._vocabulary = Vocabulary(self._api, model)
            trained = int(self._api.llama_model_n_ctx_train(model))
            self.context = min(context, trained) if trained > 0 else context
            self._context = self._open(model, threads or len(os.sched_getaffinity(0)))
            self._template = self._chat_template(model)
        except BaseException:
            self._closing.close()
            raise
        identity = f"{fingerprint} {self._library.build} {self.context} {_FORM}"
        self._memory = Memory(self._api, self._context, self._read_block, states, identity, block)
        self._kept: dict[tuple[Piece, ...], Tokens] = {}
        self._tell: Callable[[str], bool] = _always
        self._batch = _Batch(self._api)

    def write(self, prompt: Prompt, bounds: Bounds, on_text: Callable[[str], bool] | None = None) -> Written:
        """The likeliest continuation, token by token; see `LanguageModel.write`.

        `on_text` gets '' now and then while the prompt is read, so that it can end that too.
        """
        self._begin_call(on_text or _always)
        text = TextInPieces(bounds.stop)
        logprobs: list[float] = []
        with Chooser(self._library, self._vocabulary, bounds.grammar) as chooser:
            try:
                ended = self._write(prompt, bounds.max_tokens, chooser, text, logprobs)
            except _Stopped:
                ended = "cancelled"
        return Written(text.text, sum(logprobs), len(logprobs), chooser.forced, ended)

    def choose(self, prompt: Prompt, options: Sequence[str], going: Callable[[], bool] | None = None) -> list[float]:
        """Natural log-probability of the first token of each option as what comes next, among all tokens; none where it
        was ended."""
        self._begin_call(_asking(going))
        firsts = [self._vocabulary.tokens(option, control=False)[:1] for option in options]
        if not all(firsts):
            raise UsageError("an option is empty")
        try:
            self._read(prompt)
        except _Stopped:
            return []
        logits = self._logits()
        return [_logprob(logits, first[0]) for first in firsts]

    def count(self, text: str) -> int:
        """Number of tokens of a text."""
        return len(self._vocabulary.tokens(text, control=False))

    def prepare(self, kept: Sequence[Turn], going: Callable[[], bool] | None = None) -> bool:
        """Has the kept turns evaluated now, so that the first call need not wait for it; False where it was ended."""
        self._begin_call(_asking(going))
        tokens, _ = self._rendered(Prompt(tuple(kept), (Turn("user", ""),)))
        self._check(len(tokens))
        try:
            self._memory.keep(tokens)
        except _Stopped:
            return False
        return True

    def stop(self) -> None:
        """Ends the call that is running, as `on_text` does, but at once."""
        self._stop_flag.value = b"x"

    def close(self) -> None:
        """Gives back what the model holds; closing twice does nothing."""
        self._closing.close()

    @property
    def evaluated(self) -> int:
        """Tokens of kept turns that had to be evaluated, because no state of them was there."""
        return self._memory.evaluated

    def _write(
        self, prompt: Prompt, most: int, chooser: Chooser, text: TextInPieces, logprobs: list[float]
    ) -> Literal["stop", "length", "cancelled"]:
        most = min(most, self.context - self._read(prompt))
        token = 0
        while len(logprobs) < most:
            if logprobs:
                self._memory.follow(token)
            logits = self._logits()
            token = chooser.choose(logits)
            logprobs.append(_logprob(logits, token))
            if self._vocabulary.ends(token) or self._vocabulary.is_control(token):
                self._say(text.end())
                return "stop"
            self._say(text.add(self._vocabulary.spelled(token)))
            if text.stopped:
                return "stop"
        self._say(text.end())
        return "stop" if text.stopped else "length"

    def _load(self, path: Path) -> Any:
        self._library.complaint()
        parameters = self._api.llama_model_default_params()
        # Repacked weights decode a fourth faster, but read a third slower, take the memory twice, and bring in AMX.
        parameters.use_extra_bufts = False
        parameters.n_gpu_layers = 0
        model = self._api.llama_model_load_from_file(os.fsencode(path), parameters)
        if not model:
            raise ModelUnavailable(
                f"the model cannot be loaded: {self._library.complaint() or 'llama.cpp does not say why'}",
                path=str(path),
                hint="pull it again, or choose another: lsfs models list",
            )
        self._closing.callback(self._api.llama_model_free, model)
        return model

    def _open(self, model: Any, threads: int) -> Any:
        parameters = self._api.llama_context_default_params()
        parameters.n_ctx = self.context
        parameters.n_batch = BLOCK
        parameters.n_ubatch = BLOCK
        parameters.n_seq_max = 1
        parameters.n_threads = parameters.n_threads_batch = threads
        # Flash attention reads prompts of less than 64 tokens a third slower, and adds up in 16 bits.
        parameters.flash_attn_type = self._api.LLAMA_FLASH_ATTN_TYPE_DISABLED
        parameters.no_perf = True
        # Asked between any two operations of a graph, without Python's lock: the length of the flag's text.
        strlen = ctypes.CDLL(None).strlen
        parameters.abort_callback = ctypes.cast(strlen, self._api.ggml_abort_callback)
        parameters.abort_callback_data = ctypes.addressof(self._stop_flag)
        context = self._api.llama_init_from_model(model, parameters)
        if not context:
            raise ModelUnavailable(
                f"the model cannot be run: {self._library.complaint() or 'too little memory'}",
                hint="choose a smaller one: lsfs models list",
            )
        self._closing.callback(self._api.llama_free, context)
        return context

    def _chat_template(self, model: Any) -> ChatTemplate:
        source = self._api.llama_model_chat_template(model, None) or b""
        return ChatTemplate(source.decode("utf-8", "replace"), self._vocabulary.begin, self._vocabulary.end)

    def _rendered(self, prompt: Prompt) -> tuple[Tokens, Tokens]:
        """The tokens of the kept turns, and of the whole."""
        kept, rest = self._template.split(prompt)
        first = self._kept.get(key := tuple(kept))
        if first is None:
            if len(self._kept) > _RENDERED_KEPT:
                self._kept.clear()
            first = self._kept[key] = self._joined(kept, [])
        return first, self._joined(rest, first.tolist())

    def _joined(self, pieces: Sequence[Piece], before: list[int]) -> Tokens:
        tokens = before
        for piece in pieces:
            tokens += self._vocabulary.tokens(piece.text, control=piece.control)
        first = self._vocabulary.first
        if first is not None and tokens[:1] not in ([], [first]):
            tokens.insert(0, first)
        return np.array(tokens, np.int32)

    def _check(self, length: int) -> None:
        if length >= self.context:
            raise UsageError(f"the model reads {self.context} tokens at once, and this would be {length}")

    def _begin_call(self, tell: Callable[[str], bool]) -> None:
        self._stop_flag.value = b""
        self._tell = tell

    def _say(self, said: str) -> None:
        if said and not self._tell(said):
            raise _Stopped

    def _read(self, prompt: Prompt) -> int:
        """Evaluates a prompt, and returns its length in tokens."""
        kept, whole = self._rendered(prompt)
        self._check(len(whole))
        if not len(whole):
            raise UsageError("the prompt is empty")
        self._memory.read(kept, whole)
        return len(whole)

    def _read_block(self, tokens: Tokens, position: int) -> None:
        if not self._tell(""):
            raise _Stopped
        self._evaluate(tokens, position)

    def _evaluate(self, tokens: Tokens, position: int) -> None:
        code = self._api.llama_decode(self._context, self._batch.of(tokens, position))
        if code == _ABORTED:
            raise _Stopped
        if code:
            raise WorkerFailed(f"the model cannot go on: {self._library.complaint() or f'code {code}'}")

    def _logits(self) -> NDArray[np.float32]:
        pointer = self._api.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._vocabulary.size,))


def _asking(going: Callable[[], bool] | None) -> Callable[[str], bool]:
    return _always if going is None else lambda _: going()


class _Stopped(Exception):
    """The call was to end."""


class _Batch:
    """Room for a batch, filled as a whole."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self._positions = np.empty(BLOCK, np.int32)
        self._sequence = np.zeros(1, np.int32)
        self._counts = np.ones(BLOCK, np.int32)
        self._sequences = np.full(BLOCK, self._sequence.ctypes.data, np.uintp)
        self._wanted = np.zeros(BLOCK, np.int8)
        self._tokens = np.empty(BLOCK, np.int32)

    def of(self, tokens: Tokens, position: int) -> Any:
        """The batch; its last token's logits are wanted, and it is valid until the next call."""
        count = len(tokens)
        self._tokens[:count] = tokens
        self._positions[:count] = np.arange(position, position + count)
        self._wanted[:] = 0
        self._wanted[count - 1] = 1
        integers, bytes_ = ctypes.POINTER(ctypes.c_int32), ctypes.POINTER(ctypes.c_int8)
        return self._api.llama_batch(
            n_tokens=count,
            token=self._tokens.ctypes.data_as(integers),
            embd=None,
            pos=self._positions.ctypes.data_as(integers),
            n_seq_id=self._counts.ctypes.data_as(integers),
            seq_id=self._sequences.ctypes.data_as(ctypes.POINTER(integers)),
            logits=self._wanted.ctypes.data_as(bytes_),
        )


def _logprob(logits: NDArray[np.float32], token: int) -> float:
    """log softmax of one token's logit, without overflow."""
    top = float(logits.max())
    return float(logits[token]) - top - float(np.log(np.exp(logits - top, dtype=np.float32).sum(dtype=np.float64)))
