"""From a find request to hits: words and options become a query, files become what people see."""

from __future__ import annotations

import datetime as dt
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec import UNSET

from lsfs.core.api import FindRequest, FindResult, Hit, Why
from lsfs.core.errors import RefusedError, UsageError
from lsfs.core.filetypes import family, types_for
from lsfs.core.selector import Filters
from lsfs.core.times import parse_since, parse_until, zone_of
from lsfs.core.wirepath import absolute_from_wire, to_lossy
from lsfs.index.query import Query, parse, parse_size
from lsfs.index.search import Answer, Found, Search
from lsfs.index.texts import Passage, Texts
from lsfs.store.index import FileRow, Index
from lsfs.watch import mounts

_SNIPPET_CHARS = 240
_FILTERS = {
    "in_folders": "a folder",
    "extensions": "a kind of file",
    "since_ns": "a time",
    "until_ns": "a time",
    "tags": "a tag",
    "min_size": "a size",
    "max_size": "a size",
}
"""What the fields of `Filters` are to a reader."""
_NOT_ENGLISH = "the embedder reads English; other languages are found by their words"


class Finding:
    """Answers find requests.  `complete` tells whether every vector is there, `now_ns` is the clock."""

    def __init__(
        self,
        index: Index,
        search: Search,
        texts: Texts,
        root_paths: Callable[[], Mapping[int, bytes]],
        complete: Callable[[], bool],
        now_ns: Callable[[], int],
    ) -> None:
        self._index = index
        self._search = search
        self._texts = texts
        self._root_paths = root_paths
        self._complete = complete
        self._now_ns = now_ns

    def find(self, request: FindRequest) -> FindResult:
        """The best hits; UsageError where an option can't be read."""
        started = time.perf_counter()
        if request.limit < 1:
            raise UsageError("-n must be at least 1")
        query = _with_home(parse(request.words, now_ns=self._now_ns(), zone=request.zone, locale=request.locale))
        options = self._options(request)
        if not (query.line.strip() or request.like or not options.empty):
            raise UsageError("say what to look for: words, --like FILE or a filter")
        answer, note = self._answer(request, query, options)
        roots = self._root_paths()
        passages = len(answer.found) if request.snippets is None else request.snippets
        hits = tuple(
            self._hit(found, query, answer, request, roots, passage=number < passages)
            for number, found in enumerate(answer.found)
        )
        return FindResult(
            query=request.words,
            hits=hits,
            elapsed_ms=round((time.perf_counter() - started) * 1000, 2),
            complete=self._complete(),
            note=note or UNSET,
        )

    def listed(self, rows: Iterable[FileRow], zone: str) -> tuple[Hit, ...]:
        """Files that were chosen by something else than words, as hits."""
        request, roots = FindRequest(words="", zone=zone), self._root_paths()
        query, answer = Query(line="", text="", plain=""), Answer([], [])
        return tuple(self._hit(Found(row, 1.0, None, {}), query, answer, request, roots) for row in rows)

    def searched(self, words: str, request: FindRequest) -> tuple[Hit, ...]:
        """The best hits for words that are words alone; also where none is a good match."""
        query, roots = Query(line=words, text=words, plain=words), self._root_paths()
        answer = self._search.run(query, Filters(), limit=request.limit, faint=True)
        return tuple(self._hit(one, query, answer, request, roots) for one in answer.found)

    def _answer(self, request: FindRequest, query: Query, options: Filters) -> tuple[Answer, str]:
        like = self._like(request)
        run = self._search.run
        answer = run(
            query, query.filters.merged(options), limit=request.limit, mode=request.mode, sort=request.sort, like=like
        )
        notes = [answer.note] if answer.note else []
        if query.guessed:
            read = ", ".join(
                f"“{r.words}” as {_FILTERS.get(r.filter, r.filter)}" for r in query.readings if not r.explicit
            )
            if answer.found:
                notes.append(f"read {read}")
            else:
                # The words that were taken for filters may have been meant as words.
                plain = query.as_words()
                answer = run(plain, options, limit=request.limit, mode=request.mode, sort=request.sort, like=like)
                notes.append(f"nothing fits {read}; searched for the words instead")
        elif not answer.found and (kind := _bare_kind(query.line)):
            only = Filters(extensions=tuple(sorted(kind)))
            answer = run(parse("", now_ns=self._now_ns()), only.merged(options), limit=request.limit, sort=request.sort)
            notes.append(f"no file says “{query.line.strip()}”; these are of that kind")
        if not answer.found and not request.words.isascii():
            notes.append(_NOT_ENGLISH)
        return answer, "; ".join(notes)

    def _options(self, request: FindRequest) -> Filters:
        extensions: set[str] = set()
        for word in request.types:
            known = types_for(word.lower())
            if known is None:
                if not re.fullmatch(r"\.?[\w.+-]+", word):
                    raise UsageError(f"--type {word}: neither a kind of file nor a suffix")
                known = frozenset((word.lower().lstrip("."),))
            extensions |= known
        folder = None
        if request.in_folder:
            # Roots are real paths; a link, "." or ".." of the user's names one of their folders too.
            folder = os.fsdecode(mounts.real(absolute_from_wire(request.in_folder)))
        low, high = parse_size(request.size) if request.size else (None, None)
        now, zone, locale = self._now_ns(), request.zone, request.locale
        return Filters(
            in_folders=(folder,) if folder else (),
            extensions=tuple(sorted(extensions)),
            since_ns=parse_since(request.since, now_ns=now, zone=zone, locale=locale) if request.since else None,
            until_ns=parse_until(request.until, now_ns=now, zone=zone, locale=locale) if request.until else None,
            tags=request.tags,
            min_size=low,
            max_size=high,
        )

    def _like(self, request: FindRequest) -> int | None:
        if request.like is None:
            return None
        folder, name = os.path.split(os.path.normpath(absolute_from_wire(request.like)))
        path = os.path.join(mounts.real(folder), name)
        for root, root_path in self._root_paths().items():
            if path.startswith(root_path + b"/"):
                row = self._index.files.at(root, path[len(root_path) + 1 :])
                if row is not None and row.content is not None:
                    return row.content
        raise RefusedError(
            "--like wants an indexed file with text", path=to_lossy(path)[0], hint="see `lsfs status PATH`"
        )

    def _hit(
        self,
        found: Found,
        query: Query,
        answer: Answer,
        request: FindRequest,
        roots: Mapping[int, bytes],
        *,
        passage: bool = True,
    ) -> Hit:
        row = found.file
        path, path_b64 = to_lossy(os.path.join(roots.get(row.root, b""), row.path))
        best = self._passage(found) if passage else None
        pattern = _word_starts(query)
        snippet, line = _snippet(best, pattern if answer.matched else None) if best else ("", None)
        zone = zone_of(request.zone)
        return Hit(
            path=path,
            score=round(found.score, 4),
            kind=family(row.ext),
            modified=dt.datetime.fromtimestamp(row.mtime_ns / 1e9, zone).isoformat(timespec="seconds"),
            size=row.size,
            snippet=snippet,
            line=line,
            path_b64=path_b64 or UNSET,
            anchor=(best.anchor if best else None) or UNSET,
            marks=(tuple(match.span() for match in pattern.finditer(snippet)) if pattern else ()) or UNSET,
            why=Why(parts={k: round(v, 4) for k, v in found.parts.items()}, matched=tuple(answer.matched))
            if request.explain
            else UNSET,
        )

    def _passage(self, found: Found) -> Passage | None:
        if found.chunk is None or found.file.content is None:
            return None
        content = self._index.contents.get(found.file.content)
        if content is None:
            return None
        passages = self._texts.passages(content, [found.file], [found.chunk])
        return passages[0] if passages else None


