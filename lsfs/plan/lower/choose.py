"""Which function lowers which action: the one place where they are named."""

from __future__ import annotations

from lsfs.core import actions
from lsfs.core.actions import Action
from lsfs.plan.draft import Draft
from lsfs.plan.lower import calling, moving, restoring, tagging, trashing, writing


def lower(draft: Draft, action: Action) -> None:
    """Adds an action's steps to a draft; raises `Problem` for what cannot be."""
    match action:
        case actions.Create():
            writing.create(draft, action)
        case actions.Write():
            writing.write(draft, action)
        case actions.Append():
            writing.append(draft, action)
        case actions.Merge():
            writing.merge(draft, action)
        case actions.Mkdir():
            moving.mkdir(draft, action)
        case actions.Move():
            moving.move(draft, action)
        case actions.Copy():
            moving.copy(draft, action)
        case actions.Rename():
            moving.rename(draft, action)
        case actions.Group():
            moving.group(draft, action)
        case actions.Trash():
            trashing.trash(draft, action)
        case actions.Tag():
            tagging.tag(draft, action)
        case actions.Untag():
            tagging.untag(draft, action)
        case actions.SaveQuery():
            tagging.save_query(draft, action)
        case actions.Restore():
            restoring.restore(draft, action)
        case actions.CallTool():
            calling.call(draft, action)
