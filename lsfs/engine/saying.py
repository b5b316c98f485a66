"""Sentences: understood, resolved, and made a plan of, or answered."""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from lsfs.answer import MOST_COMPARED, Answer, Cited, Part
from lsfs.core.api import (
    AskRequest,
    Caller,
    Citation,
    CompareRequest,
    DiffRequest,
    DoRequest,
    FindRequest,
    Hit,
    LeftOutInfo,
    PlanRequest,
    PlanResult,
    SayEvent,
    SayResult,
    SummarizeRequest,
    UndoRequest,
)
from lsfs.core.errors import (
    ConflictError,
    ModelUnavailable,
    NothingFound,
    RefusedError,
    UnavailableError,
    UsageError,
)
from lsfs.core.paths import display
from lsfs.core.wirepath import absolute_from_wire, to_lossy
from lsfs.engine.calling import Calling
from lsfs.engine.changing import Changing
from lsfs.engine.describing import judged
from lsfs.engine.desk import Desk
from lsfs.engine.diffing import Diffing
from lsfs.engine.finding import Finding
from lsfs.engine.parts import Parts
from lsfs.engine.past import Past
from lsfs.engine.recent import Recent
from lsfs.engine.refusing import error_info, refused
from lsfs.engine.streaming import Emit, streamed
from lsfs.engine.text_changes import text_changes
from lsfs.plan import request as req
from lsfs.plan.advising import ModelAdviser
from lsfs.plan.resolve.phrases import Described
from lsfs.plan.resolve.resolver import Reading, Resolved
from lsfs.plan.resolve.texts import DraftWanted, as_paragraph
from lsfs.plan.resolve.tree import KnownTree
from lsfs.plan.resolve.unclear import Unclear
from lsfs.plan.understand import NotUnderstood, Understood
from lsfs.store.index import FileRow

_OP_DIGITS = 18
"""Of the number of an op, at most."""
_MOST_SUMMARIZED = 20
"""Files: up to a minute each."""
_MOST_HITS = 1_000
_SEARCHED = 10
"""Hits of a search that a sentence asks for."""
_POOL = 100
_SHOWN = (RefusedError, NothingFound, UsageError, ConflictError, UnavailableError)
"""Failures that are a sentence's result; others end the command."""
_PARTS: dict[type[req.Action], Part] = {req.Create: "new", req.Append: "end", req.Write: "whole"}


