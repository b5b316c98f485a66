"""``lsfs roots``: the watched folders."""

from __future__ import annotations

import click

from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.command import Group, pass_session
from lsfs_cli.roots_text import render_roots
from lsfs_cli.session import Session


@click.group("roots", cls=Group)
def roots_command() -> None:
    """List, add and remove watched folders."""


@roots_command.command("list")
@pass_session
def roots_list(session: Session) -> int:
    """Show the watched folders and how they are."""
    result = session.client().call("roots")
    session.show(result, render_roots(result["roots"], session.style))
    if not result["roots"]:
        session.note("no folder is watched: lsfs up FOLDER")
    return DONE if result["roots"] else NOTHING


@roots_command.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@pass_session
def roots_add(session: Session, paths: tuple[str, ...]) -> None:
    """Watch and index folders, as `lsfs up` does."""
    result = session.client().call("up", {"paths": [session.wire_path(path) for path in paths]})
    session.show(result, render_roots(result["roots"], session.style))


@roots_command.command("remove")
@click.argument("path")
@pass_session
def roots_remove(session: Session, path: str) -> None:
    """Stop watching a folder; its history is kept until `lsfs purge`."""
    root = session.client().call("remove_root", {"path": session.wire_path(path)})
    session.show(root, "")
    session.note(f"{root['path']} is not watched any more; its history is kept (lsfs purge forgets it)")
