"""Names that programs ask for in every folder they meet; none of them is a query, and each gets a quick no."""

from __future__ import annotations

_NAMES = frozenset(
    (b"autorun.inf", b"desktop.ini", b"folder.jpg", b"cover.jpg", b"lost+found", b"thumbs.db", b"ehthumbs.db",
     b"system volume information", b"$recycle.bin", b"cvs", b"_darcs", b"autorun.exe", b"found.000")
)  # fmt: skip


def is_probe(name: bytes) -> bool:
    """Whether a name is looked for by a program and not by a person: hidden names, and what other systems put there."""
    return name.startswith(b".") or name.lower() in _NAMES
