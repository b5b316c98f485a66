"""What words mean of the tree: files, folders, destinations; also those that earlier actions of a sentence make."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NoReturn

import msgspec

from lsfs.core.errors import NothingFound, RefusedError
from lsfs.core.paths import display, is_within
from lsfs.core.spans import Clock
from lsfs.plan import request as req
from lsfs.plan.resolve import renaming, texts
from lsfs.plan.resolve.choosing import Chooser
from lsfs.plan.resolve.phrases import Described, described, file_name, spelt_like, with_determiners
from lsfs.plan.resolve.places import Places
from lsfs.plan.resolve.spans import range_of, sizes_of
from lsfs.plan.resolve.standing import is_as_read
from lsfs.plan.resolve.unclear import Unclear, require_as_called, require_which
from lsfs.plan.resolve.wanted import Chosen, Conditions, LeftOut, Target
from lsfs.watch import mounts

_THERE = frozenset({"there", "it", "that folder", "the new folder", "the folder", "this folder", "in it", "into it"})
_DIRECTLY = re.compile(r"\b(?:directly|immediately) (?:in|inside|under|below|within)\b", re.IGNORECASE)
_HERE = frozenset({"here", "this folder", "the current folder", "the same folder", "same folder"})


class Meaning:
    """Looks words up.  Later actions may name what earlier ones made, under its new name or as "it"."""

    def __init__(self, chooser: Chooser, places: Places, sentence: str, last: Sequence[Target], clock: Clock) -> None:
        """`last` are the files of the last result."""
        self.chooser = chooser
        self.places = places
        self.sentence = sentence
        self.clock = clock
        self.results = list(last)
        """What "it" and "them" mean."""
        self.folder: bytes | None = None
        """The folder that was made or filled last."""
        self.made: list[bytes] = []
        """Files and folders that earlier actions make."""
        self.left_out: list[LeftOut] = []
        self.careful = False
        """Whether what is chosen is to be changed."""
        self._moved: dict[bytes, bytes] = {}
        """Where what an earlier action moved is now."""

    def meant(
        self,
        action: req._Selecting,
        *,
        folders: bool = False,
        many: bool | None = None,
        direct: bool = False,
    ) -> tuple[Target, ...]:
        """The files (with `folders` also folders) that an action is about.  `many` decides where words do not."""
        conditions = self.conditions(action)
        what = action.what
        if not what:
            if conditions.empty:
                raise Unclear("it is not said which files")
            what = ("everything",)
        direct = direct or _DIRECTLY.search(self.sentence) is not None
        found: dict[bytes, Target] = {}
        for phrase in what:
            for target in self._of(phrase, conditions, folders, many and len(what) == 1, direct):
                found.setdefault(target.path, target)
        targets = tuple(found.values())
        for target in targets:
            if not self.places.watched(target.path):
                raise RefusedError("it lies in no watched folder", path=display(target.path))
        return targets

    def _of(
        self,
        phrase: str,
        conditions: Conditions,
        folders: bool,
        many: bool | None,
        direct: bool,
    ) -> Sequence[Target]:
        made = self._made_called(phrase, conditions)
        if made is not None:
            return [made]
        one = described(with_determiners(phrase, self.sentence))
        old = self._now(self._called_old(one, conditions)) if one.aged else []
        if self.careful:
            dated = conditions.time is not None or bool(old)
            require_which(one, phrase, dated=dated)
        exact = self._now(self.exact(phrase, one, conditions))
        if not folders and any(target.row is not None for target in exact):
            exact = [target for target in exact if target.row is not None]
        if one.reference:
            if not self.results:
                raise Unclear(f"“{phrase}” means nothing here", hint="name the files")
            fitting = self.chooser.passing(self.results, conditions)
            if not fitting:
                raise NothingFound(f"none of “{phrase}” fits")
            return fitting
        exact = exact or old
        if not exact and one.name:
            exact = self.chooser.exact(one.name, conditions) or self.chooser.stem(one.name, conditions)
        if not exact and one.words != phrase and not one.order:
            exact = self._now(self.chooser.exact(one.words, conditions))
        if not exact and "/" in phrase and not phrase.startswith("/"):
            exact = self._now(self.chooser.stem(phrase, conditions))
        exact = self._without_namesakes(one, exact)
        if self.careful and one.plural and not one.folder and exact and all(target.row is None for target in exact):
            require_as_called(phrase, exact)
        self.require_inside(phrase)
        if exact and (one.folder or not folders):
            exact = [target for target in exact if (target.row is None) == one.folder] or exact
        if len(exact) > 1 and not one.many:
            exact = self.chooser.nearer(exact)
        if len(exact) == 1 or (exact and one.many):
            return exact
        if exact:
            raise Unclear(f"{len(exact)} files have the name “{phrase}”", exact, phrase=phrase)
        if one.folder and folders:
            return self._folder_targets(one.words, conditions)
        if one.folder:
            meant = [target.path for target in self._folder_targets(one.words, Conditions(folders=conditions.folders))]
            inside = msgspec.structs.replace(conditions, folders=tuple(meant))
            return self._settled(self.chooser.all_of(Described(everything=True, many=True), inside), phrase)
        if one.everything and not (conditions.folders or conditions.tagged):
            raise RefusedError(
                "“everything” is too much: name a folder", hint="for example: everything in Downloads older than a year"
            )
        limited = conditions.time or conditions.tagged or any(conditions.sizes) or one.order or one.count is not None
        if one.everything and folders and not limited:
            return self._children(conditions, files_only=one.files)
        if folders and not (one.many or one.order) and one.words and (found := self.places.exact(one.words)):
            named = self.chooser.passing([Target(folder.path) for folder in found], conditions)
            if len(named) > 1:
                self._ask_folder(one.words, [target.path for target in named])
            if named:
                return named
        return self._described(one, phrase, conditions, many, direct)

    def _called_old(self, one: Described, conditions: Conditions) -> list[Target]:
        """Files in whose name "old" is a part of what they are called."""
        return self.chooser.stem(f"old {one.words}", conditions)

    def _folder_targets(self, words: str, conditions: Conditions) -> list[Target]:
        """The folder that words name, inside of what is said besides."""
        found = self.chooser.passing([Target(path) for path in self.folders(words)], conditions)
        if not found:
            raise NothingFound(f"no folder “{words}” is as described")
        return found

    def require_inside(self, words: str) -> None:
        """Raises RefusedError for a path that leads out of the watched folders."""
        if _outside(words, self.places):
            raise RefusedError("it lies in no watched folder", path=words)

    def exact(self, phrase: str, one: Described, conditions: Conditions) -> list[Target]:
        """What a phrase names in full; "pictures" is a kind of file and no folder, "Pictures" may be the folder."""
        found = self.chooser.exact(phrase, conditions)
        if one.types and not one.words:
            plain = plain_words(phrase)
            found = [t for t in found if t.row is not None or display(os.path.basename(t.path)) == plain]
        return found

    @staticmethod
    def _without_namesakes(one: Described, exact: list[Target]) -> list[Target]:
        """Without a folder that is only called as the files are: "both invoices" is not the folder "Invoices"."""
        if not one.many or one.plural or one.folder:
            return exact
        return [
            target
            for target in exact
            if target.row is not None
            or (one.count is None and display(os.path.basename(target.path)) == one.spoken.rsplit("/", 1)[-1])
        ]

    def _described(
        self, one: Described, phrase: str, conditions: Conditions, many: bool | None, direct: bool
    ) -> Sequence[Target]:
        name = file_name(one.spoken)
        stems = self._now(self.chooser.stem(one.words, conditions)) if one.words and not one.order else []
        if len(stems) == 1 and (not one.many or one.plural):
            return stems
        if one.many and not (one.plural and many is None and self.chooser.is_title(one, conditions)):
            chosen = self.chooser.all_of(one, conditions, direct=direct, careful=self.careful)
            if not chosen.targets and one.plural:
                chosen = self.chooser.one_of(one, conditions, careful=self.careful)
        elif many and not one.order:
            every = msgspec.structs.replace(one, many=True)
            chosen = self.chooser.all_of(every, conditions, direct=direct, careful=self.careful)
        else:
            chosen = self.chooser.one_of(one, conditions, careful=self.careful)
        if name and self.careful:
            nearest = [t for t in chosen.targets if spelt_like(name, display(os.path.basename(t.path)))]
            if nearest and not any(display(os.path.basename(t.path)).lower() == name.lower() for t in nearest):
                raise Unclear(f"no file is called “{name}”", nearest, phrase=phrase)
        if name and not any(spelt_like(name, display(os.path.basename(target.path))) for target in chosen.targets):
            raise NothingFound(f"no file is called “{name}”", hint="describe it, or name it as it is called")
        if self.careful and one.words:
            chosen = self._as_read(chosen, phrase)
        return self._now(self._settled(chosen, phrase))

    @staticmethod
    def _as_read(chosen: Chosen, phrase: str) -> Chosen:
        """Without what has changed since its content was read, by which it was found."""
        standing = tuple(target for target in chosen.targets if is_as_read(target))
        changed = [target for target in chosen.targets if target not in standing]
        if changed and not standing:
            raise Unclear(f"“{phrase}”: what fits has changed since it was read", changed, "try again in a moment")
        out = [LeftOut(target.path, "it has changed since it was read") for target in changed]
        return msgspec.structs.replace(chosen, targets=standing, left_out=(*chosen.left_out, *out))

    def _settled(self, chosen: Chosen, phrase: str) -> Sequence[Target]:
        if chosen.doubt:
            raise Unclear(f"“{phrase}”: {chosen.doubt}", chosen.nearest, phrase=phrase)
        if not chosen.targets:
            raise NothingFound(f"no file is found that “{phrase}” fits")
        self.left_out.extend(chosen.left_out)
        return chosen.targets

    def _children(self, conditions: Conditions, *, files_only: bool = False) -> Sequence[Target]:
        """What lies in the folders themselves, hidden names left out."""
        found = []
        for folder in conditions.folders:
            try:
                names = sorted(os.listdir(folder))
            except OSError:
                raise NothingFound("the folder cannot be listed", path=display(folder)) from None
            found += [Target(os.path.join(folder, name)) for name in names if not name.startswith(b".")]
        if files_only:
            found = [target for target in found if not os.path.isdir(target.path) or os.path.islink(target.path)]
        if not found:
            raise NothingFound("nothing is in it", path=display(conditions.folders[0]))
        return found

    def conditions(self, action: req._Selecting) -> Conditions:
        return self.conditions_of(action.folder, action.time, action.size, action.tagged)

    def conditions_of(
        self, folder: str = "", time: str = "", size: str = "", tagged: tuple[str, ...] = ()
    ) -> Conditions:
        span = range_of(self._whole_time(time), self.clock) if time else None
        if time and span is None:
            raise Unclear(f"“{time}” is not a time that lsfs understands")
        sizes = sizes_of(size) if size else (None, None)
        if sizes is None:
            raise Unclear(f"“{size}” is not a size that lsfs understands")
        folders = tuple(self.folders(folder)) if folder else ()
        return Conditions(folders, span, sizes, tuple(map(plain_words, tagged)))

    def _whole_time(self, time: str) -> str:
        """A time with what goes before it: "in the last week" ends now, "last week" on its Sunday."""
        found = re.search(rf"\b(?:in|within|during|over) the {re.escape(time)}", self.sentence, re.IGNORECASE)
        return found[0] if found and re.match(r"(?:last|past)\b", time, re.IGNORECASE) else time

    def folders(self, words: str) -> list[bytes]:
        plain = plain_words(words)
        lowered = plain.lower()
        if lowered in _THERE and self.folder is not None:
            return [self.folder]
        if lowered in _HERE:
            return [self.places.cwd]
        self.require_inside(plain)
        for path in reversed(self.made):
            if display(path).lower().endswith("/" + lowered.strip("/")):
                return [path]
        found = self.places.named(plain)
        if not found:
            raise NothingFound(f"no folder is called “{plain}”", hint="lsfs list shows what is there")
        if len(found) > 1:
            self._ask_folder(plain, [folder.path for folder in found])
        return [self._moved_to(found[0].path)]

    @staticmethod
    def _ask_folder(words: str, paths: list[bytes]) -> NoReturn:
        raise Unclear(f"{len(paths)} folders may be “{words}”", [Target(path) for path in paths[:5]])

    def destination(self, words: str, targets: Sequence[Target]) -> bytes:
        """The folder to which something goes, there already or to be made."""
        plain = plain_words(words)
        lowered = plain.lower()
        if lowered in _THERE and self.folder is not None:
            return self.folder
        if lowered in _HERE:
            return os.path.dirname(targets[0].path) if "same" in lowered and targets else self.places.cwd
        if _outside(plain, self.places):
            raise RefusedError("it lies in no watched folder", path=plain, hint="lsfs up PATH watches it")
        for path in reversed(self.made):
            if display(path).lower().endswith("/" + lowered.strip("/")):
                return path
        exact = self.places.exact(plain)
        if len(exact) == 1:
            return exact[0].path
        if "/" not in plain:
            found = exact or self.places.named(plain)
            if len(found) == 1:
                return found[0].path
            if found:
                self._ask_folder(plain, [folder.path for folder in found])
            if not texts.may_be_a_name(plain, self.sentence):
                raise NothingFound(f"no folder is called “{plain}”", hint="say its path to have it made")
        return self.new_path(plain, "", folder_only=True)

    def new_path(self, name: str, folder: str, *, beside: bytes | None = None, folder_only: bool = False) -> bytes:
        """The absolute path of something new."""
        plain = plain_words(name)
        if not plain or plain in (".", ".."):
            raise Unclear("the new name is missing")
        if folder and not (plain.startswith(("/", "~")) or _begins(plain, folder)):
            base = self.destination(folder, ())
            path = os.path.normpath(os.path.join(base, os.fsencode(plain)))
        elif beside is not None and "/" not in plain:
            path = os.path.join(os.path.dirname(beside), os.fsencode(plain))
        else:
            placed = self.places.placed(plain)
            if placed is None:
                raise Unclear(f"it is not clear in which folder “{plain}” is to be", hint="say its whole path")
            path = placed
        if not self.places.watched(path) or _outside(plain, self.places):
            raise RefusedError("it lies in no watched folder", path=display(path), hint="lsfs up PATH watches it")
        return path

    def one(self, words: str, folder: str, *, new: bool) -> Target:
        """One file in a folder, if one is named; where no file has the name, with `new` the one that is to be made."""
        if not words:
            raise Unclear("it is not said which file")
        try:
            found = self._of(words, self.conditions_of(folder=folder), False, None, False)
        except NothingFound:
            if not (new and _has_ending(words)):
                raise
            path = self.new_path(words, folder)
            if mounts.stands(path):
                raise Unclear(f"“{words}” is not in the index", [Target(path)], phrase=words) from None
            return Target(path)
        if len(found) != 1:
            raise Unclear(f"“{words}” are {len(found)} files", found, phrase=words)
        return found[0]

    def came(self, targets: Iterable[Target], *, named: bool = True) -> None:
        """Takes note of what an action gives: "it" from now on, and where `named`, what its name means."""
        self.results = list(targets)
        if named:
            self.made.extend(target.path for target in self.results)

    def went(self, ends: dict[bytes, bytes]) -> None:
        self._moved.update(ends)

    def _moved_to(self, path: bytes) -> bytes:
        for old, new in self._moved.items():
            if is_within(path, old):
                return new + path[len(old) :]
        return path

    def _now(self, targets: Sequence[Target]) -> list[Target]:
        """The targets at the places that earlier actions brought them to."""
        return [msgspec.structs.replace(target, path=self._moved_to(target.path)) for target in targets]

    def _made_called(self, phrase: str, conditions: Conditions) -> Target | None:
        plain = plain_words(phrase).lower()
        for path in reversed(self.made):
            shown = display(path).lower()
            if conditions.folders and not any(is_within(path, folder) for folder in conditions.folders):
                continue
            if plain and (os.path.basename(shown) == plain or shown.endswith("/" + plain)):
                return Target(path)
        return None


def plain_words(words: str) -> str:
    """Words without the quotes around them and the punctuation behind them."""
    return words.strip(" \t\"'“”„«»‘’").rstrip(",;:!?")


def _has_ending(words: str) -> bool:
    return renaming.ending(words) != ""


def _begins(path: str, folder: str) -> bool:
    """Whether a path says the folder itself: "Notes/x.md" in "Notes"."""
    return "/" in path and path.lower().startswith(plain_words(folder).lower().rstrip("/") + "/")


def _outside(words: str, places: Places) -> bool:
    """Whether words name, by a path, what lies in no watched folder."""
    plain = words.strip()
    if plain.startswith(("/", "~")) or "../" in plain or plain == ".." or plain.endswith("/.."):
        path = places.placed(plain)
        return path is None or not places.watched(os.path.normpath(path))
    return False