class Saying:
    """Answers sentences; changes nothing but by the plans it makes."""

    def __init__(
        self,
        parts: Parts,
        finding: Finding,
        changing: Changing,
        past: Past,
        diffing: Diffing,
        now_ns: Callable[[], int],
    ) -> None:
        self._parts = parts
        self._finding = finding
        self._changing = changing
        self._diffing = diffing
        self._calling = Calling(parts)
        self._recent = Recent(past, finding)
        self._now_ns = now_ns

    def do(self, request: DoRequest) -> Iterator[SayEvent]:
        """What a sentence comes to: a plan that is stored and shown, hits, an answer, or why there is none."""
        return streamed(lambda emit: self._presented(lambda: self._done(request, emit), request.sentence))

    def ask(self, request: AskRequest) -> Iterator[SayEvent]:
        """The answer to a question, from the user's files."""
        return streamed(lambda emit: self._presented(lambda: self._asked(request.question, request, emit)))

    def summarize(self, request: SummarizeRequest) -> Iterator[SayEvent]:
        """What a file says, in short."""
        action = req.Summarize(what=(request.what,))
        return streamed(lambda emit: self._presented(lambda: self._read(action, request.what, request, emit)))

    def compare(self, request: CompareRequest) -> Iterator[SayEvent]:
        """How two files differ."""
        action = req.Compare(what=(request.one, request.other))
        sentence = f"compare {request.one} with {request.other}"
        return streamed(lambda emit: self._presented(lambda: self._read(action, sentence, request, emit)))

    def explain(self, request: DiffRequest) -> Iterator[SayEvent]:
        """What changed in a file, in words; what `Diffing` gives for it is computed first."""
        return streamed(lambda emit: self._presented(lambda: self._explained(request, emit)))

    # Sentences

    def _done(self, request: DoRequest, emit: Emit) -> SayResult:
        emit("understanding", "")
        desk = self._desk(request, emit)
        known = KnownTree(self._parts.index, desk.places)
        try:
            understood = self._parts.understanding.read(
                request.sentence, known, llm=request.llm, on_model=lambda: self._thinking(emit)
            )
        except NotUnderstood:
            called = self._called(request, emit)
            if called is None:
                raise
            return called
        emit("looking", "")
        last = tuple(absolute_from_wire(path) for path in request.last)
        try:
            result = self._resolved(understood, request, desk, last, emit)
        except _SHOWN as error:
            result = refused(error, request.sentence, understood.request)
        return msgspec.structs.replace(result, tier=understood.tier)

    def _called(self, request: DoRequest, emit: Emit) -> SayResult | None:
        """The plan of a call, where a tool does what no action on files would; None where none does.

        It is asked about even if the tool only reads: nobody has named it.
        """
        if not request.llm:
            return None
        meant = self._calling.meant(request.sentence, lambda: emit("writing", ""))
        if meant is None:
            return None
        plan = self._changing.plan(PlanRequest(actions=(meant.action,), sentence=request.sentence, **_caller(request)))
        return msgspec.structs.replace(
            _of_plan(plan), tier="llm", actions=(meant.action,), unasked=False, allowed=plan.unasked
        )

    def _thinking(self, emit: Emit) -> bool:
        return emit("understanding" if self._parts.llm_loaded() else "loading", "")

    def _resolved(
        self, understood: Understood, request: DoRequest, desk: Desk, last: Sequence[bytes], emit: Emit
    ) -> SayResult:
        resolved, drafts = self._with_drafts(understood.request, request, desk, last, emit)
        if resolved.undo is not None:
            return _of_plan(self._taken_back(resolved.undo, request))
        if resolved.reading is not None:
            return self._reading(resolved.reading, request.sentence, request, desk, emit)
        learnt = req.encode(understood.request) if request.learn else ""
        plan = self._changing.plan_of(resolved.actions, request, request.sentence, learnt)
        left_out = tuple(
            LeftOutInfo(path=shown, why=one.why, path_b64=exact or UNSET)
            for one in resolved.left_out
            for shown, exact in (to_lossy(one.path),)
        )
        result = _of_plan(plan)
        changes = text_changes(resolved.actions, plan.effects, drafts, desk.text_at) if plan.op is not None else ()
        return msgspec.structs.replace(
            result, actions=resolved.actions, left_out=(*plan.left_out, *left_out), changes=changes
        )

    def _with_drafts(
        self, meant: req.Request, request: DoRequest, desk: Desk, last: Sequence[bytes], emit: Emit
    ) -> tuple[Resolved, dict[int, str]]:
        """What a request comes to, and the texts drafted for it, by the place of their action among those that
        write."""
        drafts: dict[int, str] = {}
        while True:  # each round drafts the text of one action more
            try:
                return desk.resolver(request.sentence, last).resolve(meant), drafts
            except DraftWanted as wanted:
                text = self._drafted(wanted, request, emit)
                writing = [one for one in meant.actions if isinstance(one, req.Create | req.Append | req.Write)]
                drafts[next(at for at, one in enumerate(writing) if one is wanted.action)] = text
                meant = _with_text(meant, wanted, text)

    def _taken_back(self, action: req.Undo | req.Redo, request: DoRequest) -> PlanResult:
        numbers = re.findall(r"[0-9]+", action.op)
        if len(numbers) > 1:
            raise RefusedError("one op at a time is taken back", hint="the newest first")
        if any(sign.isdigit() for sign in action.op) and not (numbers and len(numbers[0]) <= _OP_DIGITS):
            raise RefusedError(f"“{action.op}” is the number of no op", hint="lsfs log shows them")
        number = numbers[0] if numbers else ""
        undo = UndoRequest(op=int(number) if number else None, sentence=request.sentence, **_caller(request))
        # Said in a sentence it is an ordinary op: to undo it is to take the sentence back.
        said = self._said_undo() if isinstance(action, req.Redo) and undo.op is None else None
        if said is not None:
            return self._changing.undo(msgspec.structs.replace(undo, op=said), by_command=False)
        if isinstance(action, req.Undo):
            return self._changing.undo(undo, by_command=False)
        return self._changing.redo(undo, by_command=False)

    def _said_undo(self) -> int | None:
        """The op of a sentence that took something back, if nothing came after it but what was taken back too."""
        ops = self._parts.vault.ops
        newest, typed = ops.newest_applied(), ops.newest_undo()
        if newest is None or newest.reverses is None or newest.turn % 2 == 0:
            return None
        return newest.id if typed is None or typed.id < newest.id else None

    def _drafted(self, wanted: DraftWanted, request: DoRequest, emit: Emit) -> str:
        self._require_model(request)

        def working(_phase: str, _piece: str) -> bool:
            return emit("writing", "")  # the plan shows the text

        name = display(os.path.basename(wanted.path))
        part = _PARTS[type(wanted.action)]
        text = self._parts.answering.draft(wanted.about, name, working, part=part, existing=wanted.existing)
        if not text:
            raise RefusedError("nobody waits for it any more")
        return text

    # Reading

    def _read(self, action: req.Action, sentence: str, caller: Caller, emit: Emit) -> SayResult:
        emit("looking", "")
        desk = self._desk(caller, emit)
        reading = desk.resolver(sentence, ()).resolve(req.Request((action,))).reading
        assert reading is not None
        return self._reading(reading, sentence, caller, desk, emit)

    def _reading(self, reading: Reading, sentence: str, caller: Caller, desk: Desk, emit: Emit) -> SayResult:
        action = reading.action
        if isinstance(action, req.Ask):
            return self._asked(sentence, caller, emit)
        if isinstance(action, req.History):
            return self._recent.answered(action, reading.targets, desk.chooser, desk.clock, caller)
        if isinstance(action, req.Find | req.List):
            return self._found(reading, sentence, caller, desk)
        rows = [target.row for target in reading.targets if target.row is not None]
        if not rows:
            raise NothingFound("there is no text to read in it")
        self._require_model(caller)
        answering = self._parts.answering
        if isinstance(action, req.Compare):
            if len(rows) < 2:
                raise Unclear("comparing takes two files", reading.targets)
            if len(rows) > MOST_COMPARED:
                raise RefusedError(f"{len(rows)} files are too many to compare", hint=f"name {MOST_COMPARED} at most")
            return self._told(answering.compare(rows, sentence, emit))
        if len(rows) > _MOST_SUMMARIZED:
            raise RefusedError(f"{len(rows)} files are too many to summarise", hint=f"name {_MOST_SUMMARIZED} at most")
        return self._told(answering.summarize(rows, sentence, emit))

    def _found(self, reading: Reading, sentence: str, caller: Caller, desk: Desk) -> SayResult:
        zone = caller.zone
        rows = [row for target in reading.targets if (row := desk.row_of(target)) is not None]
        hits = self._searched(reading, caller, desk) if reading.words else self._finding.listed(rows[:_MOST_HITS], zone)
        if not hits:
            raise NothingFound("nothing is found")
        answer = None
        if (
            sentence.lower()
            .lstrip()
            .startswith(("how many", "wie viele", "combien de", "cuántos", "cuántas", "quanti", "quante"))
        ):
            # What search finds is a list of the likeliest, which counts nothing.
            answer = None if reading.words else f"{len(rows)} file{'s' if len(rows) != 1 else ''}"
        return SayResult(op=None, state="answered", hits=hits, answer=answer)

    def _searched(self, reading: Reading, caller: Caller, desk: Desk) -> tuple[Hit, ...]:
        """The files that words may mean, the likeliest first, with the passages that search shows for them."""
        ranked = desk.chooser.ranked(Described(words=reading.words, types=reading.types), reading.conditions)
        request = FindRequest(words=reading.words, limit=_POOL, zone=caller.zone)
        by_path = {hit.path: hit for hit in self._finding.searched(reading.words, request)}
        hits = []
        for target in ranked[:_SEARCHED]:
            if target.row is not None:
                shown = to_lossy(target.path)[0]
                hits.append(by_path.get(shown) or self._finding.listed([target.row], caller.zone)[0])
        return tuple(hits)

    def _asked(self, question: str, caller: Caller, emit: Emit) -> SayResult:
        if not question.strip():
            raise UsageError("the question is missing")
        emit("looking", "")
        answering = self._parts.answering
        try:
            self._require_model(caller)
        except ModelUnavailable as error:
            passages = answering.passages(question)
            return msgspec.structs.replace(
                refused(error), reason=error.message, citations=tuple(map(self._citation, passages))
            )
        found = answering.ask(question, emit)
        if found.text is None:
            result = self._answered(found)
            return msgspec.structs.replace(
                result,
                state="nothing",
                reason="the files do not say",
                refusal=error_info(NothingFound("the files do not say")),
            )
        return self._answered(found)

    def _explained(self, request: DiffRequest, emit: Emit) -> SayResult:
        diff = self._diffing.diff(request)
        if diff.kind == "same":
            raise NothingFound("nothing differs", path=diff.path)
        self._require_model(request)
        name = os.path.basename(diff.path)
        return self._told(self._parts.answering.explain(diff.unified, name, "", emit))

    def _require_model(self, caller: Caller) -> None:
        if not caller.llm:
            raise ModelUnavailable("the language model is off (LSFS_LLM=off)", hint="unset LSFS_LLM")
        self._parts.llm()

    # Results

    def _told(self, answer: Answer) -> SayResult:
        """What was made of files; raises NothingFound where none of them has text."""
        if answer.text is None:
            raise NothingFound("there is no text to read in it")
        return self._answered(answer)

    def _answered(self, answer: Answer) -> SayResult:
        return SayResult(
            op=None,
            state="answered",
            answer=answer.text,
            citations=tuple(map(self._citation, answer.cited)),
            unanswered=answer.unanswered,
        )

    def _citation(self, cited: Cited) -> Citation:
        path, path_b64 = to_lossy(self._path_of(cited.file))
        return Citation(
            path=path, line=cited.line, anchor=cited.anchor or UNSET, quote=cited.quote, path_b64=path_b64 or UNSET
        )

    def _path_of(self, row: FileRow) -> bytes:
        return os.path.join(self._parts.root_paths().get(row.root, b""), row.path)

    def _presented(self, work: Callable[[], SayResult], sentence: str = "") -> SayResult:
        """The result of `work`, a refusal included; other failures go on."""
        started = time.perf_counter()
        try:
            result = work()
        except _SHOWN as error:
            result = refused(error, sentence)
        return msgspec.structs.replace(result, elapsed_ms=round((time.perf_counter() - started) * 1000, 1))

    def _desk(self, caller: Caller, emit: Emit) -> Desk:
        adviser = None
        if caller.llm:
            with contextlib.suppress(ModelUnavailable):
                self._parts.llm()
                adviser = ModelAdviser(
                    self._parts.llm,
                    lambda: emit("looking", ""),
                    lambda path, odds: emit("looking", judged=judged(path, odds)),
                )
        return Desk(self._parts, caller, self._now_ns(), adviser)


def _with_text(request: req.Request, wanted: DraftWanted, text: str) -> req.Request:
    """The request with the drafted text for the action that wants it."""
    if isinstance(wanted.action, req.Append):
        text = as_paragraph(text, wanted.existing)
    drafted = msgspec.structs.replace(wanted.action, text=text, about=())
    return req.Request(tuple(drafted if action is wanted.action else action for action in request.actions))


def _caller(request: Caller) -> dict[str, Any]:
    """Who asks, as fields for another request."""
    fields = msgspec.structs.asdict(request)
    return {name: fields[name] for name in Caller.__struct_fields__}


def _of_plan(plan: PlanResult) -> SayResult:
    result = SayResult(**{name: getattr(plan, name) for name in PlanResult.__struct_fields__})
    if plan.op is None and plan.state == "nothing":
        reason = plan.left_out[0].why if plan.left_out else "there is nothing to do"
        return msgspec.structs.replace(result, reason=reason)
    return result
