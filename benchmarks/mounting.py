"""The mount, beside the same on a plain file system: walks, reads, comparisons, searches, and a daemon that hangs.

    python benchmarks/mounting.py [--files 5000] [--links 10000] [--rounds 15] [--texts FOLDER] [--work DIR]

A root of ``--files`` small texts in folders of 50, ``--links`` notes of which 1,000 share a word, and a video of 100 MB
are indexed in a scratch home; then each thing is done on the mount and beside it in turn.  "First" is after the mount
was made anew, "second" right after that.  With ``--texts`` first searches are timed in an index of 100,000 chunks made
of that folder (`prepared.py`).  Figures are medians over the rounds.
"""

from __future__ import annotations

import argparse
import functools
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from harness import Lsfs, Report, installation, parser, timed, usage, wait_until
from prepared import prepare
from search import queries

WORDS = "lease rent notice garden invoice window letter morning paper river kitchen summer train ticket market".split()
SEARCH = "quagga"


Add = Callable[[str, float], None]
"""Takes a figure of a round, by its name."""


class Folders(NamedTuple):
    """What is measured."""

    texts: Path
    copy: Path
    notes: Path
    links: Path
    video: Path


def made(work: Path, files: int, links: int, video_bytes: int) -> Folders:
    """The folders, with their contents."""
    rng = random.Random(7)
    root = work / "root"
    folders = Folders(root / "texts", work / "copy", root / "notes", work / "links", root / "video" / "film.mkv")
    for number in range(files):
        folder = folders.texts / f"{number // 50:03}"
        folder.mkdir(parents=True, exist_ok=True)
        text = " ".join(rng.choices(WORDS, k=rng.randrange(20, 400)))
        (folder / f"{number}.txt").write_text(f"{number} {text}\n")
    folders.notes.mkdir(parents=True)
    folders.links.mkdir()
    for number in range(links):
        note = folders.notes / f"note{number}.md"
        note.write_text(f"{number} {rng.choice(WORDS)} {SEARCH if number < 1000 else 'ordinary'}\n")
        os.symlink(note, folders.links / note.name)
    shutil.copytree(folders.texts, folders.copy, symlinks=True)
    folders.video.parent.mkdir()
    folders.video.write_bytes(rng.randbytes(video_bytes))
    return folders


@contextmanager
def mounted(lsfs: Lsfs) -> Iterator[tuple[Path, int]]:
    """A mount, and its process."""
    point = Path(tempfile.mkdtemp(prefix="mount-", dir=lsfs.home))
    command = [sys.executable, "-P", "-m", "lsfsd", "fuse", str(point), "--lock", str(lsfs.home / "mount.lock")]
    process = subprocess.Popen(command, env=lsfs.environ)
    try:
        if not wait_until(lambda: f" {point} fuse.lsfs " in Path("/proc/mounts").read_text(), 20, 0.01):
            raise SystemExit(f"{point} is not mounted")
        yield point, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        point.rmdir()


@contextmanager
def loopback(source: Path, work: Path) -> Iterator[Path]:
    """A plain loopback of a folder."""
    point = Path(tempfile.mkdtemp(prefix="loop-", dir=work))
    script = Path(__file__).with_name("loopback.py")
    process = subprocess.Popen([sys.executable, str(script), str(source), str(point)])
    try:
        wait_until(lambda: f" {point} " in Path("/proc/mounts").read_text(), 20, 0.01)
        yield point
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        point.rmdir()


def ran(*command: str | Path) -> float:
    """Seconds that a program took, its output thrown away."""
    return timed(lambda: subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, check=False))


