"""A worker's half of keeping bytes: cuts a content, asks which pieces are wanted, packs those and sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from blake3 import blake3

from lsfs.objects.cut import Cutters, parts_of
from lsfs.objects.piece import Codec, ManifestPiece, Record
from lsfs.workers.messages import Cut, Pieces, ToExtractWorker, WantedPieces
from lsfs.workers.protocol import Channel, ChannelClosed
from lsfs.workers.reading import Reading, Unstable

_GROUP_BYTES = 4 << 20
"""Bytes of pieces that are asked for, packed and sent at a time."""


class PieceSender:
    """Keeps one file after the other."""

    def __init__(self, channel: Channel[ToExtractWorker]) -> None:
        self._channel = channel
        self._cutters = Cutters()
        self._codec = Codec()

    def warm_up(self) -> None:
        """Imports and makes what later calls need: afterwards no file can be opened."""
        self._cutters.warm_up()
        self._codec.piece(bytes(1024))

    def send(
        self, reading: Reading, fd: int | None, tick: Callable[[], None]
    ) -> tuple[Record | None, tuple[ManifestPiece, ...]]:
        """The one piece of the file, or the list of its pieces, which have been sent as far as they are wanted.

        A file that is not held whole is read once more from `fd`; raises `Unstable` if that gives other bytes.
        """
        if reading.whole:
            views = self._cutters.pieces(reading.data)
            if len(views) == 1:
                return self._codec.piece(reading.data, reading.content), ()
            return None, self._send_all(iter(views), tick)
        assert fd is not None
        whole = blake3()

        def parts() -> Iterator[bytes]:
            for part in parts_of(fd, reading.key.size):
                whole.update(part)
                yield part

        listed = self._send_all(self._cutters.stream(reading.key.size, reading.data, parts()), tick)
        if whole.digest() != reading.content:
            raise Unstable
        return None, listed

    def _send_all(self, views: Iterator[memoryview], tick: Callable[[], None]) -> tuple[ManifestPiece, ...]:
        listed: list[ManifestPiece] = []
        group: list[tuple[ManifestPiece, bytes]] = []
        held = 0
        for view in views:
            data = bytes(view)
            group.append((ManifestPiece(blake3(data).digest(), len(data)), data))
            held += len(data)
            if held >= _GROUP_BYTES:
                listed += self._send_group(group, ask=True)
                group, held = [], 0
                tick()
        # To pack a little for nothing takes no longer than to wait for an answer.
        return (*listed, *self._send_group(group, ask=bool(listed)))

    def _send_group(self, group: list[tuple[ManifestPiece, bytes]], *, ask: bool) -> list[ManifestPiece]:
        if group and not ask:
            self._channel.send(Pieces([self._codec.piece(data, piece.hash) for piece, data in group]))
        elif group:
            self._channel.send(Cut([piece.hash for piece, _ in group]))
            answer, _ = self._channel.receive()
            if not isinstance(answer, WantedPieces) or len(answer.flags) != len(group):
                raise ChannelClosed("the parent did not answer which pieces it wants")
            wanted = [one for one, flag in zip(group, answer.flags, strict=True) if flag]
            if wanted:
                self._channel.send(Pieces([self._codec.piece(data, piece.hash) for piece, data in wanted]))
        return [piece for piece, _ in group]
