"""What an extract worker calls to make text of bytes: the seam where tests put hostile extractors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from lsfs.core.records import Chunk, Document
from lsfs.extract.base import Recipe, Tier


class Extraction(Protocol):
    """The functions of `lsfs.extract` and `lsfs.chunking`, as one worker uses them."""

    def warm_up(self) -> None:
        """Imports, loads and opens all that later calls need: afterwards no file can be opened."""

    def plan(self, name: bytes, head: bytes) -> Recipe:
        """How a file with this name and beginning is to be read."""

    def extract(self, data: bytes, name: bytes, recipe: Recipe) -> Document:
        """The document in `data`; raises `ExtractError`."""

    def chunk(self, document: Document) -> Sequence[Chunk]:
        """The passages of the document, in order."""


class InstalledExtraction:
    """The extractors of lsfs; `tier` "text" never loads what only documents need."""

    def __init__(self, tier: Tier) -> None:
        from lsfs.chunking import chunk
        from lsfs.extract import choose

        self._tier = tier
        self._choose = choose
        self.chunk = chunk
        self.plan = choose.plan_for
        self.extract = choose.extract

    def warm_up(self) -> None:
        """Has every module and native library loaded that the tier needs."""
        self._choose.warm_up(self._tier)
