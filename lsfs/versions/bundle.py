"""A vault with all that it keeps, in one file: a tar of the database and of every object file, and a word at its end.

==================================== ==============================================================
member
==================================== ==============================================================
``vault.db``                         the vault, a consistent copy
``objects/packs/00000001.pack`` …    as they lie beside the vault; one that stands here twice counts as it is last
``objects/ab/abcd….piece`` …
``lsfs-vault.json``                  the last: what is in it (`Label`); a file without it was cut off
==================================== ==============================================================

Nothing is compressed: the objects are already.
"""

from __future__ import annotations

import re

import msgspec

from lsfs.objects.packs import PACK_BYTES

FORMAT = 1
VAULT = "vault.db"
OBJECTS = "objects/"
LABEL = "lsfs-vault.json"

_PACK = re.compile(r"objects/packs/[0-9]{8}\.pack", re.ASCII)
_PIECE = re.compile(r"objects/([0-9a-f]{2})/\1[0-9a-f]{62}\.piece", re.ASCII)
_MOST_PIECE_BYTES = 1 << 29
_MOST_LABEL_BYTES = 4096


class Label(msgspec.Struct, frozen=True):
    """What a bundle says of itself."""

    format: int
    objects: int
    """Object files."""
    missing: int = 0
    """Pieces that were damaged or gone where it was made."""


def most_bytes(name: str) -> int | None:
    """How long a member of that name may be; None for a name that no member has, -1 for any length."""
    if name == VAULT:
        return -1
    if name == LABEL:
        return _MOST_LABEL_BYTES
    if _PACK.fullmatch(name):
        return PACK_BYTES
    return _MOST_PIECE_BYTES if _PIECE.fullmatch(name) else None
