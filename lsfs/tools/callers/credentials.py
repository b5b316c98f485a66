"""What the user configured of an API, put where its operation has it (RFC 7617, RFC 6750).  Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, NamedTuple


class Placed(NamedTuple):
    """Credentials as parts of a request."""

    headers: dict[str, str]
    query: list[tuple[str, str]]


def placed(configured: Mapping[str, str], security: Mapping[str, Any]) -> Placed:
    """Where each of the `configured` values goes: to the place of the scheme of that name, else to that header.

    `security` has the place of each scheme, None where the operation has no use for it: then it is not sent.
    """
    headers: dict[str, str] = {}
    query: list[tuple[str, str]] = []
    cookies: list[str] = []
    for scheme, value in configured.items():
        if scheme not in security:
            continue
        place = security[scheme] or {}
        name = str(place.get("name", ""))
        match place.get("in"):
            case "query":
                query.append((name, value))
            case "cookie":
                cookies.append(f"{name}={value}")
            case "header":
                headers[name] = value
            case "http":
                headers["Authorization"] = _authorization(name, value)
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    return Placed(headers | {name: value for name, value in configured.items() if name not in security}, query)


def _authorization(way: str, value: str) -> str:
    """A header's value, if it is not one already; of ``basic`` it is made of ``user:password``."""
    if value.partition(" ")[0].lower() == way.lower():
        return value
    if way.lower() == "basic":
        value = base64.b64encode(value.encode()).decode("ascii")
    return f"{way.capitalize()} {value}"
