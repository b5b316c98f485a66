"""The embedder without a model gives the same numbers everywhere."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from lsfs.embed.hashing import HashingEmbedder


def test_another_process_with_another_hash_seed_gives_the_same_vectors():
    script = (
        "import sys; from lsfs.embed.hashing import HashingEmbedder\n"
        "sys.stdout.buffer.write(HashingEmbedder(64).embed(['a lease in Lyon', 'x']).tobytes())"
    )
    environment = {"PYTHONHASHSEED": "12345", "PYTHONPATH": ":".join(sys.path)}
    there = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True).stdout
    here = HashingEmbedder(64).embed(["a lease in Lyon", "x"])
    assert np.array_equal(np.frombuffer(there, dtype=np.float32).reshape(2, 64), here)


def test_word_order_counts():
    first, second, other = HashingEmbedder().embed(["dog bites man", "man bites dog", "quiet green river"])
    assert 0.4 < first @ second < 0.99
    assert first @ second > first @ other


def test_two_sizes_are_two_spaces():
    assert HashingEmbedder(64).id != HashingEmbedder(128).id
    assert HashingEmbedder(64).embed(["a"]).shape == (1, 64)


def test_case_is_ignored():
    upper, lower = HashingEmbedder().embed(["The Lease", "the lease"])
    assert np.array_equal(upper, lower)
