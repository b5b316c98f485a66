"""The daemon's log: a file of the user alone, bounded in size.

At the level ``info`` it holds no query, no sentence and no content of a file; ``debug`` may.
"""

from __future__ import annotations

import contextlib
import logging
import logging.handlers
import os
import sys
from collections.abc import Iterator

from lsfs.core.locations import make_private_folder

MAX_BYTES = 4 * 1024 * 1024
KEPT = 3
_TALKATIVE = ("apscheduler", "uvicorn")
"""Libraries that tell of each start and stop of theirs, which our own services do as well."""
_TELLING = ("httpx2", "httpcore2")
"""Libraries that tell of each request with its URL and headers, and of what is secret in them."""
_FORMAT = "%(asctime)s %(levelname)s %(process)d %(threadName)s %(name)s: %(message)s"


@contextlib.contextmanager
def logging_to(path: str, level: str, *, also_stderr: bool) -> Iterator[None]:
    """Sends what is logged to the file at `path` meanwhile."""
    make_private_folder(os.path.dirname(path))
    # Handlers open with the process's umask; the file has to be there, with its mode, before.
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    handlers: list[logging.Handler] = [_PrivateRotatingFile(path, maxBytes=MAX_BYTES, backupCount=KEPT)]
    if also_stderr:
        handlers.append(logging.StreamHandler(sys.stderr))
    root = logging.getLogger()
    before = root.level
    root.setLevel(level.upper())
    for name in (*_TALKATIVE, *_TELLING):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
        root.addHandler(handler)
    try:
        yield
    finally:
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


class _PrivateRotatingFile(logging.handlers.RotatingFileHandler):
    def doRollover(self) -> None:
        super().doRollover()
        os.chmod(self.baseFilename, 0o600)
