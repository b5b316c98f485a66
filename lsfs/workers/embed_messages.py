"""What parent and embed worker say to each other, and how an embedder is named before it is loaded."""

from __future__ import annotations

from typing import Literal

import msgspec

from lsfs.workers.sandbox import Limits, SandboxReport


class EmbedderSpec(msgspec.Struct, frozen=True):
    """Which embedder a child loads; what it says of itself must agree."""

    backend: Literal["minilm", "onnx", "hashing"]
    """``onnx`` is a user's own folder, run as it is."""
    id: str
    dimensions: int
    max_tokens: int
    folder: str = ""
    """Where the model's files are; empty for backends without."""
    threads: int = 1


class EmbedSetup(msgspec.Struct, frozen=True, array_like=True, tag="setup"):
    """First message to an embed worker."""

    spec: EmbedderSpec
    limits: Limits


class Embed(msgspec.Struct, frozen=True, array_like=True, tag="embed"):
    """Texts to embed."""

    texts: list[str]


class EmbedReady(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """First message of a worker: the model is loaded, the sandbox closed."""

    id: str
    dimensions: int
    sandbox: SandboxReport


class NotLoaded(msgspec.Struct, frozen=True, array_like=True, tag="not-loaded"):
    """Instead of `EmbedReady`: the model cannot be used, and what to do."""

    message: str
    hint: str | None


class Vectors(msgspec.Struct, frozen=True, array_like=True, tag="vectors"):
    """float32 in the machine's byte order, row by row."""

    raw: bytes


class EmbedFailed(msgspec.Struct, frozen=True, array_like=True, tag="failed"):
    """Instead of `Vectors`: the backend raised."""

    message: str


ToEmbedWorker = EmbedSetup | Embed
FromEmbedWorker = EmbedReady | NotLoaded | Vectors | EmbedFailed
