"""The scan is the truth: after it, what is known is what stands on disk, and nothing else was touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
import time

import pytest

from lsfs.core.posix import Mount
from lsfs.core.records import Kind
from lsfs.watch import mounts


def write(path, data=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def paths_of(batch):
    return sorted(item.path for item in batch.seen)


def test_a_first_scan_sees_all_and_a_second_nothing(tmp_path, scanner_of, model, truth_of):
    write(tmp_path / "a.txt")
    write(tmp_path / "d" / "e" / "b.txt")
    (tmp_path / "link").symlink_to("a.txt")
    os.mkfifo(tmp_path / "pipe")
    scanner = scanner_of(tmp_path)
    first = model.scan(scanner)
    assert paths_of(first) == [b"a.txt", b"d", b"d/e", b"d/e/b.txt", b"link", b"pipe"]
    assert {item.path: item.kind for item in first.seen}[b"pipe"] is Kind.OTHER
    link = next(item for item in first.seen if item.path == b"link")
    assert (link.kind, link.target) == (Kind.SYMLINK, b"a.txt")
    assert model.tree() == truth_of(tmp_path)
    second = model.scan(scanner)
    assert (len(second), second.unchanged) == (0, 6)


def test_an_edit_with_the_mtime_put_back_is_noticed(tmp_path, scanner_of, model):
    file = write(tmp_path / "a.txt", b"one")
    scanner = scanner_of(tmp_path)
    model.scan(scanner)
    before = file.stat()
    file.write_bytes(b"two")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert paths_of(model.scan(scanner)) == [b"a.txt"]


def test_chmod_hard_link_and_replacement_are_noticed(tmp_path, scanner_of, model):
    for name in ("a", "b", "c"):
        write(tmp_path / name)
    scanner = scanner_of(tmp_path)
    model.scan(scanner)
    (tmp_path / "a").chmod(0o600)
    os.link(tmp_path / "b", tmp_path / "b2")
    write(tmp_path / "tmp", b"new").replace(tmp_path / "c")
    found = model.scan(scanner)
    assert paths_of(found) == [b"a", b"b", b"b2", b"c"]
    assert {item.path: item.nlink for item in found.seen}[b"b2"] == 2


def test_a_folder_that_went_takes_all_beneath_with_it_deepest_first(tmp_path, scanner_of, model):
    write(tmp_path / "d" / "e" / "f")
    write(tmp_path / "stays")
    scanner = scanner_of(tmp_path)
    model.scan(scanner)
    shutil.rmtree(tmp_path / "d")
    assert model.scan(scanner).gone == [b"d/e/f", b"d/e", b"d"]
    assert model.tree().keys() == {b"stays"}


def test_a_folder_that_became_a_file_loses_what_was_beneath(tmp_path, scanner_of, model, truth_of):
    write(tmp_path / "d" / "f")
    scanner = scanner_of(tmp_path)
    model.scan(scanner)
    shutil.rmtree(tmp_path / "d")
    write(tmp_path / "d")
    assert model.scan(scanner, b"d").gone == [b"d/f"]
    assert model.tree() == truth_of(tmp_path)


def test_names_of_any_bytes_are_seen(tmp_path, scanner_of, model, truth_of):
    names = [b"\xff\xfe", b"new\nline", b"tab\t", b"n" * 255, "é".encode(), b" ", b"-rf", b"\x01", b"a\\b", b"*"]
    for name in names:
        with open(os.path.join(os.fsencode(tmp_path), name), "wb"):
            pass
    assert paths_of(model.scan(scanner_of(tmp_path))) == sorted(names)
    assert model.tree() == truth_of(tmp_path)


def test_a_tree_deeper_than_a_path_may_be_long_is_walked(tmp_path, scanner_of, model):
    name, depth = b"d" * 200, 40
    at = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=at)
        below = os.open(name, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open(b"file", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    watched = []
    scanner = scanner_of(tmp_path, on_dir=lambda path, fd: watched.append(path))
    deepest = b"/".join([name] * depth + [b"file"])
    found = model.scan(scanner)
    assert not found.errors
    assert found.seen[-1].path == deepest
    assert len(watched) == depth + 1
    assert [item.path for item in scanner.look([deepest]).seen] == [deepest]
    os.unlink(b"file", dir_fd=at)
    os.close(at)
    assert scanner.look([deepest]).gone == [deepest]
    assert model.scan(scanner, deepest.rpartition(b"/")[0]).gone == [deepest]
    shutil.rmtree(tmp_path / os.fsdecode(name))


def test_links_are_never_followed(tmp_path, scanner_of, model):
    outside = write(tmp_path / "outside" / "secret").parent
    root = tmp_path / "root"
    (root / "d").mkdir(parents=True)
    (root / "d" / "loop").symlink_to("..")
    (root / "out").symlink_to(outside)
    scanner = scanner_of(root)
    assert paths_of(model.scan(scanner)) == [b"d", b"d/loop", b"out"]
    assert scanner.look([b"out/secret", b"d/loop/d"]).gone == [b"out/secret", b"d/loop/d"]
    assert paths_of(model.scan(scanner, b"out")) == [b"out"]


def test_a_folder_swapped_for_a_link_during_the_scan_is_not_entered(tmp_path, scanner_of, model):
    outside = write(tmp_path / "outside" / "secret").parent
    root = tmp_path / "root"
    (root / "a").mkdir(parents=True)
    (root / "b").mkdir()

    def swap(path, fd):
        other = {b"a": root / "b", b"b": root / "a"}.get(path)
        if other is not None and not other.is_symlink():
            other.rmdir()
            other.symlink_to(outside)

    model.scan(scanner_of(root, on_dir=swap))
    assert model.tree().keys() <= {b"a", b"b"}


def test_a_folder_renamed_while_it_is_scanned_is_found_by_the_next_scan(tmp_path, scanner_of, model, truth_of):
    for number in range(5):
        write(tmp_path / f"d{number}" / "sub" / "file")

    def rename(path, fd):
        if path.count(b"/") == 0 and path and not (tmp_path / "moved").exists():
            (tmp_path / os.fsdecode(path)).rename(tmp_path / "moved")

    model.scan(scanner_of(tmp_path, on_dir=rename))
    model.scan(scanner_of(tmp_path))
    assert model.tree() == truth_of(tmp_path)


def test_a_folder_is_announced_before_it_is_listed(tmp_path, scanner_of, model):
    (tmp_path / "d").mkdir()

    def announced(path, fd):
        os.close(os.open(b"made-by-" + (path or b"root"), os.O_CREAT | os.O_WRONLY, dir_fd=fd))

    model.scan(scanner_of(tmp_path, on_dir=announced))
    assert {b"made-by-root", b"d/made-by-d"} <= model.tree().keys()


def test_a_root_that_cannot_be_opened_is_an_error_and_no_deletion(tmp_path, scanner_of, model):
    root = tmp_path / "root"
    write(root / "a")
    scanner = scanner_of(root)
    model.scan(scanner)
    root.rename(tmp_path / "unplugged")
    lost = model.scan(scanner)
    assert [path for path, _ in lost.errors] == [b""]
    assert not lost.gone
    root.symlink_to("unplugged")
    assert model.scan(scanner).errors
    assert scanner.look([b"a"]).errors


UNREADABLE = """
    import os, stat, sys, time
    from lsfs.core.ignore import IgnoreRules
    from lsfs.core.posix import mountinfo
    from lsfs.watch.scan import Scanner
    # An ordinary user could not get to the folder by its absolute path: the folders above it are for their owner.
    os.chdir(sys.argv[1])
    if os.getuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    scanner = Scanner(b".", IgnoreRules(), mountinfo=mountinfo, clock=time.monotonic)
    key = scanner.look([b"open"]).seen[0].key
    known = {b"": {b"closed": scanner.look([b"closed"]).seen[0].key, b"open": key}, b"closed": {b"inner": key}}
    for batch in scanner.scan(lambda folder: known.get(folder, {})):
        print(batch.errors, batch.gone)
    print(scanner.look([b"closed/inner"]).errors)
