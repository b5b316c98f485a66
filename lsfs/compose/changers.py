"""What changes files: plans, the executor, its queue, and what settles the journal after a crash."""

from __future__ import annotations

import dataclasses
import secrets
import time
from collections.abc import Callable

from lsfs.compose.base import Base
from lsfs.ingest.flush import Flusher
from lsfs.ingest.ingest import Ingest
from lsfs.ingest.keeper import Keeper
from lsfs.ingest.own import OwnRecorder
from lsfs.ingest.roots import RootBook
from lsfs.plan.calls import Calls
from lsfs.plan.execute import Executor
from lsfs.plan.planner import Planner
from lsfs.plan.queue import OpQueue
from lsfs.plan.record import Recorder
from lsfs.plan.recover import Recovery
from lsfs.store.vault import Root
from lsfs.tools.calling import ToolCalls


@dataclasses.dataclass(frozen=True)
class Changers:
    """What changes files."""

    flusher: Flusher
    planner: Planner
    queue: OpQueue
    recovery: Recovery


def open_changers(base: Base, ingest: Ingest, keeper: Keeper, book: RootBook, tools: ToolCalls) -> Changers:
    """Wires them; nothing is started."""
    present = _present(base, book)
    flusher = Flusher(
        base.vault,
        base.contents,
        base.reconciler(),
        base.capturer(),
        base.opener,
        base.reflector(),
        base.scanner,
        lambda root: not book.presence(root),
        ingest.vault_changed,
        ingest.follow,
        ingest.keep_missing,
    )
    recorder = Recorder(
        base.vault,
        OwnRecorder(base.vault, base.contents, base.reconciler(), base.own),
        base.reflector(),
        base.scanner,
        ingest.vault_changed,
        ingest.follow,
        lambda root, path: keeper.scan(root, path, recheck=True),
    )
    executor = Executor(base.vault, base.contents, recorder, present, time.time_ns, base.reach)
    calls = Calls(base.vault, base.contents, flusher, present, tools, time.time_ns, _token, base.reach)
    return Changers(
        flusher=flusher,
        planner=Planner(base.vault, base.contents, flusher, present, base.never_changed, base.mounts, _token, tools),
        queue=OpQueue(base.vault, executor, calls, time.time_ns),
        recovery=Recovery(base.vault, base.contents, present, time.time_ns, base.reach),
    )


def _token() -> str:
    return secrets.token_hex(4)


def _present(base: Base, book: RootBook) -> Callable[[], list[Root]]:
    def present() -> list[Root]:
        return [root for root in base.vault.roots.all() if not book.presence(root)]

    return present
