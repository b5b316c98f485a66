"""Whether a worker's result agrees with itself and with what it said before: a worker that a file took over may lie.

Checked is what would make the index contradict itself, and that a result speaks of the content that was announced.
What it says about the text cannot be checked, and harms that content only.  Nor are hashes computed again: that of a
file, and that of each piece, are taken as the worker claims them.  A piece that is not what its hash says is never
handed out, since every read proves it (`lsfs.objects.piece`); until one does, only ``lsfs doctor --verify`` finds it.
"""

from __future__ import annotations

from collections.abc import Sequence

from lsfs.core.chunktable import CHUNK_BYTES, unpack
from lsfs.core.records import StatKey
from lsfs.extract.base import MAX_TEXT_CHARS
from lsfs.objects.cut import MOST_PIECE_BYTES
from lsfs.objects.piece import CODECS, HASH_BYTES, Record, RecordKind
from lsfs.workers.batches import Tier
from lsfs.workers.messages import Outcome, ReadResult

MAX_ENCODED_BYTES = 4 * MAX_TEXT_CHARS
"""UTF-8 takes four bytes a character at most."""


def flaw(result: ReadResult, hashed: tuple[bytes, StatKey] | None, tier: Tier) -> str:
    """What is wrong with the result of a worker of `tier` that had said `hashed` of the file before; "" if nothing."""
    if (result.content or result.key is not None) and (result.content, result.key) != hashed:
        return "another hash than it had said"
    if wrong := _flaw_of_bytes(result, tier):
        return wrong
    if result.outcome is Outcome.ESCALATE and tier == "document":
        return "a document handed on by the document worker"
    if result.outcome is Outcome.TEXT:
        return "a text without a hash" if not result.content else _flaw_of_text(result)
    return "passages without a text" if result.chunks or result.chunk_table or result.cjk else ""


def flaw_of_records(records: Sequence[Record]) -> str:
    """What is wrong with pieces of a worker; "" if nothing.  That they are what their hashes say shows on reading."""
    sound = all(
        len(record.hash) == HASH_BYTES
        and record.kind is RecordKind.PIECE
        and record.codec in CODECS
        and 0 <= record.size <= MOST_PIECE_BYTES
        and len(record.payload) <= record.size
        for record in records
    )
    return "" if sound else "a piece that cannot be one"


def _flaw_of_bytes(result: ReadResult, tier: Tier) -> str:
    if result.piece is None and not result.pieces:
        return ""
    if tier == "document" or result.key is None or (result.piece is not None and result.pieces):
        return "bytes where none were asked for"
    if result.piece is not None:
        other = result.piece.hash != result.content or result.piece.size != result.key.size
        return "a piece of another file" if other else flaw_of_records([result.piece])
    whole = sum(piece.size for piece in result.pieces) == result.key.size
    return "" if whole and all(len(piece.hash) == HASH_BYTES for piece in result.pieces) else "pieces of another file"


def _flaw_of_text(result: ReadResult) -> str:
    if len(result.chunk_table) != CHUNK_BYTES * len(result.chunks):
        return "a table of another number of passages"
    if result.cjk and len(result.cjk) != len(result.chunks):
        return "bigrams of another number of passages"
    if result.text_bytes > MAX_ENCODED_BYTES:
        return "a text over the limit"
    at, headings = 0, max(1, len(result.headings))
    for row in unpack(result.chunk_table):
        if not at <= row.start <= result.text_bytes or row.heading >= headings:
            return "passages outside the text"
        at = row.start
    if result.own_text and (result.text_zstd or result.key is None or result.key.size != result.text_bytes):
        return "a file of another length than its text"
    return "a text without its bytes" if not (result.own_text or result.text_zstd) else ""
