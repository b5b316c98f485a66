"""Language models: the interface, and one backend per file.

What belongs here is text in, text or probabilities out.  What is asked of a model, and what is made of its answer,
belongs to `lsfs.plan` and `lsfs.answer`; that it runs in a process of its own, to `lsfs.workers`.  A backend is used
by one thread at a time.
"""
