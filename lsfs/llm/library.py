"""llama.cpp, loaded once for the process, with the kernels that fit its processor."""

from __future__ import annotations

import collections
import ctypes
import functools
from pathlib import Path
from typing import Any

from lsfs.core.errors import ModelUnavailable

_REFUSED_VARIANTS = frozenset({"sapphirerapids", "graniterapids"})
"""Those that use AMX: llama_decode crashes there.  The next best has the same AVX-512 kernels without it."""
_LEVEL_ERROR = 4
_REMEMBERED = 8


class Library:
    """The functions of llama.cpp as `api`, which variant computes, and what it last complained of."""

    def __init__(self) -> None:
        """Raises `ModelUnavailable` where llama-cpp-python is missing, or was built for another machine."""
        try:
            import llama_cpp
            from llama_cpp import llama_cpp as api
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelUnavailable(
                f"no language model can be run here: {error}",
                hint="install it with: make setup (needs a C++ compiler), or pip install 'lsfs[llm]'",
            ) from error
        self.api: Any = api
        self._errors: collections.deque[str] = collections.deque(maxlen=_REMEMBERED)
        self._log = api.llama_log_callback(self._heard)  # C holds no reference to it
        api.llama_log_set(self._log, None)
        package = Path(llama_cpp.__file__).parent
        self.variant = self._load_kernels(package / "lib", package.parent / "bin")
        api.llama_backend_init()
        self.build = f"{llama_cpp.__version__} {self.variant}"
        """What a kept state depends on besides the model."""

    def complaint(self) -> str:
        """What went wrong since the last call, as llama.cpp put it; '' for nothing."""
        said = "; ".join(dict.fromkeys(self._errors))
        self._errors.clear()
        return said

    def _heard(self, level: int, text: bytes, _: object) -> None:
        if level == _LEVEL_ERROR:
            self._errors.append(text.decode("utf-8", "replace").strip())

    def _load_kernels(self, *folders: Path) -> str:
        """Loads the best of the variants that lie in `folders`; a build without them has its only one inside."""
        scored = [
            (score, path)
            for folder in folders
            for path in folder.glob("libggml-cpu*.so")
            if _variant(path) not in _REFUSED_VARIANTS and (score := _score(path))
        ]
        if not scored:
            return "built-in"
        path = max(scored)[1]
        # Through libllama's own handle: a wheel holds two files of each library, and each would be a copy of its own.
        load = self.api._lib.ggml_backend_load
        load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
        if not load(str(path).encode()):
            raise ModelUnavailable(
                f"llama.cpp cannot be loaded: {self.complaint()}", path=str(path), hint="lsfs doctor"
            )
        return _variant(path)


@functools.cache
def library() -> Library:
    """The library; the C code behind it is one for the process, so this is too."""
    return Library()


def _variant(path: Path) -> str:
    return path.stem.removeprefix("libggml-cpu").removeprefix("-") or "avx2"


def _score(path: Path) -> int:
    """How well a variant fits the processor; 0: not at all, or it is no variant but part of the library."""
    score = getattr(ctypes.CDLL(str(path)), "ggml_backend_score", None)
    return int(score()) if score else 0
