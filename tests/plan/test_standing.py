"""What the disk tells, after a crash, of how far a step got."""

from __future__ import annotations

import contextlib
import os
import time

import pytest
from blake3 import blake3

from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.plan.disk import Disk
from lsfs.plan.standing import Look, Standing
from lsfs.plan.steps import Move, Put, State, Where
from lsfs.store.vault import Vault
from lsfs.versions.contents import ContentStore


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(("body", "standing"), [(b"a text", Standing.DONE), (b"another", Standing.UNKNOWN)])
def test_a_copy_is_known_though_its_source_has_moved_on_in_an_earlier_step(tmp_path, known, body, standing):
    (tmp_path / "moved").write_bytes(b"a text")
    (tmp_path / "copy").write_bytes(body)
    source = Where(1, b"source")
    state = State(source=source, content=blake3(b"a text").digest() if known else None)
    steps = [Move(source, Where(1, b"moved"), None, False), Put(Where(1, b"copy"), None, state, None, b".lsfs-1.tmp")]
    with contextlib.ExitStack() as opened:
        disk = opened.enter_context(contextlib.closing(Disk({1: os.fsencode(tmp_path)})))
        vault = opened.enter_context(contextlib.closing(Vault(tmp_path / "vault.db")))
        packs = opened.enter_context(contextlib.closing(Packs(tmp_path / "objects")))
        look = Look(disk, ContentStore(vault, packs, Codec()), steps, time.time_ns() - 10**10)
        assert look.standing(1) is standing
