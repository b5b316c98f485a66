"""What an engine is made of: every part as `lsfs.compose` has chosen and wired it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from lsfs.engine.changes import Changes
from lsfs.engine.finding import Finding
from lsfs.index.embedding import EmbeddingJob
from lsfs.index.pipeline import Pipeline
from lsfs.ingest.feeder import Feeder
from lsfs.ingest.ingest import Ingest
from lsfs.ingest.keeper import Keeper
from lsfs.ingest.opening import Opener
from lsfs.ingest.roots import RootBook
from lsfs.store.index import Index
from lsfs.store.vault import Root, Vault
from lsfs.watch.watcher import Watcher
from lsfs.workers.embedder import RemoteEmbedder
from lsfs.workers.pool import ExtractPool


@dataclasses.dataclass(frozen=True)
class Parts:
    """What an engine is made of."""

    vault: Vault
    index: Index
    changes: Changes
    book: RootBook
    keeper: Keeper
    ingest: Ingest
    feeder: Feeder
    pipeline: Pipeline
    pool: ExtractPool
    opener: Opener
    watcher: Watcher
    finding: Finding
    embedding: EmbeddingJob | None
    embedders: tuple[RemoteEmbedder, ...]
    """For queries and for the backlog; empty where vectors are off."""
    no_embedder: str
    """Why there are no vectors, '' where there are."""
    vault_copy: Path
    free_floor: int
    """Bytes of free disk below which vectors are not made."""
    ignored: Callable[[Root, bytes], str | None]
