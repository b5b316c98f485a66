"""What the tests of watching share: the truth about a tree, and a model kept up by scans and events."""

from __future__ import annotations

import os
import stat
import threading
import time

import pytest

from lsfs.core import paths
from lsfs.core.ignore import IgnoreRules
from lsfs.core.posix import mountinfo
from lsfs.core.records import StatKey
from lsfs.watch.coalesce import Timing
from lsfs.watch.records import ScanBatch
from lsfs.watch.scan import Scanner
from lsfs.watch.watcher import Watcher


def same(key):
    """A stat key as it is compared: a folder's size and times follow from what is in it."""
    return (key.ino, key.mode) if stat.S_ISDIR(key.mode) else key


class Model:
    """What somebody who believes every batch knows of a root."""

    def __init__(self):
        self.folders = {}

    def known(self, folder):
        return self.folders.get(folder, {})

    def apply(self, batch):
        for item in batch.seen:
            folder, name = paths.split(item.path)
            self.folders.setdefault(folder, {})[name] = item.key
        for path in [*batch.gone, *(path for path, _ in batch.left_out)]:
            folder, name = paths.split(path)
            self.folders.get(folder, {}).pop(name, None)

    def scan(self, scanner, subtree=b"", **more):
        """Scans and applies; the batches, added up."""
        total = ScanBatch()
        for batch in scanner.scan(self.known, subtree, **more):
            total.extend(batch)
            self.apply(batch)
        return total

    def tree(self):
        found = {}
        for folder, names in self.folders.items():
            for name, key in names.items():
                found[paths.join(folder, name)] = same(key)
        return found

    def names_of(self, inodes):
        return [
            paths.join(folder, name)
            for folder, names in self.folders.items()
            for name, key in names.items()
            if key.ino in inodes and not stat.S_ISDIR(key.mode)
        ]


def truth(root):
    """What stands beneath a root, found by other means than the scanner's."""
    found = {}
    for folder, folders, files in os.walk(os.fsencode(root)):
        for name in [*folders, *files]:
            path = os.path.join(folder, name)
            at = os.lstat(path)
            key = StatKey(at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns, at.st_mode)
            found[os.path.relpath(path, os.fsencode(root))] = same(key)
    return found


class Live:
    """A watched root and the model that its work keeps up."""

    ROOT = 1

    def __init__(self, root, source, timing):
        self.path = os.fsencode(root)
        self.model = Model()
        self.work = []
        self.lock = threading.Lock()
        self.watcher = Watcher(source, self.on_work, clock=time.monotonic, timing=timing)
        self.scanner = self.watcher.scanner(self.ROOT, self.path, IgnoreRules(), mountinfo)

    def start(self):
        self.watcher.start()
        self.watcher.add(self.ROOT, self.path)
        with self.lock:
            self.model.scan(self.scanner)

    def on_work(self, root, work):
        assert root == self.ROOT
        with self.lock:
            self.work.append(work)
            touched = set()
            for subtree in work.subtrees:
                touched |= self.inodes(self.model.scan(self.scanner, subtree))
            touched |= self.look(work.paths)
            # A change of one name of an inode is told for that name alone.
            if touched:
                self.look(self.model.names_of(touched))

    def look(self, names):
        was = [self.model.known(paths.split(path)[0]).get(paths.split(path)[1]) for path in names]
        batch = self.scanner.look(names)
        self.model.apply(batch)
        return self.inodes(batch) | {key.ino for key in was if key is not None}

    @staticmethod
    def inodes(batch):
        return {item.key.ino for item in batch.seen if item.nlink > 1}

    def settles(self, within=20.0):
        """Waits until the model is the disk; False if that does not happen."""
        until = time.monotonic() + within
        while time.monotonic() < until:
            began = time.monotonic()
            with self.lock:
                if self.model.tree() == truth(self.path):
                    return True
            time.sleep(0.02 + 3 * (time.monotonic() - began))
        return False

    def difference(self):
        with self.lock:
            ours, there = self.model.tree(), truth(self.path)
        return [(path, ours.get(path), there.get(path)) for path in ours | there if ours.get(path) != there.get(path)][
            :9
        ]


@pytest.fixture
def scanner_of():
    """Makes a scanner of a folder."""

    def make(root, **more):
        return Scanner(os.fsencode(root), IgnoreRules(), mountinfo=mountinfo, clock=time.monotonic, **more)

    return make


@pytest.fixture
def model():
    return Model()


@pytest.fixture
def truth_of():
    return truth


@pytest.fixture
def live():
    """Starts watching a folder with a source; stopped at the end."""
    started = []

    def make(root, source, timing=None):
        one = Live(root, source, timing or Timing(quiet=0.05, open_quiet=0.3, at_most=1.0))
        started.append(one)
        one.start()
        return one

    yield make
    for one in started:
        one.watcher.stop()
