"""Any plans on a real folder, and any edits between them: foretold, recorded, and taken back to the last byte."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.plan.machine import NAMES, NUMBER, REFUSALS, Plans, foretold, run_machine


class Edits(Plans):
    """Plans among what other programs do by plain calls; taking a plan back may meet that, and be forced or partial."""

    @rule(number=NUMBER, other=NUMBER, what=st.sampled_from(("write", "append", "replace", "cut", "move and anew")))
    def contents(self, number: int, other: int, what: str) -> None:
        if (file := self.one(number, "file")) is None:
            return
        match what:
            case "write":
                file.write_text(self.text())
            case "append":
                with file.open("a") as opened:
                    opened.write(self.text())
            case "replace":
                beside = file.with_name("saved by an editor")
                beside.write_text(self.text())
                beside.replace(file)
            case "cut":
                os.truncate(file, other % 10)
            case "move and anew":
                place = file.with_name(f"{file.name}~")
                if not place.is_dir():
                    file.rename(place)
                    file.write_text(self.text())
        self.noticed()

    @rule(number=NUMBER, other=NUMBER, what=st.sampled_from(("mode", "times", "attribute")))
    def beside_the_bytes(self, number: int, other: int, what: str) -> None:
        if (path := self.one(number, "file", "dir")) is None:
            return
        match what:
            case "mode":
                path.chmod((0o600, 0o644, 0o750, 0o700)[other % 4])
            case "times":
                at = 1_500_000_000_000_000_000 + other * 1_000_003
                os.utime(path, ns=(at, at))
            case "attribute":
                os.setxattr(path, "user.note", self.text().encode())
        self.noticed()

    @rule(number=NUMBER, folder=NUMBER, name=st.sampled_from(NAMES), what=st.sampled_from(("move", "link", "copy")))
    def names(self, number: int, folder: int, name: str, what: str) -> None:
        path, into = self.one(number), self.one(folder, "dir")
        if path is None or into is None or into.is_relative_to(path):
            return
        target = into / name
        # Over a link, a copy would be written elsewhere.
        if target.is_dir() or target.is_symlink() or (path.is_dir() and not path.is_symlink() and target.exists()):
            return
        match what:
            case "move":
                path.rename(target)
            case "link" if path.is_file() and not path.is_symlink() and not target.exists():
                os.link(path, target)
            case "copy" if path.is_file() and not (target.exists() and target.samefile(path)):
                shutil.copyfile(path, target)
        self.noticed()

    @rule(folder=NUMBER, name=st.sampled_from(NAMES), what=st.sampled_from(("file", "folder", "symlink")))
    def new(self, folder: int, name: str, what: str) -> None:
        into = self.one(folder, "dir")
        if into is None or os.path.lexists(into / name):
            return
        match what:
            case "file":
                (into / name).write_text(self.text())
            case "folder":
                (into / name).mkdir()
            case "symlink":
                (into / name).symlink_to("a.txt")
        self.noticed()

    @rule(number=NUMBER)
    def delete(self, number: int) -> None:
        if (path := self.one(number)) is not None:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
            self.noticed()

    def one(self, number: int, *kinds: str) -> Path | None:
        found = self.paths(*kinds)
        return self.desk.at(found[number % len(found)]) if found else None

    def noticed(self) -> None:
        self.desk.flush()
        assert self.desk.lsfs.disagreement() == []
        self.remember()

    def refused(self, plan: Callable, number: int | None) -> None:
        """An undo goes over what is in the way, or does the rest, or is let be."""
        how = random.Random(self.seed).choice(("force", "keep", ""))
        if plan != self.desk.plan_undo or not how:
            return
        before = self.desk.whole()
        try:
            planned = plan(number, how)
        except REFUSALS:
            return
        if planned.op is None:
            assert planned.conflicts or planned.left_out, planned
            assert self.desk.whole() == before
            return
        expected = foretold(self.desk, planned.op)
        self.desk.apply(planned)
        self.check(planned.op, expected)

    def end(self) -> None:
        """With edits in between there is no first tree to come back to."""


def test_any_plans_are_foretold_recorded_and_taken_back(start_desk):
    run_machine(Plans, start_desk, examples=5, steps=10)


def test_any_edits_between_plans_are_recorded_and_never_lost(start_desk):
    run_machine(Edits, start_desk, examples=6, steps=12)


@pytest.mark.long
def test_many_plans_are_foretold_recorded_and_taken_back(start_desk):
    run_machine(Plans, start_desk, examples=150, steps=30)


@pytest.mark.long
def test_many_edits_between_plans_are_recorded_and_never_lost(start_desk):
    run_machine(Edits, start_desk, examples=150, steps=30)
