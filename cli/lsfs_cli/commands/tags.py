"""``lsfs tag``, ``untag`` and ``tags``: words that belong to files."""

from __future__ import annotations

from typing import Any

import click

from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.changing import change
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path, complete_tag
from lsfs_cli.session import Session
from lsfs_cli.shown import shown_path
from lsfs_cli.style import Style, plain
from lsfs_cli.typed import text_of


@click.command("tag", cls=Command)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete_path)
@click.option(
    "-t",
    "--tag",
    "tags",
    multiple=True,
    required=True,
    metavar="TAG",
    shell_complete=complete_tag,
    help="May be repeated.",
)
@pass_session
def tag_command(session: Session, paths: tuple[str, ...], tags: tuple[str, ...]) -> int:
    """Tag files and folders.

    `lsfs find --tag TAG` finds them, and tags stay through renames and moves.
    """
    return change(session, "plan", {"actions": [_action(session, "tag", paths, tags)]})


@click.command("untag", cls=Command)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", shell_complete=complete_path)
@click.option(
    "-t",
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    shell_complete=complete_tag,
    help="Only this tag; may be repeated.",
)
@pass_session
def untag_command(session: Session, paths: tuple[str, ...], tags: tuple[str, ...]) -> int:
    """Take tags from files and folders.

    Those that are named, or all that they have.
    """
    return change(session, "plan", {"actions": [_action(session, "untag", paths, tags)]})


@click.command("tags", cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATH]...", shell_complete=complete_path)
@pass_session
def tags_command(session: Session, paths: tuple[str, ...]) -> int:
    """Show the tags of files, or every file that has some."""
    result = session.client().call("tags", {"paths": [session.wire_path(path) for path in paths]})
    session.show(result, "\n".join(_line(file, session.style, session.cwd) for file in result["files"]))
    if any(file["tags"] for file in result["files"]):
        return DONE
    session.note("no tags")
    return NOTHING


def _action(session: Session, do: str, paths: tuple[str, ...], tags: tuple[str, ...]) -> dict[str, Any]:
    return {"do": do, "paths": [session.wire_path(path) for path in paths], "tags": [text_of(tag) for tag in tags]}


def _line(file: dict[str, Any], style: Style, cwd: str) -> str:
    tags = plain(", ".join(file["tags"]))
    return f"{style.path(shown_path(file['path'], cwd))}  {tags}".rstrip()
