"""What the folders of results hold: each search is run once, when its folder is opened, and kept until things change.

A folder without words is answered from the vault, without the daemon.
"""

from __future__ import annotations

import datetime as dt
import errno
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from lsfs.core.linknames import link_names
from lsfs.core.paths import display, join, split
from lsfs.store.vault import Present, Vault
from lsfs.views.base import LINK_MODE, Answer, Attributes, Found, Item, Live, refused
from lsfs.views.opened import Opened
from lsfs.views.selection import Selection, kind_of

FACETS = (b"by-type", b"by-date", b"by-tag", b"search")
"""Folders in a folder of results that are found when asked for, and not listed: so walks through it end."""
RESULTS, WHY, QUERY = b".results.json", b".why.txt", b".query"
_RESERVED = frozenset((*FACETS, RESULTS, WHY, QUERY))
_KEPT_ITEMS = 200_000
"""Links of all kept results together."""
_MEASURED = 1000
"""Results up to which the documents beside them are made when the folder is opened."""
_FAR_BEHIND = 0.1
"""Share of the best score below which a hit is left out: a folder shows no order, and would bury the others."""
_UNSETTLED_S = 2.0
"""How long a result is good whose words or vectors were not all there."""
_UNUSED_S = 300.0
"""How long a result is kept that nobody asks for."""
_OLDER = "This is an older result: lsfs does not answer now."
_MOMENT_S = 5.0
"""How old the result of a search may be in which a single name is looked up."""
_MOST_WAITING = 16
_AT_ONCE = 4
"""Searches under way at a time; a daemon has two cores."""
_TURN_S = 5.0
"""How long a search waits for its turn."""


Change = tuple[int, int]
"""The newest change of the vault, and of what was opened where that matters."""


