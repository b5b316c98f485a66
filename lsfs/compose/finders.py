"""What files are found by: words, names and vectors, and the embedder that the settings choose."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path

import msgspec

from lsfs.compose.base import Base
from lsfs.core.config import Config
from lsfs.core.errors import LsfsError, ModelUnavailable
from lsfs.core.locations import Paths
from lsfs.index.embedding import EmbeddingJob
from lsfs.index.layout import Layout
from lsfs.index.pipeline import Pipeline
from lsfs.index.search import Search
from lsfs.index.texts import Texts
from lsfs.index.vectors import VectorIndex
from lsfs.models.registry import Purpose
from lsfs.models.store import open_store
from lsfs.workers.embed_messages import EmbedderSpec
from lsfs.workers.embedder import RemoteEmbedder, settings_for


@dataclasses.dataclass(frozen=True)
class Finders:
    """What files are found by."""

    pipeline: Pipeline
    texts: Texts
    search: Search
    embedding: EmbeddingJob | None
    embedders: tuple[RemoteEmbedder, ...]
    embedder_id: str | None
    no_embedder: str


def open_finders(base: Base, opened: contextlib.ExitStack) -> Finders:
    """Wires them; `opened` ends the embedders."""
    spec, no_embedder = _embedder(base.paths, base.config)
    embedders = _embedders(base.paths, base.config, spec)
    for embedder in embedders:
        opened.callback(embedder.close)
    layout = Layout()
    vectors = VectorIndex(base.index, spec.dimensions) if spec else None
    texts = Texts(base.index, lambda row: base.opener.open(row.root, row.path))
    embedding = None
    if vectors is not None and not base.vault.newer:
        embedding = EmbeddingJob(
            base.index, texts, vectors, embedders[1], base.changes.happened, base.no_vectors_because
        )
    return Finders(
        pipeline=Pipeline(base.index, layout, vectors),
        texts=texts,
        search=Search(base.index, layout, vectors, embedders[0] if embedders else None, base.root_paths),
        embedding=embedding,
        embedders=embedders,
        embedder_id=spec.id if spec else None,
        no_embedder=no_embedder,
    )


def _embedder(paths: Paths, config: Config) -> tuple[EmbedderSpec | None, str]:
    """The embedder that the settings choose, or None and why there is none."""
    if config.embedder == "hashing":
        return EmbedderSpec(backend="hashing", id="hashing-256", dimensions=256, max_tokens=256), ""
    store = open_store(paths, config)
    model_id = store.default(Purpose.EMBEDDER)
    if model_id is None:
        return None, "they are switched off (lsfs config set embedder auto)"
    try:
        files = store.path(model_id)
        if "model.onnx" not in files:
            return None, "embedders in GGUF files cannot be run yet; use a folder with ONNX weights"
        folder = files["model.onnx"].parent
        own = store.own_path(model_id) is not None
        spec = EmbedderSpec(
            backend="onnx" if own else "minilm",
            # A user's own model is a vector space of its own, whatever its name.
            id=f"onnx:{folder}" if own else model_id,
            dimensions=_hidden_size(folder) if own else 384,
            max_tokens=256,
            folder=str(folder),
            threads=cores(),
        )
    except LsfsError as error:
        return None, f"{error.message}{f' ({error.hint})' if error.hint else ''}"
    return spec, ""


def _hidden_size(folder: Path) -> int:
    """The length of the vectors of a user's own model, from the configuration that exporters write beside it."""
    try:
        return msgspec.json.decode((folder / "config.json").read_bytes(), type=_ModelConfig).hidden_size
    except (OSError, msgspec.DecodeError) as error:
        raise ModelUnavailable(
            f"the length of its vectors (hidden_size) cannot be read: {error}", path=str(folder / "config.json")
        ) from error


class _ModelConfig(msgspec.Struct):
    hidden_size: int


def _embedders(paths: Paths, config: Config, spec: EmbedderSpec | None) -> tuple[RemoteEmbedder, ...]:
    """One for queries, which stays a while, and one for the backlog, which runs when nothing else wants to."""
    if spec is None:
        return ()
    scratch = Path(paths.state_dir, "workers")
    query = msgspec.structs.replace(settings_for("query", scratch), idle_s=config.embedder_idle_minutes * 60)
    bulk = settings_for("bulk", scratch)
    return RemoteEmbedder(spec, query), RemoteEmbedder(spec, bulk)


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))
