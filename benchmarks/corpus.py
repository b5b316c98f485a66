"""Folders of real text for the benchmarks, and words and sentences taken from them; the same from the same trees."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

KNOWN_SUFFIXES = frozenset((".py", ".txt", ".md", ".rst"))
LARGEST = 1_000_000
SMALLEST = 200
PASSAGE_CHARACTERS = 900
_WORD = re.compile(r"[A-Za-z]{4,}")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


def build_corpus(trees: Sequence[Path], target: Path, files: int, total_bytes: int) -> int:
    """Fills `target` with `files` text files of about `total_bytes` from the trees; returns how many are distinct.

    Plain text and Python only, gzip unpacked, markup and binary left out; each text once, in the order of its hash.
    Where the trees have too few, texts come again with a first line that makes them another content.  A name without
    a usual suffix gets ``.txt``.
    """
    texts = sorted(_texts(trees))
    chosen: list[tuple[str, bytes]] = []
    size = 0
    for _, name, text in texts:
        if len(chosen) < files and size + len(text) <= total_bytes:
            chosen.append((name, text))
            size += len(text)
    if not chosen:
        raise SystemExit("the trees have no text files")
    distinct = len(chosen)
    again, smallest = itertools.cycle(chosen[:]), min(len(text) for _, text in chosen)
    while len(chosen) < files:
        # Small ones as well as large ones, so that the bytes last until the files are full.
        most = max(20 * (total_bytes - size) // (files - len(chosen)), smallest)
        name, text = next((name, text) for name, text in again if len(text) <= most)
        chosen.append((name, b"copy %d\n" % len(chosen) + text))
        size += len(text)
    for number, (name, text) in enumerate(chosen):
        place = target / f"{number // 100:03d}" / f"{number:05d}-{name}"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)
    return distinct


def _texts(trees: Sequence[Path]) -> Iterator[tuple[bytes, str, bytes]]:
    """(hash, name, bytes) of each distinct text of the trees."""
    seen: set[bytes] = set()
    for tree in trees:
        for path in sorted(tree.rglob("*")):
            name = path.name.removesuffix(".gz")
            suffix = Path(name).suffix
            if not path.is_file() or path.is_symlink() or suffix in {".pyc", ".so", ".html", ".svg"}:
                continue
            try:
                if path.stat().st_size > LARGEST:
                    continue
                text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
                text.decode("utf-8")
            except (OSError, EOFError, ValueError):
                continue
            # Markup is left out: how much of it is text is a matter of extraction, which is not measured here.
            if not SMALLEST <= len(text) <= LARGEST or b"\0" in text or text.lstrip()[:1] == b"<":
                continue
            digest = hashlib.blake2b(text, digest_size=16).digest()
            if digest not in seen:
                seen.add(digest)
                yield digest, name if suffix in KNOWN_SUFFIXES else f"{name}.txt", text


def text_files(folder: Path) -> list[Path]:
    """The plain files below a folder, by path; hidden ones and Python's compiled ones left out."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.is_symlink()
        and path.suffix != ".pyc"
        and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]


def passages(text: str) -> list[str]:
    """A text cut every 900 characters."""
    return [text[at : at + PASSAGE_CHARACTERS] for at in range(0, len(text), PASSAGE_CHARACTERS)]


def some_words(rng: random.Random, text: str) -> str:
    """Two to four different words of a text, in their order; empty where it has too few."""
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(text)))
    count = rng.randint(2, 4)
    if len(words) < count:
        return ""
    return " ".join(words[place] for place in sorted(rng.sample(range(len(words)), count)))


def some_sentence(rng: random.Random, text: str) -> str:
    """A sentence of a text, fifteen words at most and without what a query would read as an operator."""
    sentences = [" ".join(re.findall(r"[\w']+", one)[:15]) for one in _SENTENCE.split(text)]
    long_enough = [one for one in sentences if one.count(" ") >= 4]
    return rng.choice(long_enough) if long_enough else ""
