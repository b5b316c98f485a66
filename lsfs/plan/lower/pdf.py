"""Pages of several PDF documents as one document, by pypdf."""

from __future__ import annotations

import io
from collections.abc import Sequence

from lsfs.plan.problems import Problem


def merged_pdf(documents: Sequence[tuple[str, bytes]]) -> bytes:
    """One document with the pages of all, given as (shown path, bytes); raises `Problem` for what cannot be read."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for shown, data in documents:
        try:
            reader = PdfReader(io.BytesIO(data))
            if reader.is_encrypted:
                raise Problem("encrypted", f"{shown} is encrypted")
            writer.append(reader)
        except Problem:
            raise
        except Exception as error:  # a hostile or broken document: pypdf raises what it met
            raise Problem("not-a-pdf", f"{shown} cannot be read as a PDF document: {error}") from error
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
