"""``$ref`` within one document, followed with bounds: cycles end, and a schema that would grow too large is cut.

References to other documents are not followed: nothing is fetched that the user did not name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_MOST_DEPTH = 12
_MOST_NODES = 1500
"""Values of one schema."""
_MOST_HOPS = 20
_DROPPED = ("example", "examples", "xml", "externalDocs", "discriminator", "deprecated", "$id", "$schema", "$anchor")


class Document:
    """A document that its parts refer to."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def resolve(self, value: Any) -> Any:
        """A value, or what its ``$ref`` leads to; None where that is nowhere, outside, or leads in a circle."""
        for _ in range(_MOST_HOPS):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return value
            value = self._at(value["$ref"])
        return None

    def schema(self, value: Any) -> dict[str, Any]:
        """A schema with everything it refers to in place; what repeats itself or is too deep becomes ``{}``.

        ``nullable`` of OpenAPI 3.0 becomes a type of JSON Schema.
        """
        left = [_MOST_NODES]
        said = self._placed(value, 0, (), left)
        return said if isinstance(said, dict) else {}

    def _at(self, reference: str) -> Any:
        if not reference.startswith("#"):
            return None
        found: Any = self._root
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                return None
        return found

    def _placed(self, value: Any, depth: int, inside: tuple[str, ...], left: list[int]) -> Any:
        left[0] -= 1
        if isinstance(value, list):
            return [self._placed(one, depth + 1, inside, left) for one in value[: max(left[0], 0)]]
        if not isinstance(value, dict):
            return value
        if depth > _MOST_DEPTH or left[0] < 0:
            return {}
        reference = value.get("$ref")
        if isinstance(reference, str):
            if reference in inside:
                return {"type": "object", "description": f"again {reference.rsplit('/', 1)[-1]}"}
            target = self._at(reference)
            beside = {key: one for key, one in value.items() if key != "$ref"}
            placed = self._placed(target, depth + 1, (*inside, reference), left)
            return {**placed, **beside} if isinstance(placed, dict) else beside
        said = {
            str(key): self._placed(one, depth + 1, inside, left)
            for key, one in value.items()
            if key not in _DROPPED or _is_named(value)
        }
        if said.pop("nullable", None) is True and isinstance(said.get("type"), str):
            said["type"] = [said["type"], "null"]
        return said


def _is_named(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is one of names to schemas, in which a property may be called as a keyword is."""
    return all(isinstance(one, dict | bool) for one in value.values())
