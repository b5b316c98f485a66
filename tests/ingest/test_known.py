"""What is known below a folder is the same whether it is fetched at once or folder by folder."""

from __future__ import annotations

import pytest

from lsfs.ingest import known
from lsfs.ingest.known import Known


@pytest.mark.parametrize("most", [0, 1, 4, 1000])
def test_every_folder_of_a_tree_is_known_whatever_may_be_held_at_once(lsfs, monkeypatch, most):
    for path in ("a.txt", "a/b.txt", "a/b/c.txt", "a/b/d.txt", "a-b/e.txt", "a/b-c/f.txt", "g/h/i/j.txt", "ü/k.txt"):
        file = lsfs.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path)
    lsfs.up()
    (lsfs.root / "a/b/d.txt").unlink()
    lsfs.rescanned()
    monkeypatch.setattr(known, "MOST", most)
    root = lsfs.vault.roots.all()[0].id
    asked = Known(lsfs.vault, root)
    folders = [b"", b"a", b"a/b", b"a-b", b"a/b-c", b"g", b"g/h", b"g/h/i", "ü".encode(), b"a", b"nowhere"]
    found = {folder: dict(asked(folder)) for folder in folders}
    assert found == {folder: lsfs.vault.entries.children(root, folder) for folder in folders}
    assert set(found[b"a"]) == {b"b.txt", b"b", b"b-c"} and set(found[b"a/b"]) == {b"c.txt"}
