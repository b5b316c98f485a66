"""The weights of a BERT encoder in int8, and the graph in which ONNX Runtime computes them as int8.

The pinned file stores int8 weights but multiplies in float32: its graph scales them back first.  The graph made
here computes the same function from the same weights with whole numbers (``vpdpbusd`` where the processor has it)
and with fused operators (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md).  It takes
one text at a time: nothing is padded, no mask is needed, and a text's scales of quantisation are its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lsfs.embed.onnx_wire import GraphBuilder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Int8s = NDArray[np.int8]

MICROSOFT = "com.microsoft"
LAYER_NORM_EPSILON = 1e-12
DOWN_BLOCK = 256
"""Inputs that share a scale in the second product of the feed-forward part.

GELU's outputs span such a range that one scale for all of them costs most of the accuracy: mean cosine to the
float32 product .994 on code with one scale, .998 with one for each 256 inputs of a token, for an eighth of the speed.
"""


@dataclass(frozen=True)
class Linear:
    """``x @ (quantised * scale) + bias``: int8 ``[inputs, outputs]``, one scale for each output."""

    quantised: Int8s
    scale: Floats
    bias: Floats


@dataclass(frozen=True)
class Norm:
    """Gain and shift of a layer normalisation."""

    gain: Floats
    shift: Floats


@dataclass(frozen=True)
class Layer:
    """One transformer layer; query, key and value stand side by side in `attention`."""

    attention: Linear
    attended: Linear
    attended_norm: Norm
    up: Linear
    down: Linear
    norm: Norm


@dataclass(frozen=True)
class Bert:
    """All weights; `words` and `word_scales` are views of the file and are read row by row as tokens need them."""

    words: Int8s
    word_scales: Floats
    positions: Floats
    """``[positions, width]``, with the vector of the only token type added."""
    norm: Norm
    layers: tuple[Layer, ...]
    heads: int

    @property
    def width(self) -> int:
        return int(self.words.shape[1])


def read_bert(tensors: Mapping[str, NDArray[Any]], *, layers: int, heads: int) -> Bert:
    """The weights from the file's tensors; raises KeyError or ValueError where they are not such a model's."""
    import numpy as np

    # Matrices carry numbers of the exporter's, but stand in computing order, the two tables first.
    names = [name.removesuffix("_q") for name in tensors if name.endswith("_q")]
    if len(names) != 2 + 6 * layers:
        raise ValueError(f"{len(names)} quantised tensors")

    def norm(name: str) -> Norm:
        return Norm(tensors[f"{name}.LayerNorm.weight"], tensors[f"{name}.LayerNorm.bias"])

    def linear(matrices: list[str], biases: list[str]) -> Linear:
        return Linear(
            np.concatenate([tensors[f"{name}_q"] for name in matrices], axis=1),
            np.concatenate([tensors[f"{name}_scale"].reshape(-1) for name in matrices]),
            np.concatenate([tensors[f"{name}.bias"] for name in biases]),
        )

    def layer(number: int) -> Layer:
        stem = f"inner.encoder.layer.{number}"
        matrices = names[2 + 6 * number : 8 + 6 * number]
        return Layer(
            attention=linear(matrices[:3], [f"{stem}.attention.self.{part}" for part in ("query", "key", "value")]),
            attended=linear(matrices[3:4], [f"{stem}.attention.output.dense"]),
            attended_norm=norm(f"{stem}.attention.output"),
            up=linear(matrices[4:5], [f"{stem}.intermediate.dense"]),
            down=linear(matrices[5:], [f"{stem}.output.dense"]),
            norm=norm(f"{stem}.output"),
        )

    stem = "inner.embeddings"
    positions = tensors[f"{stem}.position_embeddings.weight_q"].astype(np.float32)
    positions *= tensors[f"{stem}.position_embeddings.weight_scale"]
    positions += tensors[f"{stem}.token_type_embeddings.weight"][0]
    return Bert(
        words=tensors[f"{stem}.word_embeddings.weight_q"],
        word_scales=tensors[f"{stem}.word_embeddings.weight_scale"],
        positions=positions,
        norm=norm(stem),
        layers=tuple(layer(number) for number in range(layers)),
        heads=heads,
    )


def mean_pooled_encoder(bert: Bert) -> bytes:
    """An ONNX model from ``tokens`` [1, n, width] (words + positions) to ``vector`` [1, width], of length 1."""
    import numpy as np

    graph = GraphBuilder()
    state = _norm(graph, "tokens", bert.norm)
    for layer in bert.layers:
        attended = _linear(graph, _attention(graph, state, layer.attention, bert.heads), layer.attended)
        state = _norm(graph, graph.node("Add", attended, state), layer.attended_norm)
        raised = graph.node("Gelu", _linear(graph, state, layer.up), domain=MICROSOFT)
        lowered = _linear_in_blocks(graph, raised, layer.down, DOWN_BLOCK)
        state = _norm(graph, graph.node("Add", lowered, state), layer.norm)
    mean = graph.node("ReduceMean", state, graph.constant(np.array([1], dtype=np.int64)), keepdims=0)
    vector = graph.node("LpNormalization", mean, axis=-1, p=2)
    return graph.model({"tokens": (1, "n", bert.width)}, {vector: (1, bert.width)})


def _norm(graph: GraphBuilder, state: str, norm: Norm) -> str:
    # Not SkipLayerNormalization, which adds as well: its kernel takes five times as long as these two nodes.
    gain, shift = graph.constant(norm.gain), graph.constant(norm.shift)
    return graph.node("LayerNormalization", state, gain, shift, axis=-1, epsilon=LAYER_NORM_EPSILON)


def _attention(graph: GraphBuilder, state: str, linear: Linear, heads: int) -> str:
    quantised, scale, zero = graph.nodes("DynamicQuantizeLinear", state, outputs=3)
    return graph.node(
        "QAttention",
        quantised,
        graph.constant(linear.quantised),
        graph.constant(linear.bias),
        scale,
        graph.constant(linear.scale),
        "",  # no mask: one text without padding
        zero,
        _zero_points(graph, linear),
        domain=MICROSOFT,
        num_heads=heads,
    )


def _linear(graph: GraphBuilder, state: str, linear: Linear) -> str:
    """One scale for the whole of `state`."""
    return graph.node(
        "DynamicQuantizeMatMul",
        state,
        graph.constant(linear.quantised),
        graph.constant(linear.scale),
        _zero_points(graph, linear),
        graph.constant(linear.bias),
        domain=MICROSOFT,
    )


def _linear_in_blocks(graph: GraphBuilder, state: str, linear: Linear, block: int) -> str:
    """One scale for each `block` inputs of each token."""
    import numpy as np

    inputs, outputs = linear.quantised.shape
    blocks = inputs // block
    shifted = (linear.quantised.T.astype(np.int16) + 128).astype(np.uint8)  # the operator's zero point is 128
    return graph.node(
        "MatMulNBits",
        state,
        graph.constant(shifted.reshape(outputs, blocks, block)),
        graph.constant(np.repeat(linear.scale, blocks)),
        "",
        "",
        graph.constant(linear.bias),
        domain=MICROSOFT,
        K=inputs,
        N=outputs,
        bits=8,
        block_size=block,
        accuracy_level=4,  # multiply as int8
    )


def _zero_points(graph: GraphBuilder, linear: Linear) -> str:
    import numpy as np

    return graph.constant(np.zeros_like(linear.scale, dtype=np.int8))
