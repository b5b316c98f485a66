"""The semantic folders as data: what each folder of a mount holds, and what its names mean.

One file for each magic folder; `tree` puts them together.  Nothing here knows FUSE, and nothing writes: what changes
tags or saved queries, and every search by words, is passed in (`base.Live`).  What cannot be done is an ``OSError``
with the errno that a file system gives, since that is what a tree of files speaks.

Every object may be used from any thread; no lock is held while a search runs.
"""
