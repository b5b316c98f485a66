"""What was out of reach when its root was away is read when the root is back."""

from __future__ import annotations

import os

from lsfs.ingest.feeder import GONE


def test_files_that_could_not_be_opened_while_their_root_was_away_are_read_when_it_returns(lsfs, wait_until):
    (lsfs.root / "letter.txt").write_text("a word: marmalade\n")
    lsfs.up()
    root = lsfs.vault.roots.all()[0]
    row = lsfs.index.files.at(root.id, b"letter.txt")
    with lsfs.index.write() as tx:  # as the feeder leaves it when the folder is not there
        lsfs.index.files.set_state(tx, [(row.id, "failed", GONE)])
    away = lsfs.root.with_name("away")
    os.rename(lsfs.root, away)
    lsfs.engine.run_job("presence")
    os.rename(away, lsfs.root)
    lsfs.engine.run_job("presence")
    wait_until(lambda: lsfs.index.files.at(root.id, b"letter.txt").state == "done")
