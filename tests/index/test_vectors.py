"""Nearest vectors are found by their codes: recall, filters, what is forgotten, and what a restart loads."""

from __future__ import annotations

import numpy as np
import pytest

from lsfs.index.vectors import VectorIndex
from lsfs.store.index import Index

DIMENSIONS = 384


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def clustered(count: int, seed: int) -> np.ndarray:
    """Vectors with near neighbours, as passages on the same matter have: a few centres and noise about them."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(count // 50, 1), DIMENSIONS))
    return unit(centres[rng.integers(len(centres), size=count)] + 0.7 * rng.standard_normal((count, DIMENSIONS)))


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "index.db")
    yield index
    index.close()


def stored(index: Index, rows: np.ndarray) -> VectorIndex:
    with index.write() as tx:
        index.vectors.begin(tx, rows.shape[1])
        index.vectors.add(tx, ((number, row.tobytes()) for number, row in enumerate(rows, 1)))
    vectors = VectorIndex(index, rows.shape[1])
    vectors.load()
    return vectors


def top(vectors: VectorIndex, query: np.ndarray, allowed: np.ndarray | None = None) -> list[int]:
    ids, cosines = vectors.cosines(vectors.nearest(query, allowed), query)
    return [int(i) for i in ids[np.argsort(-cosines)][:10]]


def test_the_ten_nearest_of_many_are_found(index):
    rows = clustered(12_000, 1)
    vectors = stored(index, rows)
    queries = unit(rows[::300] + 0.03 * np.random.default_rng(2).standard_normal((40, DIMENSIONS)))
    found = 0
    for query in queries:
        exact = set((np.argsort(-(rows @ query))[:10] + 1).tolist())
        found += len(exact & set(top(vectors, query)))
    assert found >= 0.99 * 10 * len(queries)


@pytest.mark.parametrize("share", [0.02, 0.6])
def test_a_filter_is_applied_before_the_nearest_are_chosen(index, share):
    rows = clustered(9_000, 3)
    vectors = stored(index, rows)
    allowed = np.random.default_rng(4).random(len(rows)) < share
    query = rows[17]
    exact = np.flatnonzero(allowed)[np.argsort(-(rows[allowed] @ query))[:10]] + 1
    found = top(vectors, query, allowed)
    assert all(allowed[number - 1] for number in found)
    assert len(set(exact.tolist()) & set(found)) >= 9


def test_cosines_are_exact_and_only_of_chunks_with_a_vector(index):
    rows = clustered(100, 5)
    vectors = stored(index, rows)
    ids, cosines = vectors.cosines(np.array([3, 7, 1000]), rows[2])
    assert ids.tolist() == [3, 7]
    assert cosines == pytest.approx([1.0, float(rows[6] @ rows[2])], abs=1e-5)


def test_what_is_forgotten_or_was_never_there_is_not_found(index):
    rows = clustered(200, 6)
    vectors = stored(index, rows)
    vectors.forget(1, 50)
    assert min(vectors.nearest(rows[10], None)) == 51
    assert len(VectorIndex(index, DIMENSIONS).nearest(rows[0], None)) == 0


def test_vectors_of_another_length_begin_anew(index):
    stored(index, clustered(20, 7))
    other = unit(np.random.default_rng(8).standard_normal((5, 100)))
    vectors = stored(index, other)
    assert index.vectors.count() == 5
    assert top(vectors, other[3])[0] == 4


def test_removed_vectors_are_gone_from_the_store(index):
    rows = clustered(40, 9)
    stored(index, rows)
    with index.write() as tx:
        index.vectors.remove(tx, [(1, 10), (30, 5)])
    assert index.vectors.count() == 25
    assert len(index.vectors.get(5, 10)) == 4
