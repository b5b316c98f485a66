"""Text as it comes, token by token: complete characters only, and nothing of what ends it."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextInPieces:
    """Puts bytes together to text, up to the first of the stop strings."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._given: list[str] = []
        self._held = ""
        self.stopped = False
        """Whether a stop string came; what follows it is ignored."""

    @property
    def text(self) -> str:
        """All that was given out so far."""
        return "".join(self._given)

    def add(self, data: bytes) -> str:
        """What is sure after these bytes, '' where all of it may still become part of something else."""
        return self._take(self._decoder.decode(data))

    def end(self) -> str:
        """What was held back, now that nothing follows."""
        said = self._take(self._decoder.decode(b"", final=True))
        if self.stopped:
            return said
        held, self._held = self._held, ""
        self._given.append(held)
        return said + held

    def _take(self, text: str) -> str:
        if self.stopped:
            return ""
        self._held += text
        found = [at for stop in self._stop if (at := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            sure = min(found)
        else:
            sure = len(self._held) - max((_overlap(self._held, stop) for stop in self._stop), default=0)
        said, self._held = self._held[:sure], self._held[sure:]
        self._given.append(said)
        return said


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` may be the beginning of `stop`."""
    return next((size for size in range(min(len(text), len(stop) - 1), 0, -1) if stop.startswith(text[-size:])), 0)
