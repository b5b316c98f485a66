"""What a context of llama.cpp has read, and how the next prompt goes on from that.

The kept turns come first, from a file where they were read before; after them comes one conversation.  The same prompt
is always read in the same blocks into the same cells: rounding depends on both, and a text may depend on rounding.  So
what is there already is used in whole blocks only, and kept turns give way to other kept turns.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable
from typing import Any

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from lsfs.llm.states import StateFiles, pack, unpacked

BLOCK = 512
"""Tokens that are read at once."""
_SEQUENCE = 0

Tokens = NDArray[np.int32]
Evaluate = Callable[[Tokens, int], None]
"""Reads a block from a position on; raises where that was ended."""


class Memory:
    """The one sequence of a context; `identity` says what a state depends on besides its tokens."""

    def __init__(
        self, api: Any, context: Any, evaluate: Evaluate, files: StateFiles | None, identity: str, block: int = BLOCK
    ) -> None:
        self._api = api
        self._context = context
        self._memory = api.llama_get_memory(context)
        self._evaluate = evaluate
        self._files = files
        self._identity = f"{identity} {block}".encode()
        self._block = block
        self._held: Tokens = np.empty(0, np.int32)
        self._kept = 0
        """How many of them are the kept turns'."""
        self._in_blocks = 0
        """How many of them were read, not written."""
        self.evaluated = 0
        """Tokens of kept turns that had to be read, because no state of them was there."""

    @property
    def length(self) -> int:
        """How many tokens there are."""
        return len(self._held)

    def read(self, kept: Tokens, whole: Tokens) -> None:
        """Has exactly the tokens of `whole`, which begins with `kept`, and the logits of the last one."""
        self.keep(kept)
        last = len(whole) - 1  # which is read in any case, since the logits come of it
        blocks = min(self._common_blocks(whole, self._kept), max(last - self._kept, 0) // self._block * self._block)
        self._cut(min(self._kept + blocks, last))
        self._go_through(whole)

    def follow(self, token: int) -> None:
        """Goes on by one token that was written."""
        one = np.array([token], np.int32)
        self._evaluate(one, len(self._held))
        self._held = np.concatenate([self._held, one])

    def keep(self, kept: Tokens) -> None:
        """Has the kept turns at the beginning, from their file or read."""
        if self._kept == len(kept) and np.array_equal(self._held[: self._kept], kept):
            return
        key = blake3(self._identity).update(kept.tobytes()).hexdigest()
        if len(kept) and self._load(key):
            self._held = kept
            self._kept = self._in_blocks = len(kept)
            return
        known = self._common_blocks(kept[: self._kept] if self._kept else kept, 0)
        self._cut(known)
        self._kept = 0
        self._go_through(kept)
        self._kept = len(kept)
        self.evaluated += len(kept) - known
        if len(kept):
            self._save(key)

    def _common_blocks(self, tokens: Tokens, start: int) -> int:
        """How many tokens from `start` on are there already, in whole blocks."""
        size = min(len(tokens), self._in_blocks)
        differing = np.flatnonzero(self._held[:size] != tokens[:size])
        common = int(differing[0]) if len(differing) else size
        return max(common - start, 0) // self._block * self._block

    def _go_through(self, tokens: Tokens) -> None:
        for at in range(len(self._held), len(tokens), self._block):
            block = tokens[at : at + self._block]
            self._evaluate(block, at)
            self._held = tokens[: at + len(block)]
            self._in_blocks = len(self._held)

    def _cut(self, start: int) -> None:
        """Forgets what comes from `start` on, and what an ended call left behind that."""
        if start:
            self._api.llama_memory_seq_rm(self._memory, _SEQUENCE, start, -1)
        else:
            self._api.llama_memory_clear(self._memory, False)
        self._held = self._held[:start]
        self._kept = min(self._kept, start)
        self._in_blocks = min(self._in_blocks, start)

    def _load(self, key: str) -> bool:
        fd = self._files.read(key) if self._files else None
        if fd is None:
            return False
        try:
            with unpacked(fd, key) as state:
                return state is not None and self._restored(state)
        except OSError:
            return False
        finally:
            os.close(fd)

    def _restored(self, state: memoryview) -> bool:
        self._cut(0)
        data = np.frombuffer(state, np.uint8)
        address = data.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        return bool(self._api.llama_state_seq_set_data(self._context, address, data.size, _SEQUENCE))

    def _save(self, key: str) -> None:
        """A full disk costs the next start some seconds, and this one nothing."""
        if self._files is None:
            return
        size = int(self._api.llama_state_seq_get_size(self._context, _SEQUENCE))
        state = np.empty(size, np.uint8)
        address = state.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
        written = int(self._api.llama_state_seq_get_data(self._context, address, size, _SEQUENCE))
        with contextlib.suppress(OSError):
            if written:
                self._files.write(key, lambda fd: pack(fd, key, state[:written].data))
