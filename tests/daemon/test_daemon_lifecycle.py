"""The daemon as a process: it starts once, says what keeps it from starting, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import stat
import threading
import time
from pathlib import Path

import pytest

from lsfs.core.errors import ConflictError, DaemonUnavailable, VaultNewer
from lsfs.core.locations import Paths
from lsfs.rpc.launch import can_connect, daemon_environment, is_locked
from lsfsd.lock import vault_lock


def pid_of(door) -> int:
    return door.client().call("hello")["pid"]


def test_it_starts_on_demand_and_answers(door):
    assert door.client(on_demand=True).call("hello")["protocol"] == 1


def test_without_demand_it_is_said_that_none_runs(door):
    with pytest.raises(DaemonUnavailable, match="does not run"):
        door.client().call("status")


def test_it_is_a_session_of_its_own_in_the_root_folder(daemon):
    pid = pid_of(daemon)
    assert os.getsid(pid) == pid
    assert os.readlink(f"/proc/{pid}/cwd") == "/"


def test_it_gets_few_of_the_callers_variables():
    environ = {"HOME": "/h", "PATH": "/bin", "LC_TIME": "C", "TZ": "UTC", "XDG_DATA_HOME": "/d", "LSFS_MODELS": "/m"}
    assert daemon_environment(environ | {"SECRET": "x", "PYTHONPATH": "y", "DISPLAY": ":0"}) == environ


def test_socket_lock_and_log_are_the_users_alone(daemon):
    paths = daemon.paths
    modes = {path: stat.S_IMODE(os.stat(path).st_mode) for path in (paths.socket, paths.lock, paths.log_file)}
    assert set(modes.values()) == {0o600}
    folders = (os.path.dirname(paths.socket), paths.vault_dir, paths.state_dir)
    assert {stat.S_IMODE(os.stat(path).st_mode) for path in folders} == {0o700}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(door, wait_until, number):
    child = door.spawn()
    wait_until(lambda: can_connect(door.paths.socket))
    door.client().call("hello")
    child.send_signal(number)
    _, errors = child.communicate(timeout=20)
    assert (child.returncode, errors) == (0, b"")
    assert not os.path.exists(door.paths.socket)
    assert not is_locked(door.paths.lock)
    assert Path(door.paths.log_file).read_text().count("stopping") == 1


def test_stopping_waits_for_the_answer_that_is_being_made(daemon):
    client, answers = daemon.client(), []
    asking = threading.Thread(target=lambda: answers.append(client.call("find", {"words": "sleep 0.5"})))
    asking.start()
    time.sleep(0.2)
    daemon.stop()
    asking.join()
    assert len(answers[0]["hits"]) == 1


def test_down_does_not_wait_for_who_follows_the_progress(daemon):
    events = daemon.client().stream("progress", {"paths": ["/endless"]})
    next(events)
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 4
    with pytest.raises(DaemonUnavailable):
        list(events)


def test_the_engine_is_closed_after_the_last_call_of_it(daemon):
    events = daemon.client().stream("progress", {"paths": ["/endless/slow"]})
    next(events)
    daemon.stop()
    assert "closed under 0 streams" in Path(daemon.paths.log_file).read_text()
    with pytest.raises(DaemonUnavailable):
        list(events)


def test_who_asks_whether_it_runs_does_not_keep_it_from_starting(tmp_path):
    path = str(tmp_path / "lock")
    with vault_lock(path):
        pass
    with open(path, "rb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        threading.Timer(0.1, fcntl.flock, (asking, fcntl.LOCK_UN)).start()
        with vault_lock(path):
            assert is_locked(path)


def test_a_lock_that_stays_held_is_a_conflict(tmp_path):
    path = str(tmp_path / "lock")
    with vault_lock(path), pytest.raises(ConflictError), vault_lock(path, 0.05):
        pass


def test_what_a_killed_daemon_left_does_not_hinder_the_next(daemon, wait_until):
    pid = pid_of(daemon)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_locked(daemon.paths.lock))
    assert os.path.exists(daemon.paths.socket)
    assert daemon.client(on_demand=True).call("hello")["pid"] != pid


def test_a_second_daemon_says_who_has_the_vault(daemon):
    second = daemon.spawn()
    _, errors = second.communicate(timeout=20)
    assert second.returncode != 0
    assert f"another lsfs daemon has this vault (process {pid_of(daemon)})" in errors.decode()


def test_starting_twice_at_once_gives_one_daemon(door):
    found, failures = set(), []

    def start() -> None:
        try:
            found.add(door.client(on_demand=True).call("hello")["pid"])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), failures) == (1, [])


def test_what_the_engine_fails_with_reaches_the_caller(door, monkeypatch):
    monkeypatch.setenv("LSFS_FAKE_FAILURE", "1")
    with pytest.raises(VaultNewer, match="newer lsfs") as raised:
        door.client(on_demand=True).call("status")
    assert raised.value.hint == "upgrade lsfs"
    assert not os.path.exists(door.paths.socket)


def test_a_socket_path_that_is_too_long_is_refused_with_the_reason(private_home, monkeypatch):
    runtime = private_home / ("r" * 60) / ("s" * 60)
    runtime.mkdir(parents=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    with pytest.raises(DaemonUnavailable, match="the system allows 107"):
        Paths.from_env(os.environ).check_socket()


def test_a_daemon_of_another_data_folder_is_not_mistaken_for_ours(daemon, monkeypatch, private_home):
    monkeypatch.setenv("XDG_DATA_HOME", str(private_home / "other"))
    others = type(daemon)(private_home)
    with pytest.raises(ConflictError, match="serves another vault"):
        others.client().call("status")
    _, errors = others.spawn().communicate(timeout=20)
    assert b"another data folder" in errors


def test_a_daemon_whose_socket_is_gone_can_be_stopped(daemon):
    os.unlink(daemon.paths.socket)
    assert daemon.client().stop_daemon()
    assert not is_locked(daemon.paths.lock)
    assert not daemon.client().stop_daemon()


def test_something_that_is_no_socket_at_its_place_is_replaced(door):
    os.makedirs(os.path.dirname(door.paths.socket), mode=0o700)
    Path(door.paths.socket).write_text("")
    assert door.client(on_demand=True).call("hello")["pid"]


def test_an_older_daemon_is_replaced_and_the_request_answered(door, monkeypatch):
    monkeypatch.setenv("LSFS_FAKE_BUILD", "0.0.1/1/a")
    door.launch()
    old = pid_of_raw(door)
    monkeypatch.delenv("LSFS_FAKE_BUILD")
    answer = door.client().call("hello")
    assert answer["pid"] == pid_of_raw(door) != old
    assert Path(door.paths.log_file).read_text().count("stopping") == 1


def test_a_newer_daemon_is_left_alone(door, monkeypatch):
    monkeypatch.setenv("LSFS_FAKE_BUILD", "999.0.0/1/a")
    door.launch()
    assert door.client().call("hello")["build"] == "999.0.0/1/a"


def test_an_idle_daemon_never_wakes_up(daemon):
    pid = pid_of(daemon)
    time.sleep(0.5)
    before = _wake_ups(pid)
    time.sleep(2)
    assert _wake_ups(pid) - before <= 2  # uvicorn's own clock alone makes twenty


def _wake_ups(pid: int) -> int:
    """How often any thread of the process has gone to sleep."""
    lines = [line for task in Path(f"/proc/{pid}/task").iterdir() for line in (task / "status").read_text().split("\n")]
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def pid_of_raw(door) -> int:
    """The daemon's process as the lock names it: asking would replace an older daemon."""
    return int(Path(door.paths.lock).read_text())


def test_the_log_holds_no_query(daemon):
    daemon.client().call("find", {"words": "my secret illness"})
    daemon.stop()
    assert "illness" not in Path(daemon.paths.log_file).read_text()


def test_nothing_listens_where_the_socket_is_a_dead_one(door):
    os.makedirs(os.path.dirname(door.paths.socket), mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(door.paths.socket)
    with pytest.raises(DaemonUnavailable, match="does not run"):
        door.client().call("status")
    door.launch()
