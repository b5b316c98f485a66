"""What reads sentences and answers from files: the language model in its worker, and what is built on it."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from blake3 import blake3

from lsfs.answer import Answering
from lsfs.compose.base import Base
from lsfs.compose.finders import Finders
from lsfs.core.config import Config
from lsfs.core.errors import LsfsError, ModelUnavailable
from lsfs.core.locations import Paths, make_private_folder
from lsfs.llm.base import Turn
from lsfs.llm.states import drop_unused
from lsfs.models.registry import Purpose
from lsfs.models.store import open_store
from lsfs.plan import prompt
from lsfs.plan.advising import kept_prompts
from lsfs.plan.understand import Understanding
from lsfs.tools import drafting
from lsfs.workers.llm import RemoteLLM, spec_of
from lsfs.workers.llm_child import settings_for

log = logging.getLogger(__name__)

_LOOK_S = 15.0
"""How long after the start, and how often then, it is looked whether there is time for the prompts."""
_CONFIRMED = 300
"""Sentences that were carried out among which an example is looked for."""
_STATES = ".states"
"""Beside the models: what was evaluated of our own prompts is as good for the next user folder."""


class _Learnt(msgspec.Struct):
    """Of a stored plan, what its sentence was understood as."""

    request: str = ""


class ChosenModel:
    """The language model that the settings choose, found when it is first asked for: it may be pulled meanwhile."""

    def __init__(self, paths: Paths, config: Config, on_rest: Callable[[], None]) -> None:
        self._paths = paths
        self._config = config
        self._on_rest = on_rest
        self._lock = threading.Lock()
        self._model: RemoteLLM | None = None
        self._closed = False
        self.fingerprint = ""
        """What tells the bytes of the model that was found from others."""

    def get(self) -> RemoteLLM:
        """The model, not loaded yet; raises `ModelUnavailable` where there is none."""
        with self._lock:
            if self._closed:
                raise ModelUnavailable("the daemon stops")
            if self._model is None:
                self._model = self._made()
            return self._model

    def loaded(self) -> bool:
        """Whether it is in memory."""
        return self._model is not None and self._model.loaded

    def pid(self) -> int | None:
        """Process id of its worker, None while there is none."""
        return self._model.pid if self._model is not None else None

    def busy(self) -> bool:
        """Whether it works, or something waits for it."""
        return self._model is not None and self._model.busy

    def close(self) -> None:
        """Ends its worker."""
        with self._lock:
            self._closed = True
            model = self._model
        if model is not None:
            model.close()

    def _made(self) -> RemoteLLM:
        store = open_store(self._paths, self._config)
        model_id = store.default(Purpose.LLM)
        if model_id is None:
            raise ModelUnavailable("the language model is switched off", hint="lsfs config set llm auto")
        path = store.path(model_id)["model.gguf"]
        own = store.own_path(model_id) is not None
        digest = None if own else store.registry.get(model_id).files[0].sha256
        spec = spec_of(path, model_id, digest)
        self.fingerprint = spec.fingerprint
        states = self._states(blake3(spec.fingerprint.encode()).hexdigest()[:16])
        return RemoteLLM(spec, settings_for(spec, Path(self._paths.state_dir, "workers"), states), self._on_rest)

    def _states(self, name: str) -> Path:
        """Where the evaluated prompts of a model are kept: beside the models, or in the cache where that can't be."""
        for parent in (Path(self._paths.models, _STATES), Path(self._paths.index_dir, "states")):
            folder = parent / name
            try:
                make_private_folder(str(parent))
                make_private_folder(str(folder))
            except LsfsError:
                continue
            drop_unused(parent)
            return folder
        return Path(self._paths.index_dir, "states", name)


class Preparation:
    """Has the fixed parts of the prompts evaluated once for a model, in a thread, when the start is over."""

    def __init__(
        self, model: ChosenModel, kept: Sequence[Sequence[Turn]], marks: Path, at_rest: Callable[[], bool]
    ) -> None:
        """`marks` is a folder for a mark that it was done; `at_rest` says whether nothing else is to be done."""
        self._stopping = threading.Event()
        self._at_rest = at_rest
        self._marks = marks
        self._model = model
        self._kept = kept
        self._thread = threading.Thread(target=self._run, name="lsfs-prepare", daemon=True)

    def start(self) -> None:
        """Begins; what is missing a model does nothing."""
        self._thread.start()

    def stop(self) -> None:
        """Begins nothing more."""
        self._stopping.set()

    def _run(self) -> None:
        if not self._rest():
            return
        try:
            model = self._model.get()
            mark = self._marks / f"prepared-{self._key(model)}"
            if mark.exists():
                return
            for old in self._marks.glob("prepared-*"):
                old.unlink(missing_ok=True)
            for turns in self._kept:
                while not model.prepare(turns, lambda: not self._stopping.is_set()):  # something was asked for
                    if not self._rest():
                        return
            mark.touch(mode=0o600)
        except ModelUnavailable as error:
            log.info("no language model is prepared: %s", error.message)
        except (LsfsError, OSError) as error:
            log.warning("the language model's prompts are not prepared: %s", error)

    def _rest(self) -> bool:
        """Waits until nothing else is to be done; False when it is to stop."""
        while not self._stopping.wait(_LOOK_S):
            if self._at_rest() and not self._model.busy():
                return True
        return False

    def _key(self, model: RemoteLLM) -> str:
        said = "\0".join(turn.text for turns in self._kept for turn in turns)
        return blake3(f"{self._model.fingerprint}\0{model.context}\0{said}".encode()).hexdigest()[:32]


@dataclasses.dataclass(frozen=True)
class Sayers:
    """What reads and answers."""

    model: ChosenModel
    understanding: Understanding
    answering: Answering
    preparation: Preparation
    at_rest: Callable[[], bool]
    """Whether nothing else is to be done than what can always wait."""

    def close(self) -> None:
        """Ends the model's worker, and what would start it."""
        self.preparation.stop()
        self.model.close()


def open_sayers(base: Base, finders: Finders, opened: contextlib.ExitStack) -> Sayers:
    """Wires them; `opened` ends the worker.  Nothing is loaded."""

    def on_rest() -> None:
        if finders.embedding is not None:
            finders.embedding.nudge()

    model = ChosenModel(base.paths, base.config, on_rest)
    opened.callback(model.close)
    answering = Answering(
        model.get, base.index, finders.search, finders.texts, finders.embedders[0] if finders.embedders else None
    )
    kept = (prompt.kept(), *answering.kept_prompts(), *kept_prompts(), drafting.kept_prompt())

    def at_rest() -> bool:
        return not base.paused.is_set() and not (finders.embedding is not None and finders.embedding.missing())

    preparation = Preparation(model, kept, Path(base.paths.index_dir), at_rest)
    opened.callback(preparation.stop)

    def confirmed() -> list[tuple[str, str]]:
        plans = base.vault.ops.confirmed(_CONFIRMED)
        return [(sentence, msgspec.json.decode(plan, type=_Learnt).request) for sentence, plan in plans]

    return Sayers(model, Understanding(model.get, confirmed), answering, preparation, at_rest)
