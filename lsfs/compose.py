"""Chooses the concrete parts and wires them: the one place where backends are named."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from lsfs.core.config import Config
from lsfs.core.errors import LsfsError, ModelUnavailable
from lsfs.core.faults import Reach, unreached
from lsfs.core.ignore import IgnoreRules
from lsfs.core.locations import Paths, make_private_folder
from lsfs.core.paths import relative
from lsfs.core.policy import in_force, read_policy
from lsfs.core.posix import mountinfo, statx_btime
from lsfs.core.records import Kind, signed_ino
from lsfs.core.volumes import away
from lsfs.engine import Engine, Parts
from lsfs.engine.changes import Changes
from lsfs.extract.choose import EXTRACTOR_VERSION
from lsfs.index.embedding import EmbeddingJob
from lsfs.index.layout import Layout
from lsfs.index.pipeline import IGNORED, Pipeline, Standing
from lsfs.index.search import Search
from lsfs.index.texts import Texts
from lsfs.index.vectors import VectorIndex
from lsfs.ingest.agenda import Agenda
from lsfs.ingest.archive import VaultArchive
from lsfs.ingest.capture import Capturer
from lsfs.ingest.feeder import Feeder
from lsfs.ingest.ingest import Ingest
from lsfs.ingest.keeper import Keeper
from lsfs.ingest.mirror import Reflector
from lsfs.ingest.opening import Opener
from lsfs.ingest.reconcile import Reconciler
from lsfs.ingest.recording import Recording
from lsfs.ingest.roots import RootBook
from lsfs.models.registry import Purpose
from lsfs.models.store import open_store
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.store.index import Index
from lsfs.store.vault import Entry, Root, Vault
from lsfs.versions.contents import ContentStore
from lsfs.versions.lineage import Inode
from lsfs.versions.room import Room
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.records import Work
from lsfs.watch.scan import Scanner
from lsfs.watch.sources import native_source
from lsfs.watch.watcher import Watcher
from lsfs.workers.embed_messages import EmbedderSpec
from lsfs.workers.embedder import RemoteEmbedder, settings_for
from lsfs.workers.pool import ExtractPool, PoolSettings
from lsfs.workers.sandbox import Limits

_MIB = 1 << 20


def open_engine(paths: Paths, config: Config, reach: Reach = unreached) -> Engine:
    """An engine over the databases at `paths`, not started yet; raises the errors of opening them.

    Opening changes nothing that is stored: what the settings ask for is done by the start.  `reach` is for tests of
    what a crash leaves behind (`lsfs.core.faults`).
    """
    with contextlib.ExitStack() as opened:
        base = _base(paths, config, opened, reach)
        finders = _finders(base, opened)
        ingest, feeder, pool = _readers(base, finders, opened)
        book, watcher, keeper, scanner = _watchers(base, ingest)
        engine = Engine(
            Parts(
                vault=base.vault,
                index=base.index,
                contents=base.contents,
                changes=base.changes,
                paused=base.paused,
                book=book,
                keeper=keeper,
                ingest=ingest,
                feeder=feeder,
                pipeline=finders.pipeline,
                prepare=lambda: finders.pipeline.prepare(embedder=finders.embedder_id, extractor=EXTRACTOR_VERSION),
                pool=pool,
                opener=base.opener,
                watcher=watcher,
                root_paths=base.root_paths,
                texts=finders.texts,
                search=finders.search,
                embedding=finders.embedding,
                embedders=finders.embedders,
                no_embedder=finders.no_embedder,
                vault_copy=Path(paths.vault_dir, "vault.copy.db"),
                free_floor=base.free_floor,
                ignored=lambda root, path: _why_ignored(scanner(root), path),
            )
        )
        opened.pop_all()  # the engine closes all of it from here on
    return engine


@dataclasses.dataclass(frozen=True)
class _Base:
    """What every part rests on."""

    paths: Paths
    config: Config
    vault: Vault
    index: Index
    opener: Opener
    changes: Changes
    paused: threading.Event
    contents: ContentStore
    room: Room
    own: OwnWrites
    reach: Reach

    @property
    def own_folders(self) -> tuple[bytes, ...]:
        """Our own folders, which are never watched."""
        paths = self.paths
        return tuple(
            os.fsencode(folder) for folder in (paths.vault_dir, paths.index_dir, paths.state_dir, paths.models)
        )

    @property
    def free_floor(self) -> int:
        """Bytes of free disk below which no vectors are made."""
        return self.config.free_space_floor_mb * _MIB

    def root_paths(self) -> Mapping[int, bytes]:
        """The absolute paths of the watched roots."""
        return {root.id: root.path for root in self.vault.roots.all()}

    def may_embed(self) -> bool:
        """Whether neither a pause nor a full disk forbids vectors."""
        return not self.paused.is_set() and shutil.disk_usage(self.paths.index_dir).free > self.free_floor


def _base(paths: Paths, config: Config, opened: contextlib.ExitStack, reach: Reach) -> _Base:
    for folder in (paths.vault_dir, paths.index_dir, paths.state_dir):
        make_private_folder(folder)
    vault = opened.enter_context(contextlib.closing(Vault(Path(paths.vault_dir, "vault.db"))))
    index = opened.enter_context(contextlib.closing(Index(Path(paths.index_dir, "index.db"))))
    opener = opened.enter_context(contextlib.closing(Opener(lambda root_id: _root_path(vault, root_id))))
    packs = opened.enter_context(contextlib.closing(Packs(Path(paths.vault_dir, "objects"), reach)))
    contents = ContentStore(vault, packs, Codec())
    room = Room(Path(paths.vault_dir), config.free_space_floor_mb * _MIB)
    return _Base(paths, config, vault, index, opener, Changes(), threading.Event(), contents, room, OwnWrites(), reach)


@dataclasses.dataclass(frozen=True)
class _Finders:
    """What files are found by."""

    pipeline: Pipeline
    texts: Texts
    search: Search
    embedding: EmbeddingJob | None
    embedders: tuple[RemoteEmbedder, ...]
    embedder_id: str | None
    no_embedder: str


def _finders(base: _Base, opened: contextlib.ExitStack) -> _Finders:
    spec, no_embedder = _embedder(base.paths, base.config)
    embedders = _embedders(base.paths, base.config, spec)
    for embedder in embedders:
        opened.callback(embedder.close)
    layout = Layout()
    vectors = VectorIndex(base.index, spec.dimensions) if spec else None
    texts = Texts(base.index, lambda row: base.opener.open(row.root, row.path))
    embedding = None
    if vectors is not None and not base.vault.newer:
        embedding = EmbeddingJob(base.index, texts, vectors, embedders[1], base.changes.happened, base.may_embed)
    return _Finders(
        pipeline=Pipeline(base.index, layout, vectors),
        texts=texts,
        search=Search(base.index, layout, vectors, embedders[0] if embedders else None, base.root_paths),
        embedding=embedding,
        embedders=embedders,
        embedder_id=spec.id if spec else None,
        no_embedder=no_embedder,
    )


def _readers(base: _Base, finders: _Finders, opened: contextlib.ExitStack) -> tuple[Ingest, Feeder, ExtractPool]:
    def on_commit() -> None:
        if finders.embedding is not None and ingest.idle():
            finders.embedding.nudge()
        base.changes.happened()

    agenda = Agenda(time.time_ns)
    recording = Recording(
        base.vault,
        base.index,
        finders.pipeline,
        Reconciler(base.vault, time.time_ns, _inode_at),
        Capturer(base.vault, base.contents, base.room.refusal, time.time_ns),
        Reflector(base.vault, base.opener),
        base.own,
        lambda root, paths: _scanner(root, base).look(paths),
        lambda entry: _standing(entry, base.config),
        agenda,
    )
    ingest = Ingest(recording, agenda, time.time_ns, on_commit)
    pool = opened.enter_context(contextlib.closing(ExtractPool(_pool_settings(base.paths, base.config))))
    archive = VaultArchive(base.vault, base.room, ingest)
    searched_bytes = base.config.max_file_mb * _MIB
    entries = base.vault.entries
    feeder = Feeder(base.index, pool, base.opener, ingest, archive, entries, searched_bytes, on_commit)
    return ingest, feeder, pool


def _watchers(base: _Base, ingest: Ingest) -> tuple[RootBook, Watcher, Keeper, Callable[[Root], Scanner]]:
    def on_work(root_id: int, work: Work) -> None:
        keeper.on_work(root_id, work)  # made below: it needs the watcher's scanners

    def scanner(root: Root) -> Scanner:
        return watcher.scanner(root.id, root.path, _rules(root, base), mountinfo)

    book = RootBook(base.vault, base.own_folders, time.time_ns, base.opener.forget)
    watcher = Watcher(native_source(time.monotonic), on_work, clock=time.monotonic)
    keeper = Keeper(base.vault, book, ingest, scanner, base.changes.happened)
    return book, watcher, keeper, scanner


def _standing(entry: Entry, config: Config) -> Standing | None:
    """Why an entry is not to be read, None where it is."""
    if entry.unindexed:
        return Standing(IGNORED, entry.unindexed)
    if entry.kind is Kind.FILE and entry.size > config.max_file_mb * _MIB:
        return Standing("named", f"larger than {config.max_file_mb} MiB: found by its name only")
    return None


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
    query = msgspec.structs.replace(settings_for("query", scratch), idle_s=config.embedder_idle_minutes * 60)
    bulk = settings_for("bulk", scratch)
    return RemoteEmbedder(spec, query), RemoteEmbedder(spec, bulk)


def _pool_settings(paths: Paths, config: Config) -> PoolSettings:
    memory = config.extract_memory_mb * _MIB
    return PoolSettings(
        scratch=Path(paths.state_dir, "workers"),
        # They run when nothing else wants to: the writer of the index, the other half of the work, comes first.
        text_workers=config.max_workers or _cores(),
        deadline_s=float(config.extract_seconds),
        text_limits=Limits(threads=0, memory=memory),
        document_limits=Limits(memory=memory),
    )


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _rules(root: Root, base: _Base) -> IgnoreRules:
    never = frozenset(path for folder in base.own_folders if (path := relative(root.path, os.path.realpath(folder))))
    policy = in_force(read_policy(root.policy), _away(root, base))
    return IgnoreRules(never=never, extra=base.config.ignore, policy=policy)


def _away(root: Root, base: _Base) -> str:
    try:
        return away(root.path, os.fsencode(base.paths.vault_dir), mountinfo())
    except OSError:
        return ""  # it went away: what is looked for there next says so


def _scanner(root: Root, base: _Base) -> Scanner:
    """A scanner of a root that watches nothing."""
    return Scanner(root.path, _rules(root, base), mountinfo=mountinfo, clock=time.monotonic)


def _why_ignored(scanner: Scanner, path: bytes) -> str | None:
    batch = scanner.look([path])
    reasons = [reason for left, reason in batch.left_out if left == path]
    return reasons[0] if reasons else batch.index_ignored.get(path)


def _root_path(vault: Vault, root_id: int) -> bytes | None:
    return next((root.path for root in vault.roots.all() if root.id == root_id and root.online), None)


def _inode_at(path: bytes) -> Inode | None:
    try:
        return signed_ino(os.lstat(path).st_ino), statx_btime(None, path)
    except OSError:
        return None
