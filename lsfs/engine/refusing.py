"""What is refused, as a result: the reason, and the nearest readings as sentences that can be said instead."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lsfs.core.api import ErrorInfo, SayResult
from lsfs.core.errors import LsfsError, NothingFound
from lsfs.core.paths import display
from lsfs.plan.phrasing import sentence_of
from lsfs.plan.request import Action, Request
from lsfs.plan.resolve.unclear import Unclear
from lsfs.plan.understand import NotUnderstood


def refused(error: LsfsError, sentence: str = "", meant: Request | None = None) -> SayResult:
    """The result of a sentence that ends with `error`; `meant` is what was understood, where it got so far."""
    return SayResult(
        op=None,
        state="nothing" if isinstance(error, NothingFound) else "refused",
        reason=error.message,
        readings=tuple(dict.fromkeys(_readings(error, sentence, meant))),
        refusal=error_info(error),
    )


def error_info(error: LsfsError) -> ErrorInfo:
    """What a command ends with."""
    return ErrorInfo(code=error.code, message=error.message, path=error.path, hint=error.hint)


def _readings(error: LsfsError, sentence: str, meant: Request | None) -> Iterator[str]:
    if isinstance(error, NotUnderstood) and error.nearest is not None:
        said = sentence_of(error.nearest)
        if said:
            yield said
    if isinstance(error, Unclear):
        for path in (display(target.path) for target in error.nearest):
            if error.phrase and error.phrase in sentence:
                yield sentence.replace(error.phrase, f'"{path}"', 1)
            else:
                yield (sentence_of(_named(meant, error.phrase, path)) if meant is not None else "") or path


def _named(request: Request, phrase: str, path: str) -> Request:
    """The request with a path for a phrase; nothing where the phrase stands in it nowhere."""
    actions = tuple(_with_path(action, phrase, path) for action in request.actions) if phrase else request.actions
    return Request(actions) if actions != request.actions else Request()


def _with_path(action: Action, phrase: str, path: str) -> Action:
    changed: dict[str, str | tuple[str, ...]] = {}
    for slot in ("what", "to", "source"):
        value = getattr(action, slot, "")
        if isinstance(value, tuple):
            changed[slot] = tuple(path if one == phrase else one for one in value)
        elif value:
            changed[slot] = path if value == phrase else value
    return msgspec.structs.replace(action, **changed)
