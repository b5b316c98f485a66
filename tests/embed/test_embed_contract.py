"""What every embedder promises, run on each of them; one with a model is skipped where the model is not installed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from lsfs.embed.base import Embedder
from lsfs.embed.hashing import HashingEmbedder
from lsfs.embed.minilm import MiniLmEmbedder
from lsfs.embed.onnx_folder import OnnxFolderEmbedder

TEXTS = [
    "the lease for the flat in Lyon ends in June",
    "",
    "import os",
    "the lease for the flat in Lyon ends in June, and may be cancelled three months before " * 40,
    "\ud800 half of a pair",
    "日本語のテキスト",
    "nul \0 and\nnewlines\t",
    "x" * 3000,
]

EMBEDDERS: dict[str, Callable[[Path], Embedder]] = {
    "hashing": lambda models: HashingEmbedder(),
    "minilm": lambda models: MiniLmEmbedder(models / "minilm-l6-int8"),
    "minilm with threads": lambda models: MiniLmEmbedder(models / "minilm-l6-int8", threads=2),
    "a folder with ONNX": lambda models: OnnxFolderEmbedder(models / "minilm-l6-int8", id="own"),
}


@pytest.fixture(scope="module", params=EMBEDDERS)
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    models = Path() if request.param == "hashing" else request.getfixturevalue("models_folder")
    made = EMBEDDERS[request.param](models)
    yield made
    made.close()
    made.close()


def test_one_row_of_length_one_for_each_text(embedder):
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.dimensions)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_no_text_gives_no_row(embedder):
    assert embedder.embed([]).shape == (0, embedder.dimensions)


def test_rows_are_in_the_order_of_the_texts(embedder):
    assert np.allclose(embedder.embed(TEXTS)[::-1], embedder.embed(TEXTS[::-1]), atol=1e-5)


def test_a_row_depends_on_its_text_alone(embedder):
    together = embedder.embed(TEXTS)
    alone = np.concatenate([embedder.embed([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)


def test_what_follows_max_tokens_has_no_influence(embedder):
    start = "word " * embedder.max_tokens
    first, second, shorter = embedder.embed([start + "a lease", start + "a violin", "word a violin"])
    assert np.allclose(first, second, atol=1e-6)
    assert not np.allclose(first, shorter, atol=1e-3)


def test_wide_spaces_do_not_cost_a_text_its_end(embedder):
    wide = ("word" + " " * 20) * 100
    first, second = embedder.embed([wide + "lease", wide + "violin"])
    assert not np.allclose(first, second, atol=1e-3)


def test_texts_that_share_more_are_nearer(embedder):
    near, query, far = embedder.embed(
        ["cancel the lease of the flat", "cancel the lease", "the violin concerto in four movements"]
    )
    assert near @ query > far @ query + 0.2


def test_threads_may_share_an_embedder(embedder):
    expected = embedder.embed(TEXTS)
    results: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: results.append(embedder.embed(TEXTS))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.allclose(expected, result, atol=1e-5) for result in results)


def test_the_id_and_sizes_are_stated(embedder):
    assert embedder.id
    assert embedder.dimensions > 0
    assert embedder.max_tokens > 0
