"""Only changed files are read, once, and only new contents are extracted; whatever stands in the tree has a state."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lsfs.compose import open_engine
from lsfs.workers.messages import Outcome


class Readings:
    """What the workers have read since the last `clear`: outcomes by name."""

    def __init__(self, lsfs, monkeypatch) -> None:
        self.lsfs = lsfs
        self.monkeypatch = monkeypatch
        self.outcomes: dict[str, Outcome] = {}
        self.count = 0

    def attach(self) -> None:
        """To the engine that runs now, before it reads."""
        parts = self.lsfs.engine._parts
        receive = parts.ingest.receive

        def counted(results) -> None:
            for result in results:
                self.count += 1
                self.outcomes[os.fsdecode(parts.vault.entries.get(result.job).path)] = result.outcome
            receive(results)

        self.monkeypatch.setattr(parts.ingest, "receive", counted)

    def restart(self, *between) -> None:
        """Ends the engine, does something while none runs, and starts one whose readings are counted too."""
        self.lsfs.engine.close()
        for action in between:
            action()
        self.lsfs.engine = open_engine(self.lsfs.paths, self.lsfs.config)
        self.attach()
        self.lsfs.engine.start()
        self.lsfs.settled()

    def clear(self) -> None:
        self.outcomes.clear()
        self.count = 0


@pytest.fixture
def readings(lsfs, monkeypatch) -> Readings:
    readings = Readings(lsfs, monkeypatch)
    readings.attach()
    return readings


def test_every_file_is_read_once_and_no_scan_reads_an_unchanged_one_again(lsfs, readings):
    for number in range(20):
        (lsfs.root / f"{number}.txt").write_text(f"number {number}")
    lsfs.up()
    assert len(readings.outcomes) == readings.count == 20
    readings.clear()
    lsfs.rescanned()
    lsfs.engine.rescan(None)
    lsfs.settled()
    readings.restart()
    assert readings.count == 0
    assert lsfs.differences() == []


def test_after_a_restart_only_what_changed_meanwhile_is_read(lsfs, readings):
    for name in ("kept", "edited", "deleted", "same-size", "touched"):
        (lsfs.root / f"{name}.txt").write_text(f"text of {name}")
    lsfs.up()
    readings.clear()

    def change() -> None:
        (lsfs.root / "edited.txt").write_text("another text")
        (lsfs.root / "deleted.txt").unlink()
        (lsfs.root / "new.txt").write_text("a new text")
        path = lsfs.root / "same-size.txt"
        before = path.stat()
        path.write_text(path.read_text().swapcase())
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        os.utime(lsfs.root / "touched.txt")

    readings.restart(change)
    assert lsfs.differences() == []
    assert readings.outcomes == {
        "edited.txt": Outcome.TEXT,
        "new.txt": Outcome.TEXT,
        "same-size.txt": Outcome.TEXT,
        "touched.txt": Outcome.KNOWN,
    }


def test_a_file_that_was_moved_renamed_copied_or_chmodded_is_never_extracted_again(lsfs, readings):
    (lsfs.root / "folder").mkdir()
    for name in ("moved", "renamed", "copied", "linked", "chmodded", "folder/inside"):
        (lsfs.root / f"{name}.txt").write_text(f"text of {name}")
    lsfs.up()
    contents = lsfs.index.contents.totals()
    readings.clear()
    (lsfs.root / "moved.txt").rename(lsfs.root / "folder/moved.txt")
    (lsfs.root / "renamed.txt").rename(lsfs.root / "other.txt")
    shutil.copy(lsfs.root / "copied.txt", lsfs.root / "copy.txt")
    os.link(lsfs.root / "linked.txt", lsfs.root / "link.txt")
    (lsfs.root / "chmodded.txt").chmod(0o600)
    (lsfs.root / "folder").rename(lsfs.root / "elsewhere")
    lsfs.rescanned()
    assert lsfs.differences() == []
    assert set(readings.outcomes.values()) <= {Outcome.KNOWN}
    assert lsfs.index.contents.totals() == contents


def test_many_files_of_one_new_content_are_extracted_once(lsfs, readings):
    for number in range(30):
        (lsfs.root / f"{number}.txt").write_text("the same text everywhere")
    lsfs.up()
    assert lsfs.differences() == []
    assert sorted(readings.outcomes.values()).count(Outcome.TEXT) == 1


UNREADABLE = """
import os, sys, time
sys.path[:0] = [{tests!r}]
from pathlib import Path
from conftest import engine_at

with engine_at(Path(sys.argv[1])) as lsfs:
    path = lsfs.root / "secret.txt"
    path.write_text("hidden words")
    path.chmod(0)
    (lsfs.root / "closed").mkdir()
    (lsfs.root / "closed/inside.txt").write_text("more hidden words")
    (lsfs.root / "closed").chmod(0)
    lsfs.up()
    status = lsfs.engine.file_status(os.fsencode(path))
    assert status.state == "failed" and "permission" in status.reason, status
    path.chmod(0o600)
    (lsfs.root / "closed").chmod(0o700)
    until = time.monotonic() + 10
    while lsfs.differences() and time.monotonic() < until:
        time.sleep(0.05)
    assert lsfs.differences() == [], lsfs.differences()
    (lsfs.root / "closed").chmod(0)
    lsfs.rescanned()
    entry = lsfs.entry("closed/inside.txt")
    assert entry is not None and not entry.gone, "what cannot be listed is not gone"
    (lsfs.root / "closed").chmod(0o700)
