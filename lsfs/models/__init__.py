"""Which models there are, where their bytes come from, and that they are the right ones.

Belongs here: the registry (``registry.toml``), pulling from its sources, verifying, the models folder,
and the recognition of a user's own model.  Does not belong here: loading or running a model
(``lsfs.embed``, ``lsfs.llm``), the configuration file, the command line.

Threads: every function may be called from any thread and any process.  Two pulls of one model exclude each
other by a lock file; readers need no lock, since files appear under their names by a rename, complete and verified.
"""
