"""Runs the engine's regular jobs when they are due; sleeps in between, without a tick."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Callable, Sequence

from apscheduler.schedulers.background import BackgroundScheduler

from lsfs.jobs import Job

logger = logging.getLogger(__name__)


class Schedule:
    """Calls `run_job` with the name of each job, every so many seconds; a service of the supervisor."""

    name = "schedule"

    def __init__(self, jobs: Sequence[Job], run_job: Callable[[str], None]) -> None:
        self._jobs = jobs
        self._run_job = run_job
        self._stopping = threading.Event()

    def run(self, ready: Callable[[], None]) -> None:
        """Works until `stop`."""
        # A laptop that slept through a job's time runs it once when it wakes, however late, and never twice at a time.
        scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        for job in self._jobs:
            first = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=job.every_s if job.first_s is None else job.first_s)
            scheduler.add_job(
                self._guarded, "interval", args=(job.name,), seconds=job.every_s, next_run_time=first, id=job.name
            )
        scheduler.start()
        try:
            ready()
            self._stopping.wait()
        finally:
            scheduler.shutdown(wait=True)

    def stop(self) -> None:
        """Makes `run` return, once the job that runs is done."""
        self._stopping.set()

    def _guarded(self, name: str) -> None:
        try:
            self._run_job(name)
        except Exception:  # a callback's boundary: the job is due again later
            logger.exception("job %s failed", name)
