"""``lsfs tools``: the right tool for a request, and where tools come from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from lsfs.core.errors import NothingFound, UsageError
from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.calling import call_tool
from lsfs_cli.command import Group, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.confirm import Consent, consent_options
from lsfs_cli.session import Session
from lsfs_cli.style import count_text, plain
from lsfs_cli.tools_text import render_found, render_sources, render_tool, render_tools
from lsfs_cli.typed import text_of

_KINDS = ("mcp", "openapi", "function", "command", "skill", "macro")
_SOURCE_KINDS = ("mcp", "openapi", "functions", "python", "commands", "skills")
_LEARNING_S = 3600.0
"""Seconds that embedding and learning from a large set may take."""
_EMPTY = "no tools are known yet: lsfs tools add commands"


@click.group("tools", cls=Group)
def tools_command() -> None:
    """Find, call and take in tools: programs, MCP servers, APIs, functions and skills."""


@tools_command.command("find")
@click.argument("request", nargs=-1, required=True, metavar="REQUEST...")
@click.option("-k", "--limit", type=click.IntRange(1, 100), default=5, show_default=True, help="How many.")
@click.option("--kind", "kinds", multiple=True, type=click.Choice(_KINDS), help="Only such tools; may be repeated.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only of this source; may be repeated.")
@click.option("--explain", is_flag=True, help="Say what speaks for each.")
@click.option("--deep", is_flag=True, help="Have the language model think about it: some seconds.")
@pass_session
def tools_find(session: Session, /, request: tuple[str, ...], deep: bool, **options: Any) -> int:
    """Say which tool does what you ask for.

    For example: lsfs tools find shrink a pdf
    """
    fields = {"query": text_of(" ".join(request)), "deep": deep, **options}
    result = session.client().call("tools_think" if deep else "tools_find", fields)
    fits = bool(result["tools"]) and not result["none_fits"]
    if result["none_fits"] and result["tools"] and not session.json:
        session.note("no tool fits; the nearest are:")
    session.show(result, render_found(result, session.style, explain=options["explain"]))
    if not result["tools"]:
        session.note("no tool fits (lsfs tools sources shows where tools are from)")
    if not result["complete"]:
        session.note("some tools are found by their words only so far")
    return DONE if fits else NOTHING


@tools_command.command("list")
@click.option("--source", metavar="NAME", help="Only of this source.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only such tools.")
@click.option("-n", "--limit", type=click.IntRange(1, 100_000), default=1000, show_default=True, help="How many.")
@pass_session
def tools_list(session: Session, source: str | None, kind: str | None, limit: int) -> int:
    """Show the known tools."""
    result = session.client().call("tools_list", {"source": source, "kind": kind, "limit": limit})
    session.show(result, render_tools(result["tools"], session.style))
    if len(result["tools"]) < result["total"]:
        session.note(f"{count_text(result['total'], 'tool')} in all")
    if not result["tools"]:
        session.note("no such tools are known" if source or kind else _EMPTY)
    return DONE if result["tools"] else NOTHING


@tools_command.command("show")
@click.argument("id")
@pass_session
def tools_show(session: Session, id: str) -> None:
    """Show all that is known of a tool."""
    tool = session.client().call("tools_show", {"id": text_of(id)})
    session.show(tool, render_tool(tool, session.style))


@tools_command.command("call")
@click.argument("id")
@click.argument("words", nargs=-1, metavar="[WORDS]...")
@click.option("--args", "arguments", metavar="JSON", help="Its arguments, as a JSON object.")
@consent_options
@pass_session
def tools_call(
    session: Session, id: str, words: tuple[str, ...], arguments: str | None, yes: bool, dry_run: bool
) -> int:
    """Call a tool.

    Its arguments are given as JSON, or written by the language model from your WORDS. A tool that only reads runs at
    once; any other is shown first and asked about.
    """
    tool = text_of(id)
    if words and arguments is not None:
        raise UsageError("give the arguments as --args, or say them in words")
    values = _drafted(session, tool, " ".join(words)) if words else _object(arguments or "{}")
    return call_tool(session, tool, values, Consent(yes, dry_run))


def _drafted(session: Session, tool: str, sentence: str) -> Mapping[str, Any]:
    draft = session.client().call("tools_draft", {"id": tool, "sentence": text_of(sentence)})
    if draft["missing"]:
        raise UsageError(f"say also: {', '.join(draft['missing'])}", hint=f"lsfs tools show {tool}")
    values: Mapping[str, Any] = draft["arguments"]
    return values


def _object(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text_of(text))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--args is no JSON: {error}") from None
    if not isinstance(values, dict):
        raise UsageError("--args has to be a JSON object", hint='for example --args \'{"path": "a.txt"}\'')
    return values


@tools_command.command("sources")
@pass_session
def tools_sources(session: Session) -> int:
    """Show where tools come from, and how each source is."""
    result = session.client().call("tools_sources")
    session.show(result, render_sources(result["sources"], session.style))
    if not result["sources"]:
        session.note(_EMPTY)
    return DONE if result["sources"] else NOTHING


@tools_command.command("add", context_settings={"allow_interspersed_args": False})
@click.option("--name", help="What the source is called.")
@click.option("--kind", type=click.Choice(_SOURCE_KINDS), help="What it is, where that is not plain.")
@click.option("--env", "env", multiple=True, metavar="NAME=VALUE", help="For its program, or an HTTP header.")
@click.option("--server", metavar="URL", help="Where requests to an API go, whatever its document says.")
@click.option("--allow", type=click.Choice(("ask", "all")), default="ask", help="Whether its tools run without asking.")
@click.option("--from-help", is_flag=True, help="Run programs that have no page with --help.")
@click.argument("source")
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
@pass_session
def tools_add(session: Session, /, source: str, args: tuple[str, ...], env: tuple[str, ...], **options: Any) -> None:
    """Take in tools, or take them in anew.

    SOURCE is `commands` (the installed programs), a file or folder (OpenAPI, function-calling JSON, SKILL.md), a URL
    of an MCP server, MODULE:FUNCTION or ./FILE.py:FUNCTION of Python, or a program that speaks MCP with its ARGS.
    Options stand before it.
    """
    fields = {"source": text_of(source), "args": [text_of(one) for one in args], "env": _pairs(env), **options}
    result = session.client().call("tools_add", fields)
    session.show(result, render_sources([result], session.style))


def _pairs(given: tuple[str, ...]) -> dict[str, str]:
    pairs = {}
    for one in given:
        name, equals, value = text_of(one).partition("=")
        if not (name and equals):
            raise UsageError("--env takes NAME=VALUE")
        pairs[name] = value
    return pairs


@tools_command.command("remove")
@click.argument("source")
@pass_session
def tools_remove(session: Session, source: str) -> None:
    """Forget a source and its tools, or one macro: macros/NAME."""
    result = session.client().call("tools_remove", {"source": text_of(source)})
    session.show(result, "")
    session.note(f"{plain(source)} is forgotten")


@tools_command.command("enable")
@click.argument("target", metavar="SOURCE|TOOL")
@click.option("--allow", type=click.Choice(("ask", "all")), help="Whether the tools of a source run without asking.")
@pass_session
def tools_enable(session: Session, target: str, allow: str | None) -> None:
    """Use a source or a tool again, or change what it may do unasked."""
    _switch(session, target, enabled=True, allow=allow)


@tools_command.command("disable")
@click.argument("target", metavar="SOURCE|TOOL")
@pass_session
def tools_disable(session: Session, target: str) -> None:
    """Neither find nor call a source or a tool any more."""
    _switch(session, target, enabled=False, allow=None)


def _switch(session: Session, target: str, *, enabled: bool, allow: str | None) -> None:
    fields = {"target": text_of(target), "enabled": enabled, "allow": allow}
    session.show(session.client().call("tools_enable", fields), "")


@tools_command.command("import")
@click.argument("file", shell_complete=complete_path)
@click.option("--forget", is_flag=True, help="Forget the example requests of the file instead.")
@pass_session
def tools_import(session: Session, file: str, forget: bool) -> int:
    """Take in the MCP servers of another client's settings, or example requests.

    FILE is a .mcp.json, mcp.json or claude_desktop_config.json, or has JSON lines with `query` and `gold`.
    """
    result = session.client().call("tools_import", {"path": session.wire_path(file), "forget": forget})
    session.show(result, render_sources(result["sources"], session.style))
    if result["examples"]:
        unknown = f", {result['unknown']:,} of them for unknown tools" if result["unknown"] else ""
        session.note(f"{count_text(result['examples'], 'request')} {'forgotten' if forget else 'taken in'}{unknown}")
    return DONE if result["examples"] or result["sources"] else NOTHING


@tools_command.command("train")
@pass_session
def tools_train(session: Session) -> int:
    """Learn from what was asked and chosen, and say what that brings on tools that were held out."""
    result = session.client(answer_s=_LEARNING_S).call("tools_train")
    lines = [
        f"{name:<24} {result['before'].get(name, 0):6.1%} → {value:6.1%}" for name, value in result["after"].items()
    ]
    session.show(result, "\n".join(lines))
    kept = "the new weights are used" if result["kept"] == "new" else "the weights stay as they were"
    session.note(f"{count_text(result['examples'], 'example')}, {result['seconds']:.1f} s: {kept}")
    return DONE if result["kept"] == "new" else NOTHING


@tools_command.command("eval")
@click.argument("folder", shell_complete=complete_path)
@click.option("--any", "any_of", is_flag=True, help="Any of the tools that a request of a file names will do.")
@pass_session
def tools_eval(session: Session, folder: str, any_of: bool) -> int:
    """Measure how often the right tools come first.

    FOLDER has tools.jsonl, queries.jsonl and perhaps queries_train.jsonl; a file of requests is measured on your tools.
    """
    result = session.client(answer_s=_LEARNING_S).call(
        "tools_eval", {"path": session.wire_path(folder), "any_of": any_of}
    )
    if not result["queries"]:
        raise NothingFound("there are no requests in it", path=folder)
    lines = [f"{name:<24} {value:6.1%}" for name, value in result["figures"].items()]
    session.show(result, "\n".join(lines))
    session.note(f"{count_text(result['queries'], 'request')}, {count_text(result['tools'], 'tool')}")
    return DONE
