"""Records of the daemon as results of tools, and the same in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lsfs.core.failures import plain


def usable(record: Mapping[str, Any], name: str = "path") -> str:
    """The path of a record as an agent can hand it back: exact, where its text is not."""
    exact = record.get(f"{name}_b64")
    return f"base64:{exact}" if exact else str(record[name])


def picked(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those fields of a record that say something."""
    return {name: record[name] for name in names if record.get(name) not in (None, "", [], {})}


def line(text: str, most: int = 300) -> str:
    """A text as one line of at most `most` characters, with nothing in it that a terminal would obey."""
    whole = " ".join(text.split())
    return plain(whole if len(whole) <= most else f"{whole[: most - 1]}…")


def place(record: Mapping[str, Any]) -> str:
    """``path:line``, with the page or sheet where there is one."""
    at = f":{record['line']}" if record.get("line") else ""
    anchor = f" ({record['anchor']})" if record.get("anchor") else ""
    return f"{plain(usable(record))}{at}{anchor}"


def lines(*parts: str | Iterable[str]) -> str:
    """The lines that say something."""
    flat = [each for part in parts for each in ([part] if isinstance(part, str) else part)]
    return "\n".join(each for each in flat if each)


def more(cursor: str | None) -> str:
    """The line that tells how to go on."""
    return f"There is more: call again with cursor {cursor}" if cursor else ""


def counted(number: int, what: str) -> str:
    """``1 file``, ``2 files``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def left_out(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a plan does not touch though it was named."""
    return [{"path": usable(one), "why": one["why"]} for one in plan["left_out"]]


def effect(one: Mapping[str, Any]) -> dict[str, Any]:
    """What one thing comes to."""
    to = {"to": usable(one, "to")} if one.get("to") else {}
    size = {"size": one["size"]} if one["size"] else {}
    return {"action": one["action"], "path": usable(one)} | to | size | picked(one, "note")


def effect_lines(effects: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """Each effect in a line."""
    for one in effects:
        to = f" → {plain(one['to'])}" if one.get("to") else ""
        note = f" ({line(one['note'])})" if one.get("note") else ""
        yield f"  {one['action']} {plain(one['path'])}{to}{note}"
