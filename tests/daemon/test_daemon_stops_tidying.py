"""A daemon that is asked to end does so, however much there is to be tidied up; the rest is for the next one."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from lsfs.core.config import Config
from lsfs.objects import packs as packs_module
from tests.crash.daemon import Daemon
from tests.versions.cellar import Cellar

DEAD = 60
DAYS_S = 3 * 24 * 3600


def test_tidying_ends_when_the_daemon_is_to_end_and_the_next_one_does_the_rest(
    private_home, monkeypatch, wait_until, request
):
    daemon = Daemon(Config(embedder="off"))
    request.addfinalizer(daemon.kill)
    folder = Path(daemon.paths.vault_dir)
    folder.mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(packs_module, "LOOSE_BYTES", 60_000)
    with contextlib.closing(Cellar(folder)) as cellar:
        needed = cellar.keep(0, 70_000)
        cellar.save(b"f", needed)
        for seed in range(DEAD):
            cellar.keep(seed + 1, 70_000)
    ago = time.time() - DAYS_S
    for path in folder.glob("objects/*/*.piece"):
        os.utime(path, (ago, ago))

    def left() -> int:
        return len(list(folder.glob("objects/*/*.piece")))

    assert left() == DEAD + 1
    monkeypatch.setenv("LSFS_TEST_SLOWLY", "yes")
    daemon.start()
    wait_until(lambda: left() <= DEAD)
    began = time.monotonic()
    daemon.end()
    assert time.monotonic() - began < 0.3 * DEAD / 2  # what is left would take
    assert left() > 1
    monkeypatch.delenv("LSFS_TEST_SLOWLY")
    daemon.start()
    wait_until(lambda: left() == 1)
    daemon.end()
    with contextlib.closing(Cellar(folder)) as cellar:
        assert cellar.is_whole(needed)
