"""Plans and ops as people and programs read them."""

from __future__ import annotations

import os
from collections.abc import Mapping

import msgspec
from msgspec import UNSET

from lsfs.core.api import ConflictInfo, EffectInfo, LeftOutInfo, OpInfo, PlanResult, StepInfo
from lsfs.core.paths import display
from lsfs.core.wirepath import to_lossy
from lsfs.engine.timestamps import iso
from lsfs.plan.draft import Effect
from lsfs.plan.planner import Planned
from lsfs.plan.steps import Exchange, Move, Row, Step, Where, paths
from lsfs.store.vault import OpRow


def described(planned: Planned, roots: Mapping[int, bytes]) -> PlanResult:
    """A plan or op in full; `roots` are the absolute paths of the watched folders."""
    op, document = planned.op, planned.document
    bases = dict(roots) | {int(base): path for base, path in document.places.items()}
    plan = PlanResult(
        op=None,
        state="refused" if planned.conflicts else "nothing",
        effects=tuple(_effect(effect) for effect in document.effects),
        left_out=tuple(LeftOutInfo(path=display(one.path), why=one.why) for one in document.left_out),
        notes=document.notes,
        conflicts=tuple(
            ConflictInfo(path=display(one.path), why=one.why, forcible=one.forcible) for one in planned.conflicts
        ),
        steps=tuple(_step(step, bases) for step in planned.steps),
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


def _step(step: Step, bases: Mapping[int, bytes]) -> StepInfo:
    def shown(where: Where) -> str:
        return display(os.path.join(bases.get(where.base, b"?"), where.path))

    do = str(step.__struct_config__.tag)
    if isinstance(step, Row):
        return StepInfo(do=do, path=shown(step.at) if step.at is not None else "", to=f"{step.table}: {step.key}")
    places = paths(step)
    to = shown(places[1]) if isinstance(step, Move | Exchange) else None
    return StepInfo(do=do, path=shown(places[0]), to=to)


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
    )