"""


def run_script(script, *arguments, prefix=()):
    return subprocess.run(
        [*prefix, sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
    )


def test_an_unreadable_folder_is_an_error_and_no_deletion(tmp_path):
    tmp_path.chmod(0o755)
    write(tmp_path / "open")
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed").chmod(0)
    try:
        done = run_script(UNREADABLE, tmp_path)
    finally:
        (tmp_path / "closed").chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[(b'closed', 'Permission denied')] []",
        "[(b'closed/inner', 'Permission denied')]",
    ]


MOUNT = """
    import os, stat, subprocess, sys, time
    from lsfs.core.ignore import IgnoreRules
    from lsfs.core.posix import mountinfo
    from lsfs.watch.scan import Scanner
    root = os.fsencode(sys.argv[1])
    entered = []
    scanner = Scanner(root, IgnoreRules(), mountinfo=mountinfo, clock=time.monotonic,
                      on_dir=lambda path, fd: entered.append(path))
    known = {}
    for batch in scanner.scan(lambda folder: {}):
        for item in batch.seen:
            folder, _, name = item.path.rpartition(b"/")
            known.setdefault(folder, {})[name] = item.key
    subprocess.run(["mount", "-t", "tmpfs", "none", sys.argv[1] + "/with space"], check=True)
    open(sys.argv[1] + "/with space/on the mount", "w").close()
    entered.clear()
    for batch in scanner.scan(lambda folder: known.get(folder, {})):
        print(sorted(path for path, _ in batch.left_out), batch.gone, batch.seen)
    print(entered)
    look = scanner.look([b"with space", b"with space/on the mount"])
    print(len(look.left_out), look.seen)
