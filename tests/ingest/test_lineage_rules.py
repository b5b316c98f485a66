"""Which history a file goes on with: every rule on values, and the same cases on a watched folder.

A case is what is done to a folder in steps, each seen by lsfs before the next, and whose history each path then has:
`"a"` the one that began at `a`, `("new of", "a")` one that names it as its parent, `NEW` one without a parent.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from lsfs.core.posix import statx_btime
from lsfs.core.records import Kind, Seen, StatKey
from lsfs.versions.lineage import Known, Verdict, decide

NEW = "new"
Step = Callable[[Path], None]


class Case(NamedTuple):
    sentence: str
    files: str
    steps: tuple[Step, ...]
    expected: dict[str, str | tuple[str, str]]


def new_of(name: str) -> tuple[str, str]:
    return ("new of", name)


def write(name: str) -> Step:
    return lambda folder: (folder / name).write_text(f"{name} {os.urandom(8).hex()}") and None


def mv(old: str, new: str) -> Step:
    return lambda folder: os.replace(folder / old, folder / new)


def rm(name: str) -> Step:
    return lambda folder: (folder / name).unlink()


def ln(old: str, new: str) -> Step:
    return lambda folder: os.link(folder / old, folder / new)


def cp(old: str, new: str) -> Step:
    return lambda folder: shutil.copy2(folder / old, folder / new) and None


def mkdir(name: str) -> Step:
    return lambda folder: (folder / name).mkdir()


def symlink(target: str, name: str) -> Step:
    return lambda folder: os.symlink(target, folder / name)


def together(*steps: Step) -> Step:
    def run(folder: Path) -> None:
        for step in steps:
            step(folder)

    return run


CASES = [
    Case(
        "an editor's atomic replace keeps the history", "f", (together(write("f.tmp"), mv("f.tmp", "f")),), {"f": "f"}
    ),
    Case(
        "an atomic replace by a file that was seen before keeps the history of the path, not of the temporary file",
        "f",
        (write("f.tmp"), mv("f.tmp", "f")),
        {"f": "f"},
    ),
    Case("vim with backupcopy=no keeps the history", "f", (together(mv("f", "f~"), write("f"), rm("f~")),), {"f": "f"}),
    Case(
        "vim that keeps the backup keeps the history, and the backup names it as its parent",
        "f",
        (together(mv("f", "f~"), write("f")),),
        {"f": "f", "f~": new_of("f")},
    ),
    Case(
        "vim with backupcopy=yes keeps the history", "f", (together(cp("f", "f~"), write("f")),), {"f": "f", "f~": NEW}
    ),
    Case("a file keeps its history when it is renamed", "a", (mv("a", "b"),), {"b": "a"}),
    Case("a file keeps its history when only the case of its name changes", "a", (mv("a", "A"),), {"A": "a"}),
    Case(
        "what is made under the name that a file has left is its successor",
        "a",
        (together(mv("a", "b"), write("a")),),
        {"b": "a", "a": new_of("a")},
    ),
    Case(
        "so it is when the file had left long before",
        "a",
        (mv("a", "b"), write("a")),
        {"b": "a", "a": new_of("a")},
    ),
    Case("a file that is renamed to and fro has one history", "a", (mv("a", "b"), mv("b", "a")), {"a": "a"}),
    Case(
        "two files that are swapped take their histories along",
        "ab",
        (together(mv("a", "t"), mv("b", "a"), mv("t", "b")),),
        {"a": "b", "b": "a"},
    ),
    Case(
        "three files that change places take their histories along",
        "abc",
        (together(mv("a", "t"), mv("c", "a"), mv("b", "c"), mv("t", "b")),),
        {"a": "c", "b": "a", "c": "b"},
    ),
    Case("a file moved over another goes on with that one's history", "ab", (mv("a", "b"),), {"b": "b"}),
    Case(
        "a hard link has a history of its own that names the file's", "a", (ln("a", "b"),), {"a": "a", "b": new_of("a")}
    ),
    Case(
        "of several new names of a file one takes its history, the others name it",
        "a",
        (together(ln("a", "b"), ln("a", "c"), rm("a")),),
        {"b": "a", "c": new_of("a")},
    ),
    Case(
        "replacing one name of a hard-linked file goes on with that name's history",
        "a",
        (ln("a", "b"), together(write("t"), mv("t", "a"))),
        {"a": "a", "b": new_of("a")},
    ),
    Case(
        "a link to a file that lives under a new name does not share its history",
        "a",
        (mv("a", "b"), ln("b", "a")),
        {"a": new_of("a"), "b": "a"},
    ),
    Case(
        "an old name's history is not taken up by a link to a file while it goes on elsewhere",
        "a",
        (ln("a", "c"), mv("a", "b"), together(write("t"), mv("t", "b")), ln("c", "d")),
        {"b": "a", "c": new_of("a"), "d": new_of("c")},
    ),
    Case("a deleted file that is made again has its old history", "a", (rm("a"), write("a")), {"a": "a"}),
    Case(
        "a deleted file whose name is given to a link has its old history",
        "ab",
        (rm("a"), ln("b", "a")),
        {"a": "a", "b": "b"},
    ),
    Case("a copy has a history of its own", "a", (cp("a", "b"),), {"a": "a", "b": NEW}),
    Case("an edit in place keeps the history", "a", (write("a"),), {"a": "a"}),
    Case(
        "what lies in a renamed folder keeps its history",
        "",
        (together(mkdir("d"), write("d/x"), write("d/y")), mv("d", "e")),
        {"e": "d", "e/x": "d/x", "e/y": "d/y"},
    ),
    Case(
        "a file that is replaced by a link keeps the history", "a", (together(rm("a"), symlink("b", "a")),), {"a": "a"}
    ),
    Case("a file that is replaced by a folder keeps the history", "a", (together(rm("a"), mkdir("a")),), {"a": "a"}),
]
by_sentence = pytest.mark.parametrize("case", CASES, ids=[case.sentence.replace(" ", "-") for case in CASES])


class Histories:
    """What the vault would know, with every verdict taken from `decide` on the whole folder at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = os.fsencode(folder)
        self.known: dict[bytes, Known] = {}
        self.keys: dict[bytes, StatKey] = {}
        self.parents: dict[int, int | None] = {}
        self.next_seq = itertools.count(1).__next__

    def look(self) -> None:
        now = {look.path: look for look in self._seen()}
        changed = [look for look in now.values() if self.keys.get(look.path) != look.key]
        gone = [path for path, known in self.known.items() if not known.gone and path not in now]
        touched = {look.path for look in changed} | set(gone)
        by_inode: dict[tuple[int, int], list[Known]] = {}
        for known in sorted(self.known.values(), key=lambda known: -known.seq):
            by_inode.setdefault(known.inode, []).append(known)
        held = {k.lineage for k in self.known.values() if not k.gone and k.path not in touched}
        verdicts = decide(changed, gone, self.known, by_inode, held)
        for path in gone:
            old = self.known[path]
            self.known[path] = Known(path, old.inode, old.lineage, self.next_seq(), True)
            self.keys.pop(path)
        for look in changed:
            verdict = verdicts[look.path]
            lineage = verdict.lineage
            if lineage is None:
                lineage = len(self.parents) + 1
                self.parents[lineage] = verdict.parent[0] if verdict.parent else None
            self.known[look.path] = Known(look.path, (look.key.ino, look.btime_ns), lineage, self.next_seq(), False)
            self.keys[look.path] = look.key

    def lineages(self) -> dict[str, int]:
        return {os.fsdecode(path): known.lineage for path, known in self.known.items() if not known.gone}

    def _seen(self) -> list[Seen]:
        found = []
        for folder, folders, files in os.walk(self.folder):
            for name in folders + files:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                key = StatKey(status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_mode)
                kind = Kind.DIR if os.path.isdir(path) and not os.path.islink(path) else Kind.FILE
                # A number that is freed goes to the next file, and the birth time tells them apart.
                found.append(Seen(path[len(self.folder) + 1 :], kind, key, statx_btime(None, path)))
        return found


