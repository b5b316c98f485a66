"""``lsfs diff``: what differs between two versions of a file."""

from __future__ import annotations

import click

from lsfs_cli.command import Command, pass_session
from lsfs_cli.diff_text import render_diff
from lsfs_cli.session import Session
from lsfs_cli.typed import text_of


@click.command("diff", cls=Command)
@click.argument("path")
@click.option("--from", "old", metavar="WHEN|VERSION", help="The older side; default: the version before the newer.")
@click.option("--to", "new", metavar="WHEN|VERSION", help="The newer side; default: the file as it is now.")
@click.option(
    "--by", type=click.Choice(["file", "path"]), help="Where another file stood at PATH then: which is meant."
)
@pass_session
def diff_command(session: Session, path: str, old: str | None, new: str | None, by: str | None) -> None:
    """Show what changed in a file.

    Text is compared line by line, documents by the text in them. WHEN is a time ("yesterday", "last friday 15:00",
    "3 days ago", "before op 17") or a version (@2, @-1, first, previous). Files without text show their sizes and
    hashes. Exit code 0 whether they differ or not.
    """
    sides = {name: text_of(when) for name, when in (("old", old), ("new", new)) if when is not None}
    result = session.client().call("diff", {"path": session.wire_path(path), "by": by or "", **sides})
    session.show(result, render_diff(result, session.style, terminal=session.stdout.isatty()))
    if result["kind"] == "same":
        session.note(f"no difference between {result['old']['label']} and {result['new']['label']}")
    if result["note"] and not session.json:
        session.note(result["note"])
