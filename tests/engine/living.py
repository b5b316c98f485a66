"""The home that tests of sentences talk about, and what they ask of a result.  Nothing on its disk may change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from msgspec import UNSET

from tests.engine.said import Home, make_home
from tests.running import engine_at

INVOICES = {f"Documents/Invoices/{who} invoice.txt" for who in ("painter", "plumber", "roofer")}
DOWNLOADS = {f"Downloads/{name}" for name in ("data.csv", "data (1).csv", "manual.pdf", "film.mp4", "clip.mp4")}


@pytest.fixture(scope="module")
def living(tmp_path_factory) -> Iterator[Home]:
    """The home that all tests of this file talk about; beside it lies what is nobody's business."""
    folder = tmp_path_factory.mktemp("saying")
    root, outside = folder / "root", folder / "outside"
    make_home(root)
    make_home(outside, {"secret.txt": ("2024-01-01", "The secret.\n")})
    (root / "out").symlink_to(outside)
    (root / "out.txt").symlink_to(outside / "secret.txt")
    (root / "in.txt").symlink_to(root / "Notes/shopping list.txt")
    with engine_at(folder, embedder="hashing") as lsfs:
        lsfs.up()
        yield Home(lsfs)


@pytest.fixture
def home(living) -> Iterator[Home]:
    """The same; whatever a test says, nothing on the disk changes."""
    before = living.tree()
    yield living
    assert living.tree() == before


def trashed(home: Home, sentence: str, wire: str | None = None, **how) -> set[str]:
    """What a sentence would throw away."""
    effects = home.effects(home.say(sentence, wire, **how))
    assert {effect[0] for effect in effects} == {"trash"}
    return {effect[1] for effect in effects}


def refused(home: Home, sentence: str, wire: str | None = None, **how):
    """The result of a sentence that is refused; no plan is stored of it."""
    before = plans(home)
    result = home.say(sentence, wire, **how)
    assert result.state == "refused", (result.state, result.effects)
    assert result.op is None and result.reason and not result.effects and not result.hits
    assert result.refusal is not UNSET and result.refusal.message == result.reason
    assert plans(home) == before
    return result


def plans(home: Home) -> int:
    return home.lsfs.vault._db.rows("SELECT count(*) FROM ops")[0][0]
