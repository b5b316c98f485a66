"""Files that sources lie in: read with limits, JSON and YAML told apart, nothing in them trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lsfs.core.errors import NothingFound, PermissionRefused, UsageError
from lsfs.core.tools import ToolSource
from lsfs.tools.importers.base import MOST_FILE_BYTES

_MOST_NODES = 2_000_000
"""Values of one document, counted with what its aliases repeat."""


def source_path(source: ToolSource) -> Path:
    """The path that a source lies at.  Raises UsageError where it names none."""
    path = source.where.get("path")
    if not isinstance(path, str) or not path:
        raise UsageError(f"the source {source.name} says no path")
    return Path(path)


def read_file(path: Path, most: int = MOST_FILE_BYTES) -> bytes:
    """A file's bytes; raises NothingFound, PermissionRefused and, for a larger one, UsageError."""
    try:
        if not path.is_file():
            raise NothingFound("there is no such file", path=str(path))
        with path.open("rb") as file:
            data = file.read(most + 1)
    except OSError as error:
        raise PermissionRefused(f"the file cannot be read: {error.strerror}", path=str(path)) from error
    if len(data) > most:
        raise UsageError(f"the file is larger than {most >> 20} MiB", path=str(path))
    return data


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
