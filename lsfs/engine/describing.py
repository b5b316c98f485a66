"""Plans and ops as people and programs read them."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.api import ConflictInfo, EffectInfo, Judged, LeftOutInfo, OpInfo, PlanResult, StepInfo
from lsfs.core.wirepath import to_lossy
from lsfs.engine.timestamps import iso
from lsfs.plan.draft import Effect, LeftOut
from lsfs.plan.planner import Planned
from lsfs.plan.steps import Call, Exchange, Move, Row, Step, Where, paths
from lsfs.plan.undo import Conflict
from lsfs.store.vault import OpRow


def judged(path: bytes, odds: float) -> Judged:
    """What was found out about a file that may be meant; `odds` is the probability that it is."""
    shown, exact = to_lossy(path)
    return Judged(path=shown, yes=odds >= 0.5, odds=round(odds, 2), path_b64=exact or UNSET)


def described(planned: Planned, roots: Mapping[int, bytes]) -> PlanResult:
    """A plan or op in full; `roots` are the absolute paths of the watched folders."""
    op, document = planned.op, planned.document
    bases = dict(roots) | {int(base): path for base, path in document.places.items()}
    plan = PlanResult(
        op=None,
        state="refused" if planned.conflicts else "nothing",
        effects=tuple(_effect(effect) for effect in document.effects),
        left_out=tuple(_left_out(one) for one in document.left_out),
        notes=document.notes,
        conflicts=tuple(_conflict(one) for one in planned.conflicts),
        steps=tuple(_step(step, bases) for step in planned.steps),
        results=tuple(step.outcome for step in planned.steps if isinstance(step, Call) and step.outcome is not None),
        exempt=document.exempt,
    )
    if op is None:
        return plan
    return msgspec.structs.replace(
        plan,
        op=op.id,
        state=op.state,
        effect_class=op.effect,
        summary=op.summary,
        files=op.files,
        bytes=op.bytes,
        expires=iso(op.expires_ns) if op.state == "preview" else "",
        error=op.error,
    )


def _effect(effect: Effect) -> EffectInfo:
    path, path_b64 = to_lossy(effect.path)
    to, to_b64 = to_lossy(effect.to) if effect.to is not None else (None, None)
    return EffectInfo(
        action=effect.action,
        path=path,
        to=to,
        note=effect.note,
        size=effect.size,
        path_b64=path_b64 or UNSET,
        to_b64=to_b64 or UNSET,
    )


def _left_out(one: LeftOut) -> LeftOutInfo:
    path, path_b64 = to_lossy(one.path)
    return LeftOutInfo(path=path, why=one.why, path_b64=path_b64 or UNSET)


def _conflict(one: Conflict) -> ConflictInfo:
    path, path_b64 = to_lossy(one.path)
    return ConflictInfo(path=path, why=one.why, forcible=one.forcible, path_b64=path_b64 or UNSET)


def _step(step: Step, bases: Mapping[int, bytes]) -> StepInfo:
    def lossy(where: Where) -> tuple[str, str | UnsetType]:
        path, path_b64 = to_lossy(os.path.join(bases.get(where.base, b"?"), where.path))
        return path, path_b64 or UNSET

    do = str(step.__struct_config__.tag)
    places = paths(step)
    path, path_b64 = lossy(places[0]) if places else ("", UNSET)
    if isinstance(step, Call):
        return StepInfo(do=do, path="", to=step.tool)
    if isinstance(step, Row):
        return StepInfo(do=do, path=path, to=f"{step.table}: {step.key}", path_b64=path_b64)
    to, to_b64 = lossy(places[1]) if isinstance(step, Move | Exchange) else (None, UNSET)
    return StepInfo(do=do, path=path, to=to, path_b64=path_b64, to_b64=to_b64)


def described_op(row: OpRow) -> OpInfo:
    """An op's line in the log."""
    return OpInfo(
        op=row.id,
        state=row.state,  # type: ignore[arg-type]  # the table's own check
        effect_class=row.effect,
        summary=row.summary,
        sentence=row.sentence,
        door=row.door,
        files=row.files,
        bytes=row.bytes,
        started=iso(row.started_ns),
        finished=iso(row.finished_ns),
        reverses=row.reverses,
        reversed_by=row.reversed_by,
        error=row.error,
        client=row.client,
    )
