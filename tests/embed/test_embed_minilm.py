"""The default embedder computes as int8 what its file says in float32."""

from __future__ import annotations

import shutil
import sysconfig
from pathlib import Path

import numpy as np
import pytest

from lsfs.core.errors import InternalError, ModelUnavailable, UsageError
from lsfs.embed.minilm import MiniLmEmbedder, saturates
from lsfs.embed.onnx_folder import OnnxFolderEmbedder, batches

NAME = "minilm-l6-int8"


def real_passages(count: int) -> list[str]:
    """Passages of Python's own library: code, docstrings and comments."""
    found: list[str] = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [text[at : at + 700] for at in range(0, min(len(text), 2800), 700)]
    return found[:: len(found) // count][:count]


@pytest.fixture(scope="module")
def minilm(models_folder: Path) -> MiniLmEmbedder:
    return MiniLmEmbedder(models_folder / NAME, threads=2)


def test_the_int8_graph_agrees_with_the_file_run_as_it_is(models_folder, minilm):
    passages = real_passages(40)
    plain = OnnxFolderEmbedder(models_folder / NAME, id="plain").embed(passages)
    cosines = (minilm.embed(passages) * plain).sum(axis=1)
    assert cosines.mean() > 0.995
    assert cosines.min() > 0.98


def test_a_paraphrase_without_common_words_is_nearest(minilm):
    query, *texts = minilm.embed(
        [
            "how do I end my rental contract early",
            "Notice periods for tenants who want to terminate a lease before it expires",
            "The recipe needs two eggs, flour and a pinch of salt",
            "Contract bridge is a card game; rent is not played for",
        ]
    )
    assert int(np.argmax([text @ query for text in texts])) == 0


def test_a_text_of_megabytes_costs_no_more_than_its_start(minilm):
    start = "the lease for the flat " * 4000
    assert np.array_equal(minilm.embed([start])[0], minilm.embed([start + "z" * 5_000_000])[0])


def test_threads_change_nothing(models_folder, minilm):
    passages = real_passages(6)
    assert np.array_equal(MiniLmEmbedder(models_folder / NAME).embed(passages), minilm.embed(passages))


def test_a_missing_model_says_what_to_do(tmp_path):
    with pytest.raises(ModelUnavailable) as raised:
        MiniLmEmbedder(tmp_path)
    assert raised.value.path is not None
    assert "lsfs models pull" in (raised.value.hint or "")


@pytest.mark.parametrize("damage", ["empty", "cut", "noise"])
def test_a_damaged_model_is_refused(models_folder, tmp_path, damage):
    shutil.copy(models_folder / NAME / "tokenizer.json", tmp_path)
    whole = (models_folder / NAME / "model.onnx").read_bytes()
    damaged = {"empty": b"", "cut": whole[: len(whole) // 2], "noise": b"\xff" * 1000}[damage]
    (tmp_path / "model.onnx").write_bytes(damaged)
    with pytest.raises(ModelUnavailable):
        MiniLmEmbedder(tmp_path)


def test_a_damaged_tokenizer_is_refused(models_folder, tmp_path):
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelUnavailable):
        MiniLmEmbedder(tmp_path)


def test_more_tokens_than_the_model_has_places_for_are_refused(models_folder):
    with pytest.raises(UsageError):
        MiniLmEmbedder(models_folder / NAME, max_tokens=513)


def test_use_after_close_is_an_error_not_a_crash(models_folder):
    embedder = MiniLmEmbedder(models_folder / NAME)
    embedder.close()
    with pytest.raises(InternalError):
        embedder.embed(["a"])


def test_wider_sums_are_asked_for_on_x86_without_vnni_only():
    assert saturates("x86_64", "flags\t\t: fpu avx2 avx512f\n")
    assert saturates("x86_64", "")
    assert not saturates("x86_64", "flags\t\t: fpu avx2 avx512_vnni\n")
    assert not saturates("x86_64", "flags\t\t: fpu avx2 avx_vnni\n")
    assert not saturates("aarch64", "Features\t: fp asimd\n")


def test_batches_hold_every_place_once_and_keep_to_the_budget():
    lengths = [3, 250, 7, 7, 120, 90, 3, 300]
    groups = batches(lengths, 256)
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        assert len(group) == 1 or len(group) * max(lengths[place] for place in group) <= 256
