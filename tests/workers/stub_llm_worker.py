"""The program of a language model worker whose model obeys its prompts: a stand-in for a library that breaks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lsfs.core.errors import ModelUnavailable
from lsfs.llm.base import Bounds, Prompt, Turn, Written
from lsfs.llm.scripted import ScriptedModel
from lsfs.llm.states import StateFiles, pack, unpacked
from lsfs.workers.llm_messages import LlmSpec
from lsfs.workers.llm_worker import run

KEY = "ab" * 32


class StubModel(ScriptedModel):
    def __init__(self, states: StateFiles) -> None:
        super().__init__(lambda prompt: prompt.turns[-1].text)
        self._states = states
        self._stopped = False
        self._held: list[bytearray] = []

    def stop(self) -> None:
        self._stopped = True

    def write(self, prompt: Prompt, bounds: Bounds, on_text: Callable[[str], bool] | None = None) -> Written:
        tell = on_text or (lambda _: True)
        self._stopped = False
        text = prompt.turns[-1].text
        if text == "exit":
            os._exit(3)
        if text == "begin and exit":
            tell("beginning ")
            os._exit(3)
        if text == "hang":
            time.sleep(3600)
        if text == "raise":
            raise ValueError("not a number")
        if text == "passwd":
            Path("/etc/passwd").read_text()
        if text == "grow":
            self._held.append(bytearray(os.urandom(1 << 20) * 200))
            time.sleep(3600)
        if text == "for ever":
            while tell("on "):
                time.sleep(0.02)
            return Written("on ", 0.0, 1, 0, "cancelled")
        if text == "until stopped":
            tell("")
            while not self._stopped:
                time.sleep(0.01)
            return Written("", 0.0, 0, 0, "cancelled")
        if text == "keep":
            self._states.write(KEY, lambda fd: pack(fd, KEY, b"kept by the worker"))
        if text == "kept":
            return Written(self._kept(), 0.0, 1, 0, "stop")
        return super().write(prompt, bounds, on_text)

    def choose(self, prompt: Prompt, options: Sequence[str], going: Callable[[], bool] | None = None) -> list[float]:
        self._stopped = False
        while prompt.turns[-1].text == "until stopped":
            if self._stopped or (going is not None and not going()):
                return []
            time.sleep(0.01)
        return super().choose(prompt, options, going)

    def prepare(self, kept: Sequence[Turn], going: Callable[[], bool] | None = None) -> bool:
        self._stopped = False
        while kept and kept[-1].text == "until stopped":
            if self._stopped or (going is not None and not going()):
                return False
            time.sleep(0.01)
        return True

    def _kept(self) -> str:
        fd = self._states.read(KEY)
        if fd is None:
            return "nothing"
        with unpacked(fd, KEY) as state:
            found = "nothing" if state is None else bytes(state).decode()
        os.close(fd)
        return found


def load(spec: LlmSpec, states: StateFiles) -> StubModel:
    if spec.id == "slow":
        time.sleep(3600)
    if spec.id == "none":
        raise ModelUnavailable("no such model", hint="pull it")
    return StubModel(states)


if __name__ == "__main__":
    run(sys.argv[1:], load)
