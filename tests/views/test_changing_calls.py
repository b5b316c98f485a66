"""Every system call that changes something, in every folder of a mount: what it says, or what it does.

A call is refused with EROFS unless the table says otherwise.  The same is asked of the tree in memory, as far as it is
the tree that answers and not the kernel.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from lsfs.core.posix import RENAME_EXCHANGE, RENAME_NOREPLACE, libc, renameat2
from tests.views.surfaces import MountSurface, TreeSurface

RENAME_WHITEOUT = 4


class Place(NamedTuple):
    """A folder, and what is in it."""

    folder: str
    there: str
    """A file, or a link where it has none."""
    new: str
    """A name that is not there."""


PLACES = {
    place.folder or "top": place
    for place in (
        Place("", "README.txt", "new"),
        Place("search", "search/README.txt", "search/new words"),
        Place("search/quagga", "search/quagga/.why.txt", "search/quagga/new"),
        Place("search/quagga/by-type", "search/quagga/by-type/README.txt", "search/quagga/by-type/no kind"),
        Place("saved", "saved/README.txt", "saved/new"),
        Place("saved/kept", "saved/kept/.why.txt", "saved/kept/new"),
        Place("by-type", "by-type/README.txt", "by-type/no kind"),
        Place("by-type/code", "by-type/code/.why.txt", "by-type/code/new"),
        Place("by-date", "by-date/README.txt", "by-date/new"),
        Place("by-date/2023", "by-date/2023/11", "by-date/2023/new"),
        Place("by-date/2023/11", "by-date/2023/11/.why.txt", "by-date/2023/11/new"),
        Place("by-tag", "by-tag/README.txt", "by-tag/new"),
        Place("by-tag/kept", "by-tag/kept/.why.txt", "by-tag/kept/new"),
        Place("recent", "recent/README.txt", "recent/new"),
        Place("recent/modified", "recent/modified/.why.txt", "recent/modified/new"),
        Place("similar", "similar/README.txt", "similar/new"),
        Place("similar/Documents/lease1.md", "similar/Documents/lease1.md/.why.txt", "similar/Documents/lease1.md/new"),
        Place("tools", "tools/README.txt", "tools/new words"),
        Place("history", "history/README.txt", "history/new"),
        Place("history/Documents", "history/Documents/run.sh", "history/Documents/new"),
        Place("history/Documents/run.sh", "history/Documents/run.sh/VERSION", "history/Documents/run.sh/new"),
        Place("at", "at/README.txt", "at/no time"),
        Place("at/now", "at/now/Documents", "at/now/new"),
        Place("at/now/Documents", "at/now/Documents/run.sh", "at/now/Documents/new"),
        Place("at/now/Documents/house", "at/now/Documents/house/invoice.pdf.txt", "at/now/Documents/house/new"),
    )
}


# The calls, each on the absolute path of something that is there and of something that is not.


def _descriptor(path: str, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_NOFOLLOW)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


opened = contextlib.contextmanager(_descriptor)


def open_for_writing(there: str, new: str) -> None:
    with opened(there, os.O_WRONLY):
        pass


def open_and_cut(there: str, new: str) -> None:
    with opened(there, os.O_RDWR | os.O_TRUNC):
        pass


def append(there: str, new: str) -> None:
    with opened(there, os.O_WRONLY | os.O_APPEND):
        pass


def creat(there: str, new: str) -> None:
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def temporary_file(there: str, new: str) -> None:
    os.close(os.open(os.path.dirname(new), os.O_WRONLY | os.O_TMPFILE, 0o600))


def fallocate(there: str, new: str) -> None:
    with opened(there, os.O_WRONLY) as descriptor:
        os.posix_fallocate(descriptor, 0, 10)


def copy_into(there: str, new: str) -> None:
    with opened(there, os.O_WRONLY) as descriptor, open("/etc/hostname", "rb") as source:
        os.copy_file_range(source.fileno(), descriptor, 10)


def set_attribute(there: str, new: str) -> None:
    os.setxattr(there, "user.test", b"1", follow_symlinks=False)


def remove_attribute(there: str, new: str) -> None:
    os.removexattr(there, "user.test", follow_symlinks=False)


def change_mode(there: str, new: str) -> None:
    os.chmod(there, 0o600)


def change_owner(there: str, new: str) -> None:
    os.chown(there, 1, 1, follow_symlinks=False)


def change_times(there: str, new: str) -> None:
    os.utime(there, (1, 1), follow_symlinks=False)


def exchange(there: str, new: str) -> None:
    """With the nearest README above."""
    folder = os.path.dirname(os.path.dirname(there))
    while not os.path.lexists(other := os.path.join(folder, "README.txt")):
        if folder == "/":
            other = os.path.join(os.path.dirname(there), "search")  # from the top itself
            break
        folder = os.path.dirname(folder)
    renameat2(None, os.fsencode(there), None, os.fsencode(other), RENAME_EXCHANGE)


def whiteout(there: str, new: str) -> None:
    renameat2(None, os.fsencode(there), None, os.fsencode(new), RENAME_WHITEOUT)


def immutable(there: str, new: str) -> None:
    with opened(there, os.O_RDONLY) as descriptor:
        flags = ctypes.c_long(0x10)
        if libc().ioctl(descriptor, ctypes.c_ulong(0x40086602), ctypes.byref(flags)):
            raise OSError(ctypes.get_errno(), "ioctl")


CALLS: dict[str, Callable[[str, str], None]] = {
    "open for writing": open_for_writing,
    "open and cut": open_and_cut,
    "append": append,
    "creat": creat,
    "mkdir": lambda there, new: os.mkdir(new),
    "rmdir": lambda there, new: os.rmdir(os.path.dirname(there)),
    "unlink": lambda there, new: os.unlink(there),
    "rename": lambda there, new: os.rename(there, new),
    "rename without replacing": lambda there, new: renameat2(
        None, os.fsencode(there), None, os.fsencode(new), RENAME_NOREPLACE
    ),
    "exchange": exchange,
    "whiteout": whiteout,
    "link": lambda there, new: os.link(there, new, follow_symlinks=False),
    "symlink": lambda there, new: os.symlink("/etc/hostname", new),
    "mknod": lambda there, new: os.mknod(new, stat.S_IFREG | 0o600),
    "mkfifo": lambda there, new: os.mkfifo(new),
    "truncate": lambda there, new: os.truncate(there, 0),
    "chmod": change_mode,
    "chown": change_owner,
    "utimens": change_times,
    "setxattr": set_attribute,
    "removexattr": remove_attribute,
    "fallocate": fallocate,
    "copy_file_range": copy_into,
    "O_TMPFILE": temporary_file,
    "FS_IOC_SETFLAGS": immutable,
}


def asked_of_tree(tree: TreeSurface, call: str, place: Place) -> None:
    """The same, asked of the tree; what the kernel answers by itself is refused by it as well."""
    there, new = os.fsencode(place.there), os.fsencode(place.new)
    folder = os.fsencode(place.folder)
    if call in ("open for writing", "open and cut", "append", "fallocate", "copy_file_range"):
        tree.tree.file(there).rewriting()
    elif call in ("creat", "mknod", "mkfifo", "link"):
        tree.tree.create(new)
    elif call == "mkdir":
        tree.tree.make_folder(new)
    elif call == "rmdir":
        tree.tree.remove_folder(folder)
    elif call == "unlink":
        tree.tree.remove(there)
    elif call.startswith("rename"):
        tree.tree.rename(there, new, RENAME_NOREPLACE if "without" in call else 0)
    elif call in ("exchange", "whiteout"):
        tree.tree.rename(there, new, RENAME_EXCHANGE if call == "exchange" else RENAME_WHITEOUT)
    elif call == "symlink":
        tree.tree.make_link(new, b"/etc/hostname")
    else:
        tree.tree.alter(there)


E = errno
ANY_EXISTS = dict.fromkeys(
    ("creat", "mkdir", "rename without replacing", "link", "symlink", "mknod", "mkfifo"), E.EEXIST
)
ON_A_FOLDER = dict.fromkeys(
    ("open for writing", "open and cut", "append", "unlink", "truncate", "fallocate", "copy_file_range"), E.EISDIR
)
KERNELS_OWN = {"O_TMPFILE": E.EOPNOTSUPP, "FS_IOC_SETFLAGS": E.ENOTTY}
"""The kernel knows by itself that there is no such thing here."""
DONE = 0
SAYS: dict[str, dict[str, int]] = {
    "top": {"rmdir": E.EBUSY},
    # Every name in it is a query, and there.
    "search": {**ANY_EXISTS, "rename": E.EISDIR, "whiteout": E.EISDIR},
    "tools": {**ANY_EXISTS, "rename": E.EISDIR, "whiteout": E.EISDIR},
    "saved": {"mkdir": DONE},
    "saved/kept": {"rmdir": DONE},
    "by-date/2023": {**ON_A_FOLDER, "link": E.EPERM},
    "by-tag": {"mkdir": DONE},
    "by-tag/kept": {"rmdir": E.ENOTEMPTY, "symlink": E.EINVAL},
    "history/Documents": {**ON_A_FOLDER, "link": E.EPERM},
    "at/now": {**ON_A_FOLDER, "link": E.EPERM},
}
_FOLDER_IN_TREE = {call: code for call, code in ON_A_FOLDER.items() if call != "truncate"}
TREE_SAYS: dict[str, dict[str, int]] = {
    **SAYS,
    "top": {},
    "search": {**ANY_EXISTS, "rename": E.EEXIST},
    "tools": {**ANY_EXISTS, "rename": E.EEXIST},
    "by-date/2023": _FOLDER_IN_TREE,
    "history/Documents": _FOLDER_IN_TREE,
    "at/now": _FOLDER_IN_TREE,
}
"""Where it is asked by itself: the kernel says some things first, in its own order."""


def said_by(work: Callable[[], None]) -> int:
    try:
        work()
    except OSError as error:
        return error.errno or -1
    return DONE


def state_of(root: Path) -> dict[str, tuple[int, int, int, bytes]]:
    """Everything that a change could show in."""
    seen = {}
    for path in sorted(root.rglob("*")):
        found = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(found.st_mode) else b""
        seen[str(path)] = (found.st_mode, found.st_mtime_ns, found.st_ino, data)
    return seen


@pytest.fixture(scope="module")
def prepared(home, in_memory):
    """A saved query and a tag."""
    in_memory.mkdir("saved/kept")
    in_memory.mkdir("by-tag/kept")
    in_memory.symlink(str(home.root / "lease1.md"), "by-tag/kept/lease1.md")
    (version,) = in_memory.names("history/Documents/run.sh")
    return version


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", PLACES)
def test_a_change_is_refused_or_made(surface, home, prepared, name, call):
    place = PLACES[name]
    place = place._replace(there=place.there.replace("VERSION", prepared))
    if name == "saved/kept" and "kept" not in {one["name"] for one in home.client.call("saved")["queries"]}:
        surface.mkdir("saved/kept")
    before, tags = state_of(home.root), home.client.call("tags", {"paths": []})["files"]
    if isinstance(surface, MountSurface):
        expected = {**KERNELS_OWN, **SAYS.get(name, {})}.get(call, E.EROFS)
        code = said_by(lambda: CALLS[call](f"{surface.point}/{place.there}", f"{surface.point}/{place.new}"))
    else:
        expected = TREE_SAYS.get(name, {}).get(call, E.EROFS)
        code = said_by(lambda: asked_of_tree(surface, call, place))
    assert errno.errorcode.get(code, "done") == errno.errorcode.get(expected, "done")
    assert state_of(home.root) == before
    assert home.client.call("tags", {"paths": []})["files"] == tags
    if code == DONE and call == "mkdir":
        surface.rmdir(place.new)


OF_LINKS = (
    *("open for writing", "append", "unlink", "rename", "rename without replacing", "exchange", "whiteout", "link"),
    *("chown", "utimens", "setxattr", "removexattr"),
)
"""Calls that meet a link itself; the others go to the file that it leads to, which is what it is for."""
HITS = {
    "search/quagga": "run.sh",
    "saved/hits": "run.sh",
    "by-type/code": "run.sh",
    "by-date/2023/11": "lease1.md",
    "recent/modified": "run.sh",
    "similar/Documents/lease1.md": "lease2.md",
    "search/quagga/by-type/code": "run.sh",
}


@pytest.mark.fuse
@pytest.mark.parametrize("call", OF_LINKS)
@pytest.mark.parametrize("folder", HITS)
def test_a_link_among_results_cannot_be_changed(point, home, folder, call):
    if folder == "saved/hits" and "hits" not in os.listdir(point / "saved"):
        os.mkdir(point / "saved/hits")
        (point / "saved/hits/.query").write_text("quagga")
    before = state_of(home.root)
    there = f"{point}/{folder}/{HITS[folder]}"
    os.lstat(there)
    code = said_by(lambda: CALLS[call](there, f"{point}/{folder}/new"))
    kernels = {"open for writing": E.ELOOP, "append": E.ELOOP, "setxattr": E.EPERM, "removexattr": E.EPERM}
    assert errno.errorcode.get(code, "done") == errno.errorcode[kernels.get(call, E.EROFS)]
    assert state_of(home.root) == before


@pytest.mark.fuse
def test_a_saved_query_is_the_one_file_that_can_be_written(point, home):
    os.mkdir(point / "saved/written")
    file = point / "saved/written/.query"
    file.write_text("roses")
    with open(file, "r+b", buffering=0) as both:
        both.write(b"lease")
        assert both.read() == b"\n"
        both.seek(0)
        assert both.read() == b"lease\n"
    assert file.read_text() == "lease\n"
    for call in ("chmod", "chown", "utimens", "setxattr", "unlink", "rename", "link", "truncate"):
        code = said_by(lambda call=call: CALLS[call](str(file), f"{point}/saved/written/new"))
        assert errno.errorcode.get(code) == "EROFS", call
    assert file.read_text() == "lease\n"
    os.rmdir(point / "saved/written")
