"""The daemon as it is, but for its regular jobs, which are due all the time, and its packs, which are soon full.

A program: it takes the arguments of ``lsfsd``.  With ``LSFS_TEST_SLOWLY`` in its environment it rests a while at every
boundary of tidying.
"""

from __future__ import annotations

import functools
import os
import time

from lsfs import compose
from lsfs.jobs import Job
from lsfs.objects import packs
from lsfsd import run
from lsfsd.main import main

JOBS = [Job("tidy", 0.2, "asked for"), Job("copy", 0.5, "asked for"), Job("sweep", 0.5, "asked for")]


def rest(boundary: str) -> None:
    if boundary.startswith("gc."):
        time.sleep(0.3)


if __name__ == "__main__":
    run.jobs = lambda config: JOBS
    packs.PACK_BYTES, packs.LOOSE_BYTES = 300_000, 60_000
    if "LSFS_TEST_SLOWLY" in os.environ:
        compose.open_engine = functools.partial(compose.open_engine, reach=rest)
    main()
