"""The program of an embed worker: ``python -m lsfs.workers.embed_worker FD PARENT``."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from lsfs.core.errors import LsfsError
from lsfs.embed.base import Embedder
from lsfs.workers.embed_messages import (
    Embed,
    EmbedderSpec,
    EmbedFailed,
    EmbedReady,
    EmbedSetup,
    NotLoaded,
    ToEmbedWorker,
    Vectors,
)
from lsfs.workers.protocol import Channel, ChannelClosed
from lsfs.workers.sandbox import die_with_parent, enter


def load(spec: EmbedderSpec) -> Embedder:
    """The embedder that `spec` names; raises ModelUnavailable."""
    if spec.backend == "minilm":
        from lsfs.embed.minilm import MiniLmEmbedder

        return MiniLmEmbedder(Path(spec.folder), threads=spec.threads, max_tokens=spec.max_tokens)
    if spec.backend == "onnx":
        from lsfs.embed.onnx_folder import OnnxFolderEmbedder

        return OnnxFolderEmbedder(Path(spec.folder), id=spec.id, threads=spec.threads, max_tokens=spec.max_tokens)
    from lsfs.embed.hashing import HashingEmbedder

    return HashingEmbedder(spec.dimensions, spec.max_tokens)


def serve(channel: Channel[ToEmbedWorker], load: Callable[[EmbedderSpec], Embedder] = load) -> None:
    """Loads what the set-up names, closes the sandbox, and embeds until the parent closes the connection."""
    setup, _ = channel.receive()
    if not isinstance(setup, EmbedSetup):
        raise ChannelClosed("the parent sent something else than the set-up")
    try:
        embedder = load(setup.spec)
        embedder.embed(["warm up"])  # what libraries load or start on first use
    except LsfsError as error:
        channel.send(NotLoaded(error.message, error.hint))
        return
    except Exception as error:  # of a library, on files that are not what they should be
        channel.send(NotLoaded(f"the embedding model cannot be loaded: {error}", "lsfs doctor"))
        return
    channel.send(EmbedReady(embedder.id, embedder.dimensions, enter(setup.limits)))
    while True:
        request, _ = channel.receive()
        if not isinstance(request, Embed):
            raise ChannelClosed("the parent sent something else than texts")
        try:
            raw = embedder.embed(request.texts).tobytes()
        except Exception as error:
            channel.send(EmbedFailed(f"{type(error).__name__}: {error}"))
        else:
            channel.send(Vectors(raw))


def run(arguments: list[str], load: Callable[[EmbedderSpec], Embedder] = load) -> None:
    """Everything from the command line to the end of the connection."""
    fd, parent = int(arguments[0]), int(arguments[1])
    die_with_parent(parent)
    with contextlib.suppress(ChannelClosed):
        serve(Channel(socket.socket(fileno=fd), ToEmbedWorker), load)
    os._exit(0)  # no clean-up of libraries whose threads and files the sandbox cut off


if __name__ == "__main__":
    run(sys.argv[1:])
