"""Texts to token ids, with the ``tokenizer.json`` that comes with a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsfs.core.errors import ModelUnavailable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CHARACTERS_PER_TOKEN = 64
"""Characters of a text that are looked at for each token read: text has 3 to 5, so no text loses any, and a
string of megabytes costs no more than a page."""


def load_tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    """A tokenizer that cuts at `max_tokens` and does not pad; raises ModelUnavailable."""
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_buffer(path.read_bytes())
    except Exception as error:  # the binding raises bare Exception for a file that it cannot parse
        raise ModelUnavailable(
            f"the embedding model's tokenizer cannot be read: {error}",
            path=str(path),
            hint="pull the model again: lsfs models pull",
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def token_ids(tokenizer: Tokenizer, text: str, max_tokens: int) -> list[int]:
    """The ids of `text`, special tokens included, at most `max_tokens`; any string is legal."""
    start = text[: max_tokens * CHARACTERS_PER_TOKEN]
    clean = start.encode("utf-8", "replace").decode()  # lone surrogates are no Unicode text
    ids: list[int] = tokenizer.encode(clean).ids
    return ids