def _with_home(query: Query) -> Query:
    """The query with ``~/…`` in its folders as the user's home."""
    replace = msgspec.structs.replace
    filters = [
        replace(f, in_folders=tuple(os.path.expanduser(folder) for folder in f.in_folders))
        for f in (query.filters, query.explicit)
    ]
    return replace(query, filters=filters[0], explicit=filters[1])


def _bare_kind(line: str) -> frozenset[str] | None:
    """The suffixes that a line means which is nothing but a kind of file: ``pdfs``, ``python files``."""
    words = line.lower().split()
    if len(words) == 2 and words[1] in ("file", "files"):
        words.pop()
    return types_for(words[0]) if len(words) == 1 else None


def _word_starts(query: Query) -> re.Pattern[str] | None:
    words = set(re.findall(r"\w{3,}", query.text))
    if not words:
        return None
    # The index stems words; their first letters are what a reader recognises.
    stems = sorted((re.escape(word[: max(3, len(word) - 2)]) for word in words), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(stems)})\w*", re.IGNORECASE)


def _snippet(passage: Passage, pattern: re.Pattern[str] | None) -> tuple[str, int]:
    """The lines of a passage that hold most of the query's words, and the first one's number."""
    lines = passage.text.split("\n")
    best, best_count = 0, -1
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        window = " ".join(lines[number : number + 3])[:_SNIPPET_CHARS]
        count = len({found.lower() for found in pattern.findall(window)}) if pattern else 0
        if count > best_count:
            best, best_count = number, count
    text = "\n".join(line.rstrip() for line in lines[best:]).strip()
    if len(text) > _SNIPPET_CHARS:
        text = text[:_SNIPPET_CHARS].rsplit(None, 1)[0] + " …"
    return "\n".join(text.split("\n")[:3]), passage.line + best
