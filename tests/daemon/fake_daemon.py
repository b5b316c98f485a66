"""The real daemon around an engine without databases, whose answers follow from the words of the query.

Run as a program it is ``lsfsd run``, of the build that ``LSFS_FAKE_BUILD`` names.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator

import msgspec

from lsfs.core import actions, api, errors
from lsfs.core.config import load_config
from lsfs.core.failures import error_of
from lsfs.core.locations import Paths
from lsfs.core.wirepath import from_wire, to_lossy
from lsfsd.main import reporting_to
from lsfsd.run import run_daemon
from tests.daemon.fake_past import ISO, FakeDiffing, FakeKeeping, FakeMounting, FakePast

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
Emit = Callable[[str, str], bool]
Work = Callable[[Emit], api.SayResult]
ACTIONS_WITHOUT_A_PREVIEW = (actions.Tag, actions.Untag, actions.SaveQuery)


class FakeChanging:
    """Plans of which the names in the first action say how they end; carries nothing out."""

    def __init__(self) -> None:
        self.plans: dict[int, api.PlanResult] = {}
        self.cancelled: set[int] = set()

    def plan(self, request: api.PlanRequest) -> api.PlanResult:
        first = request.actions[0]
        named = getattr(first, "path", None) or next(iter(getattr(first, "paths", ())), "")
        if "refused" in named:
            raise errors.RefusedError("secrets are never changed", path=named)
        silent = all(isinstance(action, ACTIONS_WITHOUT_A_PREVIEW) for action in request.actions)
        count = 50 if "many" in named else 0 if "nothing" in named else 1
        effects = tuple(
            api.EffectInfo(
                action=str(first.__struct_config__.tag),
                path=f"{named}{at or ''}",
                to=getattr(first, "to", None),
                note=msgspec.json.encode(first).decode(),
            )
            for at in range(count)
        )
        notes = (f"sentence={request.sentence} umask={request.umask:o}",)
        left_out = (api.LeftOutInfo(path=f"{request.cwd}/spared\x1b[31m", why="it is as it was"),)
        return self._keep("silent" if silent else "reversible", effects, notes=notes, left_out=left_out)

    def undo(self, request: api.UndoRequest) -> api.PlanResult:
        if request.op == 9 and not request.how:
            changed = api.ConflictInfo(path=f"{request.cwd}/a.md", why="it changed since", forcible=True)
            gone = api.ConflictInfo(path="/elsewhere/b.md", why="it is gone", forcible=False)
            return api.PlanResult(op=None, state="refused", conflicts=(changed, gone), exempt=True)
        effect = api.EffectInfo(action="restore", path="/a.md", note=f"op={request.op} how={request.how}", size=2000)
        return self._keep("reversible", (effect,), summary=f"undo of op {request.op}: move a.md")

    redo = undo

    def _keep(self, effect_class: str, effects: tuple[api.EffectInfo, ...], **fields) -> api.PlanResult:
        number = 17 + len(self.plans) if effects else None
        state = "preview" if effects else "nothing"
        made = api.PlanResult(
            op=number, state=state, effect_class=effect_class, files=len(effects), effects=effects, **fields
        )
        if number is not None:
            self.plans[number] = made
        return made

    def apply(self, request: api.ApplyRequest) -> Iterator[api.OpEvent]:
        plan = self.plans[request.op]
        name = plan.effects[0].path
        yield api.OpEvent(phase="queued")
        if "changed" in name:
            raise errors.ConflictError("it changed since the preview", path=name)
        if "breaks" in name:
            raise errors.RolledBack("the disk is full; nothing is changed", path=name)
        if "die" in name:
            os.kill(os.getpid(), signal.SIGKILL)
        for done in range(10**9 if "endless" in name else 60 if "slow" in name else 0):
            yield api.OpEvent(phase="change", done=done % 100, total=100)
            time.sleep(0.05)
            if request.op in self.cancelled and "stubborn" not in name:
                raise errors.RolledBack(f"op {request.op} was cancelled; nothing is changed")
            if request.op in self.cancelled:
                break
        summary = f"confirmed={request.confirmed} expect={request.expect}"
        self.plans[request.op] = done = msgspec.structs.replace(plan, state="applied", summary=summary)
        yield api.OpEvent(phase="done", result=done)

    def cancel(self, request: api.OpRequest) -> api.PlanResult:
        if request.op not in self.plans:
            raise errors.NothingFound(f"there is no op {request.op}")
        self.cancelled.add(request.op)
        return self.plans[request.op]

    def op(self, request: api.OpRequest) -> api.PlanResult:
        return self.plans[request.op]

    def log(self, request: api.LogRequest) -> api.LogResult:
        asked = f"path={request.path} limit={request.limit} running={request.running}"
        common = {"effect_class": "reversible", "door": "cli", "files": 1, "bytes": 2, "started": ISO, "finished": ISO}
        ops = (
            api.OpInfo(op=18, state="applied", summary=asked, sentence="lsfs undo", reverses=17, **common),
            api.OpInfo(op=17, state="undone", summary="trash 1\x1b[31m", sentence="", reversed_by=18, **common),
            api.OpInfo(op=16, state="failed", summary="move 1", sentence="", error="no space", **common),
        )
        return api.LogResult(ops=() if request.path == "/none" else ops)


class FakeSaying:
    """Sentences of which a word says what comes of them; nothing is read and no model asked."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def do(self, request: api.DoRequest) -> Iterator[api.SayEvent]:
        def work(emit: Emit) -> api.SayResult:
            emit("understanding", "")
            if "refused" in request.sentence:
                return _refused(
                    errors.RefusedError("it is not clear what is meant", hint="say more"), "trash|what=a.md"
                )
            if "without a model" in request.sentence:
                return _refused(errors.ModelUnavailable("no model is installed", hint="lsfs models pull"))
            if "find" in request.sentence:
                return api.SayResult(op=None, state="answered", tier="rules", hits=(HIT,))
            plan = self._engine.changing.plan(
                api.PlanRequest(
                    actions=(actions.Trash(paths=request.last),), cwd=request.cwd, sentence=request.sentence
                )
            )
            fields = {name: getattr(plan, name) for name in api.PlanResult.__struct_fields__}
            return api.SayResult(**fields, tier="llm" if request.llm else "rules")

        return self._streamed(request.sentence, work)

    def ask(self, request: api.AskRequest) -> Iterator[api.SayEvent]:
        return self._streamed(request.question, lambda emit: _answered(request.question, emit))

    def summarize(self, request: api.SummarizeRequest) -> Iterator[api.SayEvent]:
        return self._streamed(request.what, lambda emit: _answered(request.what, emit))

    def compare(self, request: api.CompareRequest) -> Iterator[api.SayEvent]:
        return self._streamed(request.one, lambda emit: _answered(f"{request.one} and {request.other}", emit))

    def explain(self, request: api.DiffRequest) -> Iterator[api.SayEvent]:
        return self._streamed(request.path, lambda emit: _answered(f"{request.path} since {request.old}", emit))

    def _streamed(self, words: str, work: Work) -> Iterator[api.SayEvent]:
        from lsfs.engine.streaming import streamed  # with it the engine's databases are loaded: not before it is asked

        def endless(emit: Emit) -> api.SayResult:
            """Ends when nobody listens any more; a silent one looks after two seconds, and then gives up."""
            while emit("reading", "") and "silent" not in words:
                time.sleep(0.02)
            if "silent" in words:
                time.sleep(2)
                if emit("reading", ""):
                    return api.SayResult(op=None, state="answered")
            self._engine.closed_streams += 1
            return api.SayResult(op=None, state="answered")

        if "bug" in words:
            raise RuntimeError("unforeseen")
        return streamed(endless if "endless" in words or "silent" in words else work)


