"""From a Request to the actions of a plan, or to what is to be read: every word of it becomes a path, by evidence."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

import msgspec

from lsfs.core import actions as act
from lsfs.core.errors import NothingFound, RefusedError
from lsfs.core.paths import display
from lsfs.core.wirepath import to_wire
from lsfs.plan import request as req
from lsfs.plan.resolve import renaming, sorting, texts, versions
from lsfs.plan.resolve.grouping import moves
from lsfs.plan.resolve.grouping.facts import Facts
from lsfs.plan.resolve.meaning import Meaning, plain_words
from lsfs.plan.resolve.phrases import Described, completed, described
from lsfs.plan.resolve.spans import range_of
from lsfs.plan.resolve.unclear import Unclear
from lsfs.plan.resolve.wanted import Conditions, LeftOut, Target
from lsfs.watch import mounts


class Reading(msgspec.Struct, frozen=True):
    """What is to be read, and how."""

    action: req.Action
    targets: tuple[Target, ...] = ()
    words: str = ""
    """What to search for where the targets are not settled by names and conditions alone."""
    conditions: Conditions = Conditions()
    types: frozenset[str] = frozenset()


class Resolved(msgspec.Struct, frozen=True):
    """What a request comes to: actions of a plan, or something to read, or an op to take back."""

    actions: tuple[act.Action, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    reading: Reading | None = None
    undo: req.Undo | req.Redo | None = None


class Resolver:
    """Resolves one request."""

    def __init__(
        self,
        meaning: Meaning,
        text_of: Callable[[Target], str | None],
        gone: Callable[[str], Sequence[bytes]],
        facts: Facts,
    ) -> None:
        """`text_of` gives the text of a small text file, None for others; `gone` the paths of files that a name or
        path named once, and where nothing stands now."""
        self._meaning = meaning
        self._text_of = text_of
        self._gone = gone
        self._facts = facts
        self._actions: list[act.Action] = []
        self._several = False
        """Whether later actions may name what earlier ones make, so that it must not get a numbered name."""

    @property
    def _on_exists(self) -> act.OnExists:
        return "fail" if self._several else "number"

    def resolve(self, request: req.Request) -> Resolved:
        """What the request comes to; raises `Unclear`, NothingFound, RefusedError and UsageError."""
        actions = request.actions
        if not actions:
            raise RefusedError("this does not seem to be about files", hint="lsfs do --help has examples")
        alone = actions[0]
        if len(actions) == 1 and isinstance(alone, req.Undo | req.Redo):
            return Resolved(undo=alone)
        if not request.changes:
            documents = [one for one in actions if isinstance(one, req.Summarize | req.Compare)]
            first = documents[0] if documents else actions[-1]
            if isinstance(alone, req.Find) and first is not alone and alone.what:
                self._meaning.results = list(self._meaning.meant(alone))  # "find the lease and summarize it"
            return Resolved(reading=self._reading(first), left_out=tuple(self._meaning.left_out))
        self._meaning.careful = True
        self._several = len(actions) > 1
        for action in actions:
            if isinstance(action, req.Undo | req.Redo):
                raise RefusedError("undo and redo stand alone", hint="say the rest in a sentence of its own")
            if isinstance(action, req.Find | req.List):
                self._meaning.results = list(self._meaning.meant(action, many=True))
            elif isinstance(action, req.READING):
                raise RefusedError("reading and changing do not go together", hint="say it in two sentences")
            else:
                self._act(action)
        return Resolved(actions=tuple(self._actions), left_out=tuple(self._meaning.left_out))

    def _act(self, action: req.Action) -> None:
        match action:
            case req.Create():
                self._create(action)
            case req.Mkdir():
                self._mkdir(action)
            case req.Append() | req.Write():
                self._write(action)
            case req.Move() | req.Copy():
                self._relocate(action)
            case req.Rename():
                self._rename(action)
            case req.Trash():
                self._trash(action)
            case req.Tag() | req.Untag():
                self._tag(action)
            case req.Group():
                self._group(action)
            case req.Merge():
                self._merge(action)
            case req.Restore():
                self._restore(action)
            case req.SaveQuery():
                self._save(action)

    def _create(self, action: req.Create) -> None:
        if not action.name:
            raise Unclear("the new file has no name", hint="say for example: create notes.txt in Documents")
        path = self._meaning.new_path(action.name, action.folder)
        if action.about and not action.text:
            raise texts.DraftWanted(action, path)
        self._do(act.Create(path=to_wire(path), text=texts.whole(action.text), on_exists=self._on_exists))
        self._meaning.came([Target(path)])

    def _mkdir(self, action: req.Mkdir) -> None:
        if not action.name:
            raise Unclear("the new folder has no name")
        path = self._meaning.new_path(action.name, action.folder)
        self._do(act.Mkdir(path=to_wire(path)))
        self._meaning.made.append(path)
        self._meaning.folder = path
        self._meaning.results = [Target(path)]

    def _write(self, action: req.Append | req.Write) -> None:
        if not (action.text or action.about or action.source):
            raise Unclear("it is not said what to write")
        if bool(action.text) + bool(action.about) + bool(action.source) > 1:
            raise Unclear("it is not clear which text is meant: one is given, and another one asked for")
        target = self._meaning.one(action.to, action.folder, new=True)
        text = action.text or self._other_text(action, target)
        if isinstance(action, req.Write):
            self._do(act.Write(path=to_wire(target.path), text=texts.whole(text)))
        else:
            self._do(act.Append(path=to_wire(target.path), text=texts.as_line(text, self._text_of(target) or "")))
        self._meaning.results = [target]

    def _other_text(self, action: req.Append | req.Write, target: Target) -> str:
        """The text of the file that is named; raises `DraftWanted` where one is to be drafted."""
        if self._actions and (action.source or isinstance(action, req.Write)):
            # What earlier steps do to the text that is read is not on the disk yet.
            raise Unclear("the text cannot be read before the earlier steps are done", hint="say it in two sentences")
        if action.source:
            return self._plain_text(self._meaning.one(action.source, "", new=False))
        existing = self._plain_text(target) if mounts.stands(target.path) else ""
        raise texts.DraftWanted(action, target.path, existing)

    def _plain_text(self, target: Target) -> str:
        """The whole text of a text file; raises RefusedError for what is none."""
        text = self._text_of(target)
        if text is None or not texts.is_plain(text):
            raise RefusedError("it is not a small text file", path=display(target.path))
        return text

    def _relocate(self, action: req.Move | req.Copy) -> None:
        targets = self._meaning.meant(action, folders=True)
        to, name = action.to, action.name
        if not to and not name:
            raise Unclear("it is not said where to")
        if to and not name and _is_file_name(to, targets) and not self._meaning.places.exact(to):
            folder, slash, name = to.rpartition("/")
            to = folder or slash
        if name and len(targets) > 1:
            raise Unclear("one name cannot be given to several files", targets)
        folder_path = self._meaning.destination(to, targets) if to else os.path.dirname(targets[0].path)
        kind = act.Move if isinstance(action, req.Move) else act.Copy
        new_name = renaming.with_ending(name, targets[0].path) if name else None
        paths = tuple(to_wire(target.path) for target in targets)
        self._do(kind(paths=paths, to=to_wire(folder_path), name=new_name, on_exists=self._on_exists))
        ends = {
            target.path: os.path.join(folder_path, os.fsencode(new_name) if new_name else os.path.basename(target.path))
            for target in targets
        }
        if kind is act.Move:
            self._meaning.went(ends)
        ended = [Target(ends[target.path], target.row) for target in targets]
        self._meaning.came(ended, named=kind is act.Move)  # the name of a copy is that of the original, too
        self._meaning.folder = folder_path

    def _rename(self, action: req.Rename) -> None:
        if not action.name:
            raise Unclear("it is not said what the new name is")
        if action.name in (".", ".."):
            raise RefusedError(f"“{action.name}” cannot be a name")
        pattern = renaming.is_pattern(action.name)
        targets = self._meaning.meant(action, folders=not pattern, many=True if pattern else None)
        if not pattern and len(targets) > 1:
            raise Unclear(f"one name cannot be given to {len(targets)} files", targets)
        ends = renaming.renamed(action.name, targets, action.by)
        for path, name in ends.items():
            self._do(act.Rename(path=to_wire(path), name=name))
        whole = {path: os.path.join(os.path.dirname(path), os.fsencode(name)) for path, name in ends.items()}
        self._meaning.went(whole)
        self._meaning.came(Target(whole[target.path], target.row) for target in targets)

    def _trash(self, action: req.Trash) -> None:
        targets = self._meaning.meant(action, folders=True)
        for target in targets:
            if target.path in self._meaning.places.roots:
                raise RefusedError("a watched folder is not thrown away", path=display(target.path))
        self._do(act.Trash(paths=tuple(to_wire(target.path) for target in targets)))
        self._meaning.results = []

    def _tag(self, action: req.Tag | req.Untag) -> None:
        if isinstance(action, req.Tag) and not action.tags:
            raise Unclear("it is not said which tag")
        targets = self._meaning.meant(action, folders=True)
        paths = tuple(to_wire(target.path) for target in targets)
        kind = act.Tag if isinstance(action, req.Tag) else act.Untag
        self._do(kind(paths=paths, tags=tuple(plain_words(tag).lstrip("#") for tag in action.tags)))
        self._meaning.results = list(targets)

    def _group(self, action: req.Group) -> None:
        what = action.what or (("everything",) if action.folder else ())
        selecting = msgspec.structs.replace(action, what=what)
        targets = self._meaning.meant(selecting, many=True, direct=not _deep(self._meaning.sentence))
        targets = tuple(target for target in targets if target.row is not None)
        if not targets:
            raise NothingFound("there are no files to sort")
        for done in moves.of_group(action, targets, self._meaning, self._facts, self._on_exists):
            self._do(done)

    def _merge(self, action: req.Merge) -> None:
        targets = self._meaning.meant(action, many=True)
        if len(targets) < 2:
            raise Unclear("merging takes at least two files", targets)
        if not action.to:
            raise Unclear("it is not said what the merged file is called")
        ordered = sorting.in_order(targets, action.order, len(action.what) > 1, self._meaning.clock)
        path = self._meaning.new_path(action.to, "", beside=ordered[0].path)
        name = renaming.with_ending(os.fsdecode(os.path.basename(path)), ordered[0].path)
        path = os.path.join(os.path.dirname(path), os.fsencode(name))
        paths = tuple(to_wire(target.path) for target in ordered)
        self._do(act.Merge(paths=paths, to=to_wire(path), on_exists=self._on_exists))
        self._meaning.came([Target(path)])

    def _restore(self, action: req.Restore) -> None:
        selecting = action
        when = versions.normalised(action.version)
        if when == "" and action.time:
            when = versions.normalised(action.time)
            selecting = msgspec.structs.replace(action, time="")
        try:
            targets = self._meaning.meant(selecting, folders=True)
        except (NothingFound, Unclear):
            targets = self._vanished(selecting)
            if not targets:
                raise
        for target in targets:
            self._do(act.Restore(path=to_wire(target.path), to=when or "previous"))
        self._meaning.results = list(targets)

    def _vanished(self, action: req.Restore) -> tuple[Target, ...]:
        """The files that are named in full and stand there no more; none where one of them is not known."""
        folders = self._meaning.conditions_of(action.folder).folders
        found: list[Target] = []
        for words in action.what:
            paths = [path for path in self._gone(words) if not folders or os.path.dirname(path) in folders]
            if len(paths) > 1:
                raise Unclear(f"{len(paths)} files had the name “{words}”", map(Target, paths))
            if not paths:
                return ()
            found.append(Target(paths[0]))
        return tuple(found)

    def _save(self, action: req.SaveQuery) -> None:
        query = " ".join((*action.what, *((f'in:"{action.folder}"',) if action.folder else ()), action.time)).strip()
        if not action.name or not query:
            raise Unclear("a saved search takes words and a name")
        self._do(act.SaveQuery(name=plain_words(action.name), query=query))

    def _reading(self, action: req.Action) -> Reading:
        match action:
            case req.Find() | req.List():
                return self._looked_for(action)
            case req.Summarize() | req.Compare() | req.History():
                many = isinstance(action, req.Compare) or None
                if len(action.what) == 2:
                    first, second = action.what
                    what = (completed(second, first), completed(first, second))
                    action = msgspec.structs.replace(action, what=what)
                if isinstance(action, req.History):
                    action = self._timed(action)
                    if not action.what and not action.folder:
                        return Reading(action)
                return Reading(action, tuple(self._meaning.meant(action, many=many)))
            case _:
                return Reading(action)

    def _timed(self, action: req.History) -> req.History:
        """A history of which only a time is said: "what changed today", "what changed since monday"."""
        said = " ".join((*action.what, action.time)).strip()
        if action.folder or range_of(said, self._meaning.clock) is None:
            return action
        return msgspec.structs.replace(action, what=(), time=said)

    def _looked_for(self, action: req.Find | req.List) -> Reading:
        conditions = self._meaning.conditions(action)
        what = action.what
        meant = [described(one) for one in what]
        for one in what:
            self._meaning.require_inside(one)
        if any(one.reference for one in meant):
            fitting = self._meaning.chooser.passing(self._meaning.results, conditions)
            return Reading(action, tuple(fitting), conditions=conditions)
        exact = [
            target
            for one, said in zip(what, meant, strict=True)
            for target in self._meaning.exact(one, said, conditions)
        ]
        if exact and len(what) == 1 and isinstance(action, req.List) and exact[0].row is None:
            inside = msgspec.structs.replace(conditions, folders=tuple(target.path for target in exact))
            chosen = self._meaning.chooser.all_of(
                Described(everything=True, many=True), inside, direct=not _deep(self._meaning.sentence)
            )
            return Reading(action, chosen.targets, conditions=inside)
        if exact and len(what) == 1:
            return Reading(action, tuple(exact), conditions=conditions)
        only = meant[0] if len(meant) == 1 else Described(words=" ".join(what), many=True)
        types = only.types
        if isinstance(action, req.List) and not only.words:
            direct = bool(conditions.folders) and not _deep(self._meaning.sentence) and not types
            chosen = self._meaning.chooser.all_of(only, conditions, direct=direct)
            return Reading(action, chosen.targets, conditions=conditions, types=types)
        if only.order and not only.many:
            return Reading(action, self._meaning.chooser.one_of(only, conditions).targets, conditions=conditions)
        if not only.words:
            chosen = self._meaning.chooser.all_of(only, conditions)
            return Reading(action, chosen.targets, conditions=conditions, types=types)
        words = " ".join(one.words or one.spoken for one in meant)
        if only.many and (types or not conditions.empty):
            chosen = self._meaning.chooser.all_of(only, conditions)
            if chosen.targets:
                return Reading(action, chosen.targets, conditions=conditions, types=types)
        return Reading(action, (), words, conditions, types)

    def _do(self, action: act.Action) -> None:
        self._actions.append(action)


def _is_file_name(to: str, targets: Sequence[Target]) -> bool:
    """Whether a destination is a new name rather than a folder: it has the ending of the one file that goes."""
    return len(targets) == 1 and targets[0].row is not None and renaming.ending(to) != "" and not to.endswith("/")


def _deep(sentence: str) -> bool:
    lowered = sentence.lower()
    return any(word in lowered for word in ("sub-folder", "subfolder", "recursiv", "below", "beneath", "under "))
