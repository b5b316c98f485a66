"""What the Tab key makes of a word on the command line, by the argument or option that it is for."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

TAGGING = {"tag", "tagged", "tags", "untag", "label", "labelled", "labeled"}
"""After these a sentence may name a tag."""
_NOT_PLAIN = re.compile(r"([^\w@%+=:,./-])")


def complete_path(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders, which the shell itself completes best."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def complete_tag(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Tags that there are."""
    from click.shell_completion import CompletionItem

    from lsfs_cli.known_tags import known_tags

    tags = [tag for tag in known_tags(os.environ) if tag.startswith(incomplete) and not re.search(r"[\s,]{2}|\n", tag)]
    return [CompletionItem(_for_the_shell(tag)) for tag in tags]


def complete_words(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Of a sentence: tags after a word that says so, else files."""
    words = context.params.get(parameter.name or "") or ()
    tags = complete_tag(context, parameter, incomplete) if words and words[-1].lower() in TAGGING else []
    return tags or complete_path(context, parameter, incomplete)


def _for_the_shell(value: str) -> str:
    # zsh and fish quote what they insert; the bash script that click makes does not.
    return _NOT_PLAIN.sub(r"\\\1", value) if os.environ.get("_LSFS_COMPLETE", "").startswith("bash") else value
