"""What changed: the versions of files that a sentence names, or the files that were changed in a time."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence

from lsfs.core.api import Caller, HistoryRequest, SayResult, VersionInfo
from lsfs.core.errors import NothingFound
from lsfs.core.sizes import size_text
from lsfs.core.spans import Clock
from lsfs.core.wirepath import to_wire
from lsfs.engine.finding import Finding
from lsfs.engine.past import Past
from lsfs.plan import request as req
from lsfs.plan.resolve.choosing import Chooser
from lsfs.plan.resolve.phrases import Described
from lsfs.plan.resolve.spans import Range, range_of
from lsfs.plan.resolve.wanted import Conditions, Target

_MOST_FILES = 200
_MOST_VERSIONS = 50
_DAY_NS = 86_400 * 1_000_000_000


class Recent:
    """Answers about past changes."""

    def __init__(self, past: Past, finding: Finding) -> None:
        self._past = past
        self._finding = finding

    def answered(
        self, action: req.History, targets: Sequence[Target], chooser: Chooser, clock: Clock, caller: Caller
    ) -> SayResult:
        """The versions of what is named, as text; without a name, the files that were changed then."""
        if targets:
            return self._versions(targets, caller)
        span = range_of(action.time, clock) if action.time else None
        conditions = Conditions(time=span) if span is not None else _since(clock.now_ns - _DAY_NS)
        found = chooser.all_of(Described(everything=True, many=True, order="newest"), conditions).targets
        rows = [target.row for target in found if target.row is not None][:_MOST_FILES]
        if not rows:
            raise NothingFound("nothing was changed then")
        return SayResult(op=None, state="answered", hits=self._finding.listed(rows, caller.zone))

    def _versions(self, targets: Sequence[Target], caller: Caller) -> SayResult:
        fields = {name: getattr(caller, name) for name in Caller.__struct_fields__}
        lines: list[str] = []
        for target in targets:
            asked = HistoryRequest(path=to_wire(target.path), limit=_MOST_VERSIONS, **fields)
            for file in self._past.history(asked).files:
                lines.append(os.path.basename(file.path))
                lines += [_line(version) for version in file.versions]
        rows = [target.row for target in targets if target.row is not None]
        return SayResult(
            op=None, state="answered", answer="\n".join(lines), hits=self._finding.listed(rows, caller.zone)
        )


def _since(ns: int) -> Conditions:
    return Conditions(time=Range(ns, None))


def _line(version: VersionInfo) -> str:
    number = f"@{version.number}" if version.number else ""
    since = dt.datetime.fromisoformat(version.since).strftime("%Y-%m-%d %H:%M") if version.since else ""
    what = "gone" if version.gone else size_text(version.size)
    return f"  {number:<5}{since}  {what}"
