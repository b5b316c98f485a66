"""A mount that does not answer: the daemon asks nothing of it, whatever path a request names."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.errors import LsfsError
from tests.views.conftest import NO_FUSE
from tests.views.surfaces import Home, mount_of

pytestmark = [pytest.mark.fuse, pytest.mark.skipif(NO_FUSE is not None, reason=str(NO_FUSE))]
AT_ONCE_S = 2.0


@pytest.fixture(scope="module")
def hung(home: Home) -> Iterator[Path]:
    """A mount point in the watched folder, whose process is stopped."""
    point = home.root / "shown"
    point.mkdir()
    with mount_of(home, point) as mount:
        os.kill(mount.process.pid, signal.SIGSTOP)
        try:
            yield point
        finally:
            os.kill(mount.process.pid, signal.SIGCONT)


CALLS = {
    "history": {"path": "{}"},
    "diff": {"path": "{}"},
    "at": {"path": "{}", "when": "now"},
    "tags": {"paths": ["{}"]},
    "find": {"words": "lease", "in_folder": "{}"},
    "file_status": {"path": "{}"},
    "log": {"path": "{}"},
    "retention": {"path": "{}"},
    "remove_root": {"path": "{}"},
    "rescan": {"path": "{}"},
    "purge": {"path": "{}"},
    "up": {"paths": ["{}"]},
    "plan": {"actions": [{"do": "tag", "paths": ["{}"], "tags": ["seen"]}]},
    "summarize": {"path": "{}"},
    "compare": {"old": "{}", "new": "{}"},
    "do": {"sentence": "move {} to Archive"},
}
STREAMS = {"summarize", "compare", "do"}


def named(value, path):
    if isinstance(value, str):
        return value.replace("{}", path)
    if isinstance(value, list):
        return [named(one, path) for one in value]
    return {key: named(one, path) for key, one in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("inside", ["search/lease/lease1.md", "at/now/Documents/../..", "."])
@pytest.mark.parametrize("call", CALLS)
def test_a_request_about_a_path_in_it_is_answered(home, hung, call, inside):
    fields = named(CALLS[call], f"{hung}/{inside}") | {"llm": False}  # which takes its time, about any path
    began = time.monotonic()
    try:
        answer = home.client.stream(call, fields) if call in STREAMS else home.client.call(call, fields)
        list(answer if call in STREAMS else ())
    except LsfsError as error:
        assert error.code not in ("internal", "daemon-unavailable"), error.message
    assert time.monotonic() - began < AT_ONCE_S


def test_a_request_from_a_folder_in_it_is_answered(home, hung):
    began = time.monotonic()
    events = list(home.client.stream("do", {"sentence": "find leases", "cwd": f"{hung}/by-type", "llm": False}))
    assert events and time.monotonic() - began < AT_ONCE_S


def test_everything_else_goes_on(home, hung):
    began = time.monotonic()
    assert home.client.call("find", {"words": "roses"})["hits"]
    home.client.call("rescan", {"path": str(home.root)})
    home.settled()
    assert home.client.call("history", {"path": str(home.root / "run.sh")})["files"]
    assert time.monotonic() - began < 2 * AT_ONCE_S
