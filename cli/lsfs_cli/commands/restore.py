"""``lsfs restore``, also called ``rollback``: a file or a folder as it was."""

from __future__ import annotations

import click

from lsfs_cli.changing import change
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.confirm import Consent, consent_options
from lsfs_cli.session import Session
from lsfs_cli.typed import text_of


@click.command("restore", cls=Command)
@click.argument("path", shell_complete=complete_path)
@click.option("--to", "when", required=True, metavar="WHEN|VERSION", help="To how it was then.")
@click.option("--exact", is_flag=True, help="Of a folder: move to the Trash what did not exist then.")
@click.option("--output", metavar="DIR", shell_complete=complete_path, help="Put it into this folder instead.")
@click.option(
    "--by", type=click.Choice(["file", "path"]), help="Where another file stood at PATH then: which is meant."
)
@consent_options
@pass_session
def restore_command(
    session: Session,
    path: str,
    when: str,
    exact: bool,
    output: str | None,
    by: str | None,
    yes: bool,
    dry_run: bool,
) -> int:
    """Bring a file or a folder back to what it was.

    What was deleted comes back too. WHEN is a time ("yesterday", "last friday 15:00", "3 days ago", "before op 17")
    or, of a file, a version (@2, @-1, first, previous). What it replaces is kept as a version, and `lsfs undo`
    takes it back. In a folder newer files stay unless --exact is given, and what has no versions is never touched.
    """
    action = {"do": "restore", "path": session.wire_path(path), "to": text_of(when), "exact": exact, "by": by or ""}
    if output is not None:
        action["output"] = session.wire_path(output)
    return change(session, "plan", {"actions": [action]}, Consent(yes, dry_run))


rollback_command = restore_command