print("read once it may be")
"""


def test_an_unreadable_file_has_a_reason_and_is_read_once_permissions_change(short_tmp):
    command = [sys.executable]
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read everything, and there is no setpriv to give that up")
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all", *command]
    program = short_tmp / "program.py"
    program.write_text(UNREADABLE.format(tests=str(Path(__file__).parent)))
    (short_tmp / "at").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    result = subprocess.run(
        [*command, program, short_tmp / "at"], capture_output=True, text=True, env=environment, timeout=60
    )
    assert "read once it may be" in result.stdout, result.stderr


def test_a_file_that_changes_while_it_is_read_ends_with_its_last_content(lsfs):
    path = lsfs.root / "busy.log"
    path.write_text("begin\n")
    stop = threading.Event()

    def write() -> None:
        with open(path, "a") as file:
            while not stop.is_set():
                file.write("another line\n" * 200)
                file.flush()
                time.sleep(0.0002)

    writer = threading.Thread(target=write)
    writer.start()
    lsfs.up()
    time.sleep(1)
    stop.set()
    writer.join()
    assert lsfs.disagreement() == []


def test_fifos_sockets_and_devices_are_known_by_name_and_never_opened(lsfs, short_tmp):
    os.mkfifo(lsfs.root / "pipe.txt")
    at = os.getcwd()
    os.chdir(lsfs.root)  # a socket's path may be too long otherwise
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.txt")
    os.chdir(at)
    with contextlib.suppress(PermissionError):  # only root may make a device
        os.mknod(lsfs.root / "null.txt", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (lsfs.root / "file.txt").write_text("an ordinary file")
    lsfs.up()
    assert lsfs.differences() == []
    assert lsfs.engine.file_status(os.fsencode(lsfs.root / "pipe.txt")).state == "name-only"
    (lsfs.root / "file.txt").unlink()
    os.mkfifo(lsfs.root / "file.txt")
    assert lsfs.disagreement() == []


def test_names_may_be_any_bytes(lsfs):
    root = os.fsencode(lsfs.root)
    names = [
        b"x" * 251 + b".txt",
        b"\xff\xfe.txt",
        b"new\nline.txt",
        b"\n",
        b" ",
        b"-rf",
        b"'\"%_\\.txt",
        b"\x01\x7f.md",
    ]
    names += ["日本語.txt".encode(), "é.txt".encode(), "e\u0301.txt".encode()]
    for name in names:
        os.mkdir(os.path.join(root, name))
        for inner in names:
            Path(os.fsdecode(os.path.join(root, name, inner))).write_bytes(inner)
    lsfs.up()
    assert lsfs.differences() == []
    shutil.rmtree(os.fsdecode(os.path.join(root, names[0])))
    os.rename(os.path.join(root, b"\xff\xfe.txt"), os.path.join(root, b"\xfd.txt"))
    assert lsfs.disagreement() == []


def test_a_tree_deeper_than_a_path_may_be_long(lsfs):
    deep = 20
    fd = os.open(lsfs.root, os.O_RDONLY)
    for _ in range(deep):
        os.mkdir("d" * 250, dir_fd=fd)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    path = os.path.join(b"d" * 250, *[b"d" * 250] * (deep - 1), b"deep.txt")

    def write(text: bytes) -> None:
        file = os.open("deep.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, dir_fd=fd)
        os.write(file, text)
        os.close(file)

    write(b"words at the bottom")
    lsfs.up()
    first = lsfs.entry(path)
    root = lsfs.vault.roots.all()[0]
    assert first.content is not None and lsfs.index.files.at(root.id, path).content is not None
    write(b"other words at the bottom")
    lsfs.rescanned()
    assert lsfs.entry(path).content not in (None, first.content) and lsfs.entry(path).lineage == first.lineage
    os.unlink("deep.txt", dir_fd=fd)
    os.close(fd)
    lsfs.rescanned()
    assert lsfs.entry(path).gone


def fill(folder: Path, count: int) -> None:
    for number in range(count):
        (folder / f"file-{number:06}.txt").write_text(f"one of {number % 50}")


def check_a_crowded_folder(lsfs, count: int) -> None:
    fill(lsfs.root, count)
    lsfs.up()
    assert lsfs.vault.entries.living(lsfs.vault.roots.all()[0].id) == count
    assert lsfs.differences() == []


def test_twenty_thousand_files_in_one_folder(lsfs):
    check_a_crowded_folder(lsfs, 20_000)


@pytest.mark.long
def test_a_hundred_thousand_files_in_one_folder(lsfs):
    check_a_crowded_folder(lsfs, 100_000)
