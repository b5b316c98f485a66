"""``python -m lsfs_cli``: the same as the command ``lsfs``."""

from __future__ import annotations

from lsfs_cli.main import main

if __name__ == "__main__":
    main()
