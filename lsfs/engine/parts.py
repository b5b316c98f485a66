"""What an engine is made of: every part as `lsfs.compose` has chosen and wired it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from lsfs.answer import Answering
from lsfs.core.policy import InForce
from lsfs.engine.changes import Changes
from lsfs.engine.readable import Readable
from lsfs.index.embedding import EmbeddingJob
from lsfs.index.pipeline import Pipeline
from lsfs.index.search import Search
from lsfs.index.texts import Texts
from lsfs.ingest.feeder import Feeder
from lsfs.ingest.flush import Flusher
from lsfs.ingest.ingest import Ingest
from lsfs.ingest.keeper import Keeper
from lsfs.ingest.opening import Opener
from lsfs.ingest.roots import RootBook
from lsfs.llm.base import LanguageModel
from lsfs.plan.planner import Planner
from lsfs.plan.queue import OpQueue
from lsfs.plan.recover import Recovery
from lsfs.plan.understand import Understanding
from lsfs.store.index import Index
from lsfs.store.vault import Root, Vault
from lsfs.tools.calling import ToolCalls
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.finding import Finding
from lsfs.tools.following import Following
from lsfs.tools.mcp_sessions import McpSessions
from lsfs.tools.measuring import Measuring
from lsfs.tools.routing.evidence import Embed
from lsfs.tools.usage_writing import UsageWriting
from lsfs.tools.vectorizing import ToolVectors
from lsfs.versions.contents import ContentStore
from lsfs.versions.gc import Collector
from lsfs.versions.room import Room
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.watcher import Watcher
from lsfs.workers.embedder import RemoteEmbedder
from lsfs.workers.pool import ExtractPool


@dataclasses.dataclass(frozen=True)
class ToolParts:
    """What knows, finds and calls tools."""

    sessions: McpSessions
    catalogue: Catalogue
    finding: Finding
    embed: Embed | None
    """Makes the vectors of requests; None where there is no embedder."""
    vectors: ToolVectors | None
    """None where there is no embedder."""
    following: Following
    writing: UsageWriting
    measuring: Measuring
    calls: ToolCalls


@dataclasses.dataclass(frozen=True)
class Parts:
    """What an engine is made of."""

    vault: Vault
    index: Index
    contents: ContentStore
    collector: Collector
    room: Room
    budget: int
    """Bytes that kept contents may take."""
    changes: Changes
    paused: threading.Event
    """Set while the backlog waits by the user's wish."""
    book: RootBook
    keeper: Keeper
    ingest: Ingest
    feeder: Feeder
    pipeline: Pipeline
    prepare: Callable[[], None]
    """Brings the index in line with the settings, and fills what is kept in memory of it."""
    pool: ExtractPool
    opener: Opener
    watcher: Watcher
    root_paths: Callable[[], Mapping[int, bytes]]
    texts: Texts
    search: Search
    embedding: EmbeddingJob | None
    embedders: tuple[RemoteEmbedder, ...]
    """For queries and for the backlog; empty where vectors are off."""
    no_embedder: str
    """Why there are no vectors, '' where there are."""
    vault_copy: Path
    free_floor: int
    """Bytes of free disk below which vectors are not made."""
    ignored: Callable[[Root, bytes], str | None]
    readable: Readable
    """What agents get to see."""
    in_force: Callable[[Root], InForce]
    """What a root's settings come to."""
    flusher: Flusher
    planner: Planner
    ops: OpQueue
    tools: ToolCalls
    """What calls tools."""
    tooling: ToolParts
    recovery: Recovery
    own: OwnWrites
    own_folders: tuple[bytes, ...]
    """Where lsfs keeps what it has; nothing is mounted there."""
    trash: bytes
    """The home Trash, made or not."""
    llm: Callable[[], LanguageModel]
    """The language model; raises `ModelUnavailable` where there is none."""
    llm_loaded: Callable[[], bool]
    """Whether it is in memory."""
    llm_pid: Callable[[], int | None]
    """Process id of its worker, None while there is none."""
    close_llm: Callable[[], None]
    prepare_llm: Callable[[], None]
    """Begins to have the fixed parts of the prompts evaluated, where they are not yet."""
    understanding: Understanding
    answering: Answering
