"""Calls that Python does not wrap, and that each fallback does what the call does."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lsfs
from lsfs.core import posix
from lsfs.core.posix import (
    RENAME_EXCHANGE,
    RENAME_NOREPLACE,
    Mount,
    mountinfo,
    open_beneath,
    open_beneath_stepwise,
    parse_mountinfo,
    rename_noreplace_by_link,
    renameat2,
    statx_btime,
)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="a Linux call")

Open = Callable[[int, bytes, int], int]
Rename = Callable[[int | None, bytes, int | None, bytes], None]


@pytest.fixture
def root(tmp_path: Path) -> Iterator[int]:
    fd = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield fd
    os.close(fd)


@pytest.fixture(params=[open_beneath, open_beneath_stepwise])
def opener(request: pytest.FixtureRequest) -> Open:
    function: Open = request.param
    return function


def no_replace(src_fd: int | None, src: bytes, dst_fd: int | None, dst: bytes) -> None:
    renameat2(src_fd, src, dst_fd, dst, RENAME_NOREPLACE)


@pytest.fixture(params=[no_replace, rename_noreplace_by_link])
def rename(request: pytest.FixtureRequest) -> Rename:
    function: Rename = request.param
    return function


def content(fd: int) -> bytes:
    with os.fdopen(fd, "rb") as file:
        return file.read()


def code(function: Callable[[], object]) -> int | None:
    with pytest.raises(OSError) as caught:
        function()
    return caught.value.errno


def test_a_file_below_the_root_is_opened_and_not_inherited(tmp_path: Path, root: int, opener: Open) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "\udcff name").write_bytes(b"inside")
    fd = opener(root, b"a//./\xff name", os.O_RDONLY)
    assert not os.get_inheritable(fd)
    assert content(fd) == b"inside"
    fd = opener(root, b"", os.O_RDONLY | os.O_DIRECTORY)
    assert os.path.samestat(os.fstat(fd), os.fstat(root))
    os.close(fd)


@pytest.mark.parametrize("path", [b"/etc/passwd", b"..", b"a/../../x", b"a/..", b"../" * 20 + b"etc/passwd"])
def test_a_path_that_could_leave_the_root_is_refused(tmp_path: Path, root: int, opener: Open, path: bytes) -> None:
    (tmp_path / "a").mkdir()
    assert code(lambda: opener(root, path, os.O_RDONLY)) == errno.EXDEV


def test_no_symlink_is_followed_anywhere(tmp_path: Path, root: int, opener: Open) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "file").write_bytes(b"x")
    (tmp_path / "way").symlink_to("real")
    (tmp_path / "end").symlink_to("real/file")
    assert code(lambda: opener(root, b"way/file", os.O_RDONLY)) == errno.ELOOP
    assert code(lambda: opener(root, b"end", os.O_RDONLY)) == errno.ELOOP
    assert code(lambda: opener(root, b"way", os.O_RDONLY | os.O_DIRECTORY)) == errno.ELOOP


@linux_only
def test_no_symlink_is_opened_even_as_itself(tmp_path: Path, root: int, opener: Open) -> None:
    (tmp_path / "end").symlink_to("nowhere")
    assert code(lambda: opener(root, b"end", os.O_PATH)) == errno.ELOOP


def test_errors_are_those_of_open(tmp_path: Path, root: int, opener: Open) -> None:
    (tmp_path / "file").touch()
    assert code(lambda: opener(root, b"missing", os.O_RDONLY)) == errno.ENOENT
    assert code(lambda: opener(root, b"file/below", os.O_RDONLY)) == errno.ENOTDIR
    assert code(lambda: opener(root, b"file\0", os.O_RDONLY)) == errno.EINVAL


def test_a_file_is_made_with_the_mode_asked_for(tmp_path: Path, root: int) -> None:
    for number, function in enumerate((open_beneath, open_beneath_stepwise)):
        os.close(function(root, b"%d" % number, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640))
        assert (tmp_path / str(number)).stat().st_mode & 0o777 == 0o640 & ~current_umask()


def current_umask() -> int:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0o022
    return int(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("Umask")), 8)


def test_no_descriptor_is_left_behind(tmp_path: Path, root: int, opener: Open) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    first = os.dup(root)
    os.close(first)
    for path in (b"a/b/missing", b"a/missing/c", b"a/b"):
        try:
            os.close(opener(root, path, os.O_RDONLY))
        except FileNotFoundError:
            continue
    second = os.dup(root)
    os.close(second)
    assert second == first


@given(parts=st.lists(st.sampled_from([b"..", b".", b"", b"in", b"out", b"file", b"up"]), min_size=1, max_size=6))
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_the_path_nothing_outside_is_reached(
    tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]
) -> None:
    top = tmp_path_factory.getbasetemp() / "confinement"
    inside = top / "root" / "in"
    if not inside.is_dir():
        inside.mkdir(parents=True)
        for name, target in (("out", "../../secret"), ("up", "../..")):
            (inside / name).symlink_to(target)
            (top / "root" / name).symlink_to(target.removeprefix("../"))
        (inside / "file").write_bytes(b"inside")
        (top / "root" / "file").write_bytes(b"inside")
        (top / "secret").write_bytes(b"outside")
    root = os.open(top / "root", os.O_RDONLY)
    try:
        for function in (open_beneath, open_beneath_stepwise):
            try:
                fd = function(root, b"/".join(parts), os.O_RDONLY)
            except OSError:
                continue
            reached = os.path.realpath(f"/proc/self/fd/{fd}") if sys.platform == "linux" else str(inside)
            os.close(fd)
            assert reached.startswith(str(top / "root"))
    finally:
        os.close(root)


def test_a_move_never_replaces(tmp_path: Path, root: int, rename: Rename) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    assert code(lambda: rename(root, b"a", root, b"b")) == errno.EEXIST
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"a", b"b")
    rename(root, b"a", None, os.fsencode(tmp_path / "c"))
    assert not (tmp_path / "a").exists()
    assert (tmp_path / "c").read_bytes() == b"a"


def test_folders_and_links_move_without_replacing(tmp_path: Path, root: int, rename: Rename) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    assert code(lambda: rename(root, b"folder", root, b"empty")) == errno.EEXIST
    assert code(lambda: rename(root, b"folder", root, b"link")) == errno.EEXIST
    rename(root, b"folder", root, b"moved")
    rename(root, b"link", root, b"link2")
    assert (tmp_path / "moved").is_dir()
    assert os.readlink(tmp_path / "link2") == "nowhere"
    assert not os.path.lexists(tmp_path / "link")


def test_a_missing_source_is_said(root: int, rename: Rename) -> None:
    assert code(lambda: rename(root, b"missing", root, b"b")) == errno.ENOENT


@linux_only
def test_two_files_are_exchanged(tmp_path: Path, root: int) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    renameat2(root, b"a", root, b"b", RENAME_EXCHANGE)
    assert ((tmp_path / "a").read_bytes(), (tmp_path / "b").read_bytes()) == (b"b", b"a")
    assert code(lambda: renameat2(root, b"a", root, b"missing", RENAME_EXCHANGE)) == errno.ENOENT


def test_birth_time_lies_between_the_clocks_and_stays(tmp_path: Path, root: int) -> None:
    before = time.time_ns()
    path = tmp_path / "file"
    path.touch()
    born = statx_btime(root, b"file")
    if not born:
        pytest.skip("this file system keeps no birth times")
    assert before - 50_000_000 <= born <= time.time_ns()  # the file system's clock ticks every few ms
    os.utime(path, (0, 0))
    path.write_bytes(b"later")
    assert statx_btime(None, os.fsencode(path)) == born
    fd = os.open(path, os.O_RDONLY)
    assert statx_btime(fd, b"") == born
    os.close(fd)


def test_birth_time_is_that_of_a_link_and_a_missing_file_raises(tmp_path: Path, root: int) -> None:
    (tmp_path / "link").symlink_to("missing")
    statx_btime(root, b"link")
    assert code(lambda: statx_btime(root, b"missing")) == errno.ENOENT


def test_mountinfo_is_read_with_its_escapes() -> None:
    text = (
        b"36 35 98:0 /mnt1 /a\\040b\\011c\\012d\\134e\r rw,noatime master:1 - ext3 /dev/root\\040x rw,errors=continue\n"
        b"37 35 0:5 / /run/user/1000/doc rw shared:2 master:3 - fuse.portal portal rw\n"
        b"a line of another kind\n"
    )
    assert parse_mountinfo(text) == [
        Mount(b"/a b\tc\nd\\e\r", "ext3", b"/dev/root x", "98:0"),
        Mount(b"/run/user/1000/doc", "fuse.portal", b"portal", "0:5"),
    ]


@linux_only
def test_the_mounts_of_this_machine_are_seen() -> None:
    mounts = mountinfo()
    assert any(mount.mount_point == b"/proc" and mount.fs_type == "proc" for mount in mounts)


@linux_only
def test_a_thread_turns_idle_alone() -> None:
    seen: list[object] = []

    def turn() -> None:
        seen.append(posix.set_idle_priority())
        seen.append(os.sched_getscheduler(0))

    before = os.sched_getscheduler(0)
    thread = threading.Thread(target=turn)
    thread.start()
    thread.join()
    assert seen == [("sched-idle", "io-idle"), os.SCHED_IDLE]
    assert os.sched_getscheduler(0) == before


@linux_only
def test_without_that_scheduler_a_process_is_niced() -> None:
    program = """
import os
from lsfs.core import posix
def refuse(*arguments): raise PermissionError
os.sched_setscheduler = refuse
print(*posix.set_idle_priority(), os.getpriority(os.PRIO_PROCESS, 0))
"""
    path = os.pathsep.join([str(Path(lsfs.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert told.stdout.split() == ["nice-19", "io-idle", "19"]


def test_a_file_system_has_one_name_everywhere_on_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    name = posix.fs_uuid(os.fsencode(tmp_path))
    assert name == posix.fs_uuid(os.fsencode(tmp_path / "a"))
    assert name == "" or name.startswith(("uuid:", "fsid:"))
    assert code(lambda: posix.fs_uuid(os.fsencode(tmp_path / "missing"))) == errno.ENOENT


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EPERM])
def test_a_kernel_without_openat2_is_served_step_by_step(
    tmp_path: Path, root: int, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class OldKernel:
        def syscall(self, *arguments: object) -> int:
            ctypes.set_errno(number)
            return -1

    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    monkeypatch.setattr(posix, "libc", OldKernel)
    assert content(open_beneath(root, b"file", os.O_RDONLY)) == b"x"
    assert code(lambda: open_beneath(root, b"link", os.O_RDONLY)) == errno.ELOOP
