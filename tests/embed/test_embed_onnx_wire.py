"""Graphs that are written can be run and read back; damaged files raise ValueError and nothing else."""

from __future__ import annotations

import contextlib

import numpy as np
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.embed.onnx_wire import GraphBuilder, read_initializers


def scaled_sum() -> tuple[bytes, np.ndarray]:
    graph = GraphBuilder()
    weights = np.arange(12, dtype=np.float32).reshape(3, 4)
    product = graph.node("MatMul", "x", graph.constant(weights))
    total = graph.node("ReduceSum", product, graph.constant(np.array([-1], dtype=np.int64)), keepdims=0)
    normed = graph.node("LpNormalization", total, axis=-1, p=2)
    return graph.model({"x": ("n", 3)}, {normed: ("n",)}), weights


def test_onnx_runtime_computes_what_was_written():
    model, weights = scaled_sum()
    x = np.random.default_rng(0).random((5, 3), dtype=np.float32)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    total = (x @ weights).sum(axis=-1)
    assert np.allclose(session.run(None, {"x": x})[0], total / np.linalg.norm(total), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int8, np.int64, np.bool_])
def test_constants_come_back_as_they_were(dtype):
    graph = GraphBuilder()
    array = np.array([[0, 1, 2], [3, 4, 100]]).astype(dtype)
    name = graph.constant(array)
    back = read_initializers(memoryview(graph.model({}, {})))[name]
    assert back.dtype == dtype
    assert np.array_equal(back, array)


def test_arrays_read_are_views_not_copies():
    model = bytearray(scaled_sum()[0])
    weights = next(iter(read_initializers(memoryview(model)).values()))
    before = weights[0, 1]
    place = bytes(model).index(np.arange(12, dtype=np.float32).tobytes())
    model[place + 4 : place + 8] = np.float32(77).tobytes()
    assert (before, weights[0, 1]) == (1.0, 77.0)


def test_a_field_that_is_longer_than_the_file_is_refused():
    with pytest.raises(ValueError, match="a field of 127 bytes"):
        read_initializers(memoryview(b"\x0a\x7fshort"))


@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_damaged_bytes_raise_value_error_or_still_read(place, noise):
    model = bytearray(scaled_sum()[0])
    start = place % len(model)
    model[start : start + len(noise)] = noise
    with contextlib.suppress(ValueError):
        read_initializers(memoryview(bytes(model)))


@given(st.binary(max_size=200))
def test_noise_raises_value_error_or_reads(noise):
    with contextlib.suppress(ValueError):
        read_initializers(memoryview(noise))
