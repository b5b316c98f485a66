"""One method per use case: every door calls these and nothing else.

All methods may be called from any thread and raise `lsfs.core.errors`.  What they take and give are the structs of
`lsfs.core.api`.
"""

from __future__ import annotations

from lsfs.engine.engine import Engine
from lsfs.engine.parts import Parts

__all__ = ["Engine", "Parts"]
