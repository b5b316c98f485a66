"""Versions as text: a line for each state of a file, with what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lsfs.core.sizes import size_text
from lsfs_cli.shown import local_time, shown_path
from lsfs_cli.style import Style, plain


def render_history(result: dict[str, Any], style: Style, cwd: str) -> str:
    """The text of a history (`lsfs.core.api.HistoryResult`, decoded)."""
    return "\n".join(line for file in result["files"] for line in _file(file, style, cwd))


def _file(file: dict[str, Any], style: Style, cwd: str) -> Iterator[str]:
    gone = f"  {style.bad('gone')}" if file["state"] == "gone" else ""
    yield f"{style.path(shown_path(file['path'], cwd))}{gone}"
    before: dict[str, Any] | None = None
    for version in file["versions"]:
        yield _version(version, before, style, cwd)
        before = version
    yield from (style.dim(f"  note: {plain(note)}") for note in file["notes"])


def _version(version: dict[str, Any], before: dict[str, Any] | None, style: Style, cwd: str) -> str:
    number = f"@{version['number']}" if version["number"] is not None else ""
    # What a first scan found is dated from when it was seen; since when it may be so is said beside it.
    time = local_time(version["seen"] if version["assumed"] else version["since"])
    size = size_text(version["size"]) if number and version["kind"] == "file" else ""
    said = list(changes(version, before, cwd))
    if version["assumed"]:
        said.append(f"assumed unchanged since {local_time(version['since'])}")
    if version["op"] is not None:
        said.append(f"op {version['op']}")
    line = f"  {number:>5}  {time}  {size:>9}  {style.dim(', '.join(said))}"
    if not version["kept"]:
        line += "  " + style.bad(f"not kept: {plain(version['reason'])}" if version["reason"] else "not kept")
    return f"{line}  {style.match('current')}".rstrip() if version["current"] else line.rstrip()


def changes(version: dict[str, Any], before: dict[str, Any] | None, cwd: str) -> Iterator[str]:
    """What is different from the version before, besides the content."""
    if version["gone"]:
        yield "gone"
        return
    if version["kind"] == "symlink":
        yield f"a link to {plain(version['target'])}"
    if before is None:
        return
    told = version["number"] is not None or version["kind"] == "symlink"
    if before["gone"]:
        yield "back"
    if version["path"] != before["path"]:
        yield f"renamed to {shown_path(version['path'], cwd)}"
        told = True
    if version["mode"] != before["mode"] and version["kind"] == before["kind"] == "file" and not before["gone"]:
        yield f"permissions {before['mode']} → {version['mode']}"
        told = True
    if version["kind"] != before["kind"] and version["kind"] != "symlink" and not before["gone"]:
        yield f"a {_KINDS.get(version['kind'], version['kind'])} now"
        told = True
    if not told and not before["gone"]:
        yield "time or attributes"


_KINDS = {"dir": "folder", "symlink": "link", "other": "special file"}
