"""Bytes as pieces: cut, hashed, compressed, and kept in files that say by themselves what is in them.

Here belong the cutting (`cut`), the form of one record (`piece`), the files of records (`packs`, by way of `disk`)
and a look at which there are (`inventory`).  Which content consists of which pieces, and where each lies, is the
vault's to say (`lsfs.store.vault`); no SQL stands here.

Threads: everything may be used from any thread; a `Packs` serialises its own writing.
"""
