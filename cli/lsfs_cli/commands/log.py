"""``lsfs log`` and ``lsfs cancel``: what was done, and an end to what is being done."""

from __future__ import annotations

import click

from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.log_text import render_log
from lsfs_cli.plan_text import render_plan
from lsfs_cli.session import Session
from lsfs_cli.tools_text import render_outcomes


@click.command("log", cls=Command)
@click.argument("path", required=False, shell_complete=complete_path)
@click.option("-n", "--limit", type=click.IntRange(1, 100_000), default=20, show_default=True, help="How many ops.")
@click.option("--client", default="", metavar="NAME", help="What this agent had done.")
@click.option("--running", is_flag=True, help="What waits or is carried out now.")
@click.option(
    "--op", type=click.IntRange(min=1), metavar="N", help="One op in full, and what tools gave that it called."
)
@pass_session
def log_command(session: Session, path: str | None, limit: int, client: str, running: bool, op: int | None) -> int:
    """Show what was done, the newest first: to all files, or to one.

    The number before each is what `lsfs undo` takes.
    """
    if op is not None:
        return _show_op(session, op)
    wired = session.wire_path(path) if path is not None else None
    fields = {"path": wired, "limit": limit, "running": running, "of_client": client}
    result = session.client().call("log", fields)
    session.show(result, render_log(result["ops"], session.style))
    if not result["ops"]:
        session.note("nothing is being done" if running else "nothing was done yet")
    return DONE if result["ops"] else NOTHING


def _show_op(session: Session, op: int) -> int:
    result = session.client().call("op", {"op": op})
    texts = (
        render_plan(result, session.style, session.cwd, screen=session.screen),
        render_outcomes(result["results"], session.style),
    )
    session.show(result, "\n".join(text for text in texts if text))
    return DONE


@click.command("cancel", cls=Command)
@click.argument("op", type=click.IntRange(min=1))
@pass_session
def cancel_command(session: Session, op: int) -> None:
    """Take back an op that waits or is under way.

    `lsfs log --running` shows which there are.
    """
    session.show(session.client(on_demand=False).call("cancel", {"op": op}), "")
    session.note(f"op {op} is being taken back")
