"""``lsfs save`` and ``lsfs saved``: queries with a name."""

from __future__ import annotations

import click

from lsfs.core.errors import UsageError
from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.changing import change
from lsfs_cli.command import Command, pass_session
from lsfs_cli.query_words import QueryCommand, as_typed, query_of
from lsfs_cli.session import Session
from lsfs_cli.style import plain
from lsfs_cli.typed import text_of


@click.command("save", cls=QueryCommand)
@click.argument("name")
@click.argument("query", nargs=-1)
@click.option("--forget", is_flag=True, help="Forget the name instead.")
@pass_session
def save_command(session: Session, name: str, query: tuple[str, ...], forget: bool) -> int:
    """Give a query a name.

    The words are those that `lsfs find` takes. For example: lsfs save leases lease OR rent -draft
    """
    words = query_of(query).strip()
    if forget == bool(words):
        raise UsageError(
            "a query is to be saved, or its name to be forgotten", hint="lsfs save NAME QUERY, or --forget"
        )
    action = {"do": "save_query", "name": text_of(as_typed(name)), "query": words or None}
    return change(session, "plan", {"actions": [action]})


@click.command("saved", cls=Command)
@pass_session
def saved_command(session: Session) -> int:
    """Show the saved queries."""
    result = session.client().call("saved")
    style = session.style
    lines = [f"{style.path(plain(one['name']))}: {plain(one['query'])}" for one in result["queries"]]
    session.show(result, "\n".join(lines))
    if not lines:
        session.note("no query is saved yet: lsfs save NAME QUERY")
    return DONE if lines else NOTHING