def _answered(words: str, emit: Emit) -> api.SayResult:
    if "unknown" in words:
        return api.SayResult(op=None, state="nothing", reason="the files do not say")
    pieces = ("It says ", words, ".\x1b[31m")
    for piece in pieces:
        emit("writing", piece)
    cited = api.Citation(path=HIT.path, line=12, quote="The lease for the flat")
    return api.SayResult(op=None, state="answered", answer="".join(pieces), citations=(cited,))


def _refused(error: errors.LsfsError, *readings: str) -> api.SayResult:
    info = api.ErrorInfo(code=error.code, message=error.message, path=error.path, hint=error.hint)
    return api.SayResult(op=None, state="refused", reason=error.message, readings=readings, refusal=info)


class FakeEngine:
    """Answers as its requests ask it to."""

    def __init__(self) -> None:
        self.changing = FakeChanging()
        self.past = FakePast()
        self.keeping = FakeKeeping()
        self.mounting = FakeMounting()
        self.diffing = FakeDiffing()
        self.saying = FakeSaying(self)
        self.settings: api.RootSettings | None = None
        self.folders: list[bytes] = []
        self.paused = False
        self.closed_streams = self.open_streams = 0

    def up(self, request: api.UpRequest) -> list[api.RootInfo]:
        for text in request.paths:
            path = from_wire(text)
            if not os.path.isdir(path):
                raise errors.UsageError("there is no such folder", path=to_lossy(path)[0])
            self.folders.append(path)
        self.settings = request.settings
        return self.roots()

    def change_settings(self, request: api.SettingsRequest) -> api.RootInfo:
        self.settings = request.settings
        return next(root for root in self.roots() if root.path == request.path)

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
        wanted = {"max_file_mb": 256, "exclude": ()}
        if self.settings is not None:
            wanted |= {
                name: value for name, value in msgspec.structs.asdict(self.settings).items() if value is not None
            }
        if wanted.get("versions") == "off":
            wanted["versions"] = "versions are off for this folder"
        return [api.RootInfo(path=to_lossy(path)[0], state="watching", files=3, **wanted) for path in self.folders]

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

    def stop_jobs(self) -> None:
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
