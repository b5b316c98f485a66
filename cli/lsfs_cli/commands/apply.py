"""``lsfs apply``: carry out a plan that is written as JSON, or was made before."""

from __future__ import annotations

import os

import click

from lsfs.core.errors import ConflictError, UsageError
from lsfs_cli.changing import change, settle
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.confirm import Consent, consent_options, plan_options
from lsfs_cli.plan_file import actions_of, edited, read_plan
from lsfs_cli.session import Session
from lsfs_cli.typed import sentence


@click.command("apply", cls=Command)
@click.argument("plan", metavar="PLAN.json|-|NUMBER", shell_complete=complete_path)
@consent_options
@plan_options
@pass_session
def apply_command(session: Session, plan: str, yes: bool, dry_run: bool, expect: int | None, edit: bool) -> int:
    """Carry out a plan from a file, from standard input, or one that an agent made, by its number.

    It holds {"actions": [...]}, for example {"do": "move", "paths": ["a.txt"], "to": "old"}; paths are relative to the
    working directory. What would be done is shown first. --yes alone confirms up to 1,000 files and 1 GiB.
    """
    if plan.isdigit() and not os.path.lexists(plan):
        return _made_before(session, int(plan), Consent(yes, dry_run, expect), edit=edit)
    text = read_plan(plan)
    if edit:
        text = edited(session, text)
    return change(session, "plan", {"actions": actions_of(text)}, Consent(yes, dry_run, expect))


def _made_before(session: Session, number: int, consent: Consent, *, edit: bool) -> int:
    """Shows a plan that is stored under a number, and carries it out."""
    if edit:
        raise UsageError("a plan that was made before cannot be edited")
    client = session.client()
    plan = client.call("op", {"op": number})
    if plan["state"] != "preview":
        raise ConflictError(f"op {number} cannot be carried out: it is {plan['state']}", hint="make the plan again")
    return settle(session, client, plan, consent, sentence(session.arguments))
