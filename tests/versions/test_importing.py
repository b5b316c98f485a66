"""What is taken in from a file is looked at with distrust: nothing but an export that is whole changes anything."""

from __future__ import annotations

import contextlib
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lsfs.core.errors import StorageError
from lsfs.core.progress import NullProgress
from lsfs.objects.packs import PACK_BYTES, Packs
from lsfs.objects.piece import Codec
from lsfs.store.vault import Vault
from lsfs.versions.bundle import LABEL, VAULT
from lsfs.versions.contents import ContentStore
from lsfs.versions.exporting import export_vault
from lsfs.versions.importing import Imported, import_vault


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """An export of a vault with two contents."""
    (tmp_path / "here").mkdir()
    with (
        contextlib.closing(Vault(tmp_path / "here" / VAULT)) as vault,
        contextlib.closing(Packs(tmp_path / "here/objects")) as packs,
    ):
        contents = ContentStore(vault, packs, Codec())
        contents.keep_bytes(b"small")
        contents.keep_bytes(b"text " * 100_000)
        export_vault(tmp_path / "here" / VAULT, tmp_path / "export.tar", NullProgress())
    return tmp_path / "export.tar"


def imported(bundle: Path, folder: Path) -> Imported:
    return import_vault(bundle, folder, {}, 99, NullProgress())


def test_a_whole_export_is_taken_in(bundle, tmp_path):
    assert imported(bundle, tmp_path / "there").missing == 0


def rewritten(bundle: Path, to: Path, change: Callable[[tarfile.TarFile, list[tarfile.TarInfo]], None]) -> Path:
    """A bundle with other members."""
    with tarfile.open(bundle) as old, tarfile.open(to, "w") as new:
        members = old.getmembers()
        change(new, members)
        for member in members:
            new.addfile(member, old.extractfile(member))
    return to


def hostile(kind: str) -> tarfile.TarInfo:
    name = {
        "absolute": "/tmp/evil",
        "above": "../evil",
        "inside and above": "objects/packs/../../../evil",
        "unknown": "objects/evil",
        "wrong folder": f"objects/ab/{'c' * 64}.piece",
        "a lock": "lsfsd.lock",
    }.get(kind, "objects/packs/00000009.pack")
    member = tarfile.TarInfo(name)
    kinds = {
        "link": tarfile.SYMTYPE,
        "hard link": tarfile.LNKTYPE,
        "folder": tarfile.DIRTYPE,
        "device": tarfile.CHRTYPE,
    }
    member.type = kinds.get(kind, tarfile.REGTYPE)
    member.linkname = "/etc/passwd" if kind in kinds else ""
    member.size = PACK_BYTES + 1 if kind == "too long" else 0
    return member


@pytest.mark.parametrize(
    "kind",
    [
        "absolute",
        "above",
        "inside and above",
        "unknown",
        "wrong folder",
        "a lock",
        "link",
        "hard link",
        "folder",
        "device",
        "too long",
    ],
)
def test_what_no_export_has_is_refused_and_nothing_is_written(bundle, tmp_path, kind):
    evil = rewritten(bundle, tmp_path / "evil.tar", lambda new, _: new.addfile(hostile(kind)))
    with pytest.raises(StorageError, match="is too long" if kind == "too long" else "has no place in it"):
        imported(evil, tmp_path / "there")
    assert list((tmp_path / "there").iterdir()) == [] and not (tmp_path / "evil").exists()


def test_an_export_that_was_cut_off_anywhere_is_refused(bundle, tmp_path):
    whole = bundle.read_bytes()
    with tarfile.open(bundle) as tar:
        offsets = [member.offset for member in tar] + [member.offset_data + member.size // 2 for member in tar]
    for length in [0, 1, 511, *offsets]:
        (tmp_path / "short.tar").write_bytes(whole[:length])
        with pytest.raises(StorageError):
            imported(tmp_path / "short.tar", tmp_path / "there")
        assert list((tmp_path / "there").iterdir()) == [], length


def test_other_files_are_refused(bundle, tmp_path):
    (tmp_path / "words").write_bytes(b"some words " * 1000)
    with tarfile.open(tmp_path / "empty.tar", "w"):
        pass

    def without(name: str) -> Path:
        def change(new: tarfile.TarFile, members: list[tarfile.TarInfo]) -> None:
            members[:] = [member for member in members if member.name != name]

        return rewritten(bundle, tmp_path / f"without-{name}.tar", change)

    def garbage(new: tarfile.TarFile, members: list[tarfile.TarInfo]) -> None:
        member = tarfile.TarInfo(VAULT)
        member.size = 9000
        new.addfile(member, io.BytesIO(b"garbage!!" * 1000))
        members[:] = members[1:]

    damaged = rewritten(bundle, tmp_path / "damaged.tar", garbage)
    for other in (tmp_path / "words", tmp_path / "empty.tar", without(LABEL), without(VAULT), damaged):
        with pytest.raises(StorageError):
            imported(other, tmp_path / "there")
        assert list((tmp_path / "there").iterdir()) == []
