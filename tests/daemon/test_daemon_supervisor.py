"""Services are started in order, run again when they fail, and stopped in reverse."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from lsfs.core.api import DoctorFinding
from lsfs.core.locations import Paths
from lsfs.jobs import Job
from lsfsd.doctor import line_of
from lsfsd.environment_check import check_environment
from lsfsd.logs import KEPT, logging_to
from lsfsd.services.schedule import Schedule
from lsfsd.stopping import StopRequest
from lsfsd.supervisor import Supervisor, backoff


class Recorded:
    """A service that writes down what happens to it, and fails as often as it is told to."""

    def __init__(self, name: str, story: list[str], failures: int = 0, fails_at_once: bool = False) -> None:
        self.name = name
        self.runs = 0
        self._story, self._failures, self._fails_at_once = story, failures, fails_at_once
        self._stopping = threading.Event()

    def run(self, ready: Callable[[], None]) -> None:
        self.runs += 1
        if self._fails_at_once:
            raise RuntimeError(self.name)
        self._story.append(f"start {self.name}")
        ready()
        if self.runs <= self._failures:
            raise RuntimeError(self.name)
        self._stopping.wait()
        self._story.append(f"end {self.name}")

    def stop(self) -> None:
        self._stopping.set()


def no_pauses() -> Iterator[float]:
    return itertools.repeat(0.0)


def test_services_stop_in_reverse_order():
    story: list[str] = []
    with Supervisor(lambda: 0.0) as supervisor:
        for name in "abc":
            supervisor.start(Recorded(name, story))
    assert story == ["start a", "start b", "start c", "end c", "end b", "end a"]


def test_a_service_that_fails_is_run_again(wait_until):
    service = Recorded("a", [], failures=3)
    with Supervisor(lambda: 0.0, no_pauses) as supervisor:
        supervisor.start(service)
        wait_until(lambda: service.runs == 4)
    assert service.runs == 4


def test_what_cannot_start_is_raised_and_the_rest_is_stopped():
    story: list[str] = []
    with pytest.raises(RuntimeError, match="b"), Supervisor(lambda: 0.0) as supervisor:
        supervisor.start(Recorded("a", story))
        supervisor.start(Recorded("b", story, fails_at_once=True))
    assert story == ["start a", "end a"]


def test_a_pause_between_attempts_does_not_delay_the_end(wait_until):
    service = Recorded("a", [], failures=1)
    with Supervisor(lambda: 0.0, lambda: itertools.repeat(3600.0)) as supervisor:
        supervisor.start(service)
        wait_until(lambda: service.runs == 1)
    assert service.runs == 1


def test_pauses_grow_up_to_a_minute():
    assert list(itertools.islice(backoff(), 9)) == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


def test_steady_services_begin_again_with_short_pauses(wait_until):
    times, taken = itertools.count(0, 100), []

    def pauses() -> Iterator[float]:
        for number in itertools.count():
            taken.append(number)
            yield 0.0

    service = Recorded("a", [], failures=3)
    with Supervisor(lambda: float(next(times)), pauses) as supervisor:
        supervisor.start(service)
        wait_until(lambda: service.runs == 4)
    assert taken == [0, 0, 0]


def test_jobs_run_when_they_are_due_and_a_failing_one_runs_again(wait_until):
    ran: list[str] = []

    def run_job(name: str) -> None:
        ran.append(name)
        if name == "fails":
            raise RuntimeError(name)

    with Supervisor(lambda: 0.0) as supervisor:
        jobs = [Job("fails", 0.05, ""), Job("works", 0.05, ""), Job("rarely", 3600, "")]
        supervisor.start(Schedule(jobs, run_job))
        wait_until(lambda: ran.count("fails") > 1 and ran.count("works") > 1)
    assert "rarely" not in ran


def test_a_stop_may_be_asked_for_many_times_and_before_it_is_waited_for():
    stop = StopRequest()
    for _ in range(100_000):
        stop.make()
    stop.wait()
    stop.close()
    stop.make()


def test_the_log_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr("lsfsd.logs.MAX_BYTES", 1000)
    log = tmp_path / "logs" / "lsfsd.log"
    with logging_to(str(log), "info", also_stderr=False):
        for number in range(1000):
            logging.getLogger("test").info("line %d", number)
        logging.getLogger("test").debug("not this")
    files = sorted(log.parent.iterdir())
    assert len(files) == KEPT + 1
    assert all(file.stat().st_size <= 1000 and file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert "line 999" in log.read_text() and "not this" not in log.read_text()


def test_the_log_names_no_url_that_is_asked(tmp_path):
    log = tmp_path / "logs" / "lsfsd.log"
    with logging_to(str(log), "debug", also_stderr=False):
        with httpx2.Client(transport=httpx2.MockTransport(lambda request: httpx2.Response(200))) as client:
            client.get("http://api.example/weather?appid=the-key")
        logging.getLogger("test").debug("this")
    assert "this" in log.read_text() and "the-key" not in log.read_text()


def test_doctor_sees_folders_that_others_can_read(tmp_path):
    paths = Paths.from_env({"HOME": str(tmp_path)})
    assert {finding.severity for finding in check_environment(paths)} == {"note", "ok"}
    folder = Path(paths.vault_dir)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    (wrong,) = [finding for finding in check_environment(paths) if finding.severity == "warning"]
    assert line_of(wrong) == f"! others can look into the data folder ({folder}): chmod 700 {folder}"


def test_doctor_sees_settings_that_cannot_be_read(tmp_path):
    paths = Paths.from_env({"HOME": str(tmp_path)})
    Path(paths.config_file).parent.mkdir(parents=True)
    Path(paths.config_file).write_text("embedder = 3\n")
    (wrong,) = [finding for finding in check_environment(paths) if finding.severity == "error"]
    assert "embedder" in wrong.what
    assert isinstance(wrong, DoctorFinding)
