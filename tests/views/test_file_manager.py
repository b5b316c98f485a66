"""A file manager on a mount: browse a search, open a hit, tag by a link, copy an old version back."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal

pytestmark = [
    pytest.mark.fuse,
    pytest.mark.skipif(shutil.which("mc") is None, reason="mc is not installed (apt install mc)"),
]
SEARCH, VIEW, COPY, LINK, CANCEL = "\x13", "\x1b3", "\x1b5", "\x18s", "\x1b\x1b"


@contextlib.contextmanager
def commander(home, left: Path, right: Path) -> Iterator[Terminal]:
    """mc with two folders side by side."""
    environ = {**home.environ, "TERM": "xterm", "LINES": "30", "COLUMNS": "120"}
    terminal = Terminal(["mc", "-u", "-d", "-b", str(left), str(right)], environ, home.folder)
    try:
        yield terminal
    finally:
        os.kill(terminal.child, 9)
        os.waitpid(terminal.child, 0)
        os.close(terminal.here)


def pointed_at(terminal: Terminal, name: str) -> None:
    """Moves the cursor to a name."""
    terminal.until(name)
    terminal.type(SEARCH + name[:-3])
    time.sleep(0.5)
    terminal.type(CANCEL)
    time.sleep(0.5)


def test_a_hit_of_a_search_is_opened(home, point):
    with commander(home, point / "search" / "lease lyon", home.folder) as mc:
        pointed_at(mc, "lease5.md")
        mc.type(VIEW)
        mc.until("tenancy number 5")


def test_a_file_is_copied_out_of_the_past(home, point, wait_until):
    copies = home.folder / "copies"
    copies.mkdir()
    with commander(home, point / "at" / "now" / "Documents", copies) as mc:
        pointed_at(mc, "lease7.md")
        mc.type(COPY)
        mc.until("OK")
        mc.type("\r")
        copy, original = copies / "lease7.md", home.root / "lease7.md"
        wait_until(lambda: copy.exists() and copy.read_bytes() == original.read_bytes())
    assert copy.stat().st_mtime_ns // 10**9 == original.stat().st_mtime_ns // 10**9


def test_a_link_that_is_made_tags(home, point, wait_until):
    os.mkdir(point / "by-tag" / "seen")
    with commander(home, home.root, point / "by-tag" / "seen") as mc:
        pointed_at(mc, "lease8.md")
        mc.type(LINK)
        mc.until("OK")
        mc.type("\r")
        wait_until(lambda: home.tags(home.root / "lease8.md") == ["seen"])
