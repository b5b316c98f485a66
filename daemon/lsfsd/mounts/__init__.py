"""Keeps lsfs mounted where the user wants it.

`service` decides what is to run and answers requests, `attempts` says when a mount is tried again, `place` is one mount
point, `process` the one process behind it, `users` names the programs that keep it from being taken away, and
`requirements` says what of the system is missing.  A process outlives the daemon and is found again by its lock.
A `Place` is changed under the lock of the service only.
"""
