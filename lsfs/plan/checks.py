"""Checks by code of what a sentence was taken for: every Request passes them, whoever has made it.

`faults` says why a request cannot be what the sentence says: no word asks for a verb, a name or number of the
sentence stands in no slot, a value is not in the sentence.  `repaired` first mends what a model gets wrong and code
knows; `omitted` says what it may have left out.  Pure.
"""

from __future__ import annotations

from lsfs.plan.rules.faults import faults
from lsfs.plan.rules.omissions import omitted
from lsfs.plan.rules.repairing import repaired

__all__ = ["faults", "omitted", "repaired"]
