"""The real daemon around an engine without databases, whose answers follow from the words of the query.

Run as a program it is ``lsfsd run``, of the build that ``LSFS_FAKE_BUILD`` names.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Iterator

import msgspec

from lsfs.core import api, errors
from lsfs.core.config import load_config
from lsfs.core.failures import error_of
from lsfs.core.locations import Paths
from lsfs.core.wirepath import from_wire, to_lossy
from lsfsd.main import reporting_to
from lsfsd.run import run_daemon

HIT = api.Hit(
    path="/docs/lease.md",
    score=0.9,
    kind="text",
    modified="2026-01-02T03:04:05+00:00",
    size=1234,
    snippet="The lease for the flat\nin Lyon \x1b[31mends",
    line=12,
)
LATIN_1_PATH = b"/docs/caf\xe9"


class FakeEngine:
    """Answers as its requests ask it to."""

    def __init__(self) -> None:
        self.folders: list[bytes] = []
        self.paused = False
        self.closed_streams = self.open_streams = 0

    def up(self, request: api.UpRequest) -> list[api.RootInfo]:
        for text in request.paths:
            path = from_wire(text)
            if not os.path.isdir(path):
                raise errors.UsageError("there is no such folder", path=to_lossy(path)[0])
            self.folders.append(path)
        return self.roots()

    def progress(self, request: api.ProgressRequest) -> Iterator[api.ProgressEvent]:
        endless = any("endless" in path for path in request.paths)
        pause = 0.5 if any("slow" in path for path in request.paths) else 0.02
        self.open_streams += 1
        try:
            for done in range(10**9 if endless else 3):
                yield api.ProgressEvent(phase="words", done=done, total=3, rate=10.0)
                time.sleep(pause)
            yield api.ProgressEvent(phase="done", done=3, total=3, finished=True)
        finally:
            self.closed_streams += 1
            self.open_streams -= 1

    def find(self, request: api.FindRequest) -> api.FindResult:
        words = request.words
        if words.startswith("error:"):
            raise error_of(words.removeprefix("error:"), "it went wrong", "/some/path", "do this")
        if words == "bug":
            raise RuntimeError("unforeseen")
        if words == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if words.startswith("sleep "):
            time.sleep(float(words.removeprefix("sleep ")))
        path, path_b64 = to_lossy(LATIN_1_PATH)
        odd = api.Hit(path=path, path_b64=path_b64 or "", score=0.5, kind="text", modified="", size=1, snippet="")
        hits = () if words == "nothing" else (HIT, odd) if words == "odd" else (HIT,)
        note = f"cwd={request.cwd} zone={request.zone} locale={request.locale} llm={request.llm} door={request.door}"
        shown = note if request.explain else msgspec.UNSET
        return api.FindResult(query=words, hits=hits, elapsed_ms=1.5, complete=words != "partial", note=shown)

    def status(self) -> api.StatusResult:
        return api.StatusResult(
            state="paused" if self.paused else "idle",
            complete=True,
            roots=tuple(self.roots()),
            pid=os.getpid(),
            notes=(f"closed streams: {self.closed_streams}",),
        )

    def file_status(self, path: bytes) -> api.FileStatus:
        text, path_b64 = to_lossy(path)
        state = "indexed" if os.path.exists(path) else "missing"
        if path_b64:
            return api.FileStatus(path=text, state=state, path_b64=path_b64)
        return api.FileStatus(path=text, state=state)

    def roots(self) -> list[api.RootInfo]:
        return [api.RootInfo(path=to_lossy(path)[0], state="watching", files=3) for path in self.folders]

    def remove_root(self, path: bytes) -> api.RootInfo:
        if path not in self.folders:
            raise errors.UsageError("this is not a watched folder", path=to_lossy(path)[0])
        self.folders.remove(path)
        return api.RootInfo(path=to_lossy(path)[0], state="paused")

    def purge(self, path: bytes) -> None:
        if path in self.folders:
            raise errors.RefusedError("it is still watched", path=to_lossy(path)[0], hint="lsfs roots remove")

    def rescan(self, path: bytes | None) -> None:
        pass

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def doctor(self) -> list[api.DoctorFinding]:
        return [api.DoctorFinding(severity="warning", what="it is only a fake", hint="nothing to do")]

    def start(self) -> None:
        pass

    def run_job(self, name: str) -> None:
        pass

    def close(self) -> None:
        logging.getLogger(__name__).warning("closed under %d streams", self.open_streams)


def open_fake(paths: Paths, config: object) -> FakeEngine:
    """What `lsfs.compose.open_engine` is to the real daemon; fails where the test asks for it."""
    if os.environ.get("LSFS_FAKE_FAILURE"):
        raise errors.VaultNewer("the vault is of a newer lsfs", path=paths.vault_dir, hint="upgrade lsfs")
    return FakeEngine()


def main() -> None:
    descriptor = int(sys.argv[sys.argv.index("--ready-fd") + 1]) if "--ready-fd" in sys.argv else None
    paths = Paths.from_env(os.environ)
    with reporting_to(descriptor) as report:
        run_daemon(
            paths,
            load_config(paths.config_file),
            open_engine=open_fake,  # type: ignore[arg-type]
            ready=report.ready,
            build=os.environ.get("LSFS_FAKE_BUILD"),
        )


if __name__ == "__main__":
    main()
