"""What the tests of reading files share."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import Lsfs, engine_at  # noqa: F401 - some tests take them from here


@pytest.fixture
def scratch() -> Iterator[Callable[[], Path]]:
    """Makes empty folders for examples of property tests, which cannot share one fixture's."""
    made: list[tempfile.TemporaryDirectory[str]] = []

    def make() -> Path:
        made.append(tempfile.TemporaryDirectory(prefix="lsfs-x"))
        return Path(made[-1].name)

    yield make
    for folder in made:
        folder.cleanup()


def content_of(seed: int) -> bytes:
    """A text that no other seed has."""
    return f"{hashlib.sha256(str(seed).encode()).hexdigest()} number {seed}\n".encode()
