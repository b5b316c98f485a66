"""The part of the ONNX file format that is needed to take weights out of a model and to put a graph together.

An ONNX file is one protobuf message (onnx.proto3, https://github.com/onnx/onnx/blob/main/onnx/onnx.proto;
encoding: https://protobuf.dev/programming-guides/encoding/).  Written out here because the ``onnx`` package
would be a large dependency for two functions; arrays read here are views of the given buffer, nothing is copied.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

IR_VERSION = 8
OPSETS = {"": 18, "com.microsoft": 1}

# TensorProto.DataType
FLOAT, UINT8, INT8, INT64, BOOL = 1, 2, 3, 7, 9
DTYPES = {FLOAT: "<f4", UINT8: "u1", INT8: "i1", INT64: "<i8", BOOL: "?"}

# AttributeProto.AttributeType
ATTRIBUTE_FLOAT, ATTRIBUTE_INT = 1, 2

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def read_initializers(model: memoryview) -> dict[str, NDArray[Any]]:
    """The constant tensors of a model file by name, in file order, as views of `model`.

    Tensors stored otherwise than as raw bytes inside the file are left out.  Raises ValueError on damaged bytes.
    """
    tensors: dict[str, NDArray[Any]] = {}
    for graph in _messages(model, 7):
        for tensor in _messages(graph, 5):
            name, array = _read_tensor(tensor)
            if array is not None:
                tensors[name] = array
    return tensors


class GraphBuilder:
    """Collects constants and nodes in computing order and gives the finished model's bytes."""

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._count = 0

    def constant(self, array: NDArray[Any]) -> str:
        """The name under which nodes can use `array`."""
        import numpy as np

        codes = {np.dtype(dtype): code for code, dtype in DTYPES.items()}
        name = self._fresh("constant")
        dims = b"".join(_number(1, size) for size in array.shape)
        self._constants.append(
            dims + _number(2, codes[array.dtype]) + _bytes(8, name.encode()) + _bytes(9, array.tobytes())
        )
        return name

    def node(self, op: str, *inputs: str, domain: str = "", **attributes: float) -> str:
        """The name of the only output of a new node; an empty input name leaves an optional input out."""
        return self.nodes(op, *inputs, outputs=1, domain=domain, **attributes)[0]

    def nodes(self, op: str, *inputs: str, outputs: int, domain: str = "", **attributes: float) -> list[str]:
        """The names of the `outputs` outputs of a new node."""
        names = [self._fresh(op) for _ in range(outputs)]
        self._nodes.append(
            b"".join(_bytes(1, name.encode()) for name in inputs)
            + b"".join(_bytes(2, name.encode()) for name in names)
            + _bytes(4, op.encode())
            + b"".join(_bytes(5, _attribute(name, value)) for name, value in attributes.items())
            + _bytes(7, domain.encode())
        )
        return names

    def model(self, inputs: Mapping[str, Sequence[int | str]], outputs: Mapping[str, Sequence[int | str]]) -> bytes:
        """A model file; `inputs` and `outputs` map float32 tensors to their shapes, a string naming a free size."""
        graph = (
            b"".join(_bytes(1, node) for node in self._nodes)
            + _bytes(2, b"lsfs")
            + b"".join(_bytes(5, constant) for constant in self._constants)
            + b"".join(_bytes(11, _value(name, shape)) for name, shape in inputs.items())
            + b"".join(_bytes(12, _value(name, shape)) for name, shape in outputs.items())
        )
        opsets = (_bytes(1, domain.encode()) + _number(2, version) for domain, version in OPSETS.items())
        return _number(1, IR_VERSION) + b"".join(_bytes(8, opset) for opset in opsets) + _bytes(7, graph)

    def _fresh(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"


def _attribute(name: str, value: float) -> bytes:
    head = _bytes(1, name.encode())
    if isinstance(value, int):
        return head + _number(3, value) + _number(20, ATTRIBUTE_INT)
    return head + _tag(2, FIXED32) + struct.pack("<f", value) + _number(20, ATTRIBUTE_FLOAT)


def _value(name: str, shape: Iterable[int | str]) -> bytes:
    dims = b"".join(
        _bytes(1, _number(1, size) if isinstance(size, int) else _bytes(2, size.encode())) for size in shape
    )
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, _number(1, FLOAT) + _bytes(2, dims)))


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # negative numbers are written as 64 bit two's complement
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _tag(field: int, wire: int) -> bytes:
    return _varint(field << 3 | wire)


def _number(field: int, value: int) -> bytes:
    return _tag(field, VARINT) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _tag(field, BYTES) + _varint(len(value)) + value


def _read_tensor(tensor: memoryview) -> tuple[str, NDArray[Any] | None]:
    import numpy as np

    shape: list[int] = []
    name, kind, raw = "", 0, None
    for field, value in _fields(tensor):
        if field == 1:
            shape.extend([value] if isinstance(value, int) else _packed(value))
        elif field == 2 and isinstance(value, int):
            kind = value
        elif field == 8 and not isinstance(value, int):
            name = bytes(value).decode()
        elif field == 9 and not isinstance(value, int):
            raw = value
    if raw is None or kind not in DTYPES:
        return name, None
    return name, np.frombuffer(raw, dtype=DTYPES[kind]).reshape(shape)


def _messages(message: memoryview, wanted: int) -> Iterator[memoryview]:
    for field, value in _fields(message):
        if field == wanted and not isinstance(value, int):
            yield value


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    place, end = 0, len(message)
    while place < end:
        tag, place = _read_varint(message, place)
        wire = tag & 7
        if wire == VARINT:
            number, place = _read_varint(message, place)
            yield tag >> 3, number
            continue
        if wire == BYTES:
            size, place = _read_varint(message, place)
        elif wire in (FIXED32, FIXED64):
            size = 4 if wire == FIXED32 else 8
        else:
            raise ValueError(f"protobuf wire type {wire} at byte {place}")
        if place + size > end:
            raise ValueError(f"a field of {size} bytes at byte {place} of {end}")
        yield tag >> 3, message[place : place + size]
        place += size


def _packed(message: memoryview) -> Iterator[int]:
    place = 0
    while place < len(message):
        number, place = _read_varint(message, place)
        yield number


def _read_varint(message: memoryview, place: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if place >= len(message):
            break
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
    raise ValueError(f"a number does not end at byte {place}")
