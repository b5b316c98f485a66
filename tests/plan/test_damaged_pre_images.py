"""Kept bytes that cannot be had any more: what needs them fails before anything is changed, and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lsfs.core import actions as act
from lsfs.core.errors import LsfsError
from tests.crash.tree import tree_of
from tests.plan.conftest import Desk

OLD = "".join(f"an old line {number}\n" for number in range(3000))


def flipped(pack: Path) -> None:
    body = bytearray(pack.read_bytes())
    for at in range(0, len(body), 64):
        body[at] ^= 0x55
    pack.write_bytes(body)


def cut_off(pack: Path) -> None:
    pack.write_bytes(pack.read_bytes()[:10])


def gone(pack: Path) -> None:
    pack.unlink()


def unreadable(pack: Path) -> None:
    """Reading it is an error of the system."""
    pack.unlink()
    pack.mkdir()


@pytest.fixture
def written_over(desk: Desk) -> Desk:
    """A desk with files whose earlier contents are in the vault alone."""
    for name in ("f", "d/one", "d/two"):
        desk.write(name, f"{name}\n{OLD}")
    desk.flush()
    desk.do(*(act.Write(path=name, text=f"{name} is new\n") for name in ("f", "d/one", "d/two")))
    return desk


@pytest.mark.parametrize("harm", [flipped, cut_off, gone, unreadable])
def test_restore_and_undo_say_what_cannot_be_had_and_change_nothing(written_over: Desk, harm: Callable[[Path], None]):
    desk = written_over
    before = tree_of(desk.root)
    packs = sorted((desk.home / ".local/share/lsfs/objects").rglob("*.pack"))
    assert packs
    for pack in packs:
        harm(pack)
    desk.lsfs.restart()
    attempts: tuple[Callable[[], object], ...] = (
        lambda: desk.do(act.Restore(path="f", to="@1")),
        lambda: desk.do(act.Restore(path="f", to="@1", output="out")),
        lambda: desk.undo(1),
    )
    for attempt in attempts:
        with pytest.raises(LsfsError) as error:
            attempt()
        assert error.value.path is not None and error.value.path.startswith(f"{desk.root}/")
        assert "what is kept of it cannot be had" in error.value.message
        assert tree_of(desk.root) == before
    # What needs none of them goes on.
    copied = desk.do(act.Copy(paths=("f",), to="copies"))
    assert desk.at("copies/f").read_text() == "f is new\n"
    desk.undo(copied)
    assert desk.state(1) == "applied"
