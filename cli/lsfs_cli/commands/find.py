"""``lsfs find``: look for files."""

from __future__ import annotations

from typing import Any

import click

from lsfs.core.errors import UsageError
from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.command import pass_session
from lsfs_cli.completing import complete_path, complete_tag, complete_words
from lsfs_cli.hits import render_hits
from lsfs_cli.last_result import exact_path, files_of
from lsfs_cli.query_words import QueryCommand, as_typed, query_of
from lsfs_cli.session import Session
from lsfs_cli.typed import text_of


@click.command("find", cls=QueryCommand)
@click.argument("words", nargs=-1, shell_complete=complete_words)
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=10, show_default=True, help="How many files.")
@click.option("--in", "in_folder", metavar="DIR", shell_complete=complete_path, help="Only below this folder.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="pdf, image, code, .py …; may be repeated.")
@click.option("--since", metavar="WHEN", help="Changed since: 2024-05-01, yesterday, 'last friday', '3 days ago'.")
@click.option("--until", metavar="WHEN", help="Changed until then.")
@click.option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    shell_complete=complete_tag,
    help="With this tag; repeated: with all of them.",
)
@click.option("--size", metavar="RANGE", help="'>1MB', '<20k' or 1MB..5MB.")
@click.option("--sort", type=click.Choice(["relevance", "date", "name", "size"]), default="relevance", help="Order.")
@click.option("--like", metavar="FILE", shell_complete=complete_path, help="Files that resemble this one.")
@click.option(
    "--mode",
    type=click.Choice(["hybrid", "keyword", "semantic"]),
    default="hybrid",
    help="By words and meaning (default), words alone, meaning alone.",
)
@click.option("--explain", is_flag=True, help="Say why each was found.")
@click.option("-0", "--null", "null", is_flag=True, help="Print paths only, each ended by a NUL, for xargs -0.")
@pass_session
def find_command(session: Session, /, words: tuple[str, ...], null: bool, **options: Any) -> int:
    """Look for files by words, by meaning and by name; the best first.

    "a phrase" (in quotes that reach lsfs: '"a phrase"'), -word and OR are understood, and plain words for filters:
    pdfs about rent from march. Meaning is read in English; other languages are found by their words.
    """
    request = _request(session, words, options)
    result = session.client().call("find", request)
    hits = result["hits"]
    session.last = files_of(result)
    if null:
        session.say_bytes(b"".join(exact_path(hit) + b"\0" for hit in hits))
    elif session.json:
        session.document(result)
    elif hits:
        session.say(render_hits(result, session.style))
    if not session.json:
        _notes(session, result)
    return DONE if hits else NOTHING


def _request(session: Session, words: tuple[str, ...], options: dict[str, Any]) -> dict[str, Any]:
    request = {name: value for name, value in options.items() if value not in (None, (), False)}
    request["words"] = query_of(words)
    for name in ("in_folder", "like"):
        if name in request:
            request[name] = session.wire_path(as_typed(request[name]))
    if not request["words"].strip() and not request.keys() & {
        "in_folder", "types", "since", "until", "tags", "size", "like",
    }:  # fmt: skip
        raise UsageError("what to look for is missing", hint="for example: lsfs find the lease for the flat")
    for name in ("types", "tags", "since", "until", "size"):
        value = request.get(name, "")
        for text in value if isinstance(value, tuple) else (value,):
            text_of(text)
    return request


def _notes(session: Session, result: dict[str, Any]) -> None:
    if not result["hits"]:
        session.note("nothing found")
    if result.get("note"):
        session.note(result["note"])
    if not result["complete"]:
        session.note("indexing still goes on: more may be found later (lsfs status)")
