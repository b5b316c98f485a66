"""A language model in a child process survives all that the child may do, and takes the child with it."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lsfs.core.errors import ModelUnavailable, WorkerFailed
from lsfs.llm.base import Bounds, Prompt, Turn
from lsfs.workers.llm import RemoteLLM, spec_of
from lsfs.workers.llm_child import LlmSettings, own_memory, settings_for
from lsfs.workers.llm_messages import LlmSpec

STUB = (sys.executable, str(Path(__file__).with_name("stub_llm_worker.py")))
SPEC = LlmSpec("stub", "/nowhere", "stub", 100)
BOUNDS = Bounds(max_tokens=50)

Make = Callable[..., RemoteLLM]
Wait = Callable[..., None]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[RemoteLLM] = []

    def build(spec: LlmSpec = SPEC, on_rest: Callable[[], None] = lambda: None, **changes: Any) -> RemoteLLM:
        usual = LlmSettings(tmp_path / "scratch", tmp_path / "states", memory=1 << 30, command=STUB)
        made.append(RemoteLLM(spec, msgspec.structs.replace(usual, **changes), on_rest))
        return made[-1]

    yield build
    for model in made:
        model.close()


def said(text: str) -> Prompt:
    return Prompt((), (Turn("user", text),))


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_text_comes_in_pieces_and_as_a_whole(make: Make) -> None:
    model = make()
    assert (model.pid, model.loaded, model.busy) == (None, False, False)
    pieces: list[str] = []
    written = model.write(said("one two three"), BOUNDS, lambda piece: not pieces.append(piece))
    assert written.text == "".join(pieces) == "one two three"
    assert model.loaded
    assert model.context == 8192, "what the model has, once that is known"
    assert model.sandbox is not None and "no-new-privs" in model.sandbox.active


def test_a_child_killed_in_the_middle_fails_that_call_and_no_other(make: Make) -> None:
    model = make()
    killed: list[int] = []

    def kill(piece: str) -> bool:
        if piece and not killed and model.pid:
            killed.append(model.pid)
            os.kill(model.pid, signal.SIGKILL)
        return True

    with pytest.raises(WorkerFailed, match="SIGKILL") as caught:
        model.write(said("for ever"), BOUNDS, kill)
    assert caught.value.hint
    assert not model.loaded
    assert model.write(said("fine"), BOUNDS).text == "fine"
    assert model.pid not in killed


def test_a_child_killed_between_calls_is_replaced(make: Make) -> None:
    model = make()
    model.write(said("first"), BOUNDS)
    first = model.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert model.write(said("second"), BOUNDS).text == "second"
    assert model.pid != first


@pytest.mark.parametrize("text", ["exit", "begin and exit"])
def test_a_prompt_that_ends_the_child_fails_and_the_next_call_works(make: Make, text: str) -> None:
    model = make()
    with pytest.raises(WorkerFailed, match="exit status 3"):
        model.write(said(text), BOUNDS)
    assert model.write(said("fine"), BOUNDS).text == "fine"


@pytest.mark.parametrize(
    ("text", "bounds", "reason"),
    [
        ("hang", {"silence_s": 0.3}, "nothing came"),
        ("for ever", {"deadline_s": 0.3}, "no end"),
        ("grow", {"memory": 100 << 20}, "MiB of memory"),
    ],
)
def test_a_child_that_keeps_to_no_bound_is_ended(make: Make, text: str, bounds: dict[str, Any], reason: str) -> None:
    model = make(**bounds)
    model.write(said("fine"), BOUNDS)
    child = model.pid
    assert child is not None
    with pytest.raises(WorkerFailed, match=reason):
        model.write(said(text), BOUNDS)
    assert gone(child)
    assert model.write(said("fine"), BOUNDS).text == "fine"


def test_errors_of_the_backend_and_the_sandbox_reach_the_caller(make: Make) -> None:
    model = make()
    for text, reason in (("raise", "ValueError: not a number"), ("passwd", "PermissionError")):
        with pytest.raises(WorkerFailed, match=reason):
            model.write(said(text), BOUNDS)
    assert model.write(said("fine"), BOUNDS).text == "fine"


def test_an_idle_child_ends_and_comes_back(make: Make, wait_until: Wait) -> None:
    model = make(idle_s=0.2)
    model.write(said("x"), BOUNDS)
    child = model.pid
    assert child is not None and own_memory(child) > 0
    wait_until(lambda: model.pid is None and gone(child))
    assert not model.loaded
    assert model.write(said("x"), BOUNDS).text == "x"


@pytest.mark.parametrize("text", ["for ever", "until stopped"])
def test_the_reader_ends_a_text_at_once_and_the_child_stays(make: Make, text: str) -> None:
    model = make()
    model.write(said("x"), BOUNDS)
    child = model.pid
    began = time.monotonic()
    asked: list[str] = []

    def read(piece: str) -> bool:
        asked.append(piece)
        return len(asked) < 4

    assert model.write(said(text), BOUNDS, read).ended == "cancelled"
    assert time.monotonic() - began < 5
    assert model.write(said("fine"), BOUNDS).text == "fine"
    assert model.pid == child


def test_a_call_that_waits_is_ended_without_being_done(make: Make) -> None:
    model = make()
    go_on = threading.Event()
    first = threading.Thread(target=model.write, args=(said("for ever"), BOUNDS, lambda _: not go_on.is_set()))
    first.start()
    try:
        assert model.write(said("waiting"), BOUNDS, lambda _: False).ended == "cancelled"
        assert first.is_alive()
    finally:
        go_on.set()
        first.join(10)
    assert model.write(said("fine"), BOUNDS).text == "fine"


def test_a_choice_is_ended_at_once_and_the_child_stays(make: Make) -> None:
    model = make()
    model.write(said("x"), BOUNDS)
    child = model.pid
    began = time.monotonic()
    assert model.choose(said("until stopped"), ["yes", "no"], lambda: time.monotonic() < began + 0.3) == []
    assert time.monotonic() - began < 5
    assert len(model.choose(said("fine"), ["yes", "no"], lambda: True)) == 2
    assert model.pid == child


def test_what_is_prepared_for_nobody_gives_way(make: Make, wait_until: Wait) -> None:
    model = make()
    came: list[bool] = []
    for _ in range(3):
        preparing = threading.Thread(target=lambda: came.append(model.prepare((Turn("system", "until stopped"),))))
        preparing.start()
        wait_until(lambda: model.busy)
        assert model.write(said("fine"), BOUNDS).text == "fine"
        preparing.join(10)
    assert came == [False] * 3
    assert model.prepare((Turn("system", "short"),))


def test_nothing_is_prepared_while_somebody_waits(make: Make) -> None:
    model = make()
    came: list[bool] = []
    model.write(said("for ever"), BOUNDS, lambda _: bool(came.append(model.prepare((Turn("system", "short"),)))))
    assert came and not any(came)


def test_a_reader_that_raises_ends_the_text_too(make: Make, wait_until: Wait) -> None:
    model = make()

    def read(piece: str) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.write(said("for ever"), BOUNDS, read)
    wait_until(lambda: not model.busy)


def test_calls_of_several_threads_are_done_one_after_the_other(make: Make) -> None:
    model = make()
    texts = [f"text number {number}" for number in range(8)]
    written: dict[str, str] = {}

    def write(text: str) -> None:
        written[text] = model.write(said(text), BOUNDS).text

    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert written == {text: text for text in texts}


def test_whoever_must_wait_is_told_when_the_model_rests(make: Make, wait_until: Wait) -> None:
    rests: list[bool] = []
    model = make(on_rest=lambda: rests.append(model.busy))
    busy: list[bool] = []
    model.write(said("for ever"), BOUNDS, lambda piece: not (piece and not busy.append(model.busy)))
    assert busy == [True]
    wait_until(lambda: rests == [False])
    assert not model.busy


def test_the_parent_opens_the_files_that_states_are_kept_in(make: Make, tmp_path: Path) -> None:
    model = make()
    assert model.write(said("kept"), BOUNDS).text == "nothing"
    model.write(said("keep"), BOUNDS)
    (file,) = (tmp_path / "states").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert model.write(said("kept"), BOUNDS).text == make().write(said("kept"), BOUNDS).text == "kept by the worker"


def test_a_state_that_cannot_be_kept_harms_nothing(make: Make, tmp_path: Path) -> None:
    (tmp_path / "states").write_text("in the way")
    model = make()
    with pytest.raises(WorkerFailed, match="nowhere to keep"):  # the stub lets the error through
        model.write(said("keep"), BOUNDS)
    assert model.write(said("kept"), BOUNDS).text == "nothing"


def test_a_model_that_cannot_be_loaded_is_said(make: Make) -> None:
    model = make(msgspec.structs.replace(SPEC, id="none"))
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="no such model") as caught:
            model.write(said("x"), BOUNDS)
        assert (caught.value.hint, caught.value.path) == ("pull it", "/nowhere")
    assert model.pid is None


def test_a_worker_that_cannot_be_started_is_one_that_failed(make: Make, tmp_path: Path) -> None:
    with pytest.raises(WorkerFailed, match="cannot be started"):
        make(command=(str(tmp_path / "no program"),)).count("x")


def test_closing_ends_the_child_and_those_who_wait(make: Make, wait_until: Wait) -> None:
    model = make()
    model.write(said("x"), BOUNDS)
    child = model.pid
    assert child is not None
    errors: list[Exception] = []

    def wait() -> None:
        try:
            model.write(said("hang"), BOUNDS)
        except WorkerFailed as error:
            errors.append(error)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_until(lambda: model.busy)
    model.close()
    for thread in threads:
        thread.join(10)
    assert len(errors) == 3
    assert gone(child)
    with pytest.raises(WorkerFailed):
        model.count("x")


def test_closing_while_the_model_loads_ends_that(make: Make, wait_until: Wait) -> None:
    model = make(msgspec.structs.replace(SPEC, id="slow"))
    errors: list[Exception] = []

    def wait() -> None:
        try:
            model.count("x")
        except WorkerFailed as error:
            errors.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    wait_until(lambda: model.pid)
    child = model.pid
    assert child is not None
    model.close()
    thread.join(10)
    assert len(errors) == 1 and gone(child)


def test_the_child_dies_with_its_parent(tmp_path: Path, wait_until: Wait) -> None:
    program = f"""
