"""Macros: tools that were made of ops, as the vault keeps them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

from lsfs.core.tools import ToolSource
from lsfs.store.vault import StoredMacro
from lsfs.tools.importers.base import Basket, Taken


class Macros:
    """Reads the macros.  Of a macro's document it knows ``description``, ``schema`` and ``examples``."""

    def __init__(self, macros: Callable[[], Sequence[StoredMacro]]) -> None:
        """`macros` gives all that there are."""
        self._macros = macros

    def take(self, source: ToolSource) -> Taken:
        """See `Importer.take`."""
        basket = Basket(source, "macro")
        for macro in self._macros():
            try:
                said = json.loads(macro.document)
            except ValueError:
                said = None
            if not isinstance(said, dict):
                basket.refuse(macro.name, "its document cannot be read")
                continue
            examples = said.get("examples")
            basket.put(
                macro.name,
                said.get("description"),
                said.get("schema"),
                invocation={"macro": macro.name},
                examples=examples if isinstance(examples, list) else (),
            )
        return basket.taken()

    def stamp(self, source: ToolSource) -> str:
        """See `Importer.stamp`."""
        digest = hashlib.blake2b()
        for macro in self._macros():
            digest.update(repr((macro.name, macro.document)).encode())
        return digest.hexdigest()
