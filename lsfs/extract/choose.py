"""The one place where a file's kind is matched with the extractor that reads it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from lsfs.extract.base import ExtractError, Recipe
from lsfs.extract.sniff import kind_of

if TYPE_CHECKING:
    from lsfs.core.records import Document
    from lsfs.extract.base import Extractor, Tier

EXTRACTOR_VERSION = "1"
"""Changes whenever any extractor would give another document for the same bytes, so that files are tried again."""

_EXTRACTORS: dict[str, tuple[Tier, str, str]] = {
    # kind: tier, module of this package, class
    "text": ("text", "text", "Text"),
    "gzip-text": ("text", "text", "GzippedText"),
    "html": ("document", "kreuzberg", "Html"),
    "xml": ("document", "xmltext", "Xml"),
    "pdf": ("document", "kreuzberg", "Pdf"),
    "rtf": ("document", "kreuzberg", "Rtf"),
    "ole": ("document", "ole", "CompoundFile"),
    "zip": ("document", "package", "Package"),
    "mail": ("document", "mail", "Mail"),
    "mbox": ("document", "mail", "Mailbox"),
    "notebook": ("document", "notebook", "Notebook"),
    "subtitle": ("document", "subtitle", "Subtitle"),
    "tar": ("document", "archive", "Tar"),
    "7z": ("document", "archive", "SevenZip"),
    "image": ("document", "media", "Image"),
    "audio": ("document", "media", "Recording"),
    "video": ("document", "media", "Recording"),
}


def plan_for(name: bytes, head: bytes) -> Recipe:
    """How to read a file, from its name and its first 4 to 8 KiB; `names` where there is nothing to read."""
    kind = kind_of(name, head) if head else "binary"
    entry = _EXTRACTORS.get(kind)
    return Recipe(entry[0], kind) if entry else Recipe("names", kind)


def extract(data: bytes, name: bytes, recipe: Recipe) -> Document:
    """The document in `data`, read as `recipe` says; raises `ExtractError` with the reason it gives no text."""
    return _extractor(recipe.extractor_id).extract(data, name)


def warm_up(tier: Tier) -> None:
    """Has every module, codec and native library loaded that extractors of `tier` use: no file is opened afterwards."""
    from lsfs.extract import encoding

    encoding.load_codecs()
    for kind, (needed, _, _) in _EXTRACTORS.items():
        if needed == "text" or tier == "document":
            _extractor(kind)
    if tier == "document":
        from lsfs.extract import kreuzberg

        kreuzberg.warm_up()


def _extractor(kind: str) -> Extractor:
    try:
        _, module, cls = _EXTRACTORS[kind]
    except KeyError:
        raise ExtractError("unsupported", f"no extractor reads {kind!r}") from None
    made: Extractor = getattr(importlib.import_module(f"lsfs.extract.{module}"), cls)()
    return made
