"""A user's own sentence embedding model: a folder with ``model.onnx`` and ``tokenizer.json``, run as it is.

Fits what the usual exporters make of encoders of the BERT family: ``input_ids`` and ``attention_mask`` (and
perhaps ``token_type_ids``) in, hidden states [batch, tokens, width] out, to be averaged over the tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lsfs.core.errors import InternalError, ModelUnavailable
from lsfs.embed.tokens import load_tokenizer, token_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

BATCH_TOKENS = 2048
"""Tokens of one forward pass, padding included: what bounds the memory of activations."""


class OnnxFolderEmbedder:
    """Mean of the hidden states over a text's tokens, scaled to length 1."""

    def __init__(self, folder: Path, *, id: str, threads: int = 1, max_tokens: int = 256) -> None:
        """Loads the folder's two files; `id` names the vector space.  Raises ModelUnavailable where it cannot."""
        self.id = id
        self.max_tokens = max_tokens
        self._tokenizer = load_tokenizer(folder / "tokenizer.json", max_tokens)
        self._session: InferenceSession | None = _session(folder / "model.onnx", threads)
        self._inputs = {item.name for item in self._session.get_inputs()}
        self.dimensions = self._pooled([token_ids(self._tokenizer, "", max_tokens)]).shape[1]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text: float32, ``[len(texts), dimensions]``, each of length 1."""
        import numpy as np

        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        ids = [token_ids(self._tokenizer, text, self.max_tokens) for text in texts]
        for batch in batches([len(row) for row in ids], BATCH_TOKENS):
            vectors[batch] = self._pooled([ids[place] for place in batch])
        return vectors

    def close(self) -> None:
        """Frees the model."""
        self._session = None

    def _pooled(self, ids: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        import numpy as np

        if self._session is None:
            raise InternalError("an embedder was used after it was closed")
        tokens = np.zeros((len(ids), max(map(len, ids))), dtype=np.int64)
        mask = np.zeros_like(tokens)
        for row, values in enumerate(ids):
            tokens[row, : len(values)] = values
            mask[row, : len(values)] = 1
        feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)}
        states = self._session.run(None, {name: array for name, array in feed.items() if name in self._inputs})[0]
        pooled: NDArray[np.float32] = np.einsum("bsd,bs->bd", states, mask.astype(np.float32))
        pooled /= np.linalg.norm(pooled, axis=1, keepdims=True)
        return pooled


def batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Places grouped by like length, longest first; no group of several exceeds `budget` padded tokens."""
    groups: list[list[int]] = []
    width = 0
    for place in sorted(range(len(lengths)), key=lambda place: -lengths[place]):
        if groups and (len(groups[-1]) + 1) * width <= budget:
            groups[-1].append(place)
        else:
            groups.append([place])
            width = lengths[place]
    return groups


def _session(path: Path, threads: int) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # the arena keeps the largest batch's activations: 1.5 GB
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base below Exception
        raise ModelUnavailable(f"the embedding model cannot be loaded: {error}", path=str(path)) from error
