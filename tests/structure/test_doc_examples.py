"""What the documents show is what happens: their runnable examples are typed into a shell and compared.

An example is a ``console`` block under the line ``<!-- runnable -->``, or ``<!-- runnable with fuse -->``, which is
left out where nothing can be mounted; those of one document run in order, in one new home.  Lines after ``$`` are
typed, the others are expected, in their order; further lines may stand between them.  Numbers and the width of blanks
may differ, and ``…`` stands for anything.  Every typed line must succeed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^<!-- runnable( with fuse)? -->\n+```console\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
CAN_MOUNT = os.access("/dev/fuse", os.R_OK | os.W_OK) and shutil.which("fusermount3") is not None
DOCUMENTS = [
    path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if BLOCK.search(path.read_text())
]


def steps(document: str) -> Iterator[tuple[str, list[str]]]:
    """Each typed line of the document's runnable examples with the lines expected after it."""
    for needs_fuse, block in BLOCK.findall(document):
        if needs_fuse and not CAN_MOUNT:
            continue
        for typed in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *expected = typed.rstrip().splitlines()
            yield command, [line for line in expected if line.strip()]


def pattern(line: str) -> re.Pattern[str]:
    """What an expected line allows."""
    literal = re.sub(r"\d+(?:[.,]\d+)*", "0", " ".join(line.split()))
    return re.compile(re.escape(literal).replace("…", ".*").replace(r"\.\.\.", ".*"))


def missing(expected: list[str], output: str) -> list[str]:
    """Expected lines that the output lacks, looked for in their order."""
    lines = iter([re.sub(r"\d+(?:[.,]\d+)*", "0", " ".join(line.split())) for line in output.splitlines()])
    return [line for line in expected if not any(pattern(line).search(printed) for printed in lines)]


@pytest.fixture
def shell(private_home: Path, models_folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a shell in a new home; the daemon that the examples start is stopped at the end."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LSFS_MODELS": str(models_folder),
        "COLUMNS": "120",
        "LC_ALL": "C.UTF-8",
    }
    yield environment
    for command in (["lsfs", "umount", "--force"], ["lsfs", "down"]):
        subprocess.run(command, env=environment, cwd=private_home, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_give_what_is_printed(document: Path, shell: dict[str, str], private_home: Path) -> None:
    for command, expected in steps(document.read_text()):
        done = subprocess.run(
            ["bash", "-c", command],
            env=shell,
            cwd=private_home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\nexit {done.returncode}\n{done.stdout}"
        assert missing(expected, done.stdout) == [], f"$ {command}\n{done.stdout}"


def test_readme_has_examples_that_run() -> None:
    assert ROOT / "README.md" in DOCUMENTS


def test_a_wrong_example_is_noticed() -> None:
    output = "1  ~/Notes/lease.md   0.93\n   the lease ends in May\n2  ~/Notes/bread.md\n"
    assert missing(["1 ~/Notes/lease.md 0.71", "… ends in May"], output) == []
    assert missing(["1 ~/Notes/butter.md"], output) == ["1 ~/Notes/butter.md"]
    assert missing(["bread.md", "lease.md"], output) == ["lease.md"]
