"""``lsfs diff``: what differs between two versions of a file."""

from __future__ import annotations

from typing import Any

import click

from lsfs.core.failures import DONE
from lsfs.rpc.client import Client
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.diff_text import render_diff
from lsfs_cli.session import Session
from lsfs_cli.typed import text_of


@click.command("diff", cls=Command)
@click.argument("path", shell_complete=complete_path)
@click.option("--from", "old", metavar="WHEN|VERSION", help="The older side; default: the version before the newer.")
@click.option("--to", "new", metavar="WHEN|VERSION", help="The newer side; default: the file as it is now.")
@click.option(
    "--by", type=click.Choice(["file", "path"]), help="Where another file stood at PATH then: which is meant."
)
@click.option("--summary", is_flag=True, help="Say it in words too.")
@pass_session
def diff_command(session: Session, path: str, old: str | None, new: str | None, by: str | None, summary: bool) -> int:
    """Show what changed in a file.

    Text is compared line by line, documents by the text in them. WHEN is a time ("yesterday", "last friday 15:00",
    "3 days ago", "before op 17") or a version (@2, @-1, first, previous). Files without text show their sizes and
    hashes. Exit code 0 whether they differ or not.
    """
    sides = {name: text_of(when) for name, when in (("old", old), ("new", new)) if when is not None}
    asked = {"path": session.wire_path(path), "by": by or "", **sides}
    client = session.client()
    result = client.call("diff", asked)
    in_words = summary and result["kind"] != "same"
    if not (session.json and in_words):
        document = {**result, "summary": None} if summary else result
        session.show(document, render_diff(result, session.style, terminal=session.stdout.isatty()))
    if result["kind"] == "same":
        session.note(f"no difference between {result['old']['label']} and {result['new']['label']}")
    if result["note"] and not session.json:
        session.note(result["note"])
    return _in_words(session, client, asked, result) if in_words else DONE


def _in_words(session: Session, client: Client, asked: dict[str, Any], result: dict[str, Any]) -> int:
    """Says what changed, below the difference itself or in its document."""
    from lsfs_cli.doing import answer_beside

    if not session.json:
        session.say("")
        session.flush()  # the difference is there to be read while the words are made
    return answer_beside(session, client, "explain", asked, result)
