"""Which files are meant: the exact one, the best one, or all that clearly fit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

import msgspec

from lsfs.core.paths import display, is_within
from lsfs.core.selector import Filters
from lsfs.core.spans import Clock
from lsfs.index.functionwords import content_words
from lsfs.index.query import Query
from lsfs.index.search import Found, Search
from lsfs.plan.resolve.evidence import (
    Weighed,
    clearly,
    counted,
    is_copied,
    is_sure,
    lead,
    order_key,
    ordered,
    stem,
    target_of,
    terms,
    weigh_all,
)
from lsfs.plan.resolve.phrases import Described
from lsfs.plan.resolve.places import Places
from lsfs.plan.resolve.standing import is_as_read
from lsfs.plan.resolve.wanted import Adviser, Chosen, Conditions, LeftOut, Target
from lsfs.store.index import FileRow, Index
from lsfs.store.index.files import condition
from lsfs.store.index.names import words as split_words
from lsfs.watch import mounts

MOST = 20_000
"""Files that one description may mean."""
_POOL, _MANY = 80, 1_000
"""Hits of a search among which one file, or all that fit, are chosen."""
_ASKED = 5
"""Files that the adviser is asked about: a second each."""
_YES, _NO = 0.7, 0.35
"""Its odds from which a file is meant, and up to which another one is not."""
_POSSIBLE = 0.3
"""Calibrated score from which a file that is left out is mentioned."""


class Chooser:
    """Chooses among the files of the index."""

    def __init__(
        self,
        index: Index,
        search: Search,
        places: Places,
        roots: dict[int, bytes],
        clock: Clock,
        adviser: Adviser | None,
        beginning: Callable[[FileRow], str],
    ) -> None:
        """`adviser` is asked where search is not sure; `beginning` gives the first passage of a file."""
        self._adviser = adviser
        self._beginning = beginning
        self._index = index
        self._search = search
        self._places = places
        self._roots = roots
        self._clock = clock

    def exact(self, phrase: str, conditions: Conditions) -> list[Target]:
        """The files that a phrase names in full, by name or by path; case counts only between several."""
        plain = phrase.strip(" \t\"'“”„«»‘’")
        if not plain:
            return []
        if "/" in plain:
            path = self._places.placed(plain)
            if path is not None and (target := self.at(path)) is not None:
                return self.passing([target], conditions)
            tail = plain.lower().strip("/")
            rows = self._index.files.called(os.path.basename(tail))
            ending = [t for t in self._targets(rows) if display(t.path).lower().endswith("/" + tail)]
            return self.passing(ending, conditions)
        rows = self._index.files.called(plain.lower())
        found = self.passing(self._targets(rows), conditions)
        cased = [target for target in found if display(os.path.basename(target.path)) == plain]
        return cased if cased else found

    def stem(self, phrase: str, conditions: Conditions) -> list[Target]:
        """The files whose name without its extension is the phrase."""
        plain = " ".join(phrase.lower().strip(" \t\"'“”„«»‘’").split())
        if not plain:
            return []
        rows = self._index.files.begun(plain + ".")
        exact = [row for row in rows if row.name.rsplit(".", 1)[0] == plain]
        return self.passing(self._targets(exact), conditions)

    def nearer(self, targets: Sequence[Target]) -> list[Target]:
        """Of several with one name, those in the caller's folder or below; all where that is none."""
        beside = [t for t in targets if os.path.dirname(t.path) == self._places.cwd]
        return beside or list(targets)

    def all_of(
        self, described: Described, conditions: Conditions, *, direct: bool = False, careful: bool = False
    ) -> Chosen:
        """All files that clearly fit; with `careful` by the words that were said alone."""
        if described.duplicates:
            return self._duplicates(conditions)
        if not described.words:
            return self._listed(described, conditions, direct or described.direct)
        weighed = self._weighed(
            described, conditions, lambda found: careful or bool(clearly(found)), _MANY, careful=careful
        )
        if described.direct:
            weighed = [one for one in weighed if os.path.dirname(one.path) in conditions.folders]
        if not weighed:
            return self._of_another_kind(described, conditions)
        kept = clearly(weighed)
        if described.count is not None and described.order == "":
            kept = counted(weighed, kept, described.count)
            if len(kept) != described.count:
                return Chosen(
                    doubt=f"{described.count} were named, {len(kept)} fit clearly",
                    nearest=tuple(map(target_of, weighed[: max(described.count, 5)])),
                )
        if described.order:
            kept = ordered(kept, described)[: described.count or 1]
        names = {one.path for one in kept}
        out = [one for one in weighed if one.path not in names and one.score >= _POSSIBLE][:10]
        if not kept:
            return Chosen(doubt="nothing fits clearly", nearest=tuple(map(target_of, weighed[:5])))
        return Chosen(tuple(map(target_of, kept)), tuple(LeftOut(one.path, "fits less clearly") for one in out))

    def one_of(self, described: Described, conditions: Conditions, *, careful: bool = False) -> Chosen:
        """The one file that clearly fits best; with `careful` the adviser decides only between files that do."""
        if not described.words:
            listed = self._listed(described, conditions, described.direct).targets
            if described.order:
                rows = [t for t in listed if t.row is not None]
                rows.sort(key=lambda t: order_key(t.row, described.order))
                return Chosen(tuple(rows[:1]))
            if len(listed) == 1:
                return Chosen(listed)
            return Chosen(doubt=f"{len(listed)} files fit" if listed else "", nearest=listed[:5])
        weighed = self._weighed(described, conditions, careful=careful)
        if not weighed:
            return self._of_another_kind(described, conditions)
        if described.order:
            return Chosen(tuple(map(target_of, ordered(clearly(weighed), described)[:1])))
        chosen = lead(weighed)
        return self._judged(described, weighed, careful) or chosen if chosen.doubt else chosen

    def _of_another_kind(self, described: Described, conditions: Conditions) -> Chosen:
        """What is told where nothing of a kind that was named fits: what fits without it, for the user to name."""
        if not described.types or described.spoken == described.words:
            return Chosen()
        weighed = self._weighed(
            msgspec.structs.replace(described, words=described.spoken, types=frozenset()), conditions
        )
        doubt = "no file of that kind fits" if weighed else ""
        return Chosen(doubt=doubt, nearest=tuple(map(target_of, weighed[:5])))

    def ranked(self, described: Described, conditions: Conditions) -> list[Target]:
        """What may be meant, the likeliest first."""
        weighed = self._weighed(described, conditions)
        if not weighed:
            return []
        if not is_sure(weighed):
            odds = self._odds(described, weighed)
            weighed.sort(key=lambda one: -odds.get(one.path, 0.0))
        return [target_of(one) for one in weighed]

    def is_title(self, described: Described, conditions: Conditions) -> bool:
        """Whether a plural is the name of one document rather than of several: its file says every word in its name."""
        weighed = self._evidence(described, self._found(described.words, described.types, conditions))
        chosen = lead(weighed).targets if weighed else ()
        if len(chosen) != 1:
            return False
        own = {stem(word) for word in split_words(display(os.path.basename(chosen[0].path))).lower().split()}
        asked = split_words(described.words).lower().split()
        return all(stem(word) in own for word in content_words(asked) or asked)

    def passes(self, row: FileRow, conditions: Conditions) -> bool:
        """Whether a file is one that the conditions allow."""
        return row.root in self._roots and all(self._passes(target, conditions) for target in self._targets([row]))

    def at(self, path: bytes) -> Target | None:
        """What stands at an absolute path; None for nothing, and outside of the watched folders."""
        for root, base in self._roots.items():
            if is_within(path, base) and path != base:
                row = self._index.files.at(root, path[len(base) :].lstrip(b"/"))
                if row is not None:
                    return Target(path, row if row.kind == "file" else None)
                if mounts.stands(path):  # not in the index, but named in full
                    return Target(path)
        return None

    def _judged(self, described: Described, weighed: Sequence[Weighed], careful: bool) -> Chosen | None:
        """The one that the adviser says yes to, and to no other; with `careful` one that search is sure of as well."""
        said = self._odds(described, weighed)
        if not said:
            return None
        odds = sorted(said.items(), key=lambda item: -item[1])
        best = [one for one in weighed if one.path == odds[0][0]]
        if odds[0][1] < _YES or (len(odds) > 1 and odds[1][1] > _NO) or (careful and not is_sure(best)):
            return None
        return Chosen(tuple(map(target_of, best)))

    def _odds(self, described: Described, weighed: Sequence[Weighed]) -> dict[bytes, float]:
        """What the adviser says of the few that come first by all evidence or by meaning; nothing where it failed."""
        if self._adviser is None:
            return {}
        by_meaning = sorted(weighed, key=lambda one: -one.meaning)
        asked: dict[bytes, Weighed] = {}
        contents: set[int | None] = set()
        for pair in zip(weighed, by_meaning, strict=True):
            for one in pair:
                if one.row.content is not None and one.row.content not in contents and len(asked) < _ASKED:
                    contents.add(one.row.content)
                    asked[one.path] = one
        words = described.spoken or described.words
        odds: dict[bytes, float] = {}
        for path, one in asked.items():
            said = self._adviser.odds(words, path, self._beginning(one.row))
            if said is None:
                return {}  # what was not asked is no "no"
            odds[path] = said
        return odds

    # What passes

    def _listed(self, described: Described, conditions: Conditions, direct: bool) -> Chosen:
        where = condition(self._filters(described.types, conditions), self._roots)
        rows = self._index.files.matching(where, "name", MOST)
        targets = self.passing(self._targets(rows), conditions)
        if direct and conditions.folders:
            targets = [t for t in targets if os.path.dirname(t.path) in conditions.folders]
        targets.sort(key=lambda target: target.path)
        if described.order:
            targets.sort(key=lambda target: order_key(target.row, described.order))
        if described.count is not None:
            if described.order:
                targets = targets[: described.count]
            elif len(targets) != described.count:
                doubt = f"{described.count} were named, {len(targets)} fit" if targets else ""
                return Chosen(doubt=doubt, nearest=tuple(targets[:5]))
        return Chosen(tuple(targets))

    def _duplicates(self, conditions: Conditions) -> Chosen:
        """The files that are equal to another one; of each set one stays, outside of what is looked at if it can."""
        listed = self._listed(Described(everything=True, many=True), conditions, False).targets
        rows = {t.path: t for t in listed if t.row is not None and t.row.hash is not None and t.row.size}
        equal = self._index.files.equal([t.row.hash for t in rows.values() if t.row is not None and t.row.hash])
        chosen: list[Target] = []
        for twins in equal.values():
            standing = [target for target in self._targets(twins) if is_as_read(target)]
            here = [target for target in standing if target.path in rows]
            if len(here) == len(standing):
                here.sort(key=lambda target: (is_copied(target), target.path))
                here = here[1:]
            chosen += here
        return Chosen(tuple(sorted(chosen, key=lambda target: target.path)))

    def passing(self, targets: Iterable[Target], conditions: Conditions) -> list[Target]:
        """Those of the targets that the conditions allow; a folder has neither time nor size."""
        return [target for target in targets if self._passes(target, conditions)]

    def _passes(self, target: Target, conditions: Conditions) -> bool:
        if conditions.folders and not any(is_within(target.path, folder) for folder in conditions.folders):
            return False
        if target.row is None:
            return conditions.time is None and conditions.sizes == (None, None) and not conditions.tagged
        if conditions.tagged:
            own = {tag.lower() for tag in self._index.files.tags(target.row.id)}
            if not all(tag.lower() in own for tag in conditions.tagged):
                return False
        low, high = conditions.sizes
        if (low is not None and target.row.size < low) or (high is not None and target.row.size > high):
            return False
        name = display(os.path.basename(target.path))
        return conditions.time is None or conditions.time.holds(target.row.mtime_ns, name, self._clock)

    def _filters(self, types: frozenset[str], conditions: Conditions) -> Filters:
        time = conditions.time
        by_sql = time is not None and not time.calendar
        return Filters(
            in_folders=tuple(map(os.fsdecode, conditions.folders)),
            extensions=tuple(sorted(types)),
            since_ns=time.low if time is not None and by_sql else None,
            until_ns=time.high if time is not None and by_sql else None,
            tags=conditions.tagged,
            min_size=conditions.sizes[0],
            max_size=conditions.sizes[1],
        )

    def _targets(self, rows: Iterable[FileRow]) -> list[Target]:
        return [
            Target(os.path.join(self._roots[row.root], row.path), row if row.kind == "file" else None)
            for row in rows
            if row.root in self._roots and row.state != "ignored"
        ]

    # Evidence

    def _weighed(
        self,
        described: Described,
        conditions: Conditions,
        enough: Callable[[Sequence[Weighed]], bool] = is_sure,
        pool: int = _POOL,
        *,
        careful: bool = False,
    ) -> list[Weighed]:
        """What search finds of a description, in other words too where that is not `enough`; the strongest first.

        With `careful` a kind that is named is kept to.
        """
        found = self._found(described.words, described.types, conditions, pool)
        if not found and described.types and described.spoken != described.words and not careful:
            found = self._found(described.spoken, frozenset(), conditions, pool)
        weighed = self._evidence(described, found)
        if self._adviser is None or enough(weighed):
            return weighed
        words = self._adviser.reworded(described.spoken or described.words)
        if not words or words.lower() == described.words.lower():
            return weighed
        other = msgspec.structs.replace(described, words=words, spoken=words)
        again = self._evidence(other, self._found(words, described.types, conditions))
        best: dict[bytes, Weighed] = {}
        for one in (*weighed, *again):
            if one.path not in best or best[one.path].strength < one.strength:
                best[one.path] = one
        return sorted(best.values(), key=lambda one: (-one.strength, one.path))

    def _evidence(self, described: Described, found: Sequence[Found]) -> list[Weighed]:
        wanted, head = terms(described)
        pairs = [(one, os.path.join(self._roots[one.file.root], one.file.path)) for one in found]
        return weigh_all(pairs, described, self._search.saying([*wanted, head]))

    def _found(self, words: str, types: frozenset[str], conditions: Conditions, pool: int = _POOL) -> list[Found]:
        query = Query(line=words, text=words, plain=words)
        answer = self._search.run(query, self._filters(types, conditions), limit=pool, faint=True)
        return [one for one in answer.found if self.passes(one.file, conditions)]
