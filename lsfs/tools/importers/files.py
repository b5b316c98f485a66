"""Files that sources lie in: read with limits, JSON and YAML told apart, nothing in them trusted."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

from lsfs.core.errors import NothingFound, PermissionRefused, RefusedError, UsageError
from lsfs.core.posix import open_beneath
from lsfs.core.tools import ToolSource
from lsfs.tools.importers.base import MOST_FILE_BYTES

_MOST_NODES = 2_000_000
"""Values of one document, counted with what its aliases repeat."""
# NONBLOCK: what was a file may be a FIFO by now, and opening that would wait for a writer.
_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def source_path(source: ToolSource) -> Path:
    """The path that a source lies at.  Raises UsageError where it names none."""
    path = source.where.get("path")
    if not isinstance(path, str) or not path:
        raise UsageError(f"the source {source.name} says no path")
    return Path(path)


def read_file(path: Path, most: int = MOST_FILE_BYTES) -> bytes:
    """A file's bytes; raises NothingFound, PermissionRefused and, for a larger one, UsageError."""
    try:
        return _read(os.open(path, _READ), path, most)
    except OSError as error:
        raise _unreadable(error, path) from error


def read_beneath(folder: Path, path: Path, most: int) -> bytes:
    """A file's bytes, no link below `folder` followed; raises as `read_file`, and RefusedError for a link."""
    try:
        within = os.fsencode(path.relative_to(folder))
        top = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return _read(open_beneath(top, within, _READ), path, most)
        finally:
            os.close(top)
    except ValueError as error:
        raise RefusedError(f"it is not in {folder}", path=str(path)) from error
    except OSError as error:
        raise _unreadable(error, path) from error


def _read(descriptor: int, path: Path, most: int) -> bytes:
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NothingFound("that is no file", path=str(path))
        data = file.read(most + 1)
    if len(data) > most:
        raise UsageError(f"the file is larger than {most >> 20} MiB", path=str(path))
    return data


def _unreadable(error: OSError, path: Path) -> NothingFound | RefusedError | PermissionRefused:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return NothingFound("there is no such file", path=str(path))
    if error.errno in (errno.ELOOP, errno.EXDEV):
        return RefusedError("it is a link, or lies behind one: those are not followed", path=str(path))
    return PermissionRefused(f"the file cannot be read: {error.strerror}", path=str(path))


def parse(data: bytes, path: Path) -> Any:
    """What a JSON or YAML document says.  Raises UsageError where it is neither, or grows without end."""
    text = data.decode("utf-8-sig", "replace")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UsageError("the document is nested without end", path=str(path)) from error
    except ValueError as wrong:
        if path.suffix.lower() == ".json" or text.lstrip()[:1] in ("{", "["):
            raise UsageError(f"the file is not JSON: {wrong}", path=str(path)) from wrong
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> Any:
    """What a YAML document says: plain values only.  Raises UsageError."""
    import yaml

    try:
        found = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        place = str(getattr(error, "problem", None) or error).split("\n")[0]
        raise UsageError(f"the file is neither JSON nor YAML: {place}", path=str(path)) from error
    if not _is_bounded(found):
        raise UsageError("the document repeats itself without end", path=str(path))
    return found


def _is_bounded(value: Any) -> bool:
    """Whether a document, with all that its aliases repeat, has a bearable size: aliases of aliases double it."""
    left, waiting = _MOST_NODES, [value]
    while waiting:
        one = waiting.pop()
        left -= 1
        if left < 0:
            return False
        if isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
    return True


def stat_stamp(*paths: Path) -> str:
    """When the files at those paths were changed, and how long they are."""
    said = []
    for path in paths:
        try:
            found = path.stat()
        except OSError:
            said.append("-")
        else:
            said.append(f"{found.st_mtime_ns}.{found.st_size}.{found.st_ino}")
    return " ".join(said)
