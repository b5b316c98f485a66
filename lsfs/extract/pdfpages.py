"""Pages of several PDF documents as one document, by pypdf."""

from __future__ import annotations

import io
from collections.abc import Sequence


class NotMerged(Exception):
    """A document cannot be merged."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(why)
        self.number = number
        """Which one, counted from 0."""
        self.why = why


def merged_pages(documents: Sequence[bytes]) -> bytes:
    """One document with the pages of all; raises `NotMerged` for one that cannot be read."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for number, data in enumerate(documents):
        try:
            reader = PdfReader(io.BytesIO(data))
            if not reader.is_encrypted:
                writer.append(reader)
        except MemoryError:
            raise NotMerged(number, "takes more memory than it is given") from None
        except Exception as error:  # a hostile or broken document: pypdf raises what it met
            raise NotMerged(number, f"cannot be read as a PDF document: {error}") from error
        if reader.is_encrypted:
            raise NotMerged(number, "is encrypted")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def sample() -> bytes:
    """A document of one empty page."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(width=72, height=72)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
