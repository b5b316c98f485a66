"""All that lsfs keeps goes to another machine in one file, and goes on there."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lsfs.core.api import HistoryRequest
from lsfs.core.errors import ConflictError, LsfsError, NothingFound, RefusedError, StorageError, UsageError
from lsfs.core.locations import Paths
from lsfs.core.progress import NullProgress
from lsfs.core.wirepath import to_wire
from lsfs.objects.packs import Packs, Place
from lsfs.objects.piece import Codec
from lsfs.store.vault import OpRow, Vault
from lsfs.versions.bundle import VAULT
from lsfs.versions.contents import ContentStore
from lsfs.versions.exporting import export_vault
from lsfs.versions.importing import import_vault
from lsfsd.lock import vault_lock
from lsfsd.vault_command import moved_roots, vault
from tests.running import Lsfs, engine_at

OLD = Path(__file__).parents[1] / "store/vaults/format-1.db"
BIG = os.urandom(2_500_000)


def run(*arguments: str | Path) -> Result:
    """A run of ``lsfsd vault`` in this process; what it raises is for `lsfsd.main` to show."""
    return CliRunner().invoke(vault, [str(argument) for argument in arguments])


def failure(done: Result) -> LsfsError:
    assert isinstance(done.exception, LsfsError), done.output
    return done.exception


@contextlib.contextmanager
def another_machine(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paths]:
    """A home in which lsfs keeps nothing."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    with monkeypatch.context() as patch:
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(home))
        yield Paths.from_env(os.environ)


class Kept:
    """A vault with some contents, made without an engine."""

    def __init__(self, folder: Path, *roots: Path) -> None:
        folder.mkdir(parents=True, mode=0o700)
        self.path = folder / VAULT
        self.vault = Vault(self.path)
        self.packs = Packs(folder / "objects")
        with self.vault.write() as tx:
            for root in roots:
                self.vault.roots.add(tx, os.fsencode(root), "elsewhere", 1, 0)
        self.bodies = [b"small", b"text " * 100_000, BIG]
        self.contents = ContentStore(self.vault, self.packs, Codec())
        self.hashes = [self.contents.keep_bytes(body) for body in self.bodies]

    def close(self) -> None:
        self.packs.close()
        self.vault.close()


@pytest.fixture
def make_kept(tmp_path: Path) -> Iterator[Callable[..., Kept]]:
    made: list[Kept] = []

    def make(*roots: Path) -> Kept:
        made.append(Kept(tmp_path / f"kept{len(made)}", *roots))
        return made[-1]

    yield make
    for kept in made:
        kept.close()


def imported(bundle: Path, folder: Path, moved: dict[bytes, bytes] | None = None):
    return import_vault(bundle, folder, moved or {}, 99, NullProgress())


def read_all(folder: Path, kept: Kept) -> list[bytes]:
    """The contents of `kept`, from the vault in `folder`."""
    with (
        contextlib.closing(Vault(folder / VAULT)) as vault,
        contextlib.closing(Packs(folder / "objects")) as packs,
    ):
        contents = ContentStore(vault, packs, Codec())
        return [b"".join(contents.read(digest)) for digest in kept.hashes]


def history(lsfs: Lsfs, name: str) -> list[bytes]:
    (found,) = lsfs.engine.past.history(HistoryRequest(path=to_wire(os.fsencode(lsfs.root / name)))).files
    contents = [v.content for v in found.versions if v.number is not None]
    return [b"".join(lsfs.engine._parts.contents.read(bytes.fromhex(content))) for content in contents]


