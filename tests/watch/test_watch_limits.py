"""Where the kernel gives up, nothing is missed: a full queue ends in a scan, a missing watch in a rescan."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")

# Watches a folder; prints a line of JSON for every piece of work, and one more for each line it is sent.
CHILD = """
    import json, os, sys, threading, time
    from lsfs.core import paths
    from lsfs.core.ignore import IgnoreRules
    from lsfs.core.posix import mountinfo
    from lsfs.watch.coalesce import Timing
    from lsfs.watch.sources import native_source
    from lsfs.watch.watcher import Watcher

    if len(sys.argv) > 2:
        with open("/proc/sys/user/max_inotify_watches", "w") as sysctl:
            sysctl.write(sys.argv[2])
    root = os.fsencode(sys.argv[1])
    known, lock = {}, threading.Lock()

    def apply(batch):
        for item in batch.seen:
            known.setdefault(paths.split(item.path)[0], {})[paths.split(item.path)[1]] = item.key
        for path in batch.gone:
            known[paths.split(path)[0]].pop(paths.split(path)[1], None)

    def scan(subtree=b""):
        for batch in scanner.scan(lambda folder: known.get(folder, {}), subtree):
            apply(batch)

    def on_work(root_id, work):
        with lock:
            for subtree in work.subtrees:
                scan(subtree)
            apply(scanner.look(work.paths))
            tell("work")

    def tell(what):
        unwatched = watcher.unwatched(1)
        count = sum(len(names) for names in known.values())
        told = {"what": what, "count": count, "unwatched": len(unwatched.folders), "reason": unwatched.reason}
        print(json.dumps(told), flush=True)

    watcher = Watcher(native_source(time.monotonic), on_work, clock=time.monotonic,
                      timing=Timing(quiet=0.05, open_quiet=0.3, at_most=1.0))
    scanner = watcher.scanner(1, root, IgnoreRules(), mountinfo)
    watcher.start()
    watcher.add(1, root)
    with lock:
        scan()
        tell("ready")
    for line in sys.stdin:
        with lock:
            for folder in watcher.unwatched(1).folders:
                scan(folder)
            tell("rescanned")
    watcher.stop()
"""


class Child:
    def __init__(self, root, *arguments, prefix=()):
        self.process = subprocess.Popen(
            [*prefix, sys.executable, "-c", textwrap.dedent(CHILD), str(root), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )

        # A read of what never comes would wait for ever.
        self.guard = threading.Timer(40, self.process.kill)
        self.guard.start()

    def told(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        errors = self.process.communicate(timeout=30)[1]
        assert self.process.returncode == 0, errors
        return errors


@pytest.fixture
def child():
    started = []

    def make(*arguments, prefix=()):
        started.append(Child(*arguments, prefix=prefix))
        return started[-1]

    yield make
    for one in started:
        one.guard.cancel()
        if one.process.poll() is None:
            one.process.kill()
        one.process.communicate()


def test_a_burst_beyond_the_kernels_queue_ends_in_a_scan(tmp_path, child):
    for number in range(100):
        (tmp_path / f"d{number}").mkdir()
    watched = child(tmp_path)
    assert watched.told()["what"] == "ready"
    watched.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, watched.process.pid, os.WSTOPPED | os.WNOWAIT)
    # Folder after folder, so that of the last ones the queue holds nothing.
    for number in range(20_000):
        os.close(os.open(tmp_path / f"d{number // 200}" / f"{number}", os.O_CREAT | os.O_WRONLY))
    os.unlink(tmp_path / "d0" / "0")
    watched.process.send_signal(signal.SIGCONT)
    until = time.monotonic() + 30
    while watched.told()["count"] != 100 + 19_999:
        assert time.monotonic() < until
    assert "overflow" in watched.end()


def test_at_the_limit_of_watches_the_sysctl_is_named_and_the_rest_is_rescanned(tmp_path, child):
    prefix = ["unshare", "-U", "-r"]
    if shutil.which("unshare") is None or subprocess.run([*prefix, "true"], capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    for number in range(300):
        (tmp_path / f"d{number}").mkdir()
    watched = child(tmp_path, "100", prefix=prefix)
    ready = watched.told()
    assert (ready["count"], ready["unwatched"]) == (300, 201)
    assert "fs.inotify.max_user_watches" in ready["reason"]
    assert "(now 100)" in ready["reason"]
    for number in range(300):
        (tmp_path / f"d{number}" / "file").write_bytes(b"x")
    until = time.monotonic() + 30
    while (count := watched.told()["count"]) < 300 + 99:
        assert time.monotonic() < until
    assert count == 300 + 99
    watched.ask()
    while (told := watched.told())["what"] != "rescanned":
        assert time.monotonic() < until
    assert told["count"] == 600
    # Watches that come free are taken by the next rescan.
    for number in range(250):
        shutil.rmtree(tmp_path / f"d{number}")
    while told["unwatched"] or told["count"] != 100:
        assert time.monotonic() < until, told
        watched.ask()
        told = watched.told()
    watched.end()
