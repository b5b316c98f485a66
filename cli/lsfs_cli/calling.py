"""A tool is called: a plan of one step, shown and agreed to where it may change anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lsfs_cli.changing import settle
from lsfs_cli.confirm import Consent
from lsfs_cli.session import Session
from lsfs_cli.typed import sentence


def call_tool(session: Session, tool: str, arguments: Mapping[str, Any], consent: Consent) -> int:
    """The exit code of a call; raises what it is refused with, or what ended it."""
    client = session.client()
    said = sentence(session.arguments)
    action = {"do": "call_tool", "tool": tool, "arguments": arguments}
    plan = client.call("plan", {"actions": [action], "sentence": said})
    return settle(session, client, plan, consent, said)
