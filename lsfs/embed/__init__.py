"""Texts in, unit vectors out.

What belongs here: one module for each way to make a vector of a text, each an :class:`~lsfs.embed.base.Embedder`.
What does not: cutting texts into passages (``lsfs.chunking``), keeping and searching vectors (``lsfs.index``),
finding or verifying model files (``lsfs.models``), processes (``lsfs.workers``).

Threading: an embedder may be shared by threads; calls of :meth:`~lsfs.embed.base.Embedder.embed` do not disturb
each other.  After ``close`` an embedder is not used again.
"""
