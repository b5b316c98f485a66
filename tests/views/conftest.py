"""One home with a real daemon and a real mount for each module, and its tree in memory beside it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.views.abuse import stuck
from tests.views.surfaces import Home, MountSurface, Surface, TreeSurface, home_at, mounted

NO_FUSE = None
if not os.access("/dev/fuse", os.R_OK | os.W_OK):
    NO_FUSE = "no /dev/fuse here that may be opened"
elif shutil.which("fusermount3") is None:
    NO_FUSE = "fusermount3 is not installed: packaging/system_packages.sh"

LEASES = 12


@pytest.fixture(scope="module")
def home(process_folder: Path) -> Iterator[Home]:
    """A home with some documents, all of them found and kept."""
    folder = Path(tempfile.mkdtemp(prefix="v", dir=process_folder))
    with home_at(folder) as made:
        filled(made.root)
        made.up()
        time.sleep(2.5)  # what the first scan found is a version once it has stood for two seconds
        made.settled()
        yield made
    shutil.rmtree(folder)


def filled(root: Path) -> None:
    """Documents that some searches find."""
    for number in range(LEASES):
        (root / f"lease{number}.md").write_text(
            f"# Lease {number}\n\nA flat in Lyon is let, tenancy number {number}.\n"
        )
        os.utime(root / f"lease{number}.md", (1_700_000_000 + number, 1_700_000_000 + number))
    (root / "house" / "garden").mkdir(parents=True)
    (root / "house" / "lease0.md").write_text("# Another lease\n\nA house in Lyon, with a garden.\n")
    (root / "house" / "garden" / "roses.txt").write_text("Roses want sun, and water in Lyon summers.\n")
    (root / "house" / "invoice.pdf.txt").write_text("Invoice for three quagga brushes.\n")
    (root / "run.sh").write_text("#!/bin/sh\necho quagga\n")
    (root / "run.sh").chmod(0o755)
    os.symlink("house/garden", root / "garden")


@pytest.fixture(scope="module")
def point(home: Home) -> Iterator[Path]:
    """A mount of that home."""
    if NO_FUSE:
        pytest.skip(NO_FUSE)
    with mounted(home) as at:
        yield at


@pytest.fixture(scope="module")
def in_memory(home: Home) -> Iterator[TreeSurface]:
    """Its tree in memory."""
    with contextlib.ExitStack() as closing:
        yield TreeSurface(home, closing)


@pytest.fixture(params=["tree", pytest.param("mount", marks=pytest.mark.fuse)])
def surface(request: pytest.FixtureRequest) -> Surface:
    """The tree in memory, then the mount."""
    if request.param == "tree":
        return request.getfixturevalue("in_memory")
    return MountSurface(request.getfixturevalue("point"))


@pytest.fixture
def nothing_stuck() -> Iterator[None]:
    """No process is left in state D."""
    yield
    assert stuck() == []
