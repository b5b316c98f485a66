"""How another process talks to the daemon: the table of routes, and a client.

The client gives decoded JSON.  It imports the standard library only, and of that as little as it can: each run of
``lsfs find`` pays for it.  The records that the routes name are bound on the daemon's side.
A `Client` belongs to one thread; make another for another thread.
"""
