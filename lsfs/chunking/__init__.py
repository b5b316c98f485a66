"""Text → passages of about 200 model tokens, cut where a reader would cut: headings, definitions, paragraphs.

Pure functions; safe from any thread.  What belongs here: outlines (`outline`, `code`) and the cutting (`cut`).
What does not: reading files, tokens of a particular model, and the title or path of a file, which are indexed apart.
"""

from __future__ import annotations

from lsfs.chunking.cut import chunk

__all__ = ["chunk"]
