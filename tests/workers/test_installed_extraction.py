"""The real extractors inside the real sandbox: what they load later than at warm-up would fail here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lsfs
from lsfs.core import chunktable
from lsfs.workers.pool import ExtractPool, Outcome, PoolSettings, ReadJob, ReadResult

PROSE = "Grüße aus Köln. Die Straße ist naß und das Wetter schön; übermorgen fährt der Zug nach München.\n" * 8
ENCODINGS = ("utf-8", "utf-16", "utf-32", "cp1252")


@pytest.fixture(autouse=True)
def children_find_this_lsfs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(lsfs.__file__).parents[1]), prepend=os.pathsep)


def read(tmp_path: Path, files: dict[str, bytes]) -> dict[str, ReadResult]:
    names = list(files)
    results: dict[str, ReadResult] = {}
    folder = tmp_path / "files"
    folder.mkdir()
    jobs = []
    for number, name in enumerate(names):
        (folder / name).write_bytes(files[name])
        jobs.append(ReadJob(number, name.encode(), os.open(folder / name, os.O_RDONLY)))
    pool = ExtractPool(PoolSettings(scratch=tmp_path / "scratch"))
    try:
        pool.submit(jobs, None, lambda some: results.update({names[r.job]: r for r in some})).result(60)
    finally:
        pool.close()
    return results


def test_text_in_many_encodings_is_read_after_the_sandbox_closed(tmp_path: Path) -> None:
    results = read(tmp_path, {f"{name}.txt": PROSE.encode(name) for name in ENCODINGS})
    for name in ENCODINGS:
        result = results[f"{name}.txt"]
        assert result.outcome is Outcome.TEXT, result.reason
        assert "".join(result.chunks).split() == PROSE.split(), name
        assert result.own_text == (name == "utf-8")
        assert len(result.chunks) == len(chunktable.unpack(result.chunk_table))


def test_documents_are_read_by_the_other_worker(tmp_path: Path) -> None:
    page = "<html><head><title>A page</title></head><body><h1>Top</h1><p>The lease for the flat.</p></body></html>"
    rtf = rb"{\rtf1\ansi The lease for the {\b flat}.\par}"
    notebook = b'{"cells": [{"cell_type": "markdown", "metadata": {}, "source": ["The lease for the flat."]}],'
    notebook += b' "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    results = read(tmp_path, {"a.html": page.encode(), "b.rtf": rtf, "c.ipynb": notebook, "d.bin": bytes(range(256))})
    assert "d.bin" in results
    assert results["d.bin"].outcome is Outcome.NO_TEXT
    for name in ("a.html", "b.rtf", "c.ipynb"):
        result = results[name]
        assert result.outcome is Outcome.TEXT, (name, result.reason)
        assert "The lease for the flat" in "".join(result.chunks)
        assert not result.own_text
        assert result.text_zstd


def test_a_text_worker_loads_neither_parsers_nor_models() -> None:
    program = """
import sys
from lsfs.workers import extract_worker
from lsfs.workers.extraction import InstalledExtraction
InstalledExtraction("text").warm_up()
print([name for name in ("kreuzberg", "numpy", "onnxruntime", "apsw", "tokenizers") if name in sys.modules])
"""
    path = os.pathsep.join([str(Path(lsfs.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path}
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert told.stdout.strip() == "[]"
