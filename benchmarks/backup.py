"""How fast a folder gets its first versions, and in how many bytes, beside restic and borg.

    python benchmarks/backup.py FOLDER [--rounds 15] [--index] [--work DIR] [--json FILE]
    python benchmarks/backup.py --tree-from DIR… [--files 10000] …

A round makes a fresh vault and fresh repositories, and times, in alternation:

- lsfs: from the request to watch FOLDER, made to a running daemon, until every file in it has a version whose bytes are
  on the disk.  Nothing is searched (``--index off``), so this is what the others do, too;
- ``restic backup``; and ``borg create --compression zstd,3`` without encryption.

Then all of it once more with nothing changed; lsfs scans the folder.  With ``--index`` the folder is also indexed by
words, with versions and without, from nothing, in alternation.  Files come from the page cache.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from harness import Lsfs, Report, alternating, disk_bytes, installation, parser, timed, to_wire

REST_S = 3
"""What lsfs still has to do after the last version is over then."""


def build_tree(sources: Sequence[Path], target: Path, files: int, most_bytes: int) -> None:
    """A mixed tree from files of the system, the same from the same files: ten folders, names kept."""
    found = [path for source in sources for path in source.rglob("*") if path.is_file() and not path.is_symlink()]
    found.sort(key=lambda path: hashlib.sha1(bytes(path)).digest())
    for number, path in enumerate(found[:files]):
        most_bytes -= path.stat().st_size
        if most_bytes < 0:
            break
        folder = target / f"part{number // 1000}" / str(path.parent).strip("/").replace("/", "_")[-60:]
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, folder / f"{number}-{path.name}")


class Rival:
    """A backup program with a repository below a folder of its own."""

    def __init__(self, name: str, work: Path, folder: Path) -> None:
        self.name = name
        self._home, self._folder = work / name, folder
        self._repository = self._home / "repository"
        self._environ = {
            **os.environ,
            "HOME": str(self._home),
            "RESTIC_PASSWORD": "x",
            "RESTIC_REPOSITORY": str(self._repository),
            "RESTIC_CACHE_DIR": str(self._home / "cache"),
            "BORG_BASE_DIR": str(self._home / "base"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        }
        self.bytes = 0
        self.again: list[float] = []

    def first(self) -> float:
        """Seconds of a first backup into a fresh repository; the second one is timed beside it."""
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir()
        begin = {"restic": ["restic", "init"], "borg": ["borg", "init", "-e", "none", str(self._repository)]}
        self._run(begin[self.name])
        os.sync()
        seconds = timed(lambda: self._run(self._backup("a")))
        self.bytes = disk_bytes(self._repository)
        self.again.append(timed(lambda: self._run(self._backup("b"))))
        return seconds

    def _backup(self, name: str) -> list[str]:
        if self.name == "restic":
            return ["restic", "backup", "-q", str(self._folder)]
        return ["borg", "create", "--compression", "zstd,3", f"{self._repository}::{name}", str(self._folder)]

    def _run(self, command: list[str]) -> None:
        subprocess.run(command, env=self._environ, check=True, stdout=subprocess.DEVNULL)


class Ours:
    """lsfs in a fresh home for each round."""

    def __init__(self, work: Path, folder: Path) -> None:
        self._work, self._folder = work, folder
        self.bytes = 0
        self.rest = 0
        self.again: list[float] = []

    def versions_alone(self) -> float:
        """Seconds until all has a version, nothing being searched; an unchanged scan is timed beside it."""
        with installation(self._work, embedder="off") as lsfs:
            lsfs.client().call("status")
            os.sync()
            seconds = timed(lambda: self._up(lsfs, {"index": "off"}, "all"))
            self._check(lsfs)
            data = Path(lsfs.paths.vault_dir)
            self.bytes, self.rest = disk_bytes(data / "objects"), disk_bytes(data) - disk_bytes(data / "objects")
            time.sleep(REST_S)
            self.again.append(timed(lambda: self._rescan(lsfs)))
        return seconds

    def words(self, versions: str) -> float:
        """Seconds until all is found by words, and has its versions where those are on."""
        with installation(self._work, embedder="off") as lsfs:
            lsfs.client().call("status")
            os.sync()
            return timed(lambda: self._up(lsfs, {"versions": versions}, "all"))

    def _up(self, lsfs: Lsfs, settings: dict[str, str], until: str) -> None:
        client = lsfs.client()
        paths = [to_wire(os.fsencode(self._folder))]
        client.call("up", {"paths": paths, "settings": settings})
        for _ in client.stream("progress", {"until": until, "paths": paths}):
            pass

    def _rescan(self, lsfs: Lsfs) -> None:
        client = lsfs.client()
        client.call("rescan", {})
        for _ in client.stream("progress", {"until": "all"}):
            pass

    def _check(self, lsfs: Lsfs) -> None:
        protected = lsfs.client().call("status")["protected"]
        if protected != 1.0:
            raise SystemExit(f"only {protected} of the bytes have a version")


def rivals(work: Path, folder: Path) -> Iterator[Rival]:
    for name in ("restic", "borg"):
        if shutil.which(name):
            yield Rival(name, work, folder)


def measure(folder: Path, given: argparse.Namespace, work: Path, report: Report) -> None:
    sizes = [path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    report.add("files", len(sizes))
    report.add("bytes", sum(sizes) / 1e6, "MB")
    ours, others = Ours(work, folder), list(rivals(work, folder))
    times, *theirs = alternating(given.rounds, ours.versions_alone, *(other.first for other in others))
    report.median("first versions", times, "s")
    report.add("objects", ours.bytes / 1e6, "MB")
    report.add("vault beside them", ours.rest / 1e6, "MB")
    for other, seconds in zip(others, theirs, strict=True):
        report.median(f"{other.name}: first backup", seconds, "s")
        report.add(f"{other.name}: repository", other.bytes / 1e6, "MB")
        ratios = [rival / own for own, rival in zip(times, seconds, strict=True)]
        report.median(f"speed, of {other.name}'s", ratios, reach="≥ 1.0")
    if others:
        smaller = min(other.bytes for other in others)
        report.add("objects / the smaller repository", ours.bytes / smaller, reach="≤ 1.1")
    report.median("nothing changed: lsfs scans", ours.again, "s", reach="≤ 0.5")
    for other in others:
        report.median(f"nothing changed: {other.name}", other.again, "s")
    if given.index:
        with_versions, without = alternating(given.rounds, lambda: ours.words("on"), lambda: ours.words("off"))
        report.median("words, with versions", with_versions, "s")
        report.median("words, without", without, "s")
        ratios = [one / other for one, other in zip(with_versions, without, strict=True)]
        report.median("words, with versions / without", ratios, reach="≤ 1.25")
        report.add(
            "files a second, with versions", len(sizes) / statistics.median(with_versions), reach="≥ 1,000 of text"
        )


def main() -> None:
    made = parser(__doc__)
    made.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    made.add_argument("--rounds", type=int, default=15)
    made.add_argument("--index", action="store_true", help="index by words, too")
    made.add_argument("--tree-from", nargs="+", type=Path, metavar="DIR", help="build the folder from these")
    made.add_argument("--files", type=int, default=10_000, help="files of the built folder")
    made.add_argument("--bytes", type=int, default=1_000_000_000, help="bytes of the built folder at most")
    given = made.parse_args()
    if (given.folder is None) == (given.tree_from is None):
        made.error("name a folder, or folders to build one from")
    report = Report("backup", vars(given))
    with ExitStack() as stack:
        work = Path(
            os.path.realpath(stack.enter_context(tempfile.TemporaryDirectory(prefix="backup-", dir=given.work)))
        )
        folder = given.folder
        if folder is None:
            folder = work / "tree"
            build_tree(given.tree_from, folder, given.files, given.bytes)
        measure(folder.absolute(), given, work, report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
