"""The models folder: which models are there, verified, and which is used for what."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from lsfs.core.errors import ModelUnavailable
from lsfs.models import own
from lsfs.models.registry import Model, Purpose, Registry, load_registry
from lsfs.models.verify import Verified

if TYPE_CHECKING:
    from lsfs.core.config import Config
    from lsfs.core.locations import Paths

AUTO = "auto"
"""As a choice: the registry's default."""
OFF = "off"
"""As a choice: none."""


class ModelState(msgspec.Struct, frozen=True):
    """A line of ``lsfs models list``."""

    id: str
    """The absolute path, for a user's own model."""
    purpose: Purpose
    installed: bool
    default: bool
    """Whether this is the model that is used for its purpose."""
    bytes: int
    licence: str | None


class ModelStore:
    """Models by id in `folder`, ``FOLDER/ID/NAME``, and users' own by path; nothing is loaded or fetched.

    `choices` holds what the user chose for a purpose: an id, a path, `AUTO` or `OFF`; what it lacks is `AUTO`.
    """

    def __init__(self, folder: Path, registry: Registry, choices: Mapping[Purpose, str] = MappingProxyType({})) -> None:
        self.folder = folder
        self.registry = registry
        self._choices = choices

    def path(self, model_id: str) -> dict[str, Path]:
        """The files by their names in the registry, verified; `model_id` may be the path of a user's own model.

        Raises ModelUnavailable where a file is missing or has other bytes, UsageError where nothing has that id.
        """
        if (place := self.own_path(model_id)) is not None:
            return own.files_of(place)
        model = self.registry.get(model_id)
        if wrong := self.missing(model):
            missing = [name for name in wrong if not (self.folder_of(model) / name).exists()]
            reason = f"{', '.join(missing)} missing" if missing else f"wrong bytes in {', '.join(wrong)}"
            raise ModelUnavailable(
                f"the model {model.id} is not installed: {reason}",
                path=str(self.folder_of(model)),
                hint=f"lsfs models pull {model.id}",
            )
        return {file.name: self.folder_of(model) / file.name for file in model.files}

    def installed(self, model_id: str) -> bool:
        """Whether `path` would answer."""
        try:
            self.path(model_id)
        except ModelUnavailable:
            return False
        return True

    def missing(self, model: Model) -> tuple[str, ...]:
        """Names of the files of `model` that are not there with the right bytes."""
        folder = self.folder_of(model)
        verified = Verified(folder)
        return tuple(
            file.name
            for file in model.files
            if _size(folder / file.name) != file.bytes or verified.sha256(file.name) != file.sha256
        )

    def folder_of(self, model: Model) -> Path:
        """Where the files of `model` lie, whether it is installed or not."""
        return self.folder / model.id

    def own_path(self, model_id: str) -> Path | None:
        """The absolute path that `model_id` stands for, None where it is an id."""
        if any(model.id == model_id for model in self.registry.models):
            return None
        place = Path(model_id).expanduser()
        if os.sep not in model_id and not place.exists():
            return None
        # the last name stays as it is: a link that is moved to a newer model is meant to be followed later
        return place.resolve() if place.name in ("", "..") else place.parent.resolve() / place.name

    def purpose(self, model_id: str) -> Purpose:
        """What the model of that id or path is for; raises as `path` does, but need not be installed."""
        place = self.own_path(model_id)
        return self.registry.get(model_id).purpose if place is None else own.purpose_of(place)

    def default(self, purpose: Purpose) -> str | None:
        """Id or path of the model that is used for `purpose`: the user's choice or the registry's; None where off."""
        choice = self._choices.get(purpose, AUTO)
        if choice != AUTO:
            return None if choice == OFF else choice
        model = self.registry.default(purpose)
        return None if model is None else model.id

    def list(self) -> tuple[ModelState, ...]:
        """Every known model, then the user's own ones in use."""
        known = [
            ModelState(
                id=model.id,
                purpose=model.purpose,
                installed=self.installed(model.id),
                default=self.default(model.purpose) == model.id,
                bytes=model.bytes,
                licence=model.licence,
            )
            for model in self.registry.models
        ]
        chosen = [(purpose, self.default(purpose)) for purpose in Purpose]
        return (*known, *(self._own(purpose, choice) for purpose, choice in chosen if choice and self._is_own(choice)))

    def _is_own(self, choice: str) -> bool:
        return all(model.id != choice for model in self.registry.models)

    def _own(self, purpose: Purpose, choice: str) -> ModelState:
        try:
            files = own.files_of(Path(choice))
        except ModelUnavailable:
            files = {}
        size = sum(file.stat().st_size for file in files.values())
        return ModelState(choice, purpose, installed=bool(files), default=True, bytes=size, licence=None)


def open_store(paths: Paths, config: Config) -> ModelStore:
    """The models folder of `paths`, with the registry that comes with lsfs and the user's choices."""
    choices = {Purpose.EMBEDDER: config.embedder, Purpose.LLM: config.llm}
    return ModelStore(Path(paths.models), load_registry(), choices)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
