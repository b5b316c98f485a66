"""From what is wanted to changed files, and back: the one door through which lsfs changes anything of the user's.

::

    Plan (actions) ──► lower ──► Steps ──► check on an overlay tree ──► preview ──► execute ──► undo

An action is what a person means (move these files there), a step is one primitive change with a guard and an inverse.
Executor, journal, recovery and undo know steps only.  Ops are made and carried out here alone; elsewhere they are only
ended or forgotten (`lsfs.engine.keeping`, `lsfs.versions.copies`).

Threads: plans are made on any thread; one op is carried out at a time, on the thread of `queue.OpQueue`.
"""
