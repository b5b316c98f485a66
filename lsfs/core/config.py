"""The settings that a user can change, their file, and how a typed value is read.

`Config` is passed to what needs it; nothing reads the file on its own.  Values are checked as they are read, and an
unknown name is an error, since a misspelt setting that is silently ignored is worse than none.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from typing import Annotated

import msgspec

from lsfs.core.errors import PermissionRefused, UsageError
from lsfs.core.locations import make_private_folder


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every setting with its default; the descriptions are what ``lsfs config list`` shows."""

    embedder: Annotated[
        str, msgspec.Meta(description="Model that makes vectors: a name of `lsfs models list`, a folder, or off")
    ] = "minilm-l6-int8"
    llm: Annotated[str, msgspec.Meta(description="Model that reads sentences: auto, a name, a GGUF file, or off")] = (
        "auto"
    )
    ignore: Annotated[
        tuple[str, ...], msgspec.Meta(description="More patterns of what is not indexed, as in .gitignore")
    ] = ()
    scan_interval_hours: Annotated[
        float, msgspec.Meta(ge=0, le=8760, description="Hours between full scans of the roots; 0 for never")
    ] = 24.0
    max_workers: Annotated[
        int, msgspec.Meta(ge=0, le=64, description="Processes that read files; 0: as many as there are cores")
    ] = 0
    max_file_mb: Annotated[
        int, msgspec.Meta(ge=1, description="Files above this many MiB are found by their names only")
    ] = 256
    extract_seconds: Annotated[
        int, msgspec.Meta(ge=1, le=3600, description="Seconds that reading one file may take")
    ] = 30
    extract_memory_mb: Annotated[
        int, msgspec.Meta(ge=512, description="MiB of address space that reading one file may take")
    ] = 1024
    embedder_idle_minutes: Annotated[
        float, msgspec.Meta(ge=0, description="Minutes without work after which the embedder's memory is given back")
    ] = 2.0
    free_space_floor_mb: Annotated[
        int, msgspec.Meta(ge=0, description="MiB of free disk below which no versions are kept and no vectors made")
    ] = 512
    versions_budget_mb: Annotated[
        int,
        msgspec.Meta(ge=0, description="MiB that versions may take; 0: the lesser of 10 GiB and a tenth of the disk"),
    ] = 0
    mcp_permissions: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern="^[^=]+=(read|plan|apply)$")], ...],
        msgspec.Meta(
            description="What each agent may do, as NAME=read, NAME=plan or NAME=apply; *=plan for all others"
        ),
    ] = ()
    tools_writing_minutes: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=1440,
            description="Minutes a day that the idle machine may write example requests for tools; 0: none",
        ),
    ] = 45.0
    log_level: Annotated[
        str, msgspec.Meta(pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")
    ] = "info"


def load_config(path: str) -> Config:
    """The settings of the TOML file at `path`; the defaults where there is none.

    Raises `UsageError` that names the setting and what is wrong with it, `PermissionRefused` if it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            values = tomllib.load(file)
        return msgspec.convert(values, Config)
    except FileNotFoundError:
        return Config()
    except OSError as error:
        raise PermissionRefused(f"the settings cannot be read: {error.strerror}", path=path) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise UsageError(
            f"the settings are wrong: {error}", path=path, hint="`lsfs config list` shows them all"
        ) from None


def save_config(path: str, config: Config) -> None:
    """Writes what differs from the defaults to `path`, whole or not at all."""
    folder = os.path.dirname(path)
    make_private_folder(folder)
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            file.write(_to_toml(config))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise PermissionRefused(f"the settings cannot be written: {error.strerror}", path=path) from error


def with_setting(config: Config, name: str, text: str) -> Config:
    """`config` with setting `name` read from `text`, as typed at a prompt: ``a, b`` is a list.

    Raises `UsageError` for an unknown name or a value that the setting does not take.
    """
    values = msgspec.to_builtins(config)
    if name not in values:
        raise UsageError(f"there is no setting called {name}", hint="`lsfs config list` shows them all")
    if isinstance(values[name], (list, tuple)):
        values[name] = [part.strip() for part in text.split(",") if part.strip()]
    else:
        values[name] = text
    try:
        # strict=False reads numbers from text.
        return msgspec.convert(values, Config, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name} cannot be {text!r}: {error}") from None


def describe_config() -> Mapping[str, str]:
    """One line about each setting, by name, in the order of the class."""
    fields = msgspec.inspect.type_info(Config)
    assert isinstance(fields, msgspec.inspect.StructType)
    described = {}
    for field in fields.fields:
        kind = field.type
        json_schema = kind.extra_json_schema if isinstance(kind, msgspec.inspect.Metadata) else None
        described[field.name] = str((json_schema or {}).get("description", ""))
    return described


def _to_toml(config: Config) -> str:
    defaults = msgspec.to_builtins(Config())
    lines = ["# Settings of lsfs that differ from the defaults; `lsfs config list` shows and explains all."]
    # JSON's strings, numbers, booleans and lists of strings are TOML as they stand (TOML 1.0, basic strings),
    # but for DEL, which JSON leaves bare.
    for name, value in msgspec.to_builtins(config).items():
        if value != defaults[name]:
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}".replace("\x7f", "\\u007f"))
    return "\n".join(lines) + "\n"
