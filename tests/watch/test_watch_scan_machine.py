"""Any changes to a real folder, then a scan: what is known is the disk."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lsfs.core.ignore import IgnoreRules
from lsfs.core.posix import mountinfo
from lsfs.watch.scan import Scanner

names = st.sampled_from(["a", "b", "c", "d/a", "d/b", "d/e/a", "d/e/b", "f/a", "f/\udcff", "f/g/\n"])


class ScanIsTheTruth(RuleBasedStateMachine):
    """Any changes, then a scan: what is known is the disk, and a further scan finds nothing."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        self.known = {}
        self.scanner = Scanner(os.fsencode(self.root), IgnoreRules(), mountinfo=mountinfo, clock=time.monotonic)

    def teardown(self):
        self.folder.cleanup()

    def at(self, name):
        path = self.root / name
        for above in reversed(path.relative_to(self.root).parents):
            if (self.root / above).is_symlink() or (self.root / above).is_file():
                (self.root / above).unlink()
            (self.root / above).mkdir(exist_ok=True)
        return path

    def clear(self, path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)

    @rule(name=names, data=st.binary(max_size=4))
    def write(self, name, data):
        path = self.at(name)
        self.clear(path)
        path.write_bytes(data) if not path.is_symlink() else path.unlink()

    @rule(name=names)
    def append(self, name):
        path = self.root / name
        if path.is_file() and not path.is_symlink():
            with path.open("ab") as stream:
                stream.write(b"+")

    @rule(name=names, data=st.binary(max_size=4))
    def replace(self, name, data):
        path = self.at(name)
        self.clear(path)
        temporary = self.root / "temporary"
        temporary.write_bytes(data)
        temporary.replace(path)

    @rule(source=names, to=names)
    def move(self, source, to):
        if not os.path.lexists(self.root / source):
            return
        path = self.at(to)
        if os.path.lexists(self.root / source) and source != to:
            self.clear(path)
            (self.root / source).rename(path)

    @rule(source=st.sampled_from(["d", "f", "d/e", "f/g"]), to=st.sampled_from(["z", "f/z", "d/z"]))
    def move_folder(self, source, to):
        if (self.root / source).is_dir() and not to.startswith(source) and not os.path.lexists(self.root / to):
            self.at(to)
            if (self.root / source).is_dir():
                (self.root / source).rename(self.root / to)

    @rule(name=st.one_of(names, st.sampled_from(["d", "f", "z"])))
    def delete(self, name):
        path = self.root / name
        if os.path.lexists(path):
            self.clear(path)
            path.unlink(missing_ok=True)

    @rule(name=names, mode=st.sampled_from([0o600, 0o644, 0o755]))
    def chmod(self, name, mode):
        path = self.root / name
        if path.is_file() and not path.is_symlink():
            path.chmod(mode)

    @rule(name=names, to=names)
    def symlink(self, name, to):
        path = self.at(name)
        self.clear(path)
        path.unlink(missing_ok=True)
        path.symlink_to(to)

    @rule(source=names, to=names)
    def hard_link(self, source, to):
        path = self.at(to)
        if (self.root / source).is_file() and source != to and not os.path.lexists(path):
            os.link(self.root / source, path, follow_symlinks=False)

    @rule(name=names)
    def edit_and_put_the_mtime_back(self, name):
        path = self.root / name
        if path.is_file() and not path.is_symlink():
            before = path.stat()
            # The clock of the file system ticks every few milliseconds.
            time.sleep(0.005)
            path.write_bytes(bytes(len(path.read_bytes())))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    @rule(subtree=st.sampled_from([b"", b"", b"d", b"f", b"d/e", b"z"]))
    def scan(self, subtree):
        for batch in self.scanner.scan(lambda folder: self.known.get(folder, {}), subtree):
            for item in batch.seen:
                folder, _, name = item.path.rpartition(b"/")
                self.known.setdefault(folder, {})[name] = item.key
            for path in batch.gone:
                folder, _, name = path.rpartition(b"/")
                self.known.get(folder, {}).pop(name, None)
            assert not batch.left_out

    @invariant()
    def a_full_scan_gives_the_disk(self):
        kept = {folder: dict(names) for folder, names in self.known.items()}
        self.scan(b"")
        found = {}
        for folder, entries in self.known.items():
            for name, key in entries.items():
                found[os.path.join(folder, name)] = (
                    (key.ino, key.mode) if stat.S_ISDIR(key.mode) else (key.ino, key.mode, key.size, key.ctime_ns)
                )
        there = {}
        for folder, folders, files in os.walk(os.fsencode(self.root)):
            for name in [*folders, *files]:
                at = os.lstat(os.path.join(folder, name))
                path = os.path.relpath(os.path.join(folder, name), os.fsencode(self.root))
                is_dir = stat.S_ISDIR(at.st_mode)
                there[path] = (at.st_ino, at.st_mode) if is_dir else (at.st_ino, at.st_mode, at.st_size, at.st_ctime_ns)
        assert found == there
        for batch in self.scanner.scan(lambda folder: self.known.get(folder, {})):
            assert not len(batch)
        # The next scan starts from what was known before, so that changes pile up.
        self.known = kept


ScanIsTheTruth.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
TestScanIsTheTruth = ScanIsTheTruth.TestCase