def test_histories_go_on_at_another_place(tmp_path, monkeypatch, wait_until):
    bundle = tmp_path / "export.tar"
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    with engine_at(here) as lsfs:
        lsfs.up()
        (lsfs.root / "notes").write_bytes(b"first")
        wait_until(lambda: (e := lsfs.entry("notes")) and len(lsfs.vault.versions.of(e.lineage)) == 1, 30)
        (lsfs.root / "notes").write_bytes(b"second")
        (lsfs.root / "big").write_bytes(BIG)
        wait_until(lambda: len(lsfs.versions("notes")) == 2 and lsfs.entry("big") and lsfs.versions("big"), 30)
        with lsfs.vault.write() as tx:
            lsfs.vault.tags.set(tx, lsfs.lineage("notes"), ["todo"])
        with another_machine(here, monkeypatch):
            done = run("export", bundle)  # while the engine runs
        assert done.exit_code == 0 and str(bundle) in done.output, done.output
        assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    with another_machine(there, monkeypatch) as paths:
        shutil.copytree(here / "root", there / "root")
        done = run("import", "--json", bundle, "--root", f"{here}/root={there}/root")
        assert done.exit_code == 0, done.exception
        said = json.loads(done.output)
        assert said["roots"] == [{"path": f"{there}/root", "state": "online", "reason": ""}] and said["missing"] == 0
        modes = {stat.S_IMODE(path.stat().st_mode) for path in Path(paths.vault_dir).rglob("*")}
        assert modes == {0o700, 0o600}
    with engine_at(there) as lsfs:
        lsfs.settled()
        lsfs.rescanned()
        assert history(lsfs, "notes") == [b"first", b"second"] and history(lsfs, "big") == [BIG]
        assert lsfs.vault.tags.of(lsfs.lineage("notes")) == ["todo"]
        (lsfs.root / "notes").write_bytes(b"third")
        wait_until(lambda: history(lsfs, "notes") == [b"first", b"second", b"third"], 30)
        assert lsfs.disagreement() == []


def test_both_ways_are_told_to_their_end(make_kept, tmp_path):
    class Told(NullProgress):
        total = count = 0

        def start(self, total: int | None, what: str) -> None:
            self.total = total or 0

        def advance(self, n: int) -> None:
            self.count += n

    out, back = Told(), Told()
    export_vault(make_kept().path, tmp_path / "export.tar", out)
    import_vault(tmp_path / "export.tar", tmp_path / "there", {}, 99, back)
    assert out.count == out.total > 0 and back.count == back.total > 0


def test_what_an_import_left_that_was_killed_is_taken_away_by_the_next(make_kept, tmp_path):
    export_vault(make_kept().path, tmp_path / "export.tar", NullProgress())
    (tmp_path / "there/import-killed/objects").mkdir(parents=True)
    imported(tmp_path / "export.tar", tmp_path / "there")
    assert sorted(path.name for path in (tmp_path / "there").iterdir()) == ["objects", "vault.db"]


def test_a_file_that_is_there_is_never_overwritten(make_kept, tmp_path):
    kept = make_kept()
    bundle = tmp_path / "export.tar"
    for make in (lambda: bundle.write_bytes(b"mine"), lambda: bundle.symlink_to("nowhere"), bundle.mkdir):
        make()
        with pytest.raises(RefusedError, match="that name already"):
            export_vault(kept.path, bundle, NullProgress())
        shutil.rmtree(bundle) if bundle.is_dir() else bundle.unlink()

    class Meanwhile(NullProgress):
        def done(self) -> None:
            bundle.write_bytes(b"mine")

    with pytest.raises(RefusedError):
        export_vault(kept.path, bundle, Meanwhile())
    assert bundle.read_bytes() == b"mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export.tar", "kept0"]


def test_what_a_killed_export_left_goes_with_the_next_one(make_kept, tmp_path):
    kept = make_kept()
    folder = kept.path.parent
    (folder / "export-k1lled12").mkdir()
    (folder / "export-k1lled12" / VAULT).write_bytes(b"half a copy")
    (folder / "export-2026.tar").write_bytes(b"somebody's own")
    old, fresh = (tmp_path / f".lsfs-export-{name}.partial" for name in ("old", "fresh"))
    for partial in (old, fresh):
        partial.write_bytes(b"half an export")
    os.utime(old, (1_600_000_000,) * 2)

    def scratch() -> list[str]:
        return sorted(path.name for path in folder.glob("export-*") if path.is_dir())

    class Beside(NullProgress):
        """Another export at the same time."""

        def start(self, total: int, what: str) -> None:
            self.mine = scratch()
            export_vault(kept.path, tmp_path / "other.tar", NullProgress())
            assert scratch() == self.mine

    export_vault(kept.path, tmp_path / "export.tar", beside := Beside())
    assert len(beside.mine) == 1 and beside.mine != ["export-k1lled12"]
    assert [path.name for path in folder.glob("export-*")] == ["export-2026.tar"]
    assert sorted(path.name for path in tmp_path.glob(".lsfs-export-*")) == [fresh.name]
    imported(tmp_path / "export.tar", tmp_path / "there")


