"""What parent and language model worker say to each other, and how a model is named before it is loaded."""

from __future__ import annotations

from typing import Literal

import msgspec

from lsfs.llm.base import Bounds, Prompt, Turn, Written
from lsfs.workers.sandbox import Limits, SandboxReport


class LlmSpec(msgspec.Struct, frozen=True):
    """Which model a child loads."""

    id: str
    path: str
    fingerprint: str
    """What tells its bytes from those of others: a digest, or size and time of change."""
    context: int
    """Tokens at most; a model that was trained on fewer has fewer."""
    threads: int = 0
    """0: as many as there are processors."""


class LlmSetup(msgspec.Struct, frozen=True, array_like=True, tag="setup"):
    """First message to a worker."""

    spec: LlmSpec
    limits: Limits


class Write(msgspec.Struct, frozen=True, array_like=True, tag="write"):
    """A conversation to go on with; `number` is what `Cancel` names."""

    number: int
    prompt: Prompt
    bounds: Bounds


class Choose(msgspec.Struct, frozen=True, array_like=True, tag="choose"):
    """A conversation and what may come next."""

    number: int
    prompt: Prompt
    options: tuple[str, ...]


class Count(msgspec.Struct, frozen=True, array_like=True, tag="count"):
    """A text to count the tokens of."""

    text: str


class Prepare(msgspec.Struct, frozen=True, array_like=True, tag="prepare"):
    """Turns to evaluate ahead."""

    number: int
    kept: tuple[Turn, ...]


class Cancel(msgspec.Struct, frozen=True, array_like=True, tag="cancel"):
    """Ends the numbered request that is being done; too late for one that is not."""

    number: int


class StateFile(msgspec.Struct, frozen=True, array_like=True, tag="state"):
    """Answers `WantState` and `KeepState`; a descriptor comes with it where there is one."""

    there: bool


class LlmReady(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """First message of a worker: the model is loaded, the sandbox closed."""

    context: int
    sandbox: SandboxReport


class NotLoaded(msgspec.Struct, frozen=True, array_like=True, tag="not-loaded"):
    """Instead of `LlmReady`: the model cannot be used, and what to do."""

    message: str
    hint: str | None


class Said(msgspec.Struct, frozen=True, array_like=True, tag="said"):
    """A piece of the text; '' says that the prompt is being read."""

    text: str


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """The end of a `Write`."""

    written: Written


class Numbers(msgspec.Struct, frozen=True, array_like=True, tag="numbers"):
    """Log-probabilities, or one count."""

    values: tuple[float, ...]


class LlmFailed(msgspec.Struct, frozen=True, array_like=True, tag="failed"):
    """Instead of an answer: what is wrong with the request, or with the worker."""

    kind: Literal["usage", "model", "worker"]
    message: str
    hint: str | None = None


class WantState(msgspec.Struct, frozen=True, array_like=True, tag="want"):
    """Asks for a kept state, to read."""

    key: str


class KeepState(msgspec.Struct, frozen=True, array_like=True, tag="keep"):
    """Asks for a file to write a state to."""

    key: str


class StateKept(msgspec.Struct, frozen=True, array_like=True, tag="kept"):
    """The file that was asked for is written, or could not be."""

    whole: bool


ToLlmWorker = LlmSetup | Write | Choose | Count | Prepare | Cancel | StateFile
FromLlmWorker = LlmReady | NotLoaded | Said | Done | Numbers | LlmFailed | WantState | KeepState | StateKept
Request = Write | Choose | Count | Prepare
