"""Watching and scanning the disk: what stands there, what changed, and when it is worth a look.

The scan is the truth and events are hints: a lost event costs time, never data.  Here belong the walk
(:mod:`~lsfs.watch.scan`), the sources of events, the pure coalescer that turns events into work, and the recognition
of lsfs's own writes.  What to do about a change (reading, hashing, recording) does not belong here.

Threads: a source calls back on a thread of its own; the watcher has one thread, on which it hands out work.  A scan
runs on its caller's thread.
"""