def check(case: Case, began: dict[str, int], lineages: dict[str, int], parents: dict[int, int | None]) -> None:
    assert lineages.keys() == case.expected.keys(), case.sentence
    assert len(set(lineages.values())) == len(lineages), f"two paths share a history: {case.sentence}"
    for path, expected in case.expected.items():
        if expected == NEW:
            assert lineages[path] not in began.values() and parents[lineages[path]] is None, (case.sentence, path)
        elif isinstance(expected, tuple):
            assert lineages[path] not in {began[name] for name in case.files}, (case.sentence, path)
            assert parents[lineages[path]] == began[expected[1]], (case.sentence, path)
        else:
            assert lineages[path] == began[expected], (case.sentence, path)


@by_sentence
def test_by_decide(case: Case, tmp_path: Path):
    for name in case.files:
        write(name)(tmp_path)
    histories = Histories(tmp_path)
    histories.look()
    began: dict[str, int] = {}
    for step in case.steps:
        began = histories.lineages() | began
        step(tmp_path)
        histories.look()
    check(case, began, histories.lineages(), histories.parents)


@pytest.mark.parametrize("by", ["scan", "events"])
def test_on_a_watched_folder(by: str, lsfs):
    began: dict[str, dict[str, int]] = {case.sentence: {} for case in CASES}
    for case in CASES:
        folder = lsfs.root / case.sentence
        folder.mkdir()
        for name in case.files:
            write(name)(folder)
    lsfs.up()
    for number in range(max(len(case.steps) for case in CASES)):
        for case in (case for case in CASES if number < len(case.steps)):
            began[case.sentence] = lineages_of(lsfs, case) | began[case.sentence]
            case.steps[number](lsfs.root / case.sentence)
        if by == "scan":
            lsfs.rescanned()
        else:
            assert lsfs.disagreement() == []
    assert lsfs.differences() == []
    for case in CASES:
        check(case, began[case.sentence], lineages_of(lsfs, case), parents_of(lsfs))


