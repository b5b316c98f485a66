"""A document and its chunks as the flat record that the store takes in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsfs.core import chunktable
from lsfs.core.cjk import cjk_bigrams, has_cjk
from lsfs.core.records import Anchor, Chunk, Document, StatKey
from lsfs.workers.messages import Outcome, ReadResult

ZSTD_LEVEL = 3


class Packer:
    """Makes results; keeps one compressor for all of them."""

    def __init__(self) -> None:
        import zstandard

        self._compressor: Any = zstandard.ZstdCompressor(level=ZSTD_LEVEL)

    def pack(
        self,
        job: int,
        content: bytes,
        key: StatKey,
        extractor: str,
        document: Document,
        chunks: Sequence[Chunk],
        data: bytes,
    ) -> ReadResult:
        """The result that carries `document`; `data` are the bytes that it was made of."""
        text, encoded = encodable(document.text)
        pieces = tuple([text[chunk.start : chunk.end] for chunk in chunks])
        own_text = not document.truncated and encoded == data
        headings: dict[str, int] = {}
        return ReadResult(
            job=job,
            outcome=Outcome.TEXT,
            content=content,
            key=key,
            extractor=extractor,
            title=None if document.title is None else encodable(document.title)[0],
            metadata={encodable(name)[0]: encodable(value)[0] for name, value in document.metadata.items()},
            anchors=_in_bytes(text, document.anchors, one_byte_each=len(encoded) == len(text)),
            chunk_table=_table(text, len(encoded), chunks, pieces, headings),
            headings=tuple(headings),
            chunks=pieces,
            cjk=tuple([cjk_bigrams(piece) for piece in pieces]) if has_cjk(text) else (),
            own_text=own_text,
            text_bytes=len(encoded),
            text_zstd=b"" if own_text else self._compressor.compress(encoded),
        )


def encodable(text: str) -> tuple[str, bytes]:
    """`text` with each lone surrogate as ``?`` (offsets stay), and its UTF-8."""
    try:
        return text, text.encode()
    except UnicodeEncodeError:
        encoded = text.encode("utf-8", "replace")
        return encoded.decode(), encoded


def _in_bytes(text: str, anchors: Sequence[Anchor], *, one_byte_each: bool) -> tuple[Anchor, ...]:
    """The anchors with offsets counted in bytes of the UTF-8 text, as the chunk table counts."""
    found = []
    at = seen_to = 0
    for anchor in anchors:
        at += anchor.offset - seen_to if one_byte_each else len(text[seen_to : anchor.offset].encode())
        seen_to = anchor.offset
        found.append(Anchor(at, encodable(anchor.label)[0]))
    return tuple(found)


def _table(
    text: str, encoded_length: int, chunks: Sequence[Chunk], pieces: Sequence[str], headings: dict[str, int]
) -> bytes:
    """The chunk table; fills `headings` with each heading path and its index."""
    one_byte_each = encoded_length == len(text)
    rows, at, seen_to = [], 0, 0
    for chunk, piece in zip(chunks, pieces, strict=True):
        if one_byte_each:
            at = chunk.start
        else:
            at += len(text[seen_to : chunk.start].encode())  # nothing, unless the chunks leave a gap
        heading = headings.get(chunk.heading, -1)
        if heading < 0:
            known = len(headings)  # past what the column holds, passages share the first heading
            heading = headings.setdefault(encodable(chunk.heading)[0], known) if known < chunktable.MOST_HEADINGS else 0
        rows.append((at, chunk.line, piece.count(" ") + piece.count("\n") + 1, heading))
        if not one_byte_each:
            at += len(piece.encode())
            seen_to = chunk.end
    return chunktable.pack(rows)
