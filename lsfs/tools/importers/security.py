"""Where an operation of an OpenAPI document has its credentials (OpenAPI 3.1, Security Scheme Object).  Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lsfs.tools.importers.references import Document

_PLACES = ("query", "header", "cookie")


class Schemes(msgspec.Struct, frozen=True):
    """The security schemes of a document."""

    places: dict[str, dict[str, str]]
    """By the scheme's name: ``in``, which is query, header, cookie or, of HTTP authentication, ``http``, and ``name``,
    that of the field or of the way of authentication."""
    usual: frozenset[str]
    """Those that operations have which say nothing of it."""

    def invocation(self, operation: Mapping[str, Any]) -> dict[str, Any]:
        """What an operation's caller is to know: each scheme's place, None for those that the operation has not."""
        if not self.places:
            return {}
        own = operation.get("security")
        wanted = _named(own) if isinstance(own, list) else self.usual
        return {"security": {name: place if name in wanted else None for name, place in self.places.items()}}


def schemes_of(document: Document, found: Mapping[str, Any]) -> Schemes:
    """The schemes that a document describes and that a value can be put into."""
    components = document.resolve(found.get("components"))
    listed = components.get("securitySchemes") if isinstance(components, dict) else None
    places = {}
    for name, one in listed.items() if isinstance(listed, dict) else ():
        scheme = document.resolve(one)
        place = _place(scheme) if isinstance(scheme, dict) else None
        if place is not None:
            places[str(name)] = place
    usual = found.get("security")
    return Schemes(places, _named(usual) if isinstance(usual, list) else frozenset(places))


def _place(scheme: Mapping[str, Any]) -> dict[str, str] | None:
    match scheme.get("type"):
        case "apiKey" if scheme.get("in") in _PLACES and isinstance(scheme.get("name"), str) and scheme["name"]:
            return {"in": scheme["in"], "name": scheme["name"]}
        case "http" if isinstance(scheme.get("scheme"), str) and scheme["scheme"]:
            return {"in": "http", "name": scheme["scheme"]}
        case "oauth2" | "openIdConnect":
            return {"in": "http", "name": "bearer"}
        case _:
            return None


def _named(requirements: list[Any]) -> frozenset[str]:
    """The schemes of any of the alternatives that an operation lets choose from."""
    return frozenset(str(name) for one in requirements if isinstance(one, dict) for name in one)
