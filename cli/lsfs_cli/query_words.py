"""Words of a query on the command line, where ``-draft`` means files without that word."""

from __future__ import annotations

import re
from collections.abc import Iterable

import click

from lsfs_cli.command import Command
from lsfs_cli.typed import text_of

_EXCLUDED_WORD = re.compile(r"-[^\W\d_][^\d=].*|-[^\W\d_\x00-\x7f]", re.DOTALL)
"""``-draft``; click would take it for the options -d, -r, -a …"""
_MARK = "\0"


class QueryCommand(Command):
    """A command whose arguments are such words; `as_typed` takes back what it does to them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Marks the words that are no options."""
        end = args.index("--") if "--" in args else len(args)
        marked = [_MARK + arg if at < end and _EXCLUDED_WORD.fullmatch(arg) else arg for at, arg in enumerate(args)]
        return super().parse_args(ctx, marked)


def as_typed(word: str) -> str:
    """An argument or option of a `QueryCommand` as it was typed."""
    return word.removeprefix(_MARK)


def query_of(words: Iterable[str]) -> str:
    """The query that the arguments make; raises `UsageError` where they are not valid UTF-8."""
    return text_of(" ".join(map(as_typed, words)))
