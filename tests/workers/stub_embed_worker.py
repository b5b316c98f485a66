"""The program of an embed worker whose embedder obeys its texts: a stand-in for a library that breaks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lsfs.embed.hashing import HashingEmbedder
from lsfs.workers.embed_messages import EmbedderSpec
from lsfs.workers.embed_worker import run


class StubEmbedder(HashingEmbedder):
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        for text in texts:
            if text == "exit":
                os._exit(3)
            if text == "hang":
                time.sleep(3600)
            if text == "raise":
                raise ValueError("not a number")
            if text == "passwd":
                Path("/etc/passwd").read_text()
            if text == "policy":
                return np.full((1, self.dimensions), os.sched_getscheduler(0), dtype=np.float32)
        return super().embed(texts)


def load(spec: EmbedderSpec) -> StubEmbedder:
    return StubEmbedder(spec.dimensions)


if __name__ == "__main__":
    run(sys.argv[1:], load)
