"""lsfs: a semantic file system for the desktop.

This package is the library: everything that can be used and tested without a daemon.
Its layers are drawn in ``docs/architecture.md`` and held by import-linter.
"""

__version__ = "0.1.0"
