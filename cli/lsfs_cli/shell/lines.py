"""Which lines of ``lsfs shell`` are plain commands; all others are sentences."""

from __future__ import annotations

import os
import re
import shlex

import click

from lsfs_cli.session import Session

_POINTING = {"a", "all", "an", "every", "everything", "it", "my", "that", "the", "them", "these", "this", "those"}
"""After a command that takes names such a word begins a sentence: ``undo that``, ``save this as leases``."""
_TAKES_WORDS = {"find", "ask", "summarize", "do"}
_GOES_ON = re.compile(
    r"\b(?:and|then)\s+(?:then\s+)?"
    r"(?:append|archive|compare|copy|delete|group|join|label|merge|move|put|remove|rename|restore|sort|summari[sz]e"
    r"|tag|trash|untag)\b",
    re.IGNORECASE,
)
"""``find the invoices and move them to Paid`` asks for more than the command."""
_HANDED_OVER = {"models": {"list", "pull", "use", "path", "advise"}, "doctor": set(), "vault": {"export", "import"}}
"""Commands whose words another program reads, and the words that it takes first."""


def command_of(line: str, group: click.Group, session: Session) -> list[str] | None:
    """The arguments of the command that `line` is; None for a sentence."""
    try:
        words = shlex.split(line)
    except ValueError:  # a lone apostrophe: the landlord's letter
        return None
    if not words:
        return None
    if words[0] == "lsfs":
        return words[1:]
    context = click.Context(group, info_name="lsfs", obj=Session(session.environ, session.stdout, session.stderr))
    command = group.get_command(context, words[0])
    if command is None or _is_said(words, line) or not _parses(command, words, context):
        return None
    return [os.path.expanduser(word) if word.startswith("~/") else word for word in words]


def _is_said(words: list[str], line: str) -> bool:
    """Whether a line that begins like a command reads on like a sentence."""
    name, second = words[0], words[1].lower() if len(words) > 1 else ""
    if name in _TAKES_WORDS:
        return name in ("find", "summarize") and bool(_GOES_ON.search(line))
    return second in _POINTING


def _parses(command: click.Command, words: list[str], context: click.Context) -> bool:
    name, rest = words[0] or "", words[1:]
    if {"-h", "--help"} & set(rest):
        return True
    if name in _HANDED_OVER:
        return not rest or rest[0].startswith("-") or rest[0] in _HANDED_OVER[name]
    if isinstance(command, click.Group):
        return not rest or rest[0].startswith("-") or rest[0] in command.list_commands(context)
    try:
        command.make_context(name, list(rest), parent=context)
    except (click.ClickException, click.exceptions.Exit):
        return False
    return True