class Result(msgspec.Struct, frozen=True):
    """What a folder holds."""

    items: tuple[Item, ...]
    found: Mapping[bytes, Found]
    """By name."""
    note: str
    complete: bool
    change: Change
    """The newest change of what it was made from."""
    made_s: float
    documents: dict[bytes, bytes] = msgspec.field(default_factory=dict)
    """What was made of it."""

    @property
    def measured(self) -> bool:
        """Whether its documents are short enough to be made for the sake of their sizes."""
        return len(self.items) <= _MEASURED

    def document(self, name: bytes, selection: Selection) -> bytes:
        """`.results.json`, as a program reads it, or `.why.txt`, as a person does; made once."""
        if name not in self.documents:
            text = self._listed(selection) if name == RESULTS else self._reasons()
            self.documents[name] = text.encode("utf-8", "replace")
        return self.documents[name]

    def _listed(self, selection: Selection) -> str:
        listed = [
            {
                "name": display(name),
                "path": display(one.path),
                "score": one.score,
                "size": one.size,
                "modified": dt.datetime.fromtimestamp(one.mtime_ns // 1_000_000_000, dt.UTC).isoformat(),
            }
            for name, one in self.found.items()
        ]
        whole = {"query": " ".join(selection.words), "results": listed, "complete": self.complete, "note": self.note}
        return msgspec.json.format(msgspec.json.encode(whole), indent=1).decode() + "\n"

    def _reasons(self) -> str:
        lines = [self.note] if self.note else []
        if not self.complete:
            lines.append("Not everything is indexed yet; more may be found later.")
        for name, one in self.found.items():
            score = f"  {one.score:.2f}" if one.score is not None else ""
            lines.append(f"{display(name)}{score}\n  {display(one.path)}")
            lines += [f"  {line}" for line in one.why.splitlines()]
        return "\n".join(lines or ["Nothing was found."]) + "\n"


class _Run:
    """A search under way, for all who wait for it."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.result: Result | None = None
        self.error: BaseException | None = None


class Results:
    """The results of every folder that was opened of late; for any thread."""

    def __init__(
        self,
        vault: Vault,
        live: Live,
        opened: Opened,
        zone: dt.tzinfo,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._vault = vault
        self._live = live
        self.opened = opened
        """What was opened through the mount."""
        self.zone = zone
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Selection, Result] = OrderedDict()
        self._used_s: dict[Selection, float] = {}
        self._running: dict[Selection, _Run] = {}
        self._wanted: dict[Selection, dict[bytes, bytes]] = {}
        self._waiting = 0
        """Who runs a search now, or waits for one."""
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._kinds: dict[Selection, tuple[Change, list[str]]] = {}
        """Those of the last selection that was asked about, and the change that they belong to."""

    def known(self, selection: Selection) -> Result | None:
        """The last result, as old as it may be; None where there is none."""
        with self._lock:
            found = self._kept.get(selection)
            if found is not None:
                self._used_s[selection] = self._clock()
            return found

    def current(self, selection: Selection) -> Result:
        """The result for who looks up a name: of a search, one that was made a moment ago will do."""
        known = self.known(selection) if selection.live else None
        if known is not None and self._clock() - known.made_s < _MOMENT_S:
            return known
        return self.fresh(selection)

    def fresh(self, selection: Selection) -> Result:
        """The result as things are now; raises OSError, unless an older one can be had where the daemon is away."""
        change = self._change(selection)
        with self._lock:
            self._used_s[selection] = self._clock()
            kept = self._kept.get(selection)
            if kept is not None and self._holds(kept, change):
                self._kept.move_to_end(selection)
                return kept
            run = self._running.get(selection)
            mine = run is None
            if selection.live:
                if self._waiting >= _MOST_WAITING:
                    refused(errno.EAGAIN)  # others, who ask for what needs no daemon, are to be answered
                self._waiting += 1
            if run is None:
                run = self._running[selection] = _Run()
        try:
            if mine:
                self._carry_out(selection, change, run)
            else:
                run.done.wait()
        finally:
            if selection.live:
                with self._lock:
                    self._waiting -= 1
        if run.result is not None:
            return run.result
        away = isinstance(run.error, OSError) and run.error.errno != errno.EINVAL
        if kept is not None and away:
            return self._older(selection, kept)
        assert run.error is not None
        raise run.error

    def _older(self, selection: Selection, kept: Result) -> Result:
        """A result that could not be made anew, and says so from now on."""
        if kept.note.endswith(_OLDER):
            return kept
        noted = msgspec.structs.replace(kept, note=f"{kept.note}\n{_OLDER}".lstrip(), documents={})
        with self._lock:
            self._kept[selection] = noted
        return noted

    def tidy(self) -> None:
        """Forgets what was not asked for of late."""
        before = self._clock() - _UNUSED_S
        with self._lock:
            for selection in [one for one, used_s in self._used_s.items() if used_s < before]:
                del self._used_s[selection]
                self._kept.pop(selection, None)

    def will_be(self, selection: Selection, path: bytes, name: bytes) -> None:
        """Has a file that is about to be part of a selection get this name there."""
        with self._lock:
            self._wanted.setdefault(selection, {})[path] = name

    def _change(self, selection: Selection) -> Change:
        return self._vault.seq(), self.opened.change() if selection.opened else 0

    def _holds(self, result: Result, change: Change) -> bool:
        return result.change == change and (result.complete or self._clock() - result.made_s < _UNSETTLED_S)

    def _carry_out(self, selection: Selection, change: Change, run: _Run) -> None:
        try:
            run.result = self._made(selection, change)
        except BaseException as error:  # whoever waits gets it too
            run.error = error
        finally:
            with self._lock:
                del self._running[selection]
                if run.result is not None:
                    self._keep(selection, run.result)
            run.done.set()

    def _keep(self, selection: Selection, result: Result) -> None:
        self._kept[selection] = result
        self._kept.move_to_end(selection)
        total = sum(len(each.items) + 1 for each in self._kept.values())
        while total > _KEPT_ITEMS and len(self._kept) > 1:
            total -= len(self._kept.popitem(last=False)[1].items) + 1

    def _made(self, selection: Selection, change: Change) -> Result:
        answer = self._searched(selection) if selection.live else Answer(self._looked_up(selection))
        names = self._names(selection, [one.path for one in answer.found])
        items = tuple(
            Item(name, Attributes(LINK_MODE, len(one.path), one.mtime_ns))
            for name, one in zip(names, answer.found, strict=True)
        )
        return Result(
            items=items,
            found=dict(zip(names, answer.found, strict=True)),
            note=answer.note,
            complete=answer.complete,
            change=change,
            made_s=self._clock(),
        )

    def _names(self, selection: Selection, paths: Sequence[bytes]) -> list[bytes]:
        """A name for each file: that which it had in the folder before, as long as the folder is known."""
        with self._lock:
            kept = self._kept.get(selection)
            before = {one.path: name for name, one in kept.found.items()} if kept is not None else {}
            before |= self._wanted.pop(selection, {})
        held = {path: before[path] for path in paths if path in before}
        if len(set(held.values())) < len(held):
            held = {}
        fresh = [path for path in paths if path not in held]
        reserved = _RESERVED.union(held.values())
        held |= zip(fresh, link_names((split(path)[1] for path in fresh), reserved), strict=True)
        return [held[path] for path in paths]

    def _searched(self, selection: Selection) -> Answer:
        if not self._turns.acquire(timeout=_TURN_S):
            refused(errno.EAGAIN)
        try:
            answers = [self._live.search(wish) for wish in selection.wishes()]
        finally:
            self._turns.release()
        last = in_front(answers[-1])
        others = [{one.path for one in answer.found} for answer in answers[:-1]]
        if (among := self._among(selection)) is not None:
            others.append(among)
        found = [one for one in last.found if all(one.path in each for each in others) and selection.fits(one.path)]
        notes = dict.fromkeys(answer.note for answer in (*answers[:-1], last) if answer.note)
        return Answer(found, "\n".join(notes), all(answer.complete for answer in answers))

    def _looked_up(self, selection: Selection) -> Sequence[Found]:
        if selection.newest is not None or selection.opened:
            base = self._base(selection)
            rest = msgspec.structs.replace(selection, newest=None, opened=False)
            if rest == Selection():
                return base
            fitting = {one.path for one in self._looked_up(rest)}
            return [one for one in base if one.path in fitting]
        since, until = selection.bounds(self.zone)
        found = self._files(since_ns=since, until_ns=until, tags=selection.tags)
        return [one for one in found if selection.fits(one.path)]

    def _base(self, selection: Selection) -> Sequence[Found]:
        """What was modified last, or opened last, whatever it is narrowed to."""
        if not selection.opened:
            return self._files(newest=selection.newest)
        order = {path: number for number, path in enumerate(self.opened.paths())}
        return sorted((one for one in self._files() if one.path in order), key=lambda one: order[one.path])

    def _among(self, selection: Selection) -> set[bytes] | None:
        """The paths that hits must be among; None where any will do."""
        if selection.newest is None and not selection.opened:
            return None
        return {one.path for one in self._base(selection)}

    def _files(self, **asked: Any) -> list[Found]:
        roots = {root.id: root.path for root in self._vault.roots.all()}
        rows = self._vault.browsing.files(**asked)
        return [_found(row, roots[row.root]) for row in rows if row.root in roots]

    def kinds(self, selection: Selection) -> list[str]:
        """The kinds of the files that a selection has, sorted."""
        if selection.live:
            return sorted({kind_of(one.path) for one in self.fresh(selection).found.values()})
        change = self._change(selection)
        with self._lock:
            known = self._kinds.get(selection)
        if known is None or known[0] != change:
            known = change, sorted({kind_of(one.path) for one in self._looked_up(selection)})
            with self._lock:
                self._kinds = {selection: known}
        return known[1]

    def months(self, selection: Selection) -> list[str]:
        """The local months in which the files of a selection were modified, sorted: ``2026-03``."""
        if selection == Selection():
            seconds = self._vault.browsing.quarters_of_hours()
            return sorted({f"{dt.datetime.fromtimestamp(at, self.zone):%Y-%m}" for at in seconds})
        found = self.fresh(selection).found.values()
        days = {dt.datetime.fromtimestamp(one.mtime_ns // 1_000_000_000, self.zone) for one in found}
        return sorted({f"{day:%Y-%m}" for day in days})

    def tags(self, selection: Selection) -> list[str]:
        """The tags that files of a selection have, sorted."""
        every = self._vault.browsing.tags()
        if selection == Selection():
            return every
        paths = {one.path for one in self.fresh(selection).found.values()}
        return [tag for tag in every if any(one.path in paths for one in self._looked_up(Selection(tags=(tag,))))]


def in_front(answer: Answer) -> Answer:
    """The hits that are not far behind the best."""
    floor = max((one.score or 0.0 for one in answer.found), default=0.0) * _FAR_BEHIND
    found = [one for one in answer.found if one.score is None or one.score >= floor]
    left = len(answer.found) - len(found)
    if not left:
        return answer
    note = f"Left out, since they fit far less: {left} (lsfs find shows them)."
    return answer._replace(found=found, note=f"{answer.note}\n{note}".lstrip())


def _found(row: Present, root: bytes) -> Found:
    return Found(join(root, row.path), row.size, row.mtime_ns)
