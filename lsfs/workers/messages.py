"""What parent and worker say to each other, and the records that the layers above get from a pool."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from lsfs.core.records import Anchor, StatKey
from lsfs.objects.piece import ManifestPiece, Record
from lsfs.workers.sandbox import Limits, SandboxReport

BATCH_FILES = 64
"""Files of one batch: their descriptors must fit into one message (the kernel allows 253)."""


class Outcome(StrEnum):
    """What became of a file that was read."""

    TEXT = "text"
    """There is text, in chunks."""
    NO_TEXT = "no-text"
    """Read and hashed; there is no text to be had, or none of use."""
    KNOWN = "known"
    """Read and hashed; the caller did not want the text."""
    UNSTABLE = "unstable"
    """It changed during each of several readings; to be tried again later."""
    FAILED = "failed"
    """`reason` says why; the same bytes fail again, so this is not tried until the extractor changes."""
    ESCALATE = "escalate"
    """Between worker and pool only: the file needs a worker of the document tier."""


class ReadResult(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """One file as it was read: its hash, and its text where that was wanted."""

    job: int
    """The number that the caller gave."""
    outcome: Outcome
    content: bytes = b""
    """blake3 of the bytes (32 bytes); empty when they could not be read or changed meanwhile."""
    key: StatKey | None = None
    """Stat key that held before and after the bytes were read."""
    reason: str = ""
    """Of failed and no-text: a code, followed by ``: details`` where there are any."""
    extractor: str = ""
    title: str | None = None
    metadata: dict[str, str] = {}
    anchors: tuple[Anchor, ...] = ()
    """Offsets count bytes of the UTF-8 text, as those of the chunk table do."""
    headings: tuple[str, ...] = ()
    own_text: bool = False
    """The file's bytes are the text, as valid UTF-8: no copy need be kept."""
    chunk_table: bytes = b""
    """See `lsfs.core.chunktable`."""
    chunks: tuple[str, ...] = ()
    cjk: tuple[str, ...] = ()
    """Per chunk its runs of CJK characters as bigrams; empty when no chunk has any."""
    text_bytes: int = 0
    """Length of the text as UTF-8."""
    text_zstd: bytes = b""
    """The UTF-8 text, compressed; empty when the file is its own text."""
    piece: Record | None = None
    """The file's bytes, where they were wanted and are one piece."""
    pieces: tuple[ManifestPiece, ...] = ()
    """What its bytes consist of, where they were wanted and are several pieces; those went ahead in `Pieces`."""
    seconds: float = 0.0
    """What reading and keeping it took; 0 where that is not worth a thought."""

    @property
    def weight(self) -> int:
        """Bytes that it holds in memory, about."""
        return self.text_bytes + (len(self.piece.payload) if self.piece is not None else 0)


class Setup(msgspec.Struct, frozen=True, array_like=True, tag="setup"):
    """First message to an extract worker; the progress page comes with it as a descriptor."""

    limits: Limits
    max_document_bytes: int
    max_text_bytes: int


class Ready(msgspec.Struct, frozen=True, array_like=True, tag="ready"):
    """First message of a worker: warmed up and sandboxed."""

    sandbox: SandboxReport


class ReadBatch(msgspec.Struct, frozen=True, array_like=True, tag="read"):
    """Files to read: a job number and a name for each descriptor, whether its bytes may be wanted, and whether to ask
    which texts and bytes are."""

    jobs: list[int]
    names: list[bytes]
    keep: list[bool]
    ask: bool


class Wanted(msgspec.Struct, frozen=True, array_like=True, tag="wanted"):
    """Answer to `Hashed`: for each of its hashes, whether the text is wanted, and whether the bytes are."""

    texts: list[bool]
    contents: list[bool]


class WantedPieces(msgspec.Struct, frozen=True, array_like=True, tag="wanted-pieces"):
    """Answer to `Cut`: for each of its hashes, whether the piece is wanted."""

    flags: list[bool]


class Hashed(msgspec.Struct, frozen=True, array_like=True, tag="hashed"):
    """Those files of the batch that could be read; sent before any is extracted, for the record if that goes wrong."""

    jobs: list[int]
    contents: list[bytes]
    keys: list[StatKey]


class Cut(msgspec.Struct, frozen=True, array_like=True, tag="cut"):
    """Hashes of the next pieces of a content that has several; those that are wanted follow in `Pieces`."""

    hashes: list[bytes]


class Pieces(msgspec.Struct, frozen=True, array_like=True, tag="pieces"):
    """Pieces of a content that has several."""

    records: list[Record]


class Results(msgspec.Struct, frozen=True, array_like=True, tag="results"):
    """Some results of the batch."""

    results: list[ReadResult]


class Done(msgspec.Struct, frozen=True, array_like=True, tag="done"):
    """The batch is finished; with `retire` the worker has used so much that it wants to be replaced."""

    retire: bool


ToExtractWorker = Setup | ReadBatch | Wanted | WantedPieces
FromExtractWorker = Ready | Hashed | Cut | Pieces | Results | Done
