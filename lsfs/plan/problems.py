"""What keeps a plan from being carried out, found before anything is changed."""

from __future__ import annotations

from lsfs.plan.steps import Where


class Problem(Exception):
    """One thing that is in the way; the preview shows it."""

    def __init__(self, code: str, message: str, where: Where | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
