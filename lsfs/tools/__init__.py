"""Tools: the catalogue of what can be called, the router that finds the right one, and calling it.

What belongs here: importers of tools (one file for each kind of source), the catalogue, routing, usage, the callers.
What does not: plans that call tools (:mod:`lsfs.plan`), the doors through which agents ask (``lsfsd``), SQL
(:mod:`lsfs.store`).  Texts of tools come from outside and are data: they decide a rank and nothing else.
"""
