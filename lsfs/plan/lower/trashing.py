"""Trash: to the desktop's own, from where it can be had back by hand as well."""

from __future__ import annotations

import datetime as dt

from lsfs.core import actions
from lsfs.core.paths import ancestors, join, split
from lsfs.core.records import Kind
from lsfs.core.times import zone_of
from lsfs.plan.draft import Draft, Effect
from lsfs.plan.lower.moving import carry_over, device_of
from lsfs.plan.nodes import Node
from lsfs.plan.problems import Problem
from lsfs.plan.steps import State, Trash, Where
from lsfs.plan.trash_spec import TrashPlace, info_text, is_in_trash


def trash(draft: Draft, action: actions.Trash) -> None:
    """Files and folders go to the Trash of their volume."""
    places = [draft.where(path) for path in action.paths]
    draft.look_up(places)
    done: set[Where] = set()
    for where in places:
        if any(Where(where.base, path) in done for path in (*ancestors(where.path), where.path)):
            continue  # it went with the folder that it is in
        to_trash(draft, where, draft.existing(where))
        done.add(where)


def to_trash(draft: Draft, where: Where, node: Node) -> None:
    """Adds the steps that bring what stands at a place to the Trash."""
    path = draft.shown(where)
    if is_in_trash(path, draft.around.trash):
        raise Problem("in-trash", "it is in the Trash already", where)
    place = draft.trash_place(path, device_of(draft, where))
    name = draft.trash_names.claim(place.folder, split(where.path)[1])
    moment = dt.datetime.fromtimestamp(draft.around.now_ns / 1e9, zone_of(draft.around.zone))
    info = info_text(place, path, moment)
    if place.copies:
        _copy_to_trash(draft, where, node, place, name, info)
        return
    draft.add(Trash(where, node.guard, place.folder, name, info, node.kind is Kind.DIR))
    draft.effects.append(Effect("trash", path))


def _copy_to_trash(draft: Draft, where: Where, node: Node, place: TrashPlace, name: bytes, info: str) -> None:
    """Its volume has no Trash: a copy goes to the home Trash, and then the original goes."""
    trash = draft.place(place.folder)
    for folder in (b"info", b"files"):
        draft.folder(Where(trash.base, join(trash.path, folder)), 0o700)
    content = draft.contents.keep_bytes(info.encode())
    draft.lease(content)
    draft.put(
        Where(trash.base, join(trash.path, b"info/" + name + b".trashinfo")), State(content=content, size=len(info))
    )
    target = Where(trash.base, join(trash.path, b"files/" + name))
    size = carry_over(draft, where, node, target)
    draft.effects.append(
        Effect("trash", draft.shown(where), note="its volume has no Trash: it is copied to the home Trash", size=size)
    )
