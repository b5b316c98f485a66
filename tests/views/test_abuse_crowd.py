"""Many processes that list and read one mount while files change and the index is compared with the disk."""

from __future__ import annotations

import collections
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.views.abuse import THEN, age, descriptors, links, resident_kib, within, write
from tests.views.conftest import NO_FUSE
from tests.views.surfaces import Home, home_at, mount_of

pytestmark = [
    pytest.mark.fuse,
    pytest.mark.skipif(NO_FUSE is not None, reason=str(NO_FUSE)),
    pytest.mark.usefixtures("nothing_stuck"),
]

READER = str(Path(__file__).with_name("reader.py"))
READERS = 32
STILL, BUSY = 200, 30
GROWTH_KIB = 32 * 1024
"""What a mount may have in memory more than when it was warm."""
MOST_DESCRIPTORS = 250
"""Each of its 32 threads has connections to the vault."""


@pytest.fixture(scope="module")
def home(process_folder: Path) -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="c", dir=process_folder))
    with home_at(folder) as made:
        for number in range(STILL):
            write(made.root / "still" / f"lease{number}.md", f"name lease{number}.md\nA flat in Lyon.\n" * (1 + number))
        for number in range(BUSY):
            change(made.root, number, 0)
        age(made.root)
        made.up()
        yield made
    shutil.rmtree(folder)


def change(root: Path, number: int, times: int) -> None:
    """Has other content in a file, all at once, as editors save."""
    name = f"busy{number}.txt"
    put(root / "busy" / name, f"name {name}\nA garden with a quagga, seen {times} times.\n" * (1 + times % 7))


def put(path: Path, text: str) -> None:
    """A file that is there as a whole, or not at all."""
    path.parent.mkdir(exist_ok=True)
    write(path.parent.parent / f".part-{path.name}", text).rename(path)


@pytest.mark.parametrize(
    ("seconds", "anew"), [(10, False), pytest.param(60, True, marks=pytest.mark.long)], ids=["compared", "made-anew"]
)
def test_32_readers_get_right_bytes_or_an_allowed_errno_and_the_mount_stays_as_small_as_it_was(home, seconds, anew):
    still = home.root / "still"
    kept = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in still.iterdir()}
    with mount_of(home) as mount:
        point = mount.point
        (point / "by-tag" / "kept").mkdir(exist_ok=True)
        for number in range(5):
            link = point / "by-tag" / "kept" / f"lease{number}.md"
            if not link.is_symlink():
                link.symlink_to(still / link.name)
        pids = [mount.process.pid]
        wanted = {"point": str(point), "then": f"at/{THEN}/Documents/still", "kept": kept, "seconds": seconds}
        # While there is no daemon, searches are refused.
        wanted["passing"] = ["ECONNREFUSED"] if anew else []
        readers = [_reader(wanted, seed) for seed in range(READERS)]
        warm = None
        begun, changes = time.monotonic(), 0
        while (passed := time.monotonic() - begun) < seconds:
            if anew and passed > seconds / 4:
                anew = False
                _make_index_anew(home)
            _disturb(home, changes)
            changes += 1
            if warm is None and passed > seconds / 2:
                warm = [resident_kib(pid) for pid in pids]
            time.sleep(0.05)
        said = [_said(reader) for reader in readers]
        assert [line for one in said for line in one["wrong"]] == []
        looks = collections.Counter[str]()
        for one in said:
            looks.update(one["looks"])
        assert set(looks) == {"search", "by_type", "by_tag", "history", "a_time", "now", "walk"}
        assert max(one["slowest_s"] for one in said) < 15
        assert warm is not None
        grown = [resident_kib(pid) - before for pid, before in zip(pids, warm, strict=True)]
        assert max(grown) < GROWTH_KIB, grown
        assert max(descriptors(pid) for pid in pids) < MOST_DESCRIPTORS
        with within(10):
            assert home.client.call("find", {"words": "lease lyon"})["hits"]
            assert links(point / "search" / "lease lyon")
        assert changes > seconds  # there was something to cope with


def _reader(wanted: dict[str, object], seed: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-IS", READER, json.dumps(wanted | {"seed": seed})]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def _said(reader: subprocess.Popen[bytes]) -> dict:
    said, _ = reader.communicate(timeout=30)
    assert reader.returncode == 0
    return json.loads(said)


def _make_index_anew(home: Home) -> None:
    """As after an update that indexes in another way: the index begins from nothing."""
    home.client.stop_daemon()
    made = list(Path(home.paths.index_dir).glob("index.db*"))
    assert made
    for file in made:
        file.unlink()
    assert home.client.call("status")["pid"]


def _disturb(home: Home, number: int) -> None:
    """Changes a file or two, and has all of them compared now and then."""
    change(home.root, number % BUSY, number)
    passing = home.root / "busy" / f"passing{number % 3}.md"
    if passing.exists():
        passing.unlink()
    else:
        put(passing, f"name {passing.name}\nA garden that is soon gone.\n")
    if number % 20 == 0:
        home.client.call("rescan", {})
