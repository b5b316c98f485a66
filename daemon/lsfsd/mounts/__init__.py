"""Keeps lsfs mounted where the user wants it.

`service` decides what is to run, `place` has the processes of one mount point, `process` is one of them, and
`requirements` says what of the system is missing.  The processes outlive the daemon and are found again by their locks.
All of a `Place` belongs to the lock of the service.
"""
