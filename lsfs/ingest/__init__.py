"""From the disk to the vault and the index: a changed file is read once, for its hash, its version and its text.

It writes the entries; only `lsfs.versions.recall` and `rebuild` do so besides, which put a vault together again while
nobody uses it.  One thread (:class:`~lsfs.ingest.ingest.Ingest`) writes the index, after the vault, so that the index
only ever follows.
"""
