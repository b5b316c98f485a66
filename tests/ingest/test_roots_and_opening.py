"""What may be watched, whether it is there, and that nothing of it is held open when it is not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from lsfs.core.errors import RefusedError
from lsfs.core.posix import Mount
from lsfs.ingest import opening, roots
from lsfs.ingest.opening import Opener
from lsfs.ingest.roots import RootBook
from lsfs.plan.steps import rebased
from lsfs.store.vault import StoredMount, Vault


@pytest.fixture
def vault(tmp_path: Path):
    vault = Vault(tmp_path / "vault.db")
    yield vault
    vault.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("ours")
    return folder


def book_of(vault: Vault, away: list[int]) -> RootBook:
    return RootBook(vault, (), time.time_ns, away.append, rebased)


def test_a_root_that_goes_away_is_closed(lsfs):
    (lsfs.root / "a.txt").write_text("words")
    lsfs.up()
    opener = lsfs.engine._parts.opener
    assert len(opener._roots) == 1
    lsfs.root.rename(lsfs.root.with_name("elsewhere"))
    lsfs.rescanned()
    assert not opener._roots
    with pytest.raises(FileNotFoundError):
        opener.open(lsfs.vault.roots.all()[0].id, b"a.txt")


def test_a_removed_root_is_not_opened(lsfs):
    (lsfs.root / "a.txt").write_text("words")
    lsfs.up()
    root = lsfs.vault.roots.all()[0]
    lsfs.engine.remove_root(root.path)
    with pytest.raises(FileNotFoundError):
        lsfs.engine._parts.opener.open(root.id, b"a.txt")


def test_a_root_that_is_forgotten_while_a_file_is_opened_is_not_mistaken_for_another(folder, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text("not ours")
    opener = Opener({1: os.fsencode(folder)}.get)
    opened: list[int] = []
    open_beneath = opening.open_beneath

    def interrupted(root_fd: int, *args) -> int:
        opener.forget(1)
        opened.append(os.open(other, os.O_RDONLY))  # takes the number that has become free
        return open_beneath(root_fd, *args)

    monkeypatch.setattr(opening, "open_beneath", interrupted)
    with open(opener.open(1, b"a.txt")) as file:
        assert file.read() == "ours"
    for descriptor in opened:
        os.close(descriptor)


def test_a_file_system_that_gets_another_kind_of_name_is_the_same(vault, folder, monkeypatch):
    monkeypatch.setattr(roots, "fs_uuid", lambda _: "fsid:17")
    book = book_of(vault, [])
    root = book.add(os.fsencode(folder)).root
    assert book.presence(root) == ""
    monkeypatch.setattr(roots, "fs_uuid", lambda _: "uuid:beef")
    assert book.presence(root) == ""
    monkeypatch.setattr(roots, "fs_uuid", lambda _: "fsid:18")
    assert "another folder" in book.presence(root)


def test_who_asks_is_told_of_a_root_that_goes_away_and_not_of_one_that_is_there(vault, folder):
    away: list[int] = []
    book = book_of(vault, away)
    root = book.add(os.fsencode(folder)).root
    book.mark(root, "")
    assert away == []
    book.mark(root, "unplugged")
    assert away == [root.id]


@pytest.mark.parametrize("kind", ["nfs4", "smbfs", "lustre", "autofs", "fuse.sshfs"])
def test_what_would_never_be_scanned_is_refused(kind, vault, folder, monkeypatch):
    mount = Mount(os.fsencode(folder), kind)
    monkeypatch.setattr(roots, "mountinfo", lambda: [mount])
    with pytest.raises(RefusedError, match="cannot be watched"):
        book_of(vault, []).check(os.fsencode(folder))


def test_nothing_is_looked_at_in_what_a_program_has_mounted(vault, folder, monkeypatch):
    book = book_of(vault, [])
    inside = folder / "inside"
    inside.mkdir()
    root = book.add(os.fsencode(inside)).root
    looked: list[object] = []
    monkeypatch.setattr(roots, "mountinfo", lambda: [Mount(os.fsencode(folder), "fuse.sshfs")])
    monkeypatch.setattr(os, "stat", looked.append)
    assert "a program provides" in book.presence(root)
    with pytest.raises(RefusedError, match="a program provides"):
        book.check(root.path)
    monkeypatch.undo()
    assert looked == []


def test_the_innermost_mount_decides_whether_a_root_is_there_as_it_decides_what_may_become_one(
    vault, folder, monkeypatch
):
    inside = folder / "inside"
    inside.mkdir()
    point = os.fsencode(inside)
    program, disk = Mount(os.fsencode(folder), "fuse.sshfs"), Mount(point, "ext4")
    for mounts in ([program, disk], [program, Mount(point, "fuse.gocryptfs"), disk]):
        monkeypatch.setattr(roots, "mountinfo", lambda mounts=mounts: [Mount(b"/", "ext4"), *mounts])
        book = book_of(vault, [])
        assert book.presence(book.add(point).root) == ""


def test_a_root_on_a_disk_that_a_programs_mount_hides_is_not_looked_for(vault, folder, monkeypatch):
    inside = folder / "inside"
    inside.mkdir()
    book = book_of(vault, [])
    root = book.add(os.fsencode(inside)).root
    mounts = [Mount(root.path, "ext4"), Mount(os.fsencode(folder), "fuse.sshfs"), Mount(b"/", "ext4")]
    looked: list[object] = []
    stat = os.stat

    def noted(path: object, **options: object) -> os.stat_result:
        looked.append(path)
        return stat(path, **options)

    monkeypatch.setattr(roots, "mountinfo", lambda: mounts)
    with monkeypatch.context() as watched:
        watched.setattr(os, "stat", noted)
        reason = book.presence(root)
        with pytest.raises(RefusedError, match=r"fuse\.sshfs"):
            book.check(root.path)
    assert "a program provides (fuse.sshfs)" in reason
    assert root.path not in looked


def test_a_stored_mount_point_is_no_root_and_may_lie_in_one(vault, folder):
    book = book_of(vault, [])
    with vault.write() as tx:
        vault.mounts.put(tx, StoredMount(path=os.fsencode(folder / "shown")))
        vault.mounts.put(tx, StoredMount(path=b"/caf\xe9", allow_other=True))
    (folder / "shown" / "below").mkdir(parents=True)
    for path in (folder / "shown", folder / "shown" / "below"):
        with pytest.raises(RefusedError, match="lsfs itself"):
            book.check(os.fsencode(path))
    assert book.check(os.fsencode(folder)) == os.fsencode(folder)
    with vault.write() as tx:
        vault.mounts.remove(tx, os.fsencode(folder / "shown"))
    assert book.check(os.fsencode(folder / "shown" / "below"))
    assert vault.mounts.all() == (StoredMount(path=b"/caf\xe9", allow_other=True),)


def test_the_number_of_a_purged_root_is_not_given_to_another(vault, folder):
    book = book_of(vault, [])
    root = book.add(os.fsencode(folder)).root
    with vault.write() as tx:
        vault.roots.remove(tx, root.id, 1)
        vault.roots.purge(tx, root.id)
    assert book.add(os.fsencode(folder)).root.id > root.id
