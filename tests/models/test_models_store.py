"""The models folder says what is installed, and believes no file whose bytes it has not seen."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.config import Config
from lsfs.core.errors import ModelUnavailable, UsageError
from lsfs.core.locations import Paths
from lsfs.models import own, verify
from lsfs.models.registry import Purpose, Registry
from lsfs.models.store import AUTO, OFF, ModelStore, open_store


def gguf(**pairs: str | int) -> bytes:
    """The head of a GGUF file (version 3) with these metadata, then an array, as a vocabulary would be."""
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs) + 1)
    for name, value in pairs.items():
        key = name.replace("__", ".").encode()
        head += struct.pack("<Q", len(key)) + key
        if isinstance(value, str):
            head += struct.pack("<IQ", 8, len(value)) + value.encode()
        else:
            head += struct.pack("<II", 4, value)
    return head + struct.pack("<Q", 4) + b"list" + struct.pack("<IIQ", 9, 4, 2) + bytes(8)


@pytest.fixture
def store(tmp_path, model_of, body):
    return ModelStore(tmp_path / "models", Registry((model_of(body),)))


@pytest.fixture
def installed_file(store, body):
    folder = store.folder / "small"
    folder.mkdir(parents=True)
    (folder / "model.gguf").write_bytes(body)
    return folder / "model.gguf"


def test_a_model_that_is_not_there_says_how_to_get_it(store):
    with pytest.raises(ModelUnavailable) as caught:
        store.path("small")
    assert caught.value.hint == "lsfs models pull small"
    assert not store.installed("small")


def test_a_file_put_there_by_hand_counts_when_its_bytes_are_right(store, installed_file):
    assert store.path("small") == {"model.gguf": installed_file}


def test_wrong_bytes_of_the_right_length_are_not_used(store, installed_file, body):
    installed_file.write_bytes(bytes(len(body)))
    with pytest.raises(ModelUnavailable, match="wrong bytes"):
        store.path("small")


def test_a_verified_file_is_not_read_again(store, installed_file, monkeypatch):
    assert store.installed("small")
    monkeypatch.setattr(verify, "digest", lambda *_: pytest.fail("read again"))
    assert ModelStore(store.folder, store.registry).installed("small")


def test_an_edit_after_verification_shows_even_with_the_old_mtime(store, installed_file):
    assert store.installed("small")
    before = installed_file.stat()
    with installed_file.open("r+b") as stream:
        stream.write(b"x")
    os.utime(installed_file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not store.installed("small")


@pytest.mark.parametrize("junk", [b"", b"{", b'{"model.gguf": 3}', b"\xff\xfe"])
def test_a_damaged_memory_of_verification_costs_only_time(store, installed_file, junk):
    (installed_file.parent / ".verified.json").write_bytes(junk)
    assert store.installed("small")


def test_a_folder_where_nothing_can_be_noted_works(store, installed_file):
    (installed_file.parent / ".verified.json").mkdir()
    assert store.installed("small")
    assert [path.name for path in installed_file.parent.iterdir() if path.name.startswith(".verified.json")] == [
        ".verified.json"
    ]


def test_a_gguf_file_of_ones_own_is_a_model_by_its_path(store, tmp_path):
    path = tmp_path / "mine.gguf"
    path.write_bytes(gguf(general__architecture="llama"))
    assert store.path(str(path)) == {"model.gguf": path}
    assert store.purpose(str(path)) == Purpose.LLM


@pytest.mark.parametrize(
    ("head", "purpose"),
    [
        (gguf(general__architecture="qwen2", qwen2__block_count=24), Purpose.LLM),
        (gguf(general__architecture="nomic-bert"), Purpose.EMBEDDER),
        (gguf(general__architecture="gemma-embedding"), Purpose.EMBEDDER),
        (gguf(general__architecture="qwen3", qwen3__pooling_type=3), Purpose.EMBEDDER),
        (gguf(general__architecture="qwen3", qwen3__pooling_type=0), Purpose.LLM),
        (b"GGUF", Purpose.LLM),
    ],
)
def test_what_a_gguf_file_is_for_is_read_from_it(tmp_path, head, purpose):
    path = tmp_path / "m.gguf"
    path.write_bytes(head)
    assert own.purpose_of(path) == purpose


@given(st.binary(max_size=300))
def test_no_gguf_file_is_too_broken_to_be_looked_at(tmp_path_factory, tail):
    path = tmp_path_factory.getbasetemp() / "broken.gguf"
    path.write_bytes(b"GGUF" + tail)
    assert own.purpose_of(path) in Purpose


def test_an_onnx_folder_of_ones_own_is_an_embedder(store, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"onnx")
    with pytest.raises(ModelUnavailable, match=r"no tokenizer\.json"):
        store.path(str(folder))
    (folder / "tokenizer.json").write_text("{}")
    assert set(store.path(str(folder))) == {"model.onnx", "tokenizer.json"}
    assert store.purpose(str(folder)) == Purpose.EMBEDDER


def test_what_is_no_model_is_refused_with_the_reason(store, tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("GG")
    with pytest.raises(ModelUnavailable, match="does not begin with GGUF"):
        store.path(str(text))
    with pytest.raises(ModelUnavailable, match="nothing is there"):
        store.path(str(tmp_path / "none.gguf"))
    with pytest.raises(UsageError, match="no model is called"):
        store.path("none")


@pytest.mark.parametrize(("choice", "used"), [(AUTO, "small"), (OFF, None), ("/x/y.gguf", "/x/y.gguf")])
def test_the_users_choice_comes_before_the_registrys(store, choice, used):
    assert ModelStore(store.folder, store.registry, {Purpose.LLM: choice}).default(Purpose.LLM) == used
    assert store.default(Purpose.LLM) == "small"
    assert store.default(Purpose.EMBEDDER) is None


def test_the_list_names_known_models_and_ones_own_in_use(store, tmp_path, body):
    path = tmp_path / "mine.gguf"
    path.write_bytes(gguf())
    known, mine = ModelStore(store.folder, store.registry, {Purpose.LLM: str(path)}).list()
    assert (known.id, known.installed, known.default, known.bytes) == ("small", False, False, len(body))
    assert (mine.id, mine.installed, mine.default, mine.licence) == (str(path), True, True, None)


def test_settings_and_environment_decide_folder_and_choice(tmp_path):
    paths = Paths.from_env({"HOME": "/home/x", "LSFS_MODELS": str(tmp_path)})
    store = open_store(paths, Config(embedder="off", llm="smollm2-135m-q4_1"))
    assert store.folder == Path(tmp_path)
    assert store.default(Purpose.EMBEDDER) is None
    assert store.default(Purpose.LLM) == "smollm2-135m-q4_1"
