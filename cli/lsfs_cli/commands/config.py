"""``lsfs config``: the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from lsfs.core.errors import UsageError
from lsfs.core.wirepath import to_lossy
from lsfs_cli.command import Group, pass_session
from lsfs_cli.session import Session

if TYPE_CHECKING:
    from lsfs.core.config import Config


@click.group("config", cls=Group)
def config_command() -> None:
    """Show and change the settings."""


@config_command.command("list")
@pass_session
def config_list(session: Session) -> None:
    """Show every setting, its value, and what it is for."""
    from lsfs.core.config import describe_config

    values, path = _values(_load(session)), session.paths.config_file
    meanings = describe_config()
    settings = [{"name": name, "value": value, "meaning": meanings[name]} for name, value in values.items()]
    lines = [f"{name} = {_text(value)}\n    {session.style.dim(meanings[name])}" for name, value in values.items()]
    session.show({"file": to_lossy(path.encode("utf-8", "surrogateescape"))[0], "settings": settings}, "\n".join(lines))
    session.note(f"kept in {path}")


@config_command.command("get")
@click.argument("name")
@pass_session
def config_get(session: Session, name: str) -> None:
    """Print one setting."""
    values = _values(_load(session))
    if name not in values:
        raise UsageError(f"there is no setting called {name}", hint="lsfs config list shows them all")
    session.show({"name": name, "value": values[name]}, _text(values[name]))


@config_command.command("set", context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("value")
@pass_session
def config_set(session: Session, name: str, value: str) -> None:
    """Change one setting; a list is written as a,b."""
    from lsfs.core.config import save_config, with_setting

    changed = with_setting(_load(session), name, value)
    save_config(session.paths.config_file, changed)
    session.show({"name": name, "value": _values(changed)[name]}, "")
    at_once = name == "mcp_permissions"  # read anew whenever an agent asks for something
    session.note("it holds at once" if at_once else "it holds from the daemon's next start: lsfs down, then lsfs up")


def _load(session: Session) -> Config:
    from lsfs.core.config import load_config

    return load_config(session.paths.config_file)


def _values(config: Config) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__struct_fields__}


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
