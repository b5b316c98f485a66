"""Watching real folders: whatever happens on disk, what is known becomes the disk again, without a full scan."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import time

import pytest

from lsfs.watch.observer_source import ObserverSource
from lsfs.watch.sources import native_source

linux = pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")


@pytest.fixture(params=["native", "observer"])
def source(request):
    return native_source(time.monotonic) if request.param == "native" else ObserverSource(time.monotonic)


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "root"
    for name in ("a.txt", "b.txt", "d/c.txt", "d/e/f.txt", "g/h.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"one")
    return root


def put_back_mtime(root):
    before = (root / "a.txt").stat()
    (root / "a.txt").write_bytes(b"two")
    os.utime(root / "a.txt", ns=(before.st_atime_ns, before.st_mtime_ns))


def atomic_replace(root):
    (root / "d/.c.txt.tmp").write_bytes(b"new")
    (root / "d/.c.txt.tmp").replace(root / "d/c.txt")


def swap(root):
    (root / "a.txt").rename(root / "t")
    (root / "b.txt").rename(root / "a.txt")
    (root / "t").rename(root / "b.txt")


def bytes_names(root):
    for name in (b"\xff\xfe", b"new\nline", b"n" * 255):
        with open(os.path.join(os.fsencode(root), b"d", name), "wb") as stream:
            stream.write(b"x")


CHANGES = {
    "create": lambda root: (root / "d/new").write_bytes(b"x"),
    "write": lambda root: (root / "d/e/f.txt").write_bytes(b"longer"),
    "delete": lambda root: (root / "d/c.txt").unlink(),
    "rename": lambda root: (root / "a.txt").rename(root / "z.txt"),
    "move across folders": lambda root: (root / "d/e/f.txt").rename(root / "g/f.txt"),
    "atomic replace": atomic_replace,
    "swap": swap,
    "chmod": lambda root: (root / "d/c.txt").chmod(0o600),
    "hard link": lambda root: os.link(root / "a.txt", root / "g/linked"),
    "symlink": lambda root: (root / "g/link").symlink_to("../a.txt"),
    "mtime put back": put_back_mtime,
    "new folders": lambda root: ((root / "n/m").mkdir(parents=True), (root / "n/m/x").write_bytes(b"x")),
    "folder renamed": lambda root: (root / "d").rename(root / "g/dd"),
    "folder removed": lambda root: shutil.rmtree(root / "d"),
    "folder moved away": lambda root: (root / "d").rename(root.parent / "away"),
    "folder moved in": lambda root: (
        shutil.copytree(root / "d", root.parent / "x") and (root.parent / "x").rename(root / "x")
    ),
    "folder replaced by a file": lambda root: (shutil.rmtree(root / "d"), (root / "d").write_bytes(b"x")),
    "any bytes": bytes_names,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_noticed(change, tree, source, live):
    watched = live(tree, source)
    assert watched.settles()
    change(tree)
    assert watched.settles(), watched.difference()


@linux
def test_both_ends_of_a_rename_come_in_one_piece_of_work(tree, live):
    watched = live(tree, native_source(time.monotonic))
    (tree / "a.txt").rename(tree / "g/z.txt")
    assert watched.settles()
    assert [work.paths for work in watched.work if work.paths] == [[b"a.txt", b"g/z.txt"]]


@linux
def test_what_moves_along_with_a_folder_stays_watched(tree, live):
    watched = live(tree, native_source(time.monotonic))
    (tree / "d").rename(tree / "g/dd")
    assert watched.settles()
    watched.work.clear()
    (tree / "g/dd/e/f.txt").write_bytes(b"changed")
    assert watched.settles()
    assert [work.paths for work in watched.work] == [[b"g/dd/e/f.txt"]]


@linux
def test_what_moved_out_of_the_root_is_not_told_of_any_more(tree, live):
    watched = live(tree, native_source(time.monotonic))
    (tree / "d").rename(tree.parent / "away")
    assert watched.settles()
    watched.work.clear()
    (tree.parent / "away/c.txt").write_bytes(b"changed")
    (tree.parent / "away/e/f.txt").write_bytes(b"changed")
    (tree / "last").write_bytes(b"x")
    assert watched.settles()
    assert {path for work in watched.work for path in [*work.paths, *work.subtrees]} == {b"last"}


@linux
def test_pruned_folders_take_no_watches(tree, live):
    (tree / "node_modules/x").mkdir(parents=True)
    source = native_source(time.monotonic)
    watched = live(tree, source)
    assert len(source._folders) == 4
    (tree / "node_modules/x/index.js").write_bytes(b"x")
    (tree / "d/last").write_bytes(b"x")
    time.sleep(0.3)
    assert {path for work in watched.work for path in work.paths} <= {b"d/last"}


@linux
def test_a_file_in_a_tree_deeper_than_paths_may_be_is_watched(tree, live):
    name, depth = b"d" * 200, 30
    at = os.open(tree, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    watched = live(tree, native_source(time.monotonic))
    os.close(os.open(b"file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)
    deepest = b"/".join([name] * depth + [b"file"])
    until = time.monotonic() + 10
    while deepest not in watched.model.tree() and time.monotonic() < until:
        time.sleep(0.02)
    assert deepest in watched.model.tree()
    shutil.rmtree(tree / os.fsdecode(name))
    assert watched.settles()


@linux
def test_a_root_that_leaves_is_told_as_work_on_all_of_it(tree, live):
    watched = live(tree, native_source(time.monotonic))
    tree.rename(tree.parent / "elsewhere")
    until = time.monotonic() + 10
    while not any(b"" in work.subtrees for work in watched.work) and time.monotonic() < until:
        time.sleep(0.02)
    assert any(b"" in work.subtrees for work in watched.work)
    # Nothing was deleted: the root could not be opened.
    assert b"a.txt" in watched.model.tree()


def archive_of(folders):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for number in range(folders):
            path = f"top{number % 50}/mid{number % 500}/leaf{number}"
            info = tarfile.TarInfo(f"{path}/file.txt")
            info.size = 4
            archive.addfile(info, io.BytesIO(b"text"))
    return held.getvalue()


@linux
def test_nothing_of_an_unpacked_archive_of_5000_folders_is_missed(tree, live):
    watched = live(tree, native_source(time.monotonic))
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive_of(5_000), check=True)
    assert watched.settles(30), watched.difference()
    assert len(watched.model.tree()) > 10_000
    watched.work.clear()
    leaf = next(tree.glob("top7/*/*/file.txt"))
    leaf.write_bytes(b"changed")
    assert watched.settles()
    assert watched.work[-1].paths == [os.fsencode(leaf.relative_to(tree))]


@linux
def test_a_watcher_of_a_quiet_folder_uses_no_processor(tree, live):
    watched = live(tree, native_source(time.monotonic))
    assert watched.settles()
    time.sleep(0.2)
    threads = [watched.watcher._thread.native_id, watched.watcher._source._inotify.native_id]

    def switches():
        found = []
        for thread in threads:
            with open(f"/proc/self/task/{thread}/status") as status:
                found += [line for line in status if "ctxt_switches" in line]
        return found

    before = switches()
    time.sleep(0.5)
    assert switches() == before


@linux
def test_stopping_gives_the_descriptors_back(tree, live):
    before = len(os.listdir("/proc/self/fd"))
    watched = live(tree, native_source(time.monotonic))
    watched.watcher.stop()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_removed_root_is_not_told_of(tree, source, live):
    watched = live(tree, source)
    assert watched.settles()
    watched.watcher.remove(watched.ROOT)
    watched.work.clear()
    (tree / "a.txt").write_bytes(b"changed")
    time.sleep(0.3)
    assert watched.work == []


def test_work_that_fails_does_not_end_the_watcher(tree, source, live, caplog):
    watched = live(tree, source)
    assert watched.settles()
    good = watched.watcher._on_work
    failed = []

    def fail_once(root, work):
        watched.watcher._on_work = good
        failed.append(work)
        raise RuntimeError("a bug")

    watched.watcher._on_work = fail_once
    (tree / "a.txt").write_bytes(b"changed")
    until = time.monotonic() + 10
    while not failed and time.monotonic() < until:
        time.sleep(0.02)
    assert failed
    for name in ("a.txt", "b.txt"):
        (tree / name).write_bytes(b"changed again")
    assert watched.settles()
    assert "was not done" in caplog.text
