"""Names that programs ask for in every folder they meet; none of them is a query, and each gets a quick no."""

from __future__ import annotations

_NAMES = frozenset((b"lost+found", b"_darcs", b"System Volume Information", b"$RECYCLE.BIN", b"RECYCLER"))
_IN_ANY_CASE = frozenset((b"autorun.inf", b"desktop.ini", b"thumbs.db", b"ehthumbs.db"))


def is_probe(name: bytes) -> bool:
    """Whether a name is looked for by a program and not by a person: hidden names, and what other systems put there."""
    return name.startswith(b".") or name in _NAMES or name.lower() in _IN_ANY_CASE