def lineages_of(lsfs, case: Case) -> dict[str, int]:
    root = lsfs.vault.roots.all()[0]
    folder = os.fsencode(case.sentence)
    entries = lsfs.vault.entries.below(root.id, folder)
    return {os.fsdecode(entry.path[len(folder) + 1 :]): entry.lineage for entry in entries}


def parents_of(lsfs) -> dict[int, int | None]:
    return dict(lsfs.vault._db.rows("SELECT id, parent FROM lineages"))


def test_a_file_that_moves_to_another_watched_folder_keeps_its_history(lsfs, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (lsfs.root / "a").write_text("travels")
    lsfs.up(lsfs.root, other)
    lineage = lineage_in(lsfs, lsfs.root, b"a")
    os.rename(lsfs.root / "a", other / "b")
    lsfs.rescanned()
    assert lineage_in(lsfs, other, b"b") == lineage
    os.rename(other / "b", lsfs.root / "c")
    lsfs.rescanned()
    assert lineage_in(lsfs, lsfs.root, b"c") == lineage
    (other / "b").write_text("a successor")
    lsfs.rescanned()
    assert lineage_in(lsfs, other, b"b") != lineage


def lineage_in(lsfs, folder: Path, path: bytes) -> int:
    root = next(root for root in lsfs.vault.roots.all() if root.path == os.fsencode(folder))
    entry = lsfs.vault.entries.at(root.id, [path])[path]
    assert not entry.gone
    return entry.lineage


def test_a_freed_inode_number_with_another_birth_time_is_another_file():
    before = Known(b"old", (7, 100), lineage=1, seq=1, gone=True)
    new = Seen(b"new", Kind.FILE, StatKey(7, 1, 1, 1, 0o100644), btime_ns=200)
    assert decide([new], [], {}, {(7, 100): [before]}) == {b"new": Verdict(None)}
    same = Seen(b"new", Kind.FILE, StatKey(7, 1, 1, 1, 0o100644), btime_ns=100)
    assert decide([same], [], {}, {(7, 100): [before]}) == {b"new": Verdict(1)}
