"""What is done to files while lsfs is killed: each a folder to begin with, and the actions of one op."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lsfs.core import actions as act
from lsfs.core.actions import Action

MARK = "<000000>"


class Folders(NamedTuple):
    """The watched folders."""

    root: Path
    other: Path
    """On another volume."""
    mark: str
    """In every text that is written, and different each time: what is kept already is not kept again."""


class Scenario(NamedTuple):
    """One op, and what it meets."""

    name: str
    actions: Callable[[Folders], tuple[Action, ...]]
    later: Callable[[Path], None] | None = None
    """What happens to the folder after its first versions, before the op."""
    two_volumes: bool = False
    exchange: bool = True
    """Whether the file system can exchange what stands at two places."""
    by_link: bool = False
    """Whether it can rename only by giving a file its new name and taking the old one away."""
    meets: tuple[str, ...] = ()
    """Boundaries that the op is here for, besides those of every op."""
    undo_meets: tuple[str, ...] = ()
    """The same of its undo."""

    @property
    def is_marked(self) -> bool:
        """Whether the op writes something that it has never written."""
        return MARK in str(self.actions(Folders(Path(), Path(), MARK)))


def furnish(root: Path) -> None:
    """Files of every sort, some with attributes, links, and names that are not UTF-8."""
    for path, text in {
        "notes.txt": "what to buy\n",
        "plan.md": "# The plan\n\nstep by step\n",
        "docs/lease.txt": "the lease of the flat\n",
        "docs/letters/first.txt": "dear reader\n",
        "docs/letters/second.txt": "dear writer\n",
        "docs/empty.txt": "",
        "old/inner/deep.txt": "far down\n",
        "big.txt": "".join(f"line {number} of many\n" for number in range(8000)),
    }.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "docs/letters/second.txt").chmod(0o640)
    (root / "old/inner").chmod(0o750)
    (root / "docs/link").symlink_to("lease.txt")
    (root / "empty").mkdir()
    os.link(root / "plan.md", root / "docs/same plan.md")
    Path(os.fsdecode(os.path.join(os.fsencode(root), b"docs/caf\xe9.txt"))).write_text("not UTF-8\n")
    for path in ("notes.txt", "docs/lease.txt", "docs/letters", "plan.md"):
        os.setxattr(root / path, "user.note", path.encode())


def edit(root: Path) -> None:
    (root / "docs/lease.txt").write_text("the lease, signed\n")
    (root / "docs/letters/first.txt").unlink()
    (root / "docs/letters/second.txt").rename(root / "docs/second.txt")
    (root / "docs/letters").chmod(0o700)
    (root / "docs/link").unlink()
    (root / "docs/link").symlink_to("empty.txt")
    (root / "docs/new.txt").write_text("made later\n")


def _one_name(root: Path) -> None:
    """Two names of one file are two files on another volume, and are when they come back."""
    (root / "docs/same plan.md").unlink()


def _several(at: Folders) -> tuple[Action, ...]:
    root = at.root
    return (
        act.Move(paths=(f"{root}/notes.txt", f"{root}/docs/lease.txt", f"{root}/old"), to=f"{root}/new/deep"),
        act.Write(path=f"{root}/new/deep/notes.txt", text=f"rewritten where it went {at.mark}\n"),
        act.Trash(paths=(f"{root}/docs/letters",)),
        act.Create(path=f"{root}/docs/letters/third.txt", text=f"dear nobody {at.mark}\n"),
        act.Write(path=f"{root}/docs/letters/third.txt", text=f"dear somebody {at.mark}\n"),
        act.Rename(path=f"{root}/docs/letters/third.txt", name="fourth.txt"),
        act.Tag(paths=(f"{root}/big.txt",), tags=("large",)),
    )


SCENARIOS = (
    Scenario(
        "move",
        lambda at: (
            act.Move(paths=(f"{at.root}/notes.txt", f"{at.root}/docs", f"{at.root}/plan.md"), to=f"{at.root}/new/deep"),
        ),
    ),
    Scenario(
        "move-over",
        lambda at: (
            act.Move(paths=(f"{at.root}/notes.txt",), to=f"{at.root}/docs", name="lease.txt", on_exists="replace"),
        ),
    ),
    Scenario(
        "write",
        lambda at: (act.Write(path=f"{at.root}/docs/lease.txt", text=f"another lease {at.mark}\n"),),
        meets=("op.temporary", "act.written", "act.clean", "objects.appended"),
    ),
    Scenario(
        "write-without-exchange",
        lambda at: (act.Write(path=f"{at.root}/docs/lease.txt", text=f"another lease {at.mark}\n"),),
        exchange=False,
        meets=("act.aside",),
        undo_meets=("act.aside",),
    ),
    Scenario(
        "write-in-place",
        lambda at: (act.Write(path=f"{at.root}/plan.md", text=f"# Another {at.mark}\n"),),
        meets=("act.overwritten",),
    ),
    Scenario(
        "write-in-place-longer",
        lambda at: (act.Write(path=f"{at.root}/plan.md", text=f"# The plan grew {at.mark}\n" * 5000),),
    ),
    Scenario("create", lambda at: (act.Create(path=f"{at.root}/docs/fresh.txt", text=f"fresh {at.mark}\n"),)),
    Scenario(
        "create-below",
        lambda at: (
            act.Create(path=f"{at.root}/a/b/fresh.txt", text=f"fresh {at.mark}\n"),
            act.Create(path=f"{at.root}/a/second.txt"),
        ),
        meets=("act.folder", "act.mode"),
    ),
    Scenario("append", lambda at: (act.Append(path=f"{at.root}/big.txt", text=f"one more line {at.mark}"),)),
    Scenario("copy", lambda at: (act.Copy(paths=(f"{at.root}/docs", f"{at.root}/notes.txt"), to=f"{at.root}/copies"),)),
    Scenario(
        "copy-what-moved",
        lambda at: (
            act.Move(paths=(f"{at.root}/notes.txt",), to=f"{at.root}/new"),
            act.Copy(paths=(f"{at.root}/new",), to=f"{at.root}/copies"),
        ),
    ),
    Scenario(
        "trash",
        lambda at: (act.Trash(paths=(f"{at.root}/notes.txt", f"{at.root}/docs/link", f"{at.root}/docs/letters")),),
        meets=("act.note",),
        undo_meets=("act.given",),
    ),
    Scenario(
        "tag", lambda at: (act.Tag(paths=(f"{at.root}/notes.txt", f"{at.root}/docs/lease.txt"), tags=("home", "todo")),)
    ),
    Scenario("restore", lambda at: (act.Restore(path=f"{at.root}/docs", to="before op 1"),), later=edit),
    Scenario(
        "restore-exact", lambda at: (act.Restore(path=f"{at.root}/docs", to="before op 1", exact=True),), later=edit
    ),
    Scenario("several", _several),
    Scenario(
        "volumes",
        lambda at: (act.Move(paths=(f"{at.root}/notes.txt", f"{at.root}/docs"), to=f"{at.other}/here"),),
        later=_one_name,
        two_volumes=True,
    ),
)
