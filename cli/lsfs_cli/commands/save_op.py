"""``lsfs save-op``: make a tool of what an op did."""

from __future__ import annotations

import click

from lsfs.core.errors import UsageError
from lsfs_cli.command import Command, pass_session
from lsfs_cli.session import Session
from lsfs_cli.style import plain
from lsfs_cli.tools_text import render_tool
from lsfs_cli.typed import text_of


@click.command("save-op", cls=Command)
@click.argument("op", type=click.IntRange(min=1))
@click.argument("name", nargs=-1, required=True, metavar="[as] NAME")
@pass_session
def save_op_command(session: Session, op: int, name: tuple[str, ...]) -> None:
    """Make a tool of what an op did, to do the like again.

    For example: lsfs save-op 17 as "file invoices", and later: lsfs tools call macros/file-invoices
    """
    words = name[1:] if name[0] == "as" and len(name) > 1 else name
    called = text_of(" ".join(words)).strip()
    if not called:
        raise UsageError("the tool needs a name", hint='lsfs save-op 17 as "file invoices"')
    tool = session.client().call("save_op", {"op": op, "name": called})
    session.show(tool, render_tool(tool, session.style))
    if tool["name"] != "-".join(called.lower().split()):
        session.note(f"{plain(tool['id'])} does the same already")
    session.note(f"call it with: lsfs tools call {plain(tool['id'])}")
