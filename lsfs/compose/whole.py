"""The whole engine: `base` is what every part rests on, `finders`, `readers` and `changers` are built on it."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from lsfs.compose.base import open_base
from lsfs.compose.changers import open_changers
from lsfs.compose.finders import open_finders
from lsfs.compose.readers import open_readers, open_watchers
from lsfs.compose.sayers import open_sayers
from lsfs.compose.toolers import open_toolers
from lsfs.core.config import Config
from lsfs.core.faults import Reach, unreached
from lsfs.core.locations import Paths
from lsfs.engine import Engine, Parts
from lsfs.engine.readable import Readable
from lsfs.extract.choose import EXTRACTOR_VERSION
from lsfs.versions.gc import Collector
from lsfs.watch.scan import Scanner


def open_engine(paths: Paths, config: Config, reach: Reach = unreached) -> Engine:
    """An engine over the databases at `paths`, not started yet; raises the errors of opening them.

    Opening changes nothing that is stored: what the settings ask for is done by the start.  `reach` is for tests of
    what a crash leaves behind (`lsfs.core.faults`).
    """
    with contextlib.ExitStack() as opened:
        base = open_base(paths, config, opened, reach)
        finders = open_finders(base, opened)
        ingest, feeder, pool = open_readers(base, finders, opened)
        book, watcher, keeper, scanner = open_watchers(base, ingest)
        sayers = open_sayers(base, finders, opened)
        tooling = open_toolers(base, finders, sayers, opened)
        changers = open_changers(base, ingest, keeper, book, tooling.calls)
        base.beside_embedding(sayers.model.busy)
        engine = Engine(
            Parts(
                vault=base.vault,
                index=base.index,
                contents=base.contents,
                collector=Collector(base.vault, base.contents, time.time_ns, base.reach),
                room=base.room,
                budget=base.budget,
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
                readable=Readable(
                    base.vault,
                    lambda root, path: scanner(root).unsearched(path),
                    lambda root, folder: scanner(root).rules_in(folder),
                ),
                in_force=base.in_force,
                flusher=changers.flusher,
                planner=changers.planner,
                ops=changers.queue,
                tools=tooling.calls,
                tooling=tooling,
                recovery=changers.recovery,
                own=base.own,
                own_folders=base.never_changed,
                trash=base.trash,
                llm=sayers.model.get,
                llm_loaded=sayers.model.loaded,
                llm_pid=sayers.model.pid,
                close_llm=sayers.close,
                understanding=sayers.understanding,
                answering=sayers.answering,
                prepare_llm=sayers.preparation.start,
            )
        )
        opened.pop_all()  # the engine closes all of it from here on
    return engine


def _why_ignored(scanner: Scanner, path: bytes) -> str | None:
    batch = scanner.look([path])
    reasons = [reason for left, reason in batch.left_out if left == path]
    return reasons[0] if reasons else batch.index_ignored.get(path)
