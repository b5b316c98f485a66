"""``lsfs status``: how far the daemon is, or what is known of one file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from lsfs.core.failures import DONE, NOTHING
from lsfs.core.sizes import size_text
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.roots_text import render_roots
from lsfs_cli.session import Session
from lsfs_cli.style import Style, count_text, plain


@click.command("status", cls=Command)
@click.argument("path", required=False, shell_complete=complete_path)
@pass_session
def status_command(session: Session, path: str | None) -> int:
    """Show how far indexing is, or what is known of one file and why.

    Exit code 1 for a path that does not exist or lies below no watched folder.
    """
    client = session.client(on_demand=False)
    if path is None:
        result = client.call("status")
        session.show(result, "\n".join(_daemon_lines(result, session.style)))
        return DONE
    result = client.call("file_status", {"path": session.wire_path(path)})
    session.show(result, "\n".join(_file_lines(result, session.style)))
    return NOTHING if result["state"] in ("missing", "outside") else DONE


def _daemon_lines(status: dict[str, Any], style: Style) -> Iterator[str]:
    totals, queues, disk = status["totals"], status["queues"], status["disk"]
    yield f"{status['state']}{'' if status['complete'] else ', not complete yet'} (process {status['pid']})"
    if status["roots"]:
        yield render_roots(status["roots"], style)
    yield (
        f"{count_text(totals['files'], 'file')}, {count_text(totals['contents'], 'content')}, "
        f"{count_text(totals['chunks'], 'passage')}, {count_text(totals['vectors'], 'vector')}"
    )
    waiting = [f"{queues[name]:,} {what}" for name, what in _QUEUES if queues[name]]
    if waiting:
        yield f"waiting: {', '.join(waiting)}"
    if totals["failed"]:
        yield style.bad(f"{count_text(totals['failed'], 'file')} could not be read (lsfs status PATH says why)")
    yield f"text {size_text(disk['text'])}, index {size_text(disk['index'])}, vault {size_text(disk['vault'])}"
    if status["protected"] is not None:
        yield f"versions kept of {status['protected']:.0%} of the bytes, in {size_text(disk['versions'])}"
    if status["embedder"]:
        yield f"meaning by {status['embedder']}"
    for worker in status["workers"]:
        process = f", process {worker['pid']}" if worker["pid"] else ""
        yield style.dim(f"{worker['name']}: {worker['state']}{process}, {size_text(worker['memory'])}")
    if status["sandbox"]:
        yield style.dim(f"sandbox: {', '.join(status['sandbox'])}")
    yield from (style.bad(f"! {plain(note)}") for note in status["notes"])


_QUEUES = (("read", "to look at"), ("words", "to read"), ("vectors", "to read for meaning"))


def _file_lines(file: dict[str, Any], style: Style) -> Iterator[str]:
    yield f"{style.path(plain(file['path']))}  {file['state']}"
    if file["reason"]:
        yield f"    {plain(file['reason'])}"
    if file["kind"]:
        yield f"    {file['kind']}, {size_text(file['size'])}, changed {file['modified']}"
    if file["chunks"]:
        yield f"    {count_text(file['chunks'], 'passage')}, {count_text(file['vectors'], 'vector')}"