def test_a_place_that_cannot_be_written_is_said(make_kept, tmp_path):
    kept = make_kept()
    with pytest.raises(StorageError) as raised:
        export_vault(kept.path, tmp_path / "absent/export.tar", NullProgress())
    assert "absent" in (raised.value.path or "")
    assert not list(kept.path.parent.glob("export-*"))


def test_what_is_moved_while_it_is_exported_is_taken_from_its_new_place(make_kept, tmp_path):
    kept = make_kept()

    class Tidying(NullProgress):
        """Moves every record to a new pack when the list of files has been made, as tidying may."""

        def start(self, total: int | None, what: str) -> None:
            kept.packs.begin_new_pack()
            rows = [row for row in kept.vault.pieces.in_turn() if row.pack == 1]
            bodies = [kept.contents.proved(row) for row in rows]
            places = kept.packs.append([Codec().piece(body) for body in bodies])
            with kept.vault.write() as tx:
                moved = [(r.hash, p.pack, p.offset, p.stored) for r, p in zip(rows, places, strict=True)]
                kept.vault.pieces.correct(tx, "pieces", moved)
            kept.packs.remove_pack(1)

    done = export_vault(kept.path, tmp_path / "export.tar", Tidying())
    assert done.missing == 0
    assert imported(tmp_path / "export.tar", tmp_path / "there").missing == 0
    assert read_all(tmp_path / "there", kept) == kept.bodies


def test_a_pack_that_grows_while_it_is_exported_is_taken_as_it_was(make_kept, tmp_path):
    kept = make_kept()

    class Growing(NullProgress):
        def advance(self, n: int) -> None:
            kept.contents.keep_bytes(os.urandom(1000))

    assert export_vault(kept.path, tmp_path / "export.tar", Growing()).missing == 0
    imported(tmp_path / "export.tar", tmp_path / "there")
    assert read_all(tmp_path / "there", kept) == kept.bodies


def test_what_is_damaged_here_is_told_and_does_not_keep_the_rest_from_being_exported(make_kept, tmp_path):
    kept = make_kept()
    (row,) = kept.vault.pieces.of(kept.hashes[0])
    with open(kept.packs.path(Place(row.pack, 0, 0)), "r+b") as file:
        file.seek(row.offset)
        file.write(b"????")
    assert export_vault(kept.path, tmp_path / "export.tar", NullProgress()).missing == 1
    assert imported(tmp_path / "export.tar", tmp_path / "there").missing == 1
    kept.hashes = kept.hashes[1:]
    assert read_all(tmp_path / "there", kept) == kept.bodies[1:]


def test_a_vault_of_an_earlier_version_is_exported_and_left_as_it_is(tmp_path):
    (tmp_path / "old").mkdir()
    shutil.copyfile(OLD, tmp_path / "old" / VAULT)
    export_vault(tmp_path / "old" / VAULT, tmp_path / "export.tar", NullProgress())
    assert (tmp_path / "old" / VAULT).read_bytes() == OLD.read_bytes()
    done = imported(tmp_path / "export.tar", tmp_path / "there")
    assert done.versions == 12 and [root.reason for root in done.roots] == ["the folder is not on this machine"]


