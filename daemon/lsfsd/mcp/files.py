"""The tools that look at files: search, read, ask, and the versions that are kept."""

from __future__ import annotations

from typing import Any

from lsfs.core.errors import NothingFound, UsageError
from lsfs.core.failures import error_of, plain
from lsfsd.mcp.asking import Asking
from lsfsd.mcp.cursors import cursor, opened
from lsfsd.mcp.permissions import Level
from lsfsd.mcp.schema import SAID_INTEGER, SAID_NUMBER, SAID_TEXT, integer, listed, many, record, said, text, yes_no
from lsfsd.mcp.shown import line, lines, more, picked, place, usable
from lsfsd.mcp.tool import READS, Answer, ToolSpec

_PATH = "Absolute, or beginning with ~/, or as an earlier result gave it"
_CURSOR = text("next_cursor of an earlier answer: gives what follows it. Needs no other argument", most=8_000)
_MOST_HITS = 500
"""Of all pages together."""
_PAGE = 20_000
_LONGEST_PAGE = 50_000
"""Characters of a file in one answer."""
_VERSIONS = 50


def _search(asking: Asking, arguments: dict[str, Any]) -> Answer:
    if "cursor" in arguments:
        arguments = opened("search_files", arguments["cursor"])
    offset, limit = int(arguments.get("offset", 0)), int(arguments.get("limit", 10))
    fields: dict[str, Any] = {
        name: arguments[name]
        for name in ("words", "types", "since", "until", "tags", "size", "sort")
        if name in arguments
    }
    for argument, field in (("folder", "in_folder"), ("like", "like")):
        if argument in arguments:
            fields[field] = asking.path(arguments[argument])
    if not set(fields) - {"sort"}:
        raise UsageError("nothing is looked for", hint="give words, like, or a filter")
    found = asking.call("find", **fields, limit=min(offset + limit + 1, _MOST_HITS))
    hits = [
        {"path": usable(hit)} | picked(hit, "score", "kind", "modified", "size", "snippet", "line", "anchor")
        for hit in found["hits"][offset : offset + limit]
    ]
    data: dict[str, Any] = {"hits": hits, "complete": found["complete"]} | picked(found, "note")
    if len(found["hits"]) > offset + limit:
        data["next_cursor"] = cursor("search_files", {**arguments, "offset": offset + limit})
    told = [f"{place(hit)}\n    {line(hit.get('snippet', ''))}".rstrip() for hit in hits] or ["Nothing fits."]
    unfinished = "" if found["complete"] else "Not everything is indexed yet: there may be more later."
    return Answer(data, lines(told, line(data.get("note", "")), unfinished, more(data.get("next_cursor"))))


def _read(asking: Asking, arguments: dict[str, Any]) -> Answer:
    if "cursor" in arguments:
        arguments = opened("read_file", arguments["cursor"])
    if "path" not in arguments:
        raise UsageError("the argument path is missing")
    if "character" in arguments and {"line", "lines"} & set(arguments):
        raise UsageError("a range is by lines or by characters, not by both")
    path, wanted = arguments["path"], arguments.get("characters")
    until = arguments.get("until_line")
    if until is None and "lines" in arguments:
        until = arguments.get("line", 1) + arguments["lines"]
    found = asking.call(
        "read",
        path=asking.path(path),
        line=arguments.get("line", 1),
        character=arguments.get("character"),
        place=arguments.get("place"),
        until_line=until,
        most=min(wanted or _PAGE, _LONGEST_PAGE),
        state=arguments.get("state", ""),
    )
    start, end = found["start"], found["end"]
    left = wanted - (end["character"] - start["character"]) if wanted else None
    data = {
        "path": usable(found),
        "text": found["text"],
        "first_line": start["line"],
        "first_character": start["character"],
        "end_character": end["character"],
        "complete": found["complete"] or (left is not None and left <= 0),
        "text_bytes": found["size"],
        "extracted": found["extracted"],
    } | picked(found, "title", "anchor")
    if not data["complete"]:
        following: dict[str, Any] = {"path": path, "place": end, "state": found["state"]}
        following |= {"until_line": until} if until is not None else {}
        following |= {"characters": left} if left is not None else {}
        data["next_cursor"] = cursor("read_file", following)
    return Answer(data, lines(found["text"], more(data.get("next_cursor"))))


