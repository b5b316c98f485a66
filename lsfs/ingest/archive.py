"""What the readers are told of bytes that are to be kept: which contents and pieces the vault lacks."""

from __future__ import annotations

from typing import Protocol

from lsfs.objects.piece import Record
from lsfs.store.vault import Vault
from lsfs.versions.room import Room
from lsfs.workers.messages import ReadResult


class Taker(Protocol):
    """Who records what is handed in: the ingest thread's inbox."""

    def receive(self, results: list[ReadResult]) -> None:
        """Takes results; may block while too many wait."""

    def receive_pieces(self, records: list[Record]) -> None:
        """Takes pieces of a content that has several; may block while too many wait."""


class VaultArchive:
    """The `lsfs.workers.batches.Archive` over the vault."""

    def __init__(self, vault: Vault, room: Room, taker: Taker) -> None:
        self._vault = vault
        self._room = room
        self._taker = taker

    def contents(self, hashes: list[bytes], sizes: list[int]) -> list[bool]:
        """Wants contents that are not kept, once each, while there is room."""
        kept = self._vault.pieces.kept(hashes)
        full = bool(self._room.refusal(sum(sizes)))
        flags = []
        for content, size in zip(hashes, sizes, strict=True):
            flags.append(content not in kept and not (full and self._room.refusal(size)))
            kept.add(content)
        return flags

    def pieces(self, hashes: list[bytes]) -> list[bool]:
        """Wants pieces that are not kept."""
        known = self._vault.pieces.known(hashes)
        return [digest not in known for digest in hashes]

    def take(self, records: list[Record]) -> None:
        """Hands pieces on."""
        self._taker.receive_pieces(records)

    def captured(self, results: list[ReadResult]) -> None:
        """Hands on what was read of documents; their texts come by themselves."""
        self._taker.receive(results)
