"""A small home of real files below a running engine, to which sentences are said."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from lsfs.answer import Answering
from lsfs.core.api import ApplyRequest, DoRequest, PlanResult, SayResult
from lsfs.core.errors import ModelUnavailable
from lsfs.core.spans import to_ns
from lsfs.core.wirepath import to_wire
from lsfs.engine.parts import Parts
from lsfs.engine.saying import Saying
from lsfs.llm.base import LanguageModel
from lsfs.llm.scripted import ScriptedModel
from lsfs.plan.request import decode
from lsfs.plan.understand import Understanding, Understood
from tests.running import Lsfs

NOW = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)
"""When every sentence is said; the files below are older."""

FILES: dict[str, tuple[str, str | bytes]] = {
    "Documents/lease.txt": ("2024-03-10", "Lease of the flat in Lyon.\nThe rent is 950 euros a month.\n"),
    "Documents/Legal/will.txt": ("2022-05-01", "Last will of Anna Berg.\n"),
    "Documents/Legal/gardener contract.txt": ("2025-02-11", "Contract with the gardener.\nTwo visits a month.\n"),
    "Documents/Taxes/2023/notes.txt": ("2023-06-01", "Tax notes: travel and books.\n"),
    "Documents/Taxes/2024/notes.txt": ("2024-06-01", "Tax notes: the new desk.\n"),
    "Documents/Invoices/plumber invoice.txt": ("2023-04-05", "Invoice of the plumber: 120 euros.\n"),
    "Documents/Invoices/roofer invoice.txt": ("2024-07-07", "Invoice of the roofer: 2400 euros.\n"),
    "Documents/Invoices/painter invoice.txt": ("2024-10-02", "Invoice of the painter: 800 euros.\n"),
    "Downloads/data.csv": ("2025-01-01", "a,b\n1,2\n"),
    "Downloads/data (1).csv": ("2025-01-02", "a,b\n1,2\n"),
    "Downloads/manual.pdf": ("2020-01-01", b"%PDF-1.4 the manual of the kettle"),
    "Downloads/film.mp4": ("2026-11-20", bytes(5_000_000)),
    "Downloads/clip.mp4": ("2026-11-21", bytes(2_000)),
    "Notes/shopping list.txt": ("2026-11-27", "- eggs\n- flour\n"),
    "Notes/minutes 2024-03-20.md": ("2024-03-21", "# Minutes of March\nThe gate needs paint.\n"),
    "Notes/minutes 2024-09-18.md": ("2024-09-19", "# Minutes of September\nThe gate is painted.\n"),
    "Notes/onion tart.md": ("2021-08-08", "# Onion tart\nFour onions, cream, eggs.\n"),
    "Notes/caf\udce9.txt": ("2019-02-02", "Where the coffee is good.\n"),
    "Photos/IMG_1.jpg": ("2024-05-03", b"\xff\xd8one"),
    "Photos/IMG_2.jpg": ("2024-05-01", b"\xff\xd8two"),
    "Photos/IMG_3.jpg": ("2023-05-02", b"\xff\xd8three"),
    "Photos/Trips/lake.jpg": ("2023-08-15", b"\xff\xd8lake"),
    "Work/stars.py": ("2026-10-01", "print('stars')\n"),
    "Work/thesis.md": ("2026-11-01", "# Thesis\nFirst words.\n"),
    "Work/Old/thesis.md": ("2020-11-01", "# Thesis\nVery first words.\n"),
}
"""Path below the watched folder → day of the last change, and content."""


def make_home(root: Path, files: Mapping[str, tuple[str, str | bytes]] = FILES) -> None:
    """Writes the files, with their times."""
    for name, (day, body) in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body.encode() if isinstance(body, str) else body)
        ns = to_ns(dt.datetime.fromisoformat(f"{day}T12:00:00+00:00"))
        os.utime(path, ns=(ns, ns))


class _Understanding:
    """Takes every sentence for the same."""

    def __init__(self, understood: Understood) -> None:
        self._understood = understood

    def read(self, *_, **__) -> Understood:
        return self._understood


class Home:
    """A watched folder, and someone who talks to it."""

    def __init__(self, lsfs: Lsfs) -> None:
        self.lsfs = lsfs
        self.root = lsfs.root

    def saying(
        self, wires: Mapping[str, str] | None = None, answers: Callable[[], LanguageModel] | None = None
    ) -> Saying:
        """What answers sentences; `wires` is what a model makes of those that the rules leave alone, `answers` the
        model that reads files."""
        parts = self.lsfs.engine._parts
        if wires is not None:
            parts = dataclasses.replace(parts, understanding=Understanding(lambda: ScriptedModel(wires)))
        if answers is not None:
            answering = Answering(answers, parts.index, parts.search, parts.texts)
            parts = dataclasses.replace(parts, llm=answers, answering=answering)
        return self._saying(parts)

    def _saying(self, parts: Parts) -> Saying:
        engine, now_ns = self.lsfs.engine, to_ns(NOW)
        return Saying(parts, engine._finding, engine.changing, engine.past, engine.diffing, lambda: now_ns)

    def say(
        self,
        sentence: str,
        wire: str | None = None,
        *,
        cwd: str = "",
        last: tuple[str, ...] = (),
        answers: Callable[[], LanguageModel] | None = None,
        **caller,
    ) -> SayResult:
        """What a sentence comes to; without `wire` the rules alone read it."""
        request = DoRequest(
            sentence=sentence,
            cwd=to_wire(os.fsencode(self.root / cwd)),
            last=tuple(to_wire(os.fsencode(self.root / path)) for path in last),
            llm=wire is not None,
            **caller,
        )
        wires = None if wire is None else {" ".join(sentence.split()): wire.replace(" // ", "\n")}
        *_, event = self.saying(wires, answers).do(request)
        assert event.phase == "done" and event.result is not None
        return event.result

    def taken_for(self, wire: str) -> SayResult:
        """What comes of a request, whatever sentence it may have been: no check of the sentence comes before."""
        understood = Understood(decode(wire), "llm")
        parts = dataclasses.replace(self.lsfs.engine._parts, understanding=_Understanding(understood))
        request = DoRequest(sentence="…", cwd=to_wire(os.fsencode(self.root)), llm=False)
        *_, event = self._saying(parts).do(request)
        assert event.result is not None
        return event.result

    def apply(self, plan: PlanResult) -> PlanResult:
        """Carries out a plan; the op as it went."""
        assert plan.op is not None, plan
        *_, event = self.lsfs.engine.changing.apply(ApplyRequest(op=plan.op, confirmed="asked"))
        assert event.result is not None and event.result.state == "applied"
        self.lsfs.settled()
        return event.result

    def done(self, sentence: str, wire: str | None = None, **how) -> PlanResult:
        """Says it and agrees."""
        return self.apply(self.say(sentence, wire, **how))

    def below(self, path: str) -> str:
        """A shown path without that of the watched folder."""
        return path.removeprefix(f"{self.root}/")

    def effects(self, result: PlanResult) -> list[tuple[str, ...]]:
        """What a plan does: action, path and destination below the watched folder."""
        assert result.state == "preview", (result.state, getattr(result, "reason", ""), result.effects)
        return [
            tuple(part for part in (one.action, self.below(one.path), self.below(one.to or "")) if part)
            for one in result.effects
        ]

    def touched(self, result: PlanResult) -> set[str]:
        """The files that a plan touches."""
        return {effect[1] for effect in self.effects(result)}

    def found(self, result: SayResult) -> set[str]:
        """The files that are hits."""
        assert result.state == "answered", (result.state, result.reason)
        return {self.below(hit.path) for hit in result.hits}

    def tree(self) -> dict[str, bytes | None]:
        """Every path with its bytes, None for folders."""
        return {
            str(path.relative_to(self.root)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.root.rglob("*"))
        }


def no_model() -> LanguageModel:
    """Stands for a model that is not there."""
    raise ModelUnavailable("no model is installed", hint="lsfs models pull fetches one")