def _ask(asking: Asking, arguments: dict[str, Any]) -> Answer:
    result = asking.stream("ask", question=arguments["question"])
    raise_refusal(result)
    citations = [{"path": usable(one)} | picked(one, "line", "anchor", "quote") for one in result["citations"]]
    data: dict[str, Any] = {"answered": bool(result["answer"]), "citations": citations}
    data |= picked(result, "answer", "reason", "unanswered")
    told = result["answer"] or result["reason"] or "The files do not say."
    return Answer(data, lines(told, [f"  {place(one)}: {line(one.get('quote', ''))}" for one in citations]))


def raise_refusal(result: dict[str, Any]) -> None:
    """Raises what a sentence (`lsfs.core.api.SayResult`) was refused with, with the readings that would do."""
    refusal = result.get("refusal")
    if result["state"] != "refused" or not refusal:
        return
    error = error_of(refusal["code"], refusal["message"], refusal.get("path"), refusal.get("hint"))
    if result["readings"]:
        error.hint = "; ".join(filter(None, [error.hint, "understood would be: " + " | ".join(result["readings"])]))
    raise error


def _versions(asking: Asking, arguments: dict[str, Any]) -> Answer:
    if "cursor" in arguments:
        arguments = opened("list_versions", arguments["cursor"])
    if "path" not in arguments:
        raise UsageError("the argument path is missing")
    offset = int(arguments.get("offset", 0))
    files = asking.call("history", path=asking.path(arguments["path"]))["files"]
    if not files:
        raise NothingFound("nothing is known of it", path=arguments["path"])
    alone = files[0] if len(files) == 1 else None
    rows = list(reversed(alone["versions"])) if alone is not None else files
    page = rows[offset : offset + _VERSIONS]
    data: dict[str, Any] = {"path": usable(alone) if alone is not None else arguments["path"]}
    if alone is not None:
        data |= {"state": alone["state"], "versions": [_version(one) for one in page]} | picked(alone, "notes")
        told = [_version_line(one) for one in page]
    else:
        data["files"] = [{"path": usable(one), "state": one["state"], "versions": len(one["versions"])} for one in page]
        told = [f"{plain(one['path'])}: {one['versions']} versions, {one['state']}" for one in data["files"]]
    if len(rows) > offset + _VERSIONS:
        data["next_cursor"] = cursor("list_versions", {"path": arguments["path"], "offset": offset + _VERSIONS})
    return Answer(data, lines(told, map(line, data.get("notes", ())), more(data.get("next_cursor"))))


def _version(one: dict[str, Any]) -> dict[str, Any]:
    number = {"version": f"@{one['number']}"} if one["number"] is not None else {}
    shown = picked(one, "since", "size", "modified", "kind", "op", "reason")
    flags = {name: one[name] for name in ("current", "gone", "kept")}
    return number | {"path": usable(one)} | shown | flags


def _version_line(one: dict[str, Any]) -> str:
    number = f"@{one['number']}" if one["number"] is not None else "-"
    flags = ["current"] * one["current"] + ["ended here"] * one["gone"] + ["not kept"] * (not one["kept"])
    return f"{number}  {one['since']}  {one['size']} bytes  {plain(one['path'])}  {', '.join(flags)}".rstrip()


_HIT = said(
    ["path"], path=SAID_TEXT, score=SAID_NUMBER, kind=SAID_TEXT, modified=SAID_TEXT, size=SAID_INTEGER,
    snippet=SAID_TEXT, line=SAID_INTEGER, anchor=SAID_TEXT,
)  # fmt: skip

