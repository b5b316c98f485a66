"""``lsfs roots``: the watched folders, and what is kept and searched of each."""

from __future__ import annotations

from typing import Any

import click

from lsfs.core.errors import UsageError
from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.command import Group, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.root_options import root_options, settings_of
from lsfs_cli.roots_text import render_roots
from lsfs_cli.session import Session
from lsfs_cli.style import plain


@click.group("roots", cls=Group)
def roots_command() -> None:
    """List, add, set and remove watched folders."""


@roots_command.command("list")
@pass_session
def roots_list(session: Session) -> int:
    """Show the watched folders, how they are, and what of their settings is not as usual."""
    result = session.client().call("roots")
    session.show(result, render_roots(result["roots"], session.style))
    if not result["roots"]:
        session.note("no folder is watched: lsfs up FOLDER")
    return DONE if result["roots"] else NOTHING


@roots_command.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete_path)
@root_options
@pass_session
def roots_add(session: Session, /, paths: tuple[str, ...], **options: Any) -> None:
    """Watch and index folders, as `lsfs up` does."""
    wired = [session.wire_path(path) for path in paths]
    result = session.client().call("up", {"paths": wired, "settings": settings_of(**options)})
    session.show(result, render_roots(result["roots"], session.style))


@roots_command.command("set")
@click.argument("path", shell_complete=complete_path)
@root_options
@pass_session
def roots_set(session: Session, /, path: str, **options: Any) -> None:
    """Change what is kept and searched of a watched folder.

    What is not named stays as it is. Versions that are kept already stay.
    """
    settings = settings_of(**options)
    if settings is None:
        raise UsageError("what is to be changed is missing", hint="see lsfs roots set --help")
    root = session.client().call("settings", {"path": session.wire_path(path), "settings": settings})
    session.show(root, render_roots([root], session.style))


@roots_command.command("remove")
@click.argument("path", shell_complete=complete_path)
@pass_session
def roots_remove(session: Session, path: str) -> None:
    """Stop watching a folder; its history is kept until `lsfs purge`."""
    root = session.client().call("remove_root", {"path": session.wire_path(path)})
    session.show(root, "")
    session.note(f"{plain(root['path'])} is not watched any more; its history is kept (lsfs purge forgets it)")
