"""The small model that tests run, and a conversation for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import lsfs
from lsfs.llm.base import Prompt, Turn

CONTEXT = 512
"""Small, so that what happens at its end is quickly reached."""

KEPT = (
    Turn("system", "You say which colour a thing has, in one word."),
    Turn("user", "grass"),
    Turn("assistant", "green"),
    Turn("user", "snow"),
    Turn("assistant", "white"),
)


@pytest.fixture(scope="session")
def small_model(models_folder: Path) -> Path:
    """A model's file, which `make test` has pulled."""
    return models_folder / "smollm2-135m-q4_1" / "model.gguf"


@pytest.fixture
def ask() -> Callable[..., Prompt]:
    """``ask("blood")`` is a prompt after the kept turns."""
    return lambda text, kept=KEPT: Prompt(kept, (Turn("user", text),))


@pytest.fixture
def open_model(small_model: Path) -> Iterator[Callable[..., Any]]:
    """``open_model(states=…)`` loads the small model; it is closed in the end."""
    from lsfs.llm.llamacpp import LlamaCpp

    opened: list[LlamaCpp] = []

    def load(**changes: Any) -> LlamaCpp:
        arguments = {"id": "small", "fingerprint": "small", "context": CONTEXT, "threads": 1, **changes}
        opened.append(LlamaCpp(small_model, **arguments))
        return opened[-1]

    yield load
    for model in opened:
        model.close()


@pytest.fixture(scope="session", autouse=True)
def children_find_this_lsfs() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(lsfs.__file__).parents[1]), prepend=os.pathsep)
        yield
