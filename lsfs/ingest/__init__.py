"""From the disk to the vault and the index: a changed file is read once, for its hash, its version and its text.

The only writer of entries.  One thread (:class:`~lsfs.ingest.ingest.Ingest`) does all writing, in this order:
vault first, index after, so that the index only ever follows.
"""
