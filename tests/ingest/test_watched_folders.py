"""Which folders are watched: refusals, roots in roots, removal and return, and folders that are away for a while."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

import pytest

from lsfs.core.api import FindRequest, UpRequest
from lsfs.core.errors import ConflictError, LsfsError, PermissionRefused, RefusedError, UsageError, VaultNewer
from lsfs.core.wirepath import to_wire
from lsfs.store.vault import Vault


def up(lsfs, *folders: Path) -> None:
    lsfs.engine.up(UpRequest(paths=tuple(to_wire(os.fsencode(folder)) for folder in folders)))
    lsfs.settled()


def found(lsfs, words: str) -> list[str]:
    return sorted(os.path.basename(hit.path) for hit in lsfs.engine.find(FindRequest(words=words)).hits)


def root_at(lsfs, folder: Path):
    return next(root for root in lsfs.vault.roots.all() if root.path == os.fsencode(folder))


def alive(lsfs, folder: Path) -> dict[str, int]:
    root = root_at(lsfs, folder)
    return {os.fsdecode(entry.path): entry.lineage for entry in lsfs.vault.entries.below(root.id, b"")}


def history(lsfs, lineage: int) -> list[tuple[int | None, int]]:
    return [(version.number, version.gone) for version in lsfs.vault.versions.of(lineage)]


def flush(lsfs) -> None:
    """Makes versions of what is pending, as the settle time would."""
    parts = lsfs.engine._parts
    parts.ingest.run(lambda: parts.ingest._recording._capturer.settle(parts.vault.entries.pending()))


# Refusals


def test_what_is_no_folder_is_refused(lsfs, tmp_path):
    (lsfs.root / "file").write_text("x")
    for path in (tmp_path / "nowhere", lsfs.root / "file", lsfs.root / "file" / "below"):
        with pytest.raises(UsageError) as caught:
            up(lsfs, path)
        assert caught.value.path == str(path)


@pytest.mark.parametrize("path", ["/", "/proc", "/sys/kernel"])
def test_the_whole_system_and_the_kernels_folders_are_refused(lsfs, path):
    with pytest.raises(RefusedError):
        up(lsfs, Path(path))


def test_folders_of_lsfs_itself_are_refused(lsfs):
    with pytest.raises(RefusedError):
        up(lsfs, Path(os.fsdecode(lsfs.paths.vault_dir)))


def test_another_users_home_and_what_holds_it_is_refused(lsfs, tmp_path, monkeypatch):
    homes = tmp_path / "homes"
    (homes / "eve/Documents").mkdir(parents=True)
    users = [pwd.struct_passwd(("eve", "x", 1234 + os.getuid(), 1, "", str(homes / "eve"), "/bin/sh"))]
    monkeypatch.setattr(pwd, "getpwall", lambda: users)
    for path in (homes, homes / "eve", homes / "eve/Documents"):
        with pytest.raises(RefusedError, match="eve"):
            up(lsfs, path)
    up(lsfs, lsfs.root)


def test_a_folder_that_may_not_be_read_is_refused(lsfs, tmp_path):
    if os.getuid() == 0:
        pytest.skip("root may read everything")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    with pytest.raises(PermissionRefused):
        up(lsfs, closed)
    closed.chmod(0o700)


def test_of_several_folders_none_is_watched_when_one_is_refused(lsfs, tmp_path):
    with pytest.raises(UsageError):
        up(lsfs, lsfs.root, tmp_path / "nowhere")
    assert lsfs.vault.roots.all() == []


def test_a_folder_is_watched_once_however_it_is_named(lsfs, tmp_path):
    (tmp_path / "link").symlink_to(lsfs.root)
    up(lsfs, lsfs.root, tmp_path / "link", Path(f"{lsfs.root}/../{lsfs.root.name}"))
    up(lsfs, lsfs.root)
    assert [root.path for root in lsfs.vault.roots.all()] == [os.fsencode(lsfs.root)]


def test_a_folder_in_a_watched_one_is_refused(lsfs):
    (lsfs.root / "below").mkdir()
    up(lsfs, lsfs.root)
    with pytest.raises(ConflictError, match="inside the watched folder"):
        up(lsfs, lsfs.root / "below")


def test_a_newer_vault_is_searched_and_not_changed(lsfs, tmp_path):
    (lsfs.root / "a.txt").write_text("words of wisdom")
    up(lsfs, lsfs.root)
    lsfs.engine.close()
    path = Path(os.fsdecode(lsfs.paths.vault_dir), "vault.db")
    vault = Vault(path)
    vault._db._writer.execute("PRAGMA user_version=99")
    vault.close()
    lsfs.engine = lsfs._start()
    for change in (
        lambda: up(lsfs, tmp_path),
        lambda: lsfs.engine.remove_root(os.fsencode(lsfs.root)),
        lambda: lsfs.engine.purge(os.fsencode(lsfs.root)),
        lambda: lsfs.engine.rescan(None),
    ):
        with pytest.raises(VaultNewer):
            change()
    for job in ("scan", "presence", "sweep", "copy"):
        lsfs.engine.run_job(job)
    status = lsfs.engine.status()
    assert status.state == "read-only" and any("only read" in note for note in status.notes)
    assert found(lsfs, "wisdom") == ["a.txt"]


# Roots above roots, removal and return


def test_a_parent_takes_over_what_is_watched_below_it_with_its_history(lsfs, tmp_path):
    child = lsfs.root / "child"
    child.mkdir()
    (child / "a.txt").write_text("something remarkable")
    (lsfs.root / "b.txt").write_text("something else")
    up(lsfs, child)
    flush(lsfs)
    lineage = alive(lsfs, child)["a.txt"]
    info = lsfs.engine.up(UpRequest(paths=(to_wire(os.fsencode(lsfs.root)),)))
    lsfs.settled()
    assert info[0].absorbed == (str(child),)
    assert [root.path for root in lsfs.vault.roots.all()] == [os.fsencode(lsfs.root)]
    assert alive(lsfs, lsfs.root)["child/a.txt"] == lineage and history(lsfs, lineage) == [(1, 0)]
    assert lsfs.differences() == []
    assert found(lsfs, "remarkable") == ["a.txt"]
    (child / "a.txt").write_text("something new")
    assert lsfs.disagreement() == []
    lsfs.restart()
    lsfs.settled()
    assert lsfs.differences() == [] and alive(lsfs, lsfs.root)["child/a.txt"] == lineage


def test_a_removed_root_is_not_found_and_resumes_its_history_when_it_is_added_again(lsfs):
    (lsfs.root / "a.txt").write_text("first words")
    (lsfs.root / "b.txt").write_text("second words")
    up(lsfs, lsfs.root)
    flush(lsfs)
    before = alive(lsfs, lsfs.root)
    lsfs.engine.remove_root(os.fsencode(lsfs.root))
    assert lsfs.vault.roots.all() == [] and found(lsfs, "words") == []
    (lsfs.root / "a.txt").write_text("third words, written while nobody looked")
    (lsfs.root / "b.txt").rename(lsfs.root / "c.txt")
    up(lsfs, lsfs.root)
    assert lsfs.differences() == []
    assert alive(lsfs, lsfs.root) == {"a.txt": before["a.txt"], "c.txt": before["b.txt"]}
    flush(lsfs)
    assert history(lsfs, before["a.txt"]) == [(1, 0), (2, 0)]
    assert found(lsfs, "words") == ["a.txt", "c.txt"]


def test_a_removed_root_stays_out_of_an_index_that_is_made_again(lsfs):
    (lsfs.root / "a.txt").write_text("first words")
    up(lsfs, lsfs.root)
    lsfs.engine.remove_root(os.fsencode(lsfs.root))
    lsfs.engine.close()
    Path(os.fsdecode(lsfs.paths.index_dir), "index.db").unlink()
    lsfs.engine = lsfs._start()
    lsfs.settled()
    assert lsfs.index.files.roots() == set()


def test_a_removed_parent_can_be_added_over_a_root_that_was_made_in_it_since(lsfs):
    child = lsfs.root / "child"
    child.mkdir()
    (child / "a.txt").write_text("first words")
    (lsfs.root / "b.txt").write_text("other words")
    up(lsfs, lsfs.root)
    lsfs.engine.remove_root(os.fsencode(lsfs.root))
    up(lsfs, child)
    lineage = alive(lsfs, child)["a.txt"]
    up(lsfs, lsfs.root)
    assert lsfs.differences() == []
    assert alive(lsfs, lsfs.root)["child/a.txt"] == lineage


def test_purge_forgets_a_removed_root_and_refuses_a_watched_one(lsfs):
    (lsfs.root / "a.txt").write_text("first words")
    up(lsfs, lsfs.root)
    flush(lsfs)
    path = os.fsencode(lsfs.root)
    with pytest.raises(UsageError, match="still watched"):
        lsfs.engine.purge(path)
    lsfs.engine.remove_root(path)
    lsfs.engine.purge(path)
    assert lsfs.vault.versions.count() == 0
    with pytest.raises(UsageError, match="nothing is kept"):
        lsfs.engine.purge(path)
    up(lsfs, lsfs.root)
    flush(lsfs)
    assert lsfs.differences() == []
    assert history(lsfs, alive(lsfs, lsfs.root)["a.txt"]) == [(1, 0)]


def test_a_root_can_be_removed_while_it_is_scanned_and_read(lsfs):
    for number in range(1500):
        (lsfs.root / f"{number}.txt").write_text(f"number {number}")
    lsfs.engine.up(UpRequest(paths=(to_wire(os.fsencode(lsfs.root)),)))
    lsfs.engine.remove_root(os.fsencode(lsfs.root))
    lsfs.settled()
    assert lsfs.index.files.roots() == set() and lsfs.engine._parts.ingest.trouble is None


def test_a_root_can_be_absorbed_while_it_is_scanned_and_read(lsfs):
    child = lsfs.root / "child"
    child.mkdir()
    for number in range(1500):
        (child / f"{number}.txt").write_text(f"number {number}")
    lsfs.engine.up(UpRequest(paths=(to_wire(os.fsencode(child)),)))
    up(lsfs, lsfs.root)
    assert lsfs.differences() == [] and lsfs.engine._parts.ingest.trouble is None


# Away for a while


def away(lsfs) -> Path:
    return lsfs.root.with_name("elsewhere")


def leave_nothing(lsfs) -> None:
    pass


def leave_another_folder(lsfs) -> None:
    lsfs.root.mkdir()
    (lsfs.root / "stranger.txt").write_text("not ours")


def leave_an_empty_folder(lsfs) -> None:
    """What the mount point of an unplugged disk looks like."""
    lsfs.root.mkdir()


def leave_a_file(lsfs) -> None:
    lsfs.root.write_text("not a folder")


@pytest.mark.parametrize(
    ("leave", "noticed_by"),
    [
        (leave_nothing, "a scan"),
        (leave_nothing, "the next start"),
        (leave_another_folder, "a scan"),
        (leave_an_empty_folder, "the next start"),
        (leave_a_file, "a scan"),
    ],
)
def test_a_root_that_is_away_is_frozen_and_comes_back_as_it_was(leave, noticed_by, lsfs):
    for number in range(3):
        (lsfs.root / f"{number}.txt").write_text(f"number {number}")
    up(lsfs, lsfs.root)
    flush(lsfs)
    before, rows = alive(lsfs, lsfs.root), lsfs.vault.versions.count()
    lsfs.root.rename(away(lsfs))
    leave(lsfs)
    if noticed_by == "a scan":
        lsfs.rescanned()
    else:
        lsfs.restart()
        lsfs.settled()
    (info,) = lsfs.engine.roots()
    assert info.state == "offline" and info.reason
    assert alive(lsfs, lsfs.root) == before and lsfs.vault.versions.count() == rows
    if lsfs.root.is_dir():
        shutil.rmtree(lsfs.root)
    elif lsfs.root.exists():
        lsfs.root.unlink()
    away(lsfs).rename(lsfs.root)
    (lsfs.root / "new.txt").write_text("written meanwhile")
    lsfs.engine.run_job("presence")
    lsfs.settled()
    (info,) = lsfs.engine.roots()
    assert info.state == "watching" and not info.reason
    assert lsfs.differences() == []
    assert alive(lsfs, lsfs.root).items() >= before.items() and lsfs.vault.versions.count() == rows
    (lsfs.root / "later.txt").write_text("and events come again")
    assert lsfs.disagreement() == []


def gone_rows(lsfs) -> int:
    return lsfs.vault._db.rows("SELECT count(*) FROM versions WHERE gone = 1")[0][0]


def test_when_most_of_a_root_is_gone_at_once_a_second_scan_has_to_find_it_so(lsfs, monkeypatch):
    for number in range(150):
        (lsfs.root / f"{number}.txt").write_text(f"number {number}")
    up(lsfs, lsfs.root)
    flush(lsfs)
    parts = lsfs.engine._parts
    parts.watcher.remove(root_at(lsfs, lsfs.root).id)  # the scan alone is to find it
    scans: list[int] = []
    scan = parts.keeper._scan

    def counted(root, *args, **named) -> None:
        scan(root, *args, **named)
        scans.append(len(alive(lsfs, lsfs.root)))

    monkeypatch.setattr(parts.keeper, "_scan", counted)
    for path in lsfs.root.iterdir():
        path.unlink()
    lsfs.rescanned()
    assert scans[0] == 150 and len(scans) == 2
    assert alive(lsfs, lsfs.root) == {} and gone_rows(lsfs) == 150


def test_what_is_back_at_the_second_scan_was_never_gone(lsfs, monkeypatch):
    for number in range(150):
        (lsfs.root / f"{number}.txt").write_text(f"number {number}")
    up(lsfs, lsfs.root)
    flush(lsfs)
    before = alive(lsfs, lsfs.root)
    parts = lsfs.engine._parts
    parts.watcher.remove(root_at(lsfs, lsfs.root).id)
    hidden = lsfs.root.with_name("hidden")
    hidden.mkdir()
    again = parts.keeper.scan

    def bring_back(*args, **named) -> None:
        for path in hidden.iterdir():
            path.rename(lsfs.root / path.name)
        again(*args, **named)

    for path in list(lsfs.root.iterdir()):
        path.rename(hidden / path.name)
    root = root_at(lsfs, lsfs.root)
    monkeypatch.setattr(parts.keeper, "scan", bring_back)
    again(root.id)
    lsfs.settled()
    assert alive(lsfs, lsfs.root) == before and gone_rows(lsfs) == 0
    assert lsfs.differences() == []


def test_who_waits_for_the_ingest_thread_is_told_at_once_that_the_vault_is_damaged(lsfs, wait_until):
    up(lsfs, lsfs.root)
    lsfs.engine.close()
    path = Path(os.fsdecode(lsfs.paths.vault_dir), "vault.db")
    vault = Vault(path)
    ((page,),) = vault._db.rows("SELECT rootpage FROM sqlite_schema WHERE name = 'tags_by_tag'")
    vault.close()
    with open(path, "r+b") as file:
        file.seek(4096 * (page - 1))
        file.write(b"damage" * 600)
    damaged = path.read_bytes()
    lsfs.engine = lsfs._start()
    wait_until(lambda: lsfs.engine._parts.ingest.trouble)
    with pytest.raises(LsfsError) as caught:
        lsfs.engine._parts.ingest.run(lambda: None)
    assert caught.value.code == "vault-damaged"
    lsfs.engine.close()
    assert path.read_bytes() == damaged
