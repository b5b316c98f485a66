"""What the commands of this process that people type have in common: flags, and how a result is printed."""

from __future__ import annotations

from collections.abc import Sequence

import click
import msgspec

from lsfs.core.failures import plain, plain_json

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Say nothing but results and errors.")


def given_above(ctx: click.Context, name: str) -> bool:
    """Whether a flag was given before the command."""
    parent = ctx.parent
    while parent is not None:
        if parent.params.get(name):
            return True
        parent = parent.parent
    return False


def print_result(document: msgspec.Struct, as_json: bool, lines: Sequence[str]) -> None:
    """Prints `document`, or `lines`, its rendering for people."""
    for line in [plain_json(msgspec.json.encode(document).decode())] if as_json else map(plain, lines):
        click.echo(line)