SEARCH = ToolSpec(
    "search_files",
    "Search files",
    "Search the user's watched folders by meaning and by words, with filters. Best file first, each with its best "
    'passage and line. Understands "exact phrase", -without and OR.',
    Level.READ,
    READS,
    record(
        words=text("What the files should say or be called"),
        folder=text(f"Only below this folder. {_PATH}"),
        types=many(text(most=50), "Kinds (pdf, image, text, code, …) or suffixes (.py); any of them", most=20),
        since=text("Modified since: ISO date, “yesterday”, “3 days ago”", most=100),
        until=text("Modified until, likewise", most=100),
        tags=many(text(most=200), "The user's tags; all of them", most=20),
        size=text(">1MB, <20k or 1MB..5MB", most=50),
        like=text(f"A file that the hits should resemble. {_PATH}"),
        sort=text("Order", one_of=("relevance", "date", "name", "size")),
        limit=integer("Hits in one answer; 10 if not given", least=1, most=50),
        cursor=_CURSOR,
    ),
    said(["hits", "complete"], hits=listed(_HIT), complete=yes_no(), note=SAID_TEXT, next_cursor=SAID_TEXT),
    _search,
)

READ = ToolSpec(
    "read_file",
    "Read a file",
    "Read a file of the watched folders: text files as they are, documents (PDF, docx, …) as their extracted text. "
    "A range of lines or of characters, else from the beginning; long texts come in pages.",
    Level.READ,
    READS,
    record(
        path=text(_PATH, most=16_000),
        line=integer("First line, counted from 1", least=1),
        lines=integer("How many lines", least=1),
        character=integer("First character, counted from 0"),
        characters=integer("How many characters", least=1),
        cursor=text("next_cursor of an earlier answer: reads on. Needs no other argument", most=40_000),
    ),
    said(
        ["path", "text", "first_line", "first_character", "end_character", "complete", "text_bytes", "extracted"],
        path=SAID_TEXT, text=SAID_TEXT, first_line=SAID_INTEGER, first_character=SAID_INTEGER,
        end_character=SAID_INTEGER, complete=yes_no(), text_bytes=SAID_INTEGER, extracted=yes_no(), title=SAID_TEXT,
        anchor=SAID_TEXT, next_cursor=SAID_TEXT,
    ),
    _read,
)  # fmt: skip

ASK = ToolSpec(
    "ask_files",
    "Ask the files",
    "Answer a question from the user's files with a small local language model, citing path and line. Takes seconds; "
    "says so where the files do not tell. For finding files search_files is faster.",
    Level.READ,
    READS,
    record(["question"], question=text("A question in plain words")),
    said(
        ["answered", "citations"],
        answered=yes_no(),
        answer=SAID_TEXT,
        reason=SAID_TEXT,
        unanswered=listed(SAID_TEXT),
        citations=listed(
            said(["path"], path=SAID_TEXT, line=SAID_INTEGER, anchor=SAID_TEXT, quote=SAID_TEXT),
        ),
    ),
    _ask,
)

VERSIONS = ToolSpec(
    "list_versions",
    "List versions",
    "List the kept versions of a file, the newest first; deleted files too. For a folder or a pattern with * the files "
    "below it, each with how many versions it has.",
    Level.READ,
    READS,
    record(path=text(_PATH, most=16_000), cursor=_CURSOR),
    said(
        ["path"],
        path=SAID_TEXT,
        state=text(one_of=("there", "gone")),
        versions=listed(
            said(
                ["path", "current", "gone", "kept"],
                version=SAID_TEXT, path=SAID_TEXT, since=SAID_TEXT, size=SAID_INTEGER, modified=SAID_TEXT,
                kind=SAID_TEXT, op=SAID_INTEGER, reason=SAID_TEXT, current=yes_no(), gone=yes_no(), kept=yes_no(),
            ),
        ),
        files=listed(said(["path", "state", "versions"], path=SAID_TEXT, state=SAID_TEXT, versions=SAID_INTEGER)),
        notes=listed(SAID_TEXT),
        next_cursor=SAID_TEXT,
    ),
    _versions,
)  # fmt: skip
