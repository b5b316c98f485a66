"""Which files are meant, as it was said: a description or names, and what limits them."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec


class Chosen(msgspec.Struct, frozen=True):
    """The slots that every selecting verb has."""

    what: tuple[str, ...] = ()
    folder: str = ""
    time: str = ""
    size: str = ""
    tagged: tuple[str, ...] = ()
    exact: bool = False
    """Whether all of `what` are names, paths or quotations."""

    @property
    def limited(self) -> bool:
        """Whether anything but the description limits it."""
        return bool(self.folder or self.time or self.size or self.tagged)

    def slots(self) -> dict[str, Any]:
        """Keyword arguments of an action."""
        return {
            "what": self.what,
            "folder": self.folder,
            "time": self.time,
            "size": self.size,
            "tagged": self.tagged,
        }


_A = TypeVar("_A")


def each(kind: type[_A], chosen: tuple[Chosen, ...], **more: Any) -> tuple[_A, ...]:
    """An action for each group of files."""
    return tuple(kind(**(one.slots() | more)) for one in chosen)