import sys, time
from pathlib import Path
from tests.workers.test_llm_worker import BOUNDS, SPEC, STUB, said
from lsfs.workers.llm import RemoteLLM
from lsfs.workers.llm_child import LlmSettings
here = Path({str(tmp_path)!r})
model = RemoteLLM(SPEC, LlmSettings(here / "scratch", here / "states", memory=1 << 30, command=STUB))
model.write(said("x"), BOUNDS)
print(model.pid, flush=True)
model.write(said("for ever"), BOUNDS)
"""
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=root) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not gone(child)
        parent.kill()
    wait_until(lambda: gone(child))


@pytest.fixture(scope="module")
def small_model(models_folder: Path) -> Path:
    return models_folder / "smollm2-135m-q4_1" / "model.gguf"


def real(spec: LlmSpec, folder: Path) -> RemoteLLM:
    return RemoteLLM(spec, settings_for(spec, folder / "scratch", folder / "states"))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5], ids=["no GGUF", "a cut head", "cut weights"])
def test_a_file_that_is_no_whole_model_is_said(small_model: Path, tmp_path: Path, share: float) -> None:
    data = small_model.read_bytes()
    file = tmp_path / "model.gguf"
    file.write_bytes(data[: int(len(data) * share)] or b"no model at all" * 100)
    model = real(spec_of(file, "mine"), tmp_path)
    with pytest.raises(ModelUnavailable) as caught:
        model.count("x")
    assert caught.value.path == str(file)
    assert caught.value.hint
    assert model.pid is None
    model.close()


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        spec_of(tmp_path / "none.gguf", "none")
    assert caught.value.path == str(tmp_path / "none.gguf")


def test_a_real_model_keeps_what_it_read_in_the_sandbox(small_model: Path, tmp_path: Path) -> None:
    kept = (Turn("system", "You are brief. " * 20),)
    texts = []
    spec = msgspec.structs.replace(spec_of(small_model, "small", sha256="small", context=512), threads=1)
    for _ in range(2):
        model = real(spec, tmp_path)
        texts.append(model.write(Prompt(kept, (Turn("user", "grass"),)), Bounds(max_tokens=4)))
        assert model.sandbox is not None
        assert {"no-new-privs", "bounded-writing"} <= set(model.sandbox.active)
        model.close()
        (file,) = (tmp_path / "states").iterdir()
        os.utime(file, (1, 1))
    assert texts[0] == texts[1]


def test_a_real_model_is_stopped_while_it_reads(small_model: Path, tmp_path: Path) -> None:
    model = real(spec_of(small_model, "small"), tmp_path)
    model.count("x")
    child = model.pid
    asked: list[str] = []
    long = said("word " * 6000)
    began = time.monotonic()
    assert model.write(long, BOUNDS, lambda piece: len(asked) < 3 and not asked.append(piece)).ended == "cancelled"
    assert time.monotonic() - began < 4
    assert model.write(said("x"), Bounds(max_tokens=1)).tokens == 1
    assert model.pid == child
    model.close()
