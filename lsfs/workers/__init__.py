"""Child processes that do what may hang, crash or grow: extraction of files' bytes, and models.

What belongs here: spawning and ending children, the protocol with them, their sandbox, and the backends that live in
them as seen from outside (`pool.ExtractPool`, `embedder.RemoteEmbedder`, `merging.merge_pdfs`).  What does not: what is
done with results; nothing here knows a database.  ``*_worker`` modules are the programs of the children; the
daemon never imports them.

Threading: every public object may be used from any thread.  Each child is owned by one thread of ours that lives as
long as the child does, because Linux ends a child (PR_SET_PDEATHSIG) when the *thread* that made it ends.
"""
