"""The program of an extract worker that lies about a file whose text begins with what it is to lie about."""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from blake3 import blake3
from stub_worker import StubExtraction

from lsfs.objects.piece import Codec, ManifestPiece
from lsfs.workers import extract_worker
from lsfs.workers.messages import Outcome, ReadResult
from lsfs.workers.packing import Packer

LIES: dict[str, dict[str, Any]] = {
    "hash": {"content": b"x" * 32},
    "table": {"chunk_table": b"\0" * 24},
    "place": {"chunk_table": b"\xff\xff\xff\xff" + b"\0" * 8},
    "heading": {"chunk_table": b"\0" * 10 + b"\x09\0"},
    "bigrams": {"cjk": ("a", "b")},
    "length": {"text_bytes": 1},
    "huge": {"own_text": False, "text_zstd": b"x", "text_bytes": 1 << 40},
    "bytes": {"own_text": False},
    "passages": {"outcome": Outcome.KNOWN},
    "nothing": {"content": b"", "key": None},
    "other piece": {"piece": Codec().piece(b"other", blake3(b"other").digest())},
    "both": {
        "piece": Codec().piece(b"both", blake3(b"both").digest()),
        "pieces": (ManifestPiece(blake3(b"both").digest(), 4),),
    },
    "fewer bytes": {"piece": None, "pieces": (ManifestPiece(b"x" * 32, 1),)},
    "short hash": {"piece": None, "pieces": (ManifestPiece(b"x", 10),)},
}


class LyingPacker(Packer):
    """Changes the result as the text says."""

    def pack(self, *arguments: Any) -> ReadResult:
        """The result, or a lie."""
        result = super().pack(*arguments)
        return msgspec.structs.replace(result, **LIES.get(arguments[4].text, {}))


if __name__ == "__main__":
    extract_worker.Packer = LyingPacker  # type: ignore[misc]
    extract_worker.run(sys.argv[1:], StubExtraction())
