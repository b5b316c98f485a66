"""SQL lives here and nowhere else: the vault and the index, each with its migrations and a module per table family.

A :class:`~lsfs.store.database.Database` may be used from any thread: writers take turns on one connection,
each reading thread has a connection of its own.  Results are records or plain tuples, never cursors.
"""
