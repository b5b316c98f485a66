"""The options that say what is kept and searched of a watched folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from lsfs_cli.typed import text_of

F = TypeVar("F", bound=Callable[..., Any])


def root_options(command: F) -> F:
    """Adds the options; what they hold is what `settings_of` takes."""
    for option in (
        click.option("--index", type=click.Choice(["on", "off"]), help="off: nothing of it is searched."),
        click.option(
            "--exclude",
            multiple=True,
            metavar="PATTERN",
            help="No versions of what this matches, as in .gitignore; may be repeated; '' takes all such back.",
        ),
        click.option(
            "--max-version-mb",
            type=click.IntRange(min=1),
            metavar="N",
            help="No versions of files that are larger (MiB).",
        ),
        click.option(
            "--versions",
            type=click.Choice(["on", "off", "auto"]),
            help="auto: kept, but not of a removable or an encrypted volume.",
        ),
    ):
        command = option(command)
    return command


def settings_of(
    versions: str | None, max_version_mb: int | None, exclude: tuple[str, ...], index: str | None
) -> dict[str, Any] | None:
    """The fields of `lsfs.core.api.RootSettings` that the options name; None where they name none."""
    settings: dict[str, Any] = {"versions": versions, "max_file_mb": max_version_mb, "index": index}
    if exclude:
        settings["exclude"] = [text_of(pattern) for pattern in exclude if pattern]
    named = {name: value for name, value in settings.items() if value is not None}
    return named or None
