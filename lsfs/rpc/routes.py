"""The interface of the daemon as one table; the client, the server and the description are all made from it."""

from __future__ import annotations

from typing import NamedTuple

PROTOCOL = 1
"""The number in every path.  A change that an older client or daemon would misread takes the next one."""


class Route(NamedTuple):
    """One thing that can be asked of the daemon."""

    name: str
    """What the client calls it; but for those of the daemon itself, also the method of the engine."""
    method: str
    path: str
    request: str | None
    """Name of the record in `lsfs.core.api` that the body holds."""
    result: str
    """Name of the record that the answer holds, or each line of it when it streams."""
    effect: str
    """``read``, ``change`` (of what lsfs keeps or does) or ``control`` (of the daemon itself)."""
    summary: str
    lane: str = "work"
    """``query`` and ``mount`` never wait for ``work``; ``stream`` answers line by line (NDJSON) until it is done."""


ROUTES = (
    Route("hello", "GET", "/v1/hello", None, "Handshake", "read", "Who the daemon is", "query"),
    Route("shutdown", "POST", "/v1/shutdown", None, "Done", "control", "Finish what is running and stop", "query"),
    Route("up", "POST", "/v1/up", "UpRequest", "RootList", "change", "Watch and index folders"),
    Route("progress", "POST", "/v1/progress", "ProgressRequest", "ProgressEvent", "read", "Follow indexing", "stream"),
    Route("find", "POST", "/v1/find", "FindRequest", "FindResult", "read", "Look for files", "query"),
    Route("status", "GET", "/v1/status", None, "StatusResult", "read", "How the daemon is", "query"),
    Route("file_status", "POST", "/v1/status/file", "PathRequest", "FileStatus", "read", "About one path", "query"),
    Route("roots", "GET", "/v1/roots", None, "RootList", "read", "The watched folders", "query"),
    Route("remove_root", "POST", "/v1/roots/remove", "PathRequest", "RootInfo", "change", "Stop watching a folder"),
    Route("settings", "POST", "/v1/roots/set", "SettingsRequest", "RootInfo", "change", "What is kept of a folder"),
    Route("purge", "POST", "/v1/purge", "PathRequest", "Done", "change", "Forget a removed folder's history"),
    Route("rescan", "POST", "/v1/rescan", "RescanRequest", "Done", "change", "Compare the disk with the index"),
    Route("pause", "POST", "/v1/pause", None, "Done", "control", "Stop indexing for now"),
    Route("resume", "POST", "/v1/resume", None, "Done", "control", "Go on indexing"),
    Route("plan", "POST", "/v1/plan", "PlanRequest", "PlanResult", "change", "Make a plan; nothing is changed yet"),
    Route("do", "POST", "/v1/do", "DoRequest", "SayEvent", "change", "A plan of a sentence, or its answer", "stream"),
    Route("ask", "POST", "/v1/ask", "AskRequest", "SayEvent", "read", "Answer from the files", "stream"),
    Route("summarize", "POST", "/v1/summarize", "SummarizeRequest", "SayEvent", "read", "Say it in short", "stream"),
    Route("compare", "POST", "/v1/compare", "CompareRequest", "SayEvent", "read", "Say how two files differ", "stream"),
    Route("explain", "POST", "/v1/diff/explain", "DiffRequest", "SayEvent", "read", "Say what changed", "stream"),
    Route("undo", "POST", "/v1/undo", "UndoRequest", "PlanResult", "change", "Make the plan that takes an op back"),
    Route("redo", "POST", "/v1/redo", "UndoRequest", "PlanResult", "change", "Make the plan that takes it forward"),
    Route("apply", "POST", "/v1/apply", "ApplyRequest", "OpEvent", "change", "Carry out a plan", "stream"),
    Route("cancel", "POST", "/v1/cancel", "OpRequest", "PlanResult", "change", "Have an op taken back", "query"),
    Route("op", "POST", "/v1/op", "OpRequest", "StoredPlan", "read", "One op in full", "query"),
    Route("log", "POST", "/v1/log", "LogRequest", "LogResult", "read", "What was done", "query"),
    Route("history", "POST", "/v1/history", "HistoryRequest", "HistoryResult", "read", "The versions of files"),
    Route("diff", "POST", "/v1/diff", "DiffRequest", "DiffResult", "read", "What differs between versions"),
    Route("at", "POST", "/v1/at", "AtRequest", "AtResult", "read", "A folder as it was"),
    Route("read", "POST", "/v1/read", "ReadRequest", "ReadResult", "read", "What a file says, piece by piece"),
    Route("tags", "POST", "/v1/tags", "TagsRequest", "TagsResult", "read", "The tags of files"),
    Route("saved", "GET", "/v1/saved", None, "SavedList", "read", "The saved queries", "query"),
    Route("mount", "POST", "/v1/mount", "MountRequest", "MountInfo", "control", "Mount the semantic folders", "mount"),
    Route("umount", "POST", "/v1/umount", "UmountRequest", "MountList", "control", "Take mounts away", "mount"),
    Route("mounts", "GET", "/v1/mounts", None, "MountList", "read", "Where lsfs is mounted", "query"),
    Route("retention", "POST", "/v1/retention", "RetentionRequest", "RetentionResult", "read", "What is kept, and why"),
    Route("verify", "POST", "/v1/verify", None, "VerifyEvent", "change", "Prove all that is kept", "stream"),
    Route("tools_add", "POST", "/v1/tools/add", "ToolsAddRequest", "ToolSourceInfo", "change", "Take in tools"),
    Route("tools_sources", "GET", "/v1/tools/sources", None, "ToolSourceList", "read", "Where tools are from", "query"),
    Route("tools_list", "POST", "/v1/tools/list", "ToolsListRequest", "ToolsList", "read", "The known tools", "query"),
    Route("tools_show", "POST", "/v1/tools/show", "ToolRequest", "ToolDetail", "read", "One tool in full", "query"),
    Route("tools_find", "POST", "/v1/tools/find", "ToolsFindRequest", "ToolsFindResult", "read", "Find tools", "query"),
    Route("tools_think", "POST", "/v1/tools/think", "ToolsFindRequest", "ToolsFindResult", "read", "With the model"),
    Route("tools_remove", "POST", "/v1/tools/remove", "ToolsSourceRequest", "Done", "change", "Forget a source"),
    Route("tools_enable", "POST", "/v1/tools/enable", "ToolsEnableRequest", "Done", "change", "Use it, or no more"),
    Route("tools_import", "POST", "/v1/tools/import", "ToolsImportRequest", "ToolsImportResult", "change", "Import"),
    Route("tools_draft", "POST", "/v1/tools/draft", "DraftCallRequest", "DraftedCall", "read", "Write the arguments"),
    Route("tools_train", "POST", "/v1/tools/train", None, "ToolsTrainResult", "change", "Learn from use"),
    Route("tools_eval", "POST", "/v1/tools/eval", "ToolsEvalRequest", "ToolsEvalResult", "read", "Measure the router"),
    Route("save_op", "POST", "/v1/tools/macros", "SaveOpRequest", "ToolDetail", "change", "Make a tool of an op"),
    Route("doctor", "GET", "/v1/doctor", None, "FindingList", "read", "What is wrong, and how to mend it"),
)


def route(name: str) -> Route:
    """The route called `name`; raises ``KeyError`` for a name that is none."""
    for candidate in ROUTES:
        if candidate.name == name:
            return candidate
    raise KeyError(name)
