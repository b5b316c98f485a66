"""What keeping versions costs a program that writes many files, and how soon they are kept.

    python benchmarks/writing.py ARCHIVE.tar [--rounds 15] [--work DIR] [--json FILE]
    python benchmarks/writing.py --files 5000 …

``tar -xf`` unpacks the archive (by default one of small text files made for it) into a folder below a root that lsfs
watches, and, in alternation, into one that nobody watches, lsfs at rest; each time into a new folder.  The archive is
in the page cache.  After each watched round, the time is taken from tar's end until every file has a version whose
bytes are kept.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import tarfile
import tempfile
import time
from pathlib import Path

from harness import Report, alternating, installation, parser, timed, wait_until

SETTLE_S = 2.0


def make_archive(path: Path, files: int) -> None:
    """An archive of small files of text, in folders of a hundred."""
    rng = random.Random(2)
    words = [rng.randbytes(3).hex() for _ in range(3000)]
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        for number in range(files):
            file = Path(folder, f"{number // 100:03d}", f"{number}.txt")
            file.parent.mkdir(exist_ok=True)
            file.write_text(" ".join(rng.choices(words, k=rng.randrange(20, 800))) + f"\n{number}\n")
        with tarfile.open(path, "w") as archive:
            archive.add(folder, arcname=".")


def measure(given: argparse.Namespace, work: Path, report: Report) -> None:
    archive = given.archive
    if archive is None:
        archive = work / "archive.tar"
        make_archive(archive, given.files)
    with tarfile.open(archive) as opened:
        count = sum(member.isfile() for member in opened)
    report.add("files", count)
    root, plain = work / "root", work / "plain"
    root.mkdir()
    plain.mkdir()
    with installation(work, embedder=given.embedder or "off") as lsfs:
        lsfs.up(root, until="all")
        rounds = {"watched": 0, "plain": 0}
        delays: list[float] = []

        def unpack(kind: str) -> float:
            folder = (root if kind == "watched" else plain) / str(rounds[kind])
            rounds[kind] += 1
            folder.mkdir()
            os.sync()
            seconds = timed(lambda: subprocess.run(["tar", "-xf", archive, "-C", folder], check=True))
            if kind == "watched":
                began = time.perf_counter()
                everything = count * rounds[kind]
                if not wait_until(lambda: versions() >= everything, 60, 0.05):
                    print(f"only {versions()} of {everything} files have a version after a minute")
                delays.append(time.perf_counter() - began)
            else:
                shutil.rmtree(folder)
            return seconds

        def versions() -> int:
            # Asked of the vault itself, which costs the daemon nothing.
            import apsw

            vault = apsw.Connection(f"file:{lsfs.paths.vault_dir}/vault.db?mode=ro", flags=apsw.SQLITE_OPEN_URI | 1)
            try:
                return int(
                    next(
                        vault.execute(
                            "SELECT count(*) FROM versions WHERE number IS NOT NULL AND (content IN "
                            "(SELECT hash FROM pieces) OR content IN (SELECT hash FROM contents))"
                        )
                    )[0]
                )
            finally:
                vault.close()

        unpack("watched")
        rounds_of = alternating(given.rounds, lambda: unpack("watched"), lambda: unpack("plain"))
    watched, alone = rounds_of
    report.median("tar into a watched folder", watched, "s")
    report.median("tar elsewhere", alone, "s")
    report.median("ratio", [one / other for one, other in zip(watched, alone, strict=True)], reach="≤ 1.25")
    report.median("until all have a version", delays[1:], "s", reach=f"≤ {SETTLE_S + 8:g}")
    report.add("the longest", max(delays[1:]), "s", reach=f"≤ {SETTLE_S + 8:g}")


def main() -> None:
    made = parser(__doc__)
    made.add_argument("archive", nargs="?", type=Path, metavar="ARCHIVE.tar")
    made.add_argument("--files", type=int, default=5000, help="files of the archive that is made")
    made.add_argument("--rounds", type=int, default=15)
    given = made.parse_args()
    report = Report("writing", vars(given))
    with tempfile.TemporaryDirectory(prefix="writing-", dir=given.work) as work:
        measure(given, Path(os.path.realpath(work)), report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
