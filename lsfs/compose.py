"""Chooses the concrete parts and wires them: the one place where backends are named."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from lsfs.core.config import Config
from lsfs.core.errors import LsfsError, ModelUnavailable
from lsfs.core.ignore import IgnoreRules
from lsfs.core.locations import Paths, make_private_folder
from lsfs.core.paths import relative
from lsfs.core.posix import mountinfo, statx_btime
from lsfs.core.records import Kind
from lsfs.engine import Engine, Parts
from lsfs.engine.changes import Changes
from lsfs.engine.finding import Finding
from lsfs.extract.choose import EXTRACTOR_VERSION
from lsfs.index.embedding import EmbeddingJob
from lsfs.index.layout import Layout
from lsfs.index.pipeline import Pipeline, Standing
from lsfs.index.search import Search
from lsfs.index.texts import Texts
from lsfs.index.vectors import VectorIndex
from lsfs.ingest.capture import Capturer
from lsfs.ingest.feeder import Feeder
from lsfs.ingest.ingest import Ingest
from lsfs.ingest.keeper import Keeper
from lsfs.ingest.opening import Opener
from lsfs.ingest.reconcile import Reconciler
from lsfs.ingest.roots import RootBook
from lsfs.models.registry import Purpose
from lsfs.models.store import open_store
from lsfs.store.index import FileRow, Index
from lsfs.store.vault import COPY, Entry, Root, Vault
from lsfs.versions.lineage import Inode
from lsfs.watch.scan import Scanner
from lsfs.watch.sources import native_source
from lsfs.watch.watcher import Watcher
from lsfs.workers.embed_messages import EmbedderSpec
from lsfs.workers.embedder import EmbedderSettings, RemoteEmbedder
from lsfs.workers.pool import ExtractPool, PoolSettings
from lsfs.workers.sandbox import Limits

HASHING = "hashing"
"""As the embedder's name: the one without a model, for tests."""
_MIB = 1 << 20


def open_engine(paths: Paths, config: Config) -> Engine:
    """An engine over the databases at `paths`, not started yet; raises the errors of opening them."""
    for folder in (paths.vault_dir, paths.index_dir, paths.state_dir):
        make_private_folder(folder)
    vault = Vault(Path(paths.vault_dir, "vault.db"))
    try:
        index = Index(Path(paths.index_dir, "index.db"))
    except LsfsError:
        vault.close()
        raise
    changes = Changes()
    spec, no_embedder = _embedder(paths, config)
    embedders = _embedders(paths, config, spec)
    layout = Layout()
    vectors = VectorIndex(index, spec.dimensions) if spec else None
    pipeline = Pipeline(index, layout, vectors)
    pipeline.prepare(embedder=spec.id if spec else None, extractor=EXTRACTOR_VERSION)
    opener = Opener(lambda root_id: _root_path(vault, root_id))
    texts = Texts(index, lambda row: _open(opener, row))
    free_floor = config.free_space_floor_mb * _MIB
    embedding = None
    if vectors is not None and not vault.newer:

        def may_embed() -> bool:
            return not engine.activity.paused and shutil.disk_usage(paths.index_dir).free > free_floor

        embedding = EmbeddingJob(index, texts, vectors, embedders[1], changes.happened, may_embed)

    def on_commit() -> None:
        if embedding is not None and ingest.idle():
            embedding.nudge()
        changes.happened()

    def judge(entry: Entry) -> Standing | None:
        if entry.unindexed:
            return Standing("ignored", entry.unindexed)
        if entry.kind is Kind.FILE and entry.size > config.max_file_mb * _MIB:
            return Standing("named", f"larger than {config.max_file_mb} MiB: found by its name only")
        return None

    reconciler = Reconciler(vault, time.time_ns, _inode_at)
    ingest = Ingest(vault, index, pipeline, reconciler, Capturer(vault, time.time_ns), judge, time.time_ns, on_commit)
    pool = ExtractPool(_pool_settings(paths, config))
    feeder = Feeder(index, pool, opener, ingest, on_commit)
    own = tuple(os.fsencode(folder) for folder in (paths.vault_dir, paths.index_dir, paths.state_dir, paths.models))
    book = RootBook(vault, own, time.time_ns)
    watcher = Watcher(
        native_source(time.monotonic), lambda root_id, work: keeper.on_work(root_id, work), clock=time.monotonic
    )

    def scanner(root: Root) -> Scanner:
        return watcher.scanner(root.id, root.path, _rules(root, own, config), mountinfo)

    keeper = Keeper(vault, book, ingest, scanner, changes.happened)

    def roots() -> Mapping[int, bytes]:
        return {root.id: root.path for root in vault.roots.all()}

    search = Search(index, layout, vectors, embedders[0] if embedders else None, roots)
    finding = Finding(index, search, texts, roots, lambda: engine.activity.complete(), time.time_ns)
    engine = Engine(
        Parts(
            vault=vault,
            index=index,
            changes=changes,
            book=book,
            keeper=keeper,
            ingest=ingest,
            feeder=feeder,
            pipeline=pipeline,
            pool=pool,
            opener=opener,
            watcher=watcher,
            finding=finding,
            embedding=embedding,
            embedders=embedders,
            no_embedder=no_embedder,
            vault_copy=Path(paths.vault_dir, COPY),
            free_floor=free_floor,
            ignored=lambda root, path: _why_ignored(scanner(root), path),
        )
    )
    return engine


def _embedder(paths: Paths, config: Config) -> tuple[EmbedderSpec | None, str]:
    """The embedder that the settings choose, or None and why there is none."""
    if config.embedder == "hashing":
        return EmbedderSpec(backend="hashing", id="hashing-256", dimensions=256, max_tokens=256), ""
    if config.embedder == HASHING:
        return EmbedderSpec(backend="hashing", id="hashing-384", dimensions=384, max_tokens=256), ""
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
            threads=_cores(),
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
    query = EmbedderSettings(scratch, idle_s=config.embedder_idle_minutes * 60, idle_priority=False)
    bulk = EmbedderSettings(scratch, idle_s=10.0, idle_priority=True)
    return RemoteEmbedder(spec, query), RemoteEmbedder(spec, bulk)


def _pool_settings(paths: Paths, config: Config) -> PoolSettings:
    memory = config.extract_memory_mb * _MIB
    return PoolSettings(
        scratch=Path(paths.state_dir, "workers"),
        # One core is left to the writer of the index, which is the other half of the work.
        text_workers=config.max_workers or max(1, _cores() - 1),
        deadline_s=float(config.extract_seconds),
        text_limits=Limits(threads=0, memory=memory),
        document_limits=Limits(memory=memory),
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _rules(root: Root, own: tuple[bytes, ...], config: Config) -> IgnoreRules:
    never = frozenset(path for folder in own if (path := relative(root.path, os.path.realpath(folder))))
    return IgnoreRules(never=never, extra=config.ignore)


def _why_ignored(scanner: Scanner, path: bytes) -> str | None:
    batch = scanner.look([path])
    reasons = [reason for left, reason in batch.left_out if left == path]
    return reasons[0] if reasons else batch.index_ignored.get(path)


def _root_path(vault: Vault, root_id: int) -> bytes | None:
    root = vault.roots.get(root_id)
    return root.path if root is not None and root.online else None


def _open(opener: Opener, row: FileRow) -> int:
    return opener.open(row.root, row.path)


def _inode_at(path: bytes) -> Inode | None:
    try:
        return os.lstat(path).st_ino, statx_btime(None, path)
    except OSError:
        return None
