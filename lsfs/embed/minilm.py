"""all-MiniLM-L6-v2 from its pinned int8 weights, computed as int8 in ONNX Runtime: the default embedder (English)."""

from __future__ import annotations

import mmap
import platform
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from lsfs.core.errors import InternalError, ModelUnavailable, UsageError
from lsfs.embed.bert import mean_pooled_encoder, read_bert
from lsfs.embed.onnx_wire import read_initializers
from lsfs.embed.tokens import load_tokenizer, token_ids

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from onnxruntime import InferenceSession

LAYERS, HEADS = 6, 12


class MiniLmEmbedder:
    """Mean of the last hidden states over a text's tokens, scaled to length 1 (Sentence-BERT, arXiv:1908.10084).

    One text is one forward pass, so nothing is padded and a text's row is the same whatever it is embedded with.
    The caller's thread computes; with `threads` above 1, a call with several texts starts helpers for its duration,
    which inherit what holds for the caller then: scheduling class, sandbox.
    """

    id = "minilm-l6-int8"
    dimensions = 384

    def __init__(self, folder: Path, *, threads: int = 1, max_tokens: int = 256) -> None:
        """Loads ``model.onnx`` and ``tokenizer.json`` from `folder`; raises ModelUnavailable where it cannot.

        The word table stays mapped from the file: replace the file by renaming, never in place.
        """
        self.max_tokens = max_tokens
        self._tokenizer = load_tokenizer(folder / "tokenizer.json", max_tokens)
        try:
            bert = read_bert(read_initializers(_map(folder / "model.onnx")), layers=LAYERS, heads=HEADS)
        except (OSError, ValueError, KeyError) as error:
            raise ModelUnavailable(
                f"the embedding model cannot be read: {error}",
                path=str(folder / "model.onnx"),
                hint="lsfs models pull minilm-l6-int8",
            ) from error
        self._words, self._word_scales = bert.words, bert.word_scales
        if max_tokens > len(bert.positions):
            raise UsageError(f"the embedding model reads at most {len(bert.positions)} tokens, not {max_tokens}")
        self._positions = bert.positions[:max_tokens]
        self._session: InferenceSession | None = _session(mean_pooled_encoder(bert))
        self._threads = threads

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text: float32, ``[len(texts), 384]``, each of length 1."""
        import numpy as np

        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)

        def fill(place: int) -> None:
            vectors[place] = self._vector(texts[place])

        longest_first = sorted(range(len(texts)), key=lambda place: -len(texts[place]))  # so that threads end together
        if min(self._threads, len(texts)) <= 1:
            for place in longest_first:
                fill(place)
        else:
            with ThreadPoolExecutor(self._threads, "embed") as helpers:
                for _ in helpers.map(fill, longest_first):
                    pass
        return vectors

    def close(self) -> None:
        """Frees the model."""
        self._session = None

    def _vector(self, text: str) -> NDArray[np.float32]:
        import numpy as np

        if self._session is None:
            raise InternalError("an embedder was used after it was closed")
        ids = token_ids(self._tokenizer, text, self.max_tokens)
        tokens = self._words[ids].astype(np.float32)
        tokens *= self._word_scales[ids]
        tokens += self._positions[: len(ids)]
        ((vector,),) = self._session.run(None, {"tokens": tokens[np.newaxis]})
        row: NDArray[np.float32] = vector
        return row


def saturates(machine: str, cpuinfo: str) -> bool:
    """Whether int8 products are added in 16 bits here: on x86 without VNNI; `cpuinfo` is Linux's /proc/cpuinfo."""
    return machine in ("x86_64", "AMD64") and {"avx512_vnni", "avx_vnni"}.isdisjoint(cpuinfo.split())


def _session(model: bytes) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # threads take whole texts: nothing to wait for
    options.enable_cpu_mem_arena = False  # the arena would keep the largest text's activations
    options.log_severity_level = 3
    if saturates(platform.machine(), _cpuinfo()):
        options.add_session_config_entry("session.x64quantprecision", "1")  # wider sums: slower, as accurate
    return onnxruntime.InferenceSession(
        model,
        options,
        providers=["CPUExecutionProvider"],
        disabled_optimizers=["SkipLayerNormFusion"],  # see lsfs.embed.bert: the fused kernel is the slower one
    )


def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _map(path: Path) -> memoryview:
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
