"""A model's tokens: text to tokens and back."""

from __future__ import annotations

import ctypes
from typing import Any

from lsfs.core.errors import UsageError


class Vocabulary:
    """The tokens of one model; `handle` is llama.cpp's own."""

    def __init__(self, api: Any, model: Any) -> None:
        self._api = api
        self.handle = api.llama_model_get_vocab(model)
        self.size = int(api.llama_vocab_n_tokens(self.handle))
        self.begin = self._name(api.llama_vocab_bos(self.handle))
        self.end = self._name(api.llama_vocab_eos(self.handle))
        self.first = int(api.llama_vocab_bos(self.handle)) if api.llama_vocab_get_add_bos(self.handle) else None
        """The token that every text begins with, None for models without."""

    def tokens(self, text: str, *, control: bool) -> list[int]:
        """The tokens of a text; without `control` what looks like a control token is taken apart as text."""
        data = text.encode("utf-8", "replace")
        space = len(data) + 8
        buffer = (ctypes.c_int32 * space)()
        count = self._api.llama_tokenize(self.handle, data, len(data), buffer, space, False, control)
        if count < 0:
            raise UsageError("the text is too long for the model")
        return list(buffer[:count])

    def spelled(self, token: int, *, control: bool = False) -> bytes:
        """What a token stands for; b'' for control tokens, unless they are asked for."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = self._api.llama_token_to_piece(self.handle, token, buffer, size, 0, control)
            if length >= 0:
                return bytes(buffer.raw[:length])
            size = -length

    def is_control(self, token: int) -> bool:
        """Whether a token is none of a text."""
        return bool(self._api.llama_vocab_is_control(self.handle, token))

    def ends(self, token: int) -> bool:
        """Whether a token ends what is said."""
        return bool(self._api.llama_vocab_is_eog(self.handle, token))

    def _name(self, token: int) -> str:
        return self.spelled(token, control=True).decode("utf-8", "replace") if token >= 0 else ""