@pytest.mark.parametrize("there", ["vault.db", "vault.copy.db", "objects"])
def test_nothing_is_imported_where_a_vault_is_or_was(make_kept, tmp_path, there):
    export_vault(make_kept().path, tmp_path / "export.tar", NullProgress())
    folder = tmp_path / "there"
    folder.mkdir()
    (folder / there).touch()
    with pytest.raises(RefusedError, match="a vault already") as raised:
        imported(tmp_path / "export.tar", folder)
    assert "mv" in (raised.value.hint or "") and [path.name for path in folder.iterdir()] == [there]


def test_folders_that_are_here_are_taken_for_the_vaults_own_and_others_stay_offline(make_kept, tmp_path):
    names = ("here", "moved", "away")
    roots = [tmp_path / name for name in names]
    export_vault(make_kept(*roots).path, tmp_path / "export.tar", NullProgress())
    roots[0].mkdir()
    (tmp_path / "new home").mkdir()
    moved = {os.fsencode(roots[1]): os.fsencode(tmp_path / "new home")}
    done = imported(tmp_path / "export.tar", tmp_path / "there", moved)
    said = {Path(os.fsdecode(root.path)).name: bool(root.reason) for root in done.roots}
    assert said == {"here": False, "new home": False, "away": True}
    with contextlib.closing(Vault(tmp_path / "there" / VAULT)) as vault:
        known = {os.fsdecode(root.path): root for root in vault.roots.all()}
    assert known[str(roots[0])].ino == roots[0].stat().st_ino and known[str(roots[0])].online
    assert known[str(tmp_path / "new home")].ino == (tmp_path / "new home").stat().st_ino
    assert known[str(roots[2])].state == "offline"


def test_folders_that_the_vault_does_not_watch_or_that_would_lie_in_each_other_are_refused(make_kept, tmp_path):
    export_vault(make_kept(tmp_path / "a", tmp_path / "b").path, tmp_path / "export.tar", NullProgress())
    with pytest.raises(UsageError, match="watches no such folder"):
        imported(tmp_path / "export.tar", tmp_path / "there", {b"/nowhere": b"/somewhere"})
    with pytest.raises(ConflictError, match="would lie inside"):
        inside = {os.fsencode(tmp_path / "b"): os.fsencode(tmp_path / "a/b")}
        imported(tmp_path / "export.tar", tmp_path / "there", inside)
    assert list((tmp_path / "there").iterdir()) == []


def test_an_op_that_ran_when_it_was_exported_is_not_taken_up(make_kept, tmp_path):
    kept = make_kept()
    with kept.vault.write() as tx:
        op = kept.vault.ops.add(tx, OpRow(0, "running", "reversible", "cli", "", "", b"{}", 1, 1, 1, 1), [], [])
    export_vault(kept.path, tmp_path / "export.tar", NullProgress())
    imported(tmp_path / "export.tar", tmp_path / "there")
    with contextlib.closing(Vault(tmp_path / "there" / VAULT)) as vault:
        found = vault.ops.get(op)
        assert found is not None and found.state == "failed" and "moved" in found.error


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [("/a=/b", b"/a", b"/b"), ("/a=b=/c", b"/a=b", b"/c"), ("/a/=/b/", b"/a", b"/b"), ("/a=/b=c", b"/a", b"/b=c")],
)
def test_a_folder_and_its_new_place_are_told_apart(text, old, new):
    assert moved_roots([text]) == {old: new}


def test_a_new_place_may_begin_with_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert moved_roots(["/old=~/Documents"]) == {b"/old": b"/home/me/Documents"}


@pytest.mark.parametrize("text", ["", "/a", "a=b", "/a=b", "=/b"])
def test_what_names_no_two_folders_is_a_usage_error(text):
    with pytest.raises(UsageError):
        moved_roots([text])


def test_the_command_says_what_it_cannot_do(private_home, tmp_path):
    assert isinstance(failure(run("export", tmp_path / "x.tar")), NothingFound)
    assert isinstance(failure(run("import", tmp_path / "x.tar")), UsageError)
    (tmp_path / "x.tar").touch()
    with vault_lock(Paths.from_env(os.environ).lock):
        assert isinstance(failure(run("import", tmp_path / "x.tar")), ConflictError)
    assert "OLD=NEW" in run("import", "--help").output
