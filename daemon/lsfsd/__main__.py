"""``python -m lsfsd``: the same as the command ``lsfsd``."""

from __future__ import annotations

from lsfsd.main import main

if __name__ == "__main__":
    main()
