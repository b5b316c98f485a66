"""A home with an index of many chunks, most of them made of real ones, kept in a folder so that it is built once.

How it is made, with everything drawn from one seed:

1. Plain text files of FOLDER are copied until they hold `REAL_PASSAGES` passages, indexed by words through the daemon,
   and every passage is embedded by the real embedder.
2. Filler files of about ten pieces are written, with the suffixes of real ones and times of modification spread over
   three years.  A piece is made of two real passages, half of the time of the same file: a share of the lines and
   sentences of the one (30 to 70 %) and the rest of the other's, shuffled.  The daemon indexes them like any file, so
   that postings, chunk tables, names and files are what lsfs makes of them.
3. A filler chunk's vector is the mix, by the same share, of the two passages' vectors, plus a Gaussian of length 0.3,
   scaled to length 1.  It is stored through the index's own tables, as the embedding job does.

The float vectors are kept beside the home (row = chunk id - 1), for the exact search that recall is measured against.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from blake3 import blake3
from corpus import text_files
from harness import Lsfs, embedder, installation

from lsfs.core.chunktable import unpack
from lsfs.core.config import Config
from lsfs.index.embedding import passage_text
from lsfs.index.texts import Passage, Texts
from lsfs.store.index import Content, FileRow, Index

if TYPE_CHECKING:
    from numpy.typing import NDArray

REAL_PASSAGES = 5_000
PIECES_PER_FILE = 10
NOISE = 0.3
THREE_YEARS_S = 3 * 365 * 86_400
_UNIT = re.compile(r"(?<=[.!?])\s+(?=[A-Z])|\n")
_WRITE_ROWS = 4096
_EMBED_TEXTS = 256


class Prepared(NamedTuple):
    """What was built."""

    home: Path
    folder: Path
    vectors: Path
    chunks: int
    real_passages: int
    embedder: str
    """The setting of that name with which the vectors stay."""


class _Piece(NamedTuple):
    start: int
    first: int
    second: int
    share: float


class _Real(NamedTuple):
    """Real passages, the file each is of, and their vectors."""

    texts: list[str]
    contents: list[int]
    vectors: NDArray[np.float32]
    suffixes: list[str]


def prepare(source: Path, place: Path, chunks: int, embedder_name: str | None, real: int = REAL_PASSAGES) -> Prepared:
    """The prepared home at `place`, built from the text files of `source` unless it is there."""
    note = place / "prepared.json"
    if note.exists():
        return read_prepared(place)
    shutil.rmtree(place, ignore_errors=True)
    home, folder = place / "home", place / "folder"
    folder.mkdir(parents=True)
    rng = random.Random(3)
    _copy_real(source, folder / "real", real, rng)
    with installation(home=home, embedder="off") as lsfs:
        lsfs.up(folder, until="words")
        lsfs.down()
        passages = _embed_real(lsfs, folder, embedder_name)
        if len(passages.texts) < real:
            raise SystemExit(f"{source} has {len(passages.texts)} passages of plain text, {real} are needed")
        made: dict[bytes, list[_Piece]] = {}
        count, files = len(passages.texts), 0
        while count < chunks:
            wanted = max(1, -(-(chunks - count) // PIECES_PER_FILE))
            made |= write_filler(folder / "filler", files, wanted, passages, rng)
            files += wanted
            lsfs.up(folder)
            lsfs.client().call("rescan", {"path": None})
            lsfs.up(folder, until="words")
            count = int(lsfs.client().call("status")["totals"]["chunks"])
        lsfs.down()
        stored = _store_vectors(lsfs, place / "vectors.npy", passages, made, embedder_name)
    setting = Config().embedder if embedder_name is None else embedder_name
    about = {"chunks": stored, "real_passages": len(passages.texts), "embedder": setting}
    note.write_text(json.dumps(about))
    return read_prepared(place)


def read_prepared(place: Path) -> Prepared:
    """The prepared home that stands at `place`."""
    about = json.loads((place / "prepared.json").read_text())
    return Prepared(place / "home", place / "folder", place / "vectors.npy", **about)


def _copy_real(source: Path, target: Path, passages: int, rng: random.Random) -> None:
    """Copies plain text files in random order until they should hold enough passages."""
    files = text_files(source)
    rng.shuffle(files)
    size = 0
    for file in files:
        content = file.read_bytes() if file.stat().st_size < 200_000 else b"\0"
        if b"\0" in content or size > passages * 1000:
            continue
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        _set_time(place, rng)
        size += len(content)


def _set_time(path: Path, rng: random.Random) -> None:
    moment = time.time() - rng.random() * THREE_YEARS_S
    os.utime(path, (moment, moment))


def _open_index(lsfs: Lsfs) -> Index:
    return Index(Path(lsfs.paths.index_dir, "index.db"))


def _embed_real(lsfs: Lsfs, folder: Path, embedder_name: str | None) -> _Real:
    index = _open_index(lsfs)

    def open_file(row: FileRow) -> int:
        return os.open(os.path.join(os.fsencode(folder), row.path), os.O_RDONLY)

    texts = Texts(index, open_file)
    found: list[str] = []
    contents: list[int] = []
    embedded: list[str] = []
    suffixes = []
    for content_id, *_ in index.contents.layout():
        content = index.contents.get(content_id)
        assert content is not None
        files = index.files.with_content(content_id)
        read: list[Passage] = texts.passages(content, files)
        found += [passage.text for passage in read]
        embedded += [passage_text(content, passage) for passage in read]
        contents += [content_id] * len(read)
        suffixes.append(f".{files[0].ext}" if files[0].ext in {"py", "txt", "md", "rst", "c", "h", "js"} else ".txt")
    index.close()
    with embedder(lsfs, embedder_name) as model:
        parts = [model.embed(embedded[at : at + _EMBED_TEXTS]) for at in range(0, len(embedded), _EMBED_TEXTS)]
    return _Real(found, contents, np.concatenate(parts), suffixes)


def write_filler(folder: Path, first: int, files: int, real: _Real, rng: random.Random) -> dict[bytes, list[_Piece]]:
    """Writes filler files, numbered from `first`; returns what each is made of, by the hash of its bytes."""
    made = {}
    for number in range(first, first + files):
        text, pieces = b"", []
        for _ in range(PIECES_PER_FILE):
            one = rng.randrange(len(real.texts))
            other = rng.randrange(len(real.texts))
            if rng.random() < 0.5:
                near = min(max(one + rng.randint(-5, 5), 0), len(real.texts) - 1)
                other = near if real.contents[near] == real.contents[one] else other
            share = rng.uniform(0.3, 0.7)
            pieces.append(_Piece(len(text), one, other, share))
            text += _mixed(real.texts[one], real.texts[other], share, rng).encode("utf-8", "replace") + b"\n\n"
        place = (
            folder
            / f"{number // 200:03d}"
            / f"{_name(real.texts[pieces[0].first], rng)}-{number}{rng.choice(real.suffixes)}"
        )
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)
        _set_time(place, rng)
        made[blake3(text).digest()] = pieces
    return made


def _mixed(one: str, other: str, share: float, rng: random.Random) -> str:
    """Lines and sentences of both texts, shuffled."""
    parts = []
    for text, part in ((one, share), (other, 1 - share)):
        units = [unit for unit in _UNIT.split(text) if unit.strip()]
        parts += rng.sample(units, round(len(units) * part))
    rng.shuffle(parts)
    return "\n".join(parts)


def _name(text: str, rng: random.Random) -> str:
    words = re.findall(r"[a-z]{4,}", text.lower())
    return "-".join(rng.sample(words, 2)) if len(words) > 1 else "notes"


def _store_vectors(
    lsfs: Lsfs, file: Path, real: _Real, made: dict[bytes, list[_Piece]], embedder_name: str | None
) -> int:
    """Gives every content its vectors and keeps the floats; returns the number of chunks."""
    generator = np.random.default_rng(3)
    index = _open_index(lsfs)
    floats = np.zeros((index.next_chunk() - 1, real.vectors.shape[1]), np.float32)
    place, stored = 0, 0
    contents = [content for row in index.contents.layout() if (content := index.contents.get(row[0])) is not None]
    for content in contents:
        rows = floats[content.first_chunk - 1 : content.first_chunk - 1 + content.chunks]
        if content.hash in made:
            rows[:] = _mix(content, made[content.hash], real.vectors, generator)
        else:
            rows[:] = real.vectors[place : place + content.chunks]
            place += content.chunks
        stored += content.chunks
    with index.write() as tx:
        index.vectors.begin(tx, real.vectors.shape[1])
    for at in range(0, len(contents), _WRITE_ROWS // PIECES_PER_FILE):
        group = contents[at : at + _WRITE_ROWS // PIECES_PER_FILE]
        with index.write() as tx:
            for content in group:
                ids = range(content.first_chunk, content.first_chunk + content.chunks)
                index.vectors.add(tx, ((chunk, floats[chunk - 1].tobytes()) for chunk in ids))
            index.contents.set_embedded(tx, [content.id for content in group])
    with index.write() as tx, embedder(lsfs, embedder_name) as model:
        index.set_embedder(tx, model.id)
    index.checkpoint()
    index.close()
    np.save(file, floats)
    return stored


def _mix(
    content: Content, pieces: Sequence[_Piece], vectors: NDArray[np.float32], generator: np.random.Generator
) -> NDArray[np.float32]:
    """A vector for each chunk, from the piece in which it begins."""
    starts = [piece.start for piece in pieces]
    places = np.searchsorted(starts, [row.start for row in unpack(content.chunk_table)], side="right") - 1
    chosen = [pieces[place] for place in places]
    share = np.array([[piece.share] for piece in chosen], np.float32)
    noise = generator.standard_normal((len(chosen), vectors.shape[1]), np.float32)
    noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
    mixed = share * vectors[[p.first for p in chosen]] + (1 - share) * vectors[[p.second for p in chosen]] + noise
    normed: NDArray[np.float32] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    return normed
