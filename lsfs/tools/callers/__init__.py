"""What carries out a call, a file for each kind of tool, behind the interface in `base`.

What `Tool.invocation` holds, by kind (the importers write it, the callers read it):

- command: ``argv``, the program and the words that choose its subcommand; the arguments are ``args`` and ``stdin``.
- openapi: ``method``, ``url`` (of the server, with what its paths begin with), ``path`` (``/pets/{id}``),
  ``parameters`` (a list of ``name``, ``in``: path, query or header, and ``argument`` where that has another name), and
  for a body ``body``: the ``argument`` that is the body, or ``''`` for all that is no parameter, with ``content_type``.
- function: ``module``, ``function`` and, if it is not installed, the folder ``path`` to import from.
- skill: ``path`` of its ``SKILL.md``.
- mcp: ``tool``, its name at the server, where that is not the tool's own.

Nothing here asks anybody, writes a log or knows a plan; a caller may be used by any thread, by several at once.
"""