"""


def namespace(*flags):
    """`unshare` with these flags, or a skip where the system does not allow it."""
    command = ["unshare", "-r", *flags]
    if shutil.which("unshare") is None or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("user namespaces are not allowed here")
    return command


def test_a_mount_below_the_root_is_left_out_untouched(tmp_path):
    write(tmp_path / "with space" / "under the mount")
    write(tmp_path / "beside")
    done = run_script(MOUNT, tmp_path, prefix=namespace("-m"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[b'with space', b'with space/under the mount'] [] []",
        "[b'']",
        "2 []",
    ]


def test_a_mount_that_appears_during_a_scan_is_left_out(tmp_path, model):
    from lsfs.core.ignore import IgnoreRules
    from lsfs.watch.scan import Scanner

    write(tmp_path / "d" / "file")
    later = Mount(os.fsencode(tmp_path / "d"), "fuse.x")
    tables = iter([[], [later], [later]])
    ticks = iter(range(0, 100, 2))
    scanner = Scanner(
        os.fsencode(tmp_path), IgnoreRules(), mountinfo=lambda: next(tables), clock=lambda: float(next(ticks))
    )
    assert paths_of(model.scan(scanner)) == []


@pytest.mark.parametrize(
    ("fs_type", "refused"),
    [(kind, False) for kind in ("ext4", "fuseblk", "btrfs", "tmpfs", "overlay")]
    + [(kind, True) for kind in ("fuse.sshfs", "fuse", "fuse.portal", "nfs4", "cifs", "proc")],
)
def test_a_root_on_a_program_or_network_file_system_is_refused(fs_type, refused):
    table = [Mount(b"/", "ext4"), Mount(b"/home/u/far", fs_type)]
    assert (mounts.refusal(b"/home/u/far/docs", table) is not None) == refused
    assert mounts.refusal(b"/home/u/farther", table) is None
    assert mounts.below(b"/home/u", table) == {b"far"}


def test_a_pruned_folder_is_never_entered(tmp_path, scanner_of, model):
    write(tmp_path / "node_modules" / "x" / "index.js")
    write(tmp_path / ".git" / "config")
    entered = []
    found = model.scan(scanner_of(tmp_path, on_dir=lambda path, fd: entered.append(path)))
    assert sorted(entered) == [b"", b".git"]
    assert paths_of(found) == [b".git", b".git/config"]
    assert found.index_ignored == {b".git": "hidden", b".git/config": "hidden"}


def test_a_changed_ignore_file_reports_all_beneath_and_forgets_what_is_pruned(tmp_path, scanner_of, model):
    for name in ("src/a.log", "src/sub/b.log", "src/sub/c.txt", "other.log", "src/cold/x.iso"):
        write(tmp_path / name)
    scanner = scanner_of(tmp_path)
    model.scan(scanner)
    write(tmp_path / "src" / ".gitignore", b"*.log\n")
    write(tmp_path / "src" / ".lsfsignore", b"cold\n")
    found = model.scan(scanner)
    assert found.index_ignored == {
        b"src/a.log": ".gitignore",
        b"src/sub/b.log": ".gitignore",
        b"src/.gitignore": "hidden",
        b"src/.lsfsignore": "hidden",
    }
    assert b"src/sub/c.txt" in paths_of(found)
    assert b"other.log" not in paths_of(found)
    assert sorted(path for path, _ in found.left_out) == [b"src/cold", b"src/cold/x.iso"]
    assert not found.gone
    (tmp_path / "src" / ".gitignore").unlink()
    back = model.scan(scanner)
    assert b"src/a.log" in paths_of(back)
    assert b"src/a.log" not in back.index_ignored
    assert len(model.scan(scanner)) == 0


def test_a_scan_broken_off_tells_a_changed_ignore_file_again(tmp_path, scanner_of, model):
    for number in range(1500):
        write(tmp_path / f"{number}.log")
    scanner = scanner_of(tmp_path)
    model.scan(scanner)
    write(tmp_path / ".gitignore", b"*.log\n")
    *told, last = scanner.scan(model.known)
    for batch in told:
        model.apply(batch)
    assert b".gitignore" in paths_of(last)
    assert len(model.scan(scanner).index_ignored) == 1501


def test_a_look_says_what_stands_there_now(tmp_path, scanner_of):
    write(tmp_path / "a")
    write(tmp_path / "d" / ".env")
    write(tmp_path / "d" / ".hidden")
    write(tmp_path / "node_modules" / "x")
    batch = scanner_of(tmp_path).look([b"a", b"none", b"no/where", b"a/b", b"d/.env", b"d/.hidden", b"node_modules/x"])
    assert paths_of(batch) == [b"a", b"d/.hidden"]
    assert sorted(batch.gone) == [b"a/b", b"no/where", b"none"]
    assert batch.left_out == [(b"d/.env", "secret"), (b"node_modules/x", "cache")]
    assert batch.index_ignored == {b"d/.hidden": "hidden"}
    assert abs(batch.seen[0].btime_ns - time.time_ns()) < 600e9 or batch.seen[0].btime_ns == 0


def test_a_subtree_that_is_gone_or_new_is_told(tmp_path, scanner_of, model, truth_of):
    write(tmp_path / "a" / "b" / "c")
    scanner = scanner_of(tmp_path)
    model.scan(scanner)
    (tmp_path / "a" / "b").rename(tmp_path / "b")
    assert model.scan(scanner, b"a/b").gone == [b"a/b/c", b"a/b"]
    assert paths_of(model.scan(scanner, b"b")) == [b"b", b"b/c"]
    assert model.tree() == truth_of(tmp_path)


def test_a_folder_of_very_many_files_is_compared(tmp_path, scanner_of, model):
    for number in range(30_000):
        os.close(os.open(tmp_path / f"{number}", os.O_CREAT | os.O_WRONLY))
    scanner = scanner_of(tmp_path)
    assert len(model.scan(scanner).seen) == 30_000
    (tmp_path / "777").unlink()
    write(tmp_path / "778")
    found = model.scan(scanner)
    assert (found.gone, paths_of(found), found.unchanged) == ([b"777"], [b"778"], 29_998)
