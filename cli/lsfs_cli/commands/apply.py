"""``lsfs apply``: carry out a plan that is written as JSON."""

from __future__ import annotations

import click

from lsfs_cli.changing import change
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.confirm import Consent, consent_options, plan_options
from lsfs_cli.plan_file import actions_of, edited, read_plan
from lsfs_cli.session import Session


@click.command("apply", cls=Command)
@click.argument("plan", metavar="PLAN.json|-", shell_complete=complete_path)
@consent_options
@plan_options
@pass_session
def apply_command(session: Session, plan: str, yes: bool, dry_run: bool, expect: int | None, edit: bool) -> int:
    """Carry out a plan from a file, or from standard input.

    It holds {"actions": [...]}, for example {"do": "move", "paths": ["a.txt"], "to": "old"}; paths are relative to the
    working directory. What would be done is shown first. --yes alone confirms up to 1,000 files and 1 GiB.
    """
    text = read_plan(plan)
    if edit:
        text = edited(session, text)
    return change(session, "plan", {"actions": actions_of(text)}, Consent(yes, dry_run, expect))
