"""The daemon: one process per user that owns the databases, and the doors to it.

Here are processes, supervision, logging and HTTP.  What the daemon can do is `lsfs.engine`, and none of it is here.
Threads: the main one waits for signals; the HTTP service has a loop of its own in another, and calls the engine in
pools (`lsfsd.http.lanes`); whatever else runs is a service of the supervisor.
"""
