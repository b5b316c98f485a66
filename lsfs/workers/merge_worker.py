"""The program that merges PDF documents: ``python -m lsfs.workers.merge_worker FD PARENT``.

It parses what the user named, which may be hostile: nothing of it is read before the sandbox is closed.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys

from lsfs.extract.pdfpages import NotMerged, merged_pages, sample
from lsfs.workers.merge_messages import MergeFailed, MergePart, MergeSetup, ToMergeWorker, in_parts
from lsfs.workers.protocol import Channel, ChannelClosed
from lsfs.workers.sandbox import die_with_parent, enter


def serve(channel: Channel[ToMergeWorker]) -> None:
    """Answers with one document made of those that are sent, or says why there is none."""
    setup, _ = channel.receive()
    if not isinstance(setup, MergeSetup):
        raise ChannelClosed("the parent sent something else than the set-up")
    merged_pages([sample()])  # what the library loads on first use
    enter(setup.limits)
    documents = [_received(channel) for _ in range(setup.documents)]
    try:
        merged = merged_pages(documents)
    except NotMerged as error:
        channel.send(MergeFailed(error.number, error.why))
        return
    for part in in_parts(merged):
        channel.send(part)


def _received(channel: Channel[ToMergeWorker]) -> bytes:
    data = bytearray()
    while True:
        part, _ = channel.receive()
        if not isinstance(part, MergePart):
            raise ChannelClosed("the parent sent something else than a document")
        data += part.data
        if part.last:
            return bytes(data)


def run(arguments: list[str]) -> None:
    """Everything from the command line to the end of the connection."""
    fd, parent = int(arguments[0]), int(arguments[1])
    die_with_parent(parent)
    with contextlib.suppress(ChannelClosed):
        serve(Channel(socket.socket(fileno=fd), ToMergeWorker))
    os._exit(0)  # no clean-up of libraries whose files the sandbox cut off


if __name__ == "__main__":
    run(sys.argv[1:])
