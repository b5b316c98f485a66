"""The daemon's life: lock, socket, engine, services; then nothing until it is asked to stop; then all in reverse."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsfs import __version__
from lsfs.core.api import Done, Handshake
from lsfs.core.config import Config
from lsfs.core.locations import Paths
from lsfs.core.wirepath import to_wire
from lsfs.jobs import jobs
from lsfs.rpc.build import build_id
from lsfs.rpc.client import vault_key
from lsfs.rpc.routes import PROTOCOL
from lsfsd.http.app import make_app
from lsfsd.http.binding import Call, engine_calls
from lsfsd.http.gate import Gate
from lsfsd.http.lanes import Lanes
from lsfsd.http.server import DRAIN_SECONDS, HttpService
from lsfsd.limits import allow_descriptors
from lsfsd.lock import listening_socket, vault_lock
from lsfsd.logs import logging_to
from lsfsd.mounts.service import MountService
from lsfsd.services.schedule import Schedule
from lsfsd.stopping import StopRequest
from lsfsd.supervisor import Supervisor

if TYPE_CHECKING:
    from lsfs.engine import Engine

logger = logging.getLogger(__name__)


def run_daemon(
    paths: Paths,
    config: Config,
    *,
    open_engine: Callable[[Paths, Config], Engine],
    ready: Callable[[], None],
    build: str | None = None,
    also_stderr: bool = False,
) -> None:
    """Returns when the daemon has been asked to stop and has; calls `ready` once requests are answered.

    Raises what keeps it from starting: `ConflictError` where another daemon runs, and what `open_engine` raises.
    Belongs in the main thread of its own process: it sets the umask, the working directory and signal handlers.
    """
    os.umask(0o077)
    os.chdir("/")
    allow_descriptors()
    build = build or build_id()
    with contextlib.ExitStack() as stack:
        stack.enter_context(logging_to(paths.log_file, config.log_level, also_stderr=also_stderr))
        stack.enter_context(vault_lock(paths.lock))
        # Bound before the engine is open: who calls meanwhile waits in the queue instead of starting another daemon.
        listener = stack.enter_context(listening_socket(paths))
        stop = stack.enter_context(contextlib.closing(StopRequest()))
        stack.enter_context(stop.on_signals())
        lanes = stack.enter_context(contextlib.closing(Lanes()))
        logger.info("starting: version %s, build %s", __version__, build)
        engine = stack.enter_context(contextlib.closing(_logged(open_engine, paths, config)))
        mounts = stack.enter_context(contextlib.closing(MountService(engine.mounting, paths, build)))
        stack.callback(lanes.drain, DRAIN_SECONDS)  # before the engine closes the databases that calls read
        app = make_app(engine_calls(engine) | _own_calls(paths, build, stop, mounts), lanes)
        gate = Gate(app, build=build, vault=paths.vault_dir, vault_key=vault_key(paths.vault_dir))
        supervisor = stack.enter_context(Supervisor(time.monotonic))
        engine.start()
        supervisor.start(Schedule(jobs(config), engine.run_job))
        supervisor.start(HttpService(gate, listener, os.geteuid()))
        supervisor.start(mounts)  # after the socket: what is mounted asks through it
        stack.callback(engine.stop_jobs)  # the schedule ends when they do
        stack.callback(lanes.end_streams)
        ready()
        logger.info("ready")
        stop.wait()
        logger.info("stopping")
    # The log is closed by now.


def _own_calls(paths: Paths, build: str, stop: StopRequest, mounts: MountService) -> dict[str, Call]:
    handshake = Handshake(
        protocol=PROTOCOL,
        build=build,
        version=__version__,
        pid=os.getpid(),
        vault=to_wire(os.fsencode(paths.vault_dir)),
    )

    def shutdown(_: object) -> Done:
        stop.make()  # the service answers what it has begun before it ends, this request too
        return Done()

    return {
        "hello": lambda _: handshake,
        "shutdown": shutdown,
        "mount": mounts.mount,
        "umount": mounts.umount,
        "mounts": lambda _: mounts.list(),
    }


def _logged(open_engine: Callable[[Paths, Config], Engine], paths: Paths, config: Config) -> Engine:
    try:
        return open_engine(paths, config)
    except Exception:
        logger.exception("the engine cannot be opened")
        raise
