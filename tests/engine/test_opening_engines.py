"""Opening an engine changes nothing that is stored, and leaves nothing open when it fails."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest

from lsfs.compose import open_engine, readers
from lsfs.core.api import ProgressRequest, UpRequest
from lsfs.core.config import Config
from lsfs.core.locations import Paths
from lsfs.core.wirepath import to_wire


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.from_env({"HOME": str(tmp_path / "home")})


def open_files(folder: Path) -> list[str]:
    links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return [target for link in links if os.path.lexists(link) and (target := os.readlink(link)).startswith(str(folder))]


def test_nothing_stays_open_when_a_later_part_cannot_be_made(paths, tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("no more processes")

    monkeypatch.setattr(readers, "ExtractPool", broken)
    with pytest.raises(OSError, match="no more processes"):
        open_engine(paths, Config(embedder="hashing"))
    assert open_files(tmp_path) == []


def test_an_engine_that_was_never_started_is_closed_whole(paths, tmp_path):
    open_engine(paths, Config(embedder="hashing")).close()
    assert open_files(tmp_path) == []


def test_opening_leaves_the_vectors_of_another_embedder_to_the_start(paths):
    engine = open_engine(paths, Config(embedder="hashing"))
    engine.start()
    engine.close()
    other = open_engine(paths, Config(embedder="off"))
    assert other._parts.index.embedder() == "hashing-256"
    with other._parts.index.write() as tx:
        other._parts.index.set_embedder(tx, "another")
    other.close()
    again = open_engine(paths, Config(embedder="hashing"))
    assert again._parts.index.embedder() == "another"
    again.start()
    assert again._parts.index.embedder() == "hashing-256"
    again.close()


def test_a_file_that_is_too_large_to_be_searched_by_content_has_versions_all_the_same(paths, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.txt").write_text("words")
    with contextlib.closing(open_engine(paths, Config(embedder="off", max_file_mb=1))) as engine:
        engine.start()
        engine.up(UpRequest(paths=(to_wire(os.fsencode(root)),)))
        follow(engine)
        (root / "a.txt").write_text("words" * 300_000)
        engine.rescan(None)
        follow(engine)
        parts = engine._parts
        (entry,) = parts.vault.entries.at(1, [b"a.txt"]).values()
        assert [version.number for version in parts.vault.versions.of(entry.lineage)] == [1, 2]
        assert b"".join(parts.contents.read(entry.content)) == b"words" * 300_000
        assert engine.file_status(os.fsencode(root / "a.txt")).state == "name-only"


def follow(engine) -> None:
    """Returns when nothing is left to do."""
    for event in engine.progress(ProgressRequest(until="all")):
        assert event.phase
