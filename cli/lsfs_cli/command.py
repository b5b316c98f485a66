"""The click classes that every command is made with: ``--json`` and ``--quiet`` stand anywhere, modules load late."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, TypeVar

import click

from lsfs_cli.session import Session

F = TypeVar("F", bound=Callable[..., Any])
pass_session = click.make_pass_decorator(Session)


def shared_options() -> list[click.Parameter]:
    """The options that may stand before or after any command."""
    return [
        click.Option(["--json"], is_flag=True, expose_value=False, callback=_set_json, help="Print one JSON document."),
        click.Option(
            ["--quiet"], is_flag=True, expose_value=False, callback=_set_quiet, help="Print results and errors only."
        ),
    ]


class Command(click.Command):
    """A command that takes the shared options."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += shared_options()


class Group(click.Group):
    """Commands below a command."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += shared_options()


class LazyGroup(Group):
    """Commands of which each is imported when it is used.

    `lazy` gives the module of each name; the module has a command of that name, with ``_command`` behind it.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as ``--help`` lists them."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command called `cmd_name`, or None."""
        module = self._lazy.get(cmd_name)
        if module is None:
            return None
        command = getattr(import_module(module), f"{cmd_name.replace('-', '_')}_command")
        assert isinstance(command, click.Command)
        return command


def _set_json(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).json = True


def _set_quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Session).quiet = True
