"""What a client may do: read, plan too, or also apply; by the name that it gave itself when it connected.

A name is no proof of who somebody is: the setting keeps well-meaning agents within what the user wants of each.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from enum import IntEnum

OTHERS = "*"
"""Stands in the setting for every client that is not named."""
UNNAMED = "unnamed"
_MOST_NAME = 100


class Level(IntEnum):
    """What a client may do; each includes those before it."""

    READ = 0
    """Search and read, find tools, call those that only read."""
    PLAN = 1
    """Make plans, which change nothing until somebody applies them."""
    APPLY = 2
    """Apply plans of its own, take them back, restore versions, call tools."""


DEFAULT = Level.PLAN


def client_name(text: str) -> str:
    """A client's name for itself as it is kept: one line, without what the setting is written with."""
    shown = "".join(
        char if char.isprintable() and char not in ",=" else " " for char in unicodedata.normalize("NFC", text)
    )
    name = " ".join(shown.split())[:_MOST_NAME].strip()
    return name if name and name != OTHERS else UNNAMED


def level_of(entries: Sequence[str], client: str) -> Level:
    """The level of `client` by the setting ``mcp_permissions``: the last entry for it, else for ``*``."""
    levels = dict(_parted(entry) for entry in entries)
    return levels.get(client.casefold(), levels.get(OTHERS, DEFAULT))


def grant(entries: Sequence[str], client: str, level: Level) -> str:
    """The command that gives `client` that level and leaves everybody else as they are."""
    others = [entry for entry in entries if _parted(entry)[0] != client.casefold()]
    value = ",".join([*others, f"{client}={level.name.lower()}"]).replace("'", "'\\''")
    return f"lsfs config set mcp_permissions '{value}'"


def _parted(entry: str) -> tuple[str, Level]:
    name, _, level = entry.rpartition("=")
    return client_name(name).casefold() if name.strip() != OTHERS else OTHERS, Level[level.strip().upper()]
