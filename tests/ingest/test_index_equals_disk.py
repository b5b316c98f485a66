"""After any storm of changes the vault and the index are what the disk is."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

NAMES = (b"a.txt", b"b.md", b"c~", b"d\xff.txt", b"new\nline.txt", "ü 日本.txt".encode())
FOLDERS = (b"", b"one", b"two", b"one/deep")


def path_of(folder: bytes, name: bytes) -> bytes:
    return os.path.join(folder, name)


class Disk(RuleBasedStateMachine):
    """Random changes of a real folder that a real engine watches; `engine_at` is set by the test."""

    engine_at = None

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lsfs-disk"))
        self.context = type(self).engine_at(self.folder)
        self.lsfs = self.context.__enter__()
        self.root = os.fsencode(self.lsfs.root)
        self.seed = 0
        (self.lsfs.root / "one/deep").mkdir(parents=True)
        (self.lsfs.root / "two").mkdir()
        (self.lsfs.root / "a.txt").write_bytes(b"first words\n")
        self.lsfs.up()

    def at(self, path: bytes) -> bytes:
        return os.path.join(self.root, path)

    def fresh(self) -> bytes:
        self.seed += 1
        return hashlib.sha256(str(self.seed).encode()).hexdigest().encode() + b" words\n"

    def is_file(self, path: bytes) -> bool:
        return os.path.isfile(self.at(path)) and not os.path.islink(self.at(path))

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES))
    def write(self, folder: bytes, name: bytes) -> None:
        path = self.at(path_of(folder, name))
        if os.path.isdir(os.path.dirname(path)) and not os.path.islink(path):
            Path(os.fsdecode(path)).write_bytes(self.fresh())

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES))
    def append(self, folder: bytes, name: bytes) -> None:
        if self.is_file(path_of(folder, name)):
            with open(self.at(path_of(folder, name)), "ab") as file:
                file.write(self.fresh())

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES))
    def replace_as_editors_do(self, folder: bytes, name: bytes) -> None:
        path = self.at(path_of(folder, name))
        if os.path.isdir(os.path.dirname(path)):
            temporary = path + b".tmp"
            Path(os.fsdecode(temporary)).write_bytes(self.fresh())
            os.replace(temporary, path)

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES))
    def edit_with_the_mtime_put_back(self, folder: bytes, name: bytes) -> None:
        path = self.at(path_of(folder, name))
        if self.is_file(path_of(folder, name)) and os.path.getsize(path):
            before = os.stat(path)
            with open(path, "r+b") as file:
                file.write(self.fresh()[:1])
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(
        source=st.sampled_from(NAMES),
        new_name=st.sampled_from(NAMES),
        of=st.sampled_from(FOLDERS),
        to=st.sampled_from(FOLDERS),
    )
    def move(self, source: bytes, new_name: bytes, of: bytes, to: bytes) -> None:
        old, new = self.at(path_of(of, source)), self.at(path_of(to, new_name))
        if os.path.lexists(old) and os.path.isdir(os.path.dirname(new)) and not os.path.isdir(old):
            os.replace(old, new)

    @rule(
        source=st.sampled_from(NAMES),
        new_name=st.sampled_from(NAMES),
        of=st.sampled_from(FOLDERS),
        to=st.sampled_from(FOLDERS),
    )
    def copy(self, source: bytes, new_name: bytes, of: bytes, to: bytes) -> None:
        new = self.at(path_of(to, new_name))
        if self.is_file(path_of(of, source)) and os.path.isdir(os.path.dirname(new)) and not os.path.lexists(new):
            shutil.copy2(self.at(path_of(of, source)), new)

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES))
    def delete(self, folder: bytes, name: bytes) -> None:
        if os.path.lexists(self.at(path_of(folder, name))):
            os.unlink(self.at(path_of(folder, name)))

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES), mode=st.sampled_from((0o600, 0o644, 0o755)))
    def chmod(self, folder: bytes, name: bytes, mode: int) -> None:
        if self.is_file(path_of(folder, name)):
            os.chmod(self.at(path_of(folder, name)), mode)

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES), points_to=st.sampled_from(NAMES))
    def symlink(self, folder: bytes, name: bytes, points_to: bytes) -> None:
        path = self.at(path_of(folder, name))
        if os.path.isdir(os.path.dirname(path)) and not os.path.lexists(path):
            os.symlink(points_to, path)

    @rule(folder=st.sampled_from(FOLDERS), name=st.sampled_from(NAMES), to=st.sampled_from(FOLDERS))
    def hard_link(self, folder: bytes, name: bytes, to: bytes) -> None:
        new = self.at(path_of(to, b"linked.txt"))
        if self.is_file(path_of(folder, name)) and os.path.isdir(os.path.dirname(new)) and not os.path.lexists(new):
            os.link(self.at(path_of(folder, name)), new)

    @precondition(lambda self: os.path.isdir(self.at(b"one")) and not os.path.lexists(self.at(b"two/one")))
    @rule()
    def move_a_folder_away(self) -> None:
        if os.path.isdir(self.at(b"two")):
            os.rename(self.at(b"one"), self.at(b"two/one"))

    @precondition(lambda self: os.path.isdir(self.at(b"two/one")) and not os.path.lexists(self.at(b"one")))
    @rule()
    def move_a_folder_back(self) -> None:
        os.rename(self.at(b"two/one"), self.at(b"one"))

    @rule(folder=st.sampled_from(FOLDERS[1:]))
    def remove_a_folder(self, folder: bytes) -> None:
        shutil.rmtree(self.at(folder), ignore_errors=True)

    @rule(folder=st.sampled_from(FOLDERS[1:]))
    def make_a_folder(self, folder: bytes) -> None:
        os.makedirs(self.at(folder), exist_ok=True)

    @rule()
    def swap_two_files(self) -> None:
        if self.is_file(b"a.txt") and self.is_file(b"b.md"):
            os.rename(self.at(b"a.txt"), self.at(b"swap"))
            os.rename(self.at(b"b.md"), self.at(b"a.txt"))
            os.rename(self.at(b"swap"), self.at(b"b.md"))

    @invariant()
    def lineages_are_not_shared(self) -> None:
        if hasattr(self, "lsfs"):
            root = self.lsfs.vault.roots.all()[0]
            lineages = [entry.lineage for entry in self.lsfs.vault.entries.below(root.id, b"")]
            assert len(lineages) == len(set(lineages))

    def teardown(self) -> None:
        if not hasattr(self, "lsfs"):
            return
        try:
            by_events = self.lsfs.disagreement()
            self.lsfs.rescanned()
            assert self.lsfs.differences() == []
            assert by_events == [], "a change was found by the scan only"
            self.lsfs.restart()
            self.lsfs.settled()
            assert self.lsfs.differences() == []
        finally:
            self.context.__exit__(None, None, None)
            shutil.rmtree(self.folder)


def run_disk(engine_at, examples: int, steps: int) -> None:
    machine = type("DiskMachine", (Disk,), {"engine_at": staticmethod(engine_at)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # A failure takes seconds to see, so shrinking it would take hours.
            phases=(Phase.explicit, Phase.generate),
        ),
    )


def test_any_changes_end_in_the_same_index_as_the_disk(start_lsfs):
    run_disk(start_lsfs, examples=8, steps=20)


@pytest.mark.long
def test_many_changes_end_in_the_same_index_as_the_disk(start_lsfs):
    run_disk(start_lsfs, examples=150, steps=40)
