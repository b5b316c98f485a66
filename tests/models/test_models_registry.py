"""The registry that comes with lsfs names its models completely and consistently."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from lsfs.core.errors import UsageError
from lsfs.models.registry import Purpose, PypiSource, load_registry
from lsfs.models.store import ModelStore

PINNED = {
    ("minilm-l6-int8", "model.onnx"): "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    ("minilm-l6-int8", "tokenizer.json"): "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    ("qwen2.5-coder-1.5b-q4km", "model.gguf"): "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    ("qwen2.5-coder-0.5b-q4km", "model.gguf"): "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    ("smollm2-135m-q4_1", "model.gguf"): "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
}


def test_the_pinned_models_are_there_by_their_hashes():
    models = load_registry().models
    assert {(model.id, file.name): file.sha256 for model in models for file in model.files} == PINNED


def test_every_purpose_has_one_default():
    registry = load_registry()
    for purpose in Purpose:
        assert len([model for model in registry.models if model.purpose == purpose and model.default]) == 1
    embedder = registry.default(Purpose.EMBEDDER)
    assert embedder is not None and embedder.id == "minilm-l6-int8"


def test_every_file_has_a_source_on_pypi_whose_parts_add_up():
    for model in load_registry().models:
        for file in model.files:
            wheels = [source for source in file.sources if isinstance(source, PypiSource)]
            assert wheels, f"{model.id} {file.name}"
            for source in wheels:
                assert ("{part}" in source.project) == (source.parts > 1)
                if source.parts > 1:
                    assert source.part_bytes is not None
                    assert (source.parts - 1) * source.part_bytes < file.bytes <= source.parts * source.part_bytes


def test_an_unknown_id_is_answered_with_the_known_ones():
    with pytest.raises(UsageError) as caught:
        load_registry().get("gpt-9")
    assert "minilm-l6-int8" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", ".verified.json", ""])
def test_a_name_that_leaves_the_models_folder_or_hides_is_refused(tmp_path: Path, name: str):
    text = f"""
        [[models]]
        id = "x"
        purpose = "llm"
        licence = "MIT"
        summary = ""
        files = [{{ name = "{name}", sha256 = "{"0" * 64}", bytes = 1 }}]
    """
    (tmp_path / "registry.toml").write_text(text)
    with pytest.raises(msgspec.ValidationError):
        load_registry(tmp_path / "registry.toml")


def test_the_embedder_that_was_pulled_for_the_tests_verifies(models_folder: Path):
    files = ModelStore(models_folder, load_registry()).path("minilm-l6-int8")
    assert sorted(files) == ["model.onnx", "tokenizer.json"]
