"""A user's own model, recognized by what lies at its path: a GGUF file, or a folder with ONNX weights."""

from __future__ import annotations

import io
import struct
from pathlib import Path

from lsfs.core.errors import ModelUnavailable
from lsfs.models.registry import Purpose

_HEAD = 1 << 16
"""Bytes of a GGUF file that are looked at; architecture and pooling stand before the vocabulary."""
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING = 8
_ENCODERS = ("bert", "embedding", "encoder")
"""Parts of the names of architectures that have no use but embedding."""


def files_of(path: Path) -> dict[str, Path]:
    """The files of the model at `path` by the names that the registry's models use.

    ``{"model.gguf"}`` for a GGUF file, ``{"model.onnx", "tokenizer.json"}`` for a folder.
    Raises ModelUnavailable where neither is there.
    """
    if path.is_dir():
        files = {name: path / name for name in ("model.onnx", "tokenizer.json")}
        for name, file in files.items():
            if not file.is_file():
                raise _not_a_model(path, f"the folder has no {name}")
        return files
    if not path.exists():
        raise _not_a_model(path, "nothing is there")
    _head(path)
    return {"model.gguf": path}


def purpose_of(path: Path) -> Purpose:
    """What the model at `path` is for; raises ModelUnavailable where there is none."""
    if "model.onnx" in files_of(path):
        return Purpose.EMBEDDER
    metadata = _first_metadata(_head(path))
    architecture = str(metadata.get("general.architecture", ""))
    pools = any(key.endswith(".pooling_type") and value != 0 for key, value in metadata.items())
    return Purpose.EMBEDDER if pools or any(word in architecture for word in _ENCODERS) else Purpose.LLM


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise _not_a_model(path, error.strerror or str(error)) from error
    if not head.startswith(b"GGUF"):
        raise _not_a_model(path, "the file does not begin with GGUF")
    return head


def _first_metadata(head: bytes) -> dict[str, object]:
    """The key-value pairs before the first array (GGUF specification of the ggml project, versions 2 and 3)."""
    stream = io.BytesIO(head)
    found: dict[str, object] = {}
    try:
        _magic, _version, _tensors, pairs = _unpack(stream, "4sIQQ")
        for _ in range(int(pairs)):
            key = _string(stream)
            (kind,) = _unpack(stream, "I")
            if kind == _STRING:
                found[key] = _string(stream)
            elif kind in _SCALARS:
                (found[key],) = _unpack(stream, _SCALARS[kind])
            else:
                break
    except (struct.error, UnicodeDecodeError):  # cut off at the end of the head, or nonsense: what was read counts
        pass
    return found


def _unpack(stream: io.BytesIO, layout: str) -> tuple[int, ...]:
    return struct.unpack("<" + layout, stream.read(struct.calcsize("<" + layout)))


def _string(stream: io.BytesIO) -> str:
    (length,) = _unpack(stream, "Q")
    return stream.read(min(length, _HEAD)).decode()


def _not_a_model(path: Path, reason: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"no model at {path}: {reason}",
        path=str(path),
        hint="a model is a GGUF file, or a folder with model.onnx and tokenizer.json; see also: lsfs models list",
    )
