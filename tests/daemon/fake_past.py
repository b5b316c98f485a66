"""Of the fake engine: versions and what is kept of them, what differs, and mounts."""

from __future__ import annotations

from lsfs.core import api, errors
from lsfs.core.wirepath import to_lossy

ISO = "2026-01-02T03:04:05+00:00"


class FakePast:
    """A file with a version of each kind, whatever is asked for."""

    def history(self, request: api.HistoryRequest) -> api.HistoryResult:
        if "unknown" in request.path:
            raise errors.NothingFound("nothing is known of it", path=request.path)
        states = (
            {"number": 1, "assumed": True, "kept": False, "reason": "thinned: one an hour\x1b[31m"},
            {"number": None, "path": f"{request.cwd}/new.md", "mode": "0600"},
            {"number": 2, "path": f"{request.cwd}/new.md", "mode": "0600", "content": "ff", "op": 17},
            {"number": None, "path": f"{request.cwd}/new.md", "mode": "0600", "content": "ff", "current": True},
        )
        common = {"since": ISO, "seen": ISO, "path": request.path, "kind": "file", "size": 2000, "mode": "0644"}
        versions = tuple(api.VersionInfo(**{**common, "modified": ISO, **state}) for state in states)
        file = api.FileHistory(path=request.path, state="there", versions=versions, notes=("another stood here",))
        return api.HistoryResult(files=(file,), notes=(f"limit={request.limit}",))

    def at(self, request: api.AtRequest) -> api.AtResult:
        common = {"size": 2000, "modified": ISO}
        entries = (
            api.AtEntry(path=request.path, kind="dir", number=None, kept=True, **common),
            api.AtEntry(path=f"{request.path}/a\x1b[31m.md", kind="file", number=3, kept=False, **common),
        )
        return api.AtResult(when="before op 17" if "op" in request.when else ISO, path=request.path, entries=entries)

    def tags(self, request: api.TagsRequest) -> api.TagsResult:
        paths = request.paths or ("/docs/a.md",)
        return api.TagsResult(
            files=tuple(api.TaggedFile(path=path, tags=() if "bare" in path else ("red", "tax 2026")) for path in paths)
        )

    def saved(self) -> api.SavedList:
        return api.SavedList(queries=(api.SavedQuery(name="leases", query="lease -draft"),))


class FakeKeeping:
    """One version that goes; one that stays is named where all are to be explained."""

    def retention(self, request: api.RetentionRequest) -> api.RetentionResult:
        common = {"path": request.path or "/docs/a.md", "since": ISO, "size": 2000}
        goes = api.RetentionItem(number=2, keep=False, reason="one an hour\x1b[31m", **common)
        stays = api.RetentionItem(number=3, keep=True, reason="the newest", **common)
        items = (goes, stays) if request.explain else (goes,)
        return api.RetentionResult(budget=10_000, used=4000, freed=2000, kept=1, dropped=1, items=items, note="by day")


class FakeMounting:
    """Wants nothing mounted, and lets nothing be."""

    def wanted(self) -> tuple[()]:
        return ()

    def point(self, path: bytes) -> bytes:
        return path

    def make_ready(self, mount: object) -> None:
        raise AssertionError("nothing is to be mounted")

    def prepare(self, path: bytes, *, allow_other: bool = False) -> None:
        raise errors.RefusedError("the folder is not empty", path=to_lossy(path)[0], hint="name another folder")


class FakeDiffing:
    """Two lines that differ, or none, as the name of the file says."""

    def diff(self, request: api.DiffRequest) -> api.DiffResult:
        label = f"old={request.old} new={request.new} by={request.by}"
        old = api.DiffSide(label=label, size=1000, content="aa", modified=ISO)
        new = api.DiffSide(label="now", size=2000, content="bb", modified=ISO)
        kind = next((kind for kind in ("same", "binary") if kind in request.path), "text")
        unified = "--- a\n+++ b\n@@ -1 +1 @@\n-one\x1b[31m\n+\ttwo\n" if kind == "text" else ""
        return api.DiffResult(path=request.path, old=old, new=new, kind=kind, unified=unified)
