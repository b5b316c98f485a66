"""The process behind a mount: a thin adapter from libfuse to `lsfs.views`.

It opens the vault and the kept objects itself, only to read them, so the past and the tags stay readable whatever the
daemon does.  Searches and changes of tags and saved queries go to the daemon, and fail soon where it does not answer.
libfuse calls from threads of its own, each of which keeps its Python state (`library`).
"""