def read(path: Path) -> float:
    """MB/s of reading a file from its beginning to its end."""

    def whole() -> None:
        with open(path, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass

    return path.stat().st_size / 1e6 / timed(whole)


def past_of(point: Path, folder: Path) -> Path:
    """A folder of the root, in the tree as it is now."""
    return point / "at" / "now" / "root" / folder.name


def measured(report: Report, lsfs: Lsfs, folders: Folders, rounds: int, work: Path) -> None:
    """The figures of everything but searches that are asked the first time, and a daemon that hangs."""
    samples: dict[str, list[float]] = {}

    def add(name: str, value: float) -> None:
        samples.setdefault(name, []).append(value)

    for number in range(rounds):
        with ExitStack() as stack:
            point, pid = stack.enter_context(mounted(lsfs))
            plain = stack.enter_context(loopback(folders.video.parent, work))
            played = functools.partial(_played, plain=plain, objects=Path(lsfs.paths.vault_dir, "objects"))
            order = (_compared, _walked, _listed, played)
            for measure in order if number % 2 == 0 else reversed(order):
                measure(add, point, folders)
            add("memory of its process after that", usage([pid]).anonymous / 1e6)
    for name, (unit, reach) in _FIGURES.items():
        report.median(name, samples[name], unit, reach=reach)


_FIGURES = {
    "diff -r of two plain copies": ("s", ""),
    "diff -r at/now, first / plain": ("×", "≤ 10"),
    "diff -r at/now, second / plain": ("×", "≤ 5"),
    "find over plain links": ("s", ""),
    "find over links of a folder, first / plain": ("×", "≤ 5"),
    "find over links of a folder, second / plain": ("×", "≤ 5"),
    "find -ls over links of a folder / plain": ("×", ""),
    "ls of a search with 1,000 hits, first": ("ms", ""),
    "ls of a search with 1,000 hits, again": ("ms", "≤ 30"),
    "ls -l of a search with 1,000 hits, again": ("ms", ""),
    "first read of the video, from the disk": ("MB/s", "≥ 300"),
    "first read of the video, from memory": ("MB/s", ""),
    "second read of the video": ("MB/s", ""),
    "loopback: second read": ("MB/s", ""),
    "second read / that of the loopback": ("×", "≥ 0.8"),
    "memory of its process after that": ("MB", ""),
}


def _compared(add: Add, point: Path, folders: Folders) -> None:
    past = past_of(point, folders.texts)
    plain, first = ran("diff", "-r", folders.texts, folders.copy), ran("diff", "-r", past, folders.texts)
    again, second = ran("diff", "-r", folders.texts, folders.copy), ran("diff", "-r", past, folders.texts)
    add("diff -r of two plain copies", plain)
    add("diff -r at/now, first / plain", first / plain)
    add("diff -r at/now, second / plain", second / again)


def _walked(add: Add, point: Path, folders: Folders) -> None:
    kind = point / "by-type" / "note"
    first = ran("find", kind)
    plain, second = ran("find", folders.links), ran("find", kind)
    add("find over plain links", plain)
    add("find over links of a folder, first / plain", first / plain)
    add("find over links of a folder, second / plain", second / plain)
    add("find -ls over links of a folder / plain", ran("find", kind, "-ls") / ran("find", folders.links, "-ls"))


def _listed(add: Add, point: Path, folders: Folders) -> None:
    folder = point / "search" / SEARCH
    add("ls of a search with 1,000 hits, first", ran("ls", folder) * 1000)
    add("ls of a search with 1,000 hits, again", ran("ls", folder) * 1000)
    add("ls -l of a search with 1,000 hits, again", ran("ls", "-l", folder) * 1000)


def _played(add: Add, point: Path, folders: Folders, *, plain: Path, objects: Path) -> None:
    name = folders.video.name
    for file in objects.rglob("*"):
        if file.is_file():
            with open(file, "rb") as kept:
                os.posix_fadvise(kept.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    add("first read of the video, from the disk", read(past_of(point, folders.video.parent) / name))
    # By another path, which the kernel knows nothing of yet, while what it is made of is in memory.
    (version,) = (point / "history" / "root" / folders.video.parent.name / name).iterdir()
    add("first read of the video, from memory", read(version))
    read(plain / name)
    second, beside = read(version), read(plain / name)
    add("second read of the video", second)
    add("loopback: second read", beside)
    add("second read / that of the loopback", second / beside)


def hung(report: Report, lsfs: Lsfs) -> None:
    """What a daemon that does not answer costs whoever looks into folders of searches."""
    with mounted(lsfs) as (point, _):
        known, other = point / "search" / SEARCH, point / "search" / f"{SEARCH} ordinary"
        ran("ls", "-l", known)
        daemon = int(lsfs.client().call("status")["pid"])
        os.kill(daemon, signal.SIGSTOP)
        try:
            report.add("hung daemon: ls -l of a kept search", ran("ls", "-l", known), "s", reach="≤ 6")
            report.add("hung daemon: ls -l of another search", ran("ls", "-l", other), "s", reach="≤ 6")
            report.add("hung daemon: ls -l after that", ran("ls", "-l", other), "s", reach="at once")
            report.add("hung daemon: ls of the past", ran("ls", past_of(point, Path("notes"))), "s", reach="at once")
        finally:
            os.kill(daemon, signal.SIGCONT)
        start = time.monotonic()
        wait_until(lambda: subprocess.run(["ls", other], capture_output=True).returncode == 0, 30, 0.05)
        report.add("until searches work again", time.monotonic() - start, "s")


def first_searches(report: Report, source: Path, chunks: int, place: Path, rounds: int) -> None:
    """What the first opening of a folder of a search takes in a large index, beside the search alone."""
    prepared = prepare(source, place, chunks, None)
    with tempfile.TemporaryDirectory(prefix="prepared-", dir=place.parent) as scratch:
        home = Path(scratch, "home")
        shutil.copytree(prepared.home, home, symlinks=True)
        with installation(home=home) as lsfs:
            client = lsfs.client()
            asked = [request["words"] for request in queries(prepared, 2 * rounds + 5, 5)]
            for words in asked[:5]:
                client.call("find", {"words": words})
            with mounted(lsfs) as (point, _):
                folders = [point / "search" / words[:200].replace("/", " ") for words in asked[5:]]
                opened = [timed(lambda at=folder: os.listdir(at)) * 1000 for folder in folders[:rounds]]  # type: ignore[misc]
                listed = [ran("ls", folder) * 1000 for folder in folders[rounds:]]
                hits = [float(len(os.listdir(folder))) for folder in folders]
            alone = [timed(lambda w=words: client.call("find", {"words": w})) * 1000 for words in asked[5:]]  # type: ignore[misc]
    report.median(f"first listing of a search, {prepared.chunks:,} chunks", opened, "ms", reach="≤ 150")
    report.median("ls of another one, as a process", listed, "ms")
    report.median("entries of such a folder", hits)
    report.median("ten hits of the same queries over the socket", alone, "ms")


def options() -> argparse.Namespace:
    """The command line."""
    made = parser(__doc__)
    made.add_argument("--files", type=int, default=5000)
    made.add_argument("--links", type=int, default=10_000)
    made.add_argument("--video-mb", type=int, default=100)
    made.add_argument("--rounds", type=int, default=15)
    made.add_argument("--texts", type=Path, metavar="FOLDER", help="measure first searches too, in an index made of it")
    made.add_argument("--chunks", type=int, default=100_000)
    made.add_argument("--prepared", type=Path, metavar="DIR", help="where that index is kept (see prepared.py)")
    return made.parse_args()


def main() -> None:
    """Measures, and prints the table."""
    given = options()
    report = Report("mounting", vars(given))
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mounting-", dir=given.work)))
        folders = made(work, given.files, given.links, given.video_mb << 20)
        lsfs = stack.enter_context(installation(work, embedder=given.embedder or "off"))
        lsfs.up(work / "root", until="all")
        time.sleep(3)  # what the first scan found is a version once it has stood for two seconds
        measured(report, lsfs, folders, given.rounds, work)
        hung(report, lsfs)
        if given.texts is not None:
            first_searches(report, given.texts, given.chunks, given.prepared or work / "prepared", given.rounds)
    report.finish(given.json)


if __name__ == "__main__":
    main()
