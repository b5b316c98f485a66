"""``lsfs materialize``: a folder of links to what a query finds, where nothing can be mounted."""

from __future__ import annotations

import contextlib
import json
import os
import stat
from collections.abc import Iterable, Mapping, Sequence

import click

from lsfs.core.errors import PermissionRefused, RefusedError, UsageError
from lsfs.core.failures import DONE, NOTHING
from lsfs.core.linknames import link_names
from lsfs.core.wirepath import to_lossy
from lsfs_cli.command import pass_session
from lsfs_cli.completing import complete_words
from lsfs_cli.last_result import exact_path
from lsfs_cli.query_words import QueryCommand, as_typed, query_of
from lsfs_cli.session import Session
from lsfs_cli.style import count_text, plain

MARK = b".query"
"""Name of the file that says whose folder it is: a line of `HEAD`, the query, and a line of JSON for each link, its
name and what it leads to. Bytes that are no UTF-8 stand in it as they are."""
HEAD = b"# Links made by lsfs materialize, which it replaces when it is run again.\n"

Link = tuple[bytes, bytes]
"""The name of a link and what it leads to."""


@click.command("materialize", cls=QueryCommand)
@click.argument("query", nargs=-1, required=True, metavar="QUERY... DIR", shell_complete=complete_words)
@click.option(
    "-n", "--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="How many links at most."
)
@pass_session
def materialize_command(session: Session, query: tuple[str, ...], limit: int) -> int:
    """Make a folder DIR of links to the files that a query finds.

    The words are those that `lsfs find` takes. DIR may be missing or empty; one that was made so before is brought up
    to date, also where nothing is found any more. Links of your own in it stay. A folder that was not made so, or holds
    more than links, is left alone. Where FUSE is at hand `lsfs mount` does this for every query.
    """
    if len(query) < 2:
        raise UsageError("a query and a folder are needed", hint="lsfs materialize QUERY DIR")
    words = query_of(query[:-1]).strip()
    if not words:
        raise UsageError("what to look for is missing", hint="lsfs materialize QUERY DIR")
    if not as_typed(query[-1]):
        raise UsageError("the name of the folder is empty", hint="lsfs materialize QUERY DIR")
    folder = os.path.abspath(os.fsencode(as_typed(query[-1])))
    made_before = _check(folder)
    result = session.client().call("find", {"words": words, "limit": limit})
    targets = [exact_path(hit) for hit in result["hits"]]
    shown, path_b64 = to_lossy(folder)
    document = {"path": shown, "query": words, "links": len(targets), "complete": result["complete"]}
    if path_b64:
        document["path_b64"] = path_b64
    removed = 0
    if targets or made_before:
        try:
            removed = _fill(folder, words, targets)
        except OSError as error:
            raise PermissionRefused(f"the folder cannot be filled: {error.strerror}", path=shown) from None
    session.show(document, f"{session.style.path(plain(shown))}: {count_text(len(targets), 'link')}" if targets else "")
    if not targets:
        session.note(f"nothing found: {count_text(removed, 'link')} removed" if removed else "nothing found")
    if not result["complete"]:
        session.note("indexing still goes on: more may be found later (lsfs status)")
    return DONE if targets else NOTHING


def _check(folder: bytes) -> bool:
    """Whether this command made the folder; raises unless it did, or the folder is missing or empty.

    Raises, too, where it holds anything but links.
    """
    shown = to_lossy(folder)[0]
    try:
        # No link is followed: what it leads to was hardly meant.
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise RefusedError("something else stands there", path=shown, hint="name a folder that is not there yet")
        with os.scandir(folder) as entries:
            names = {os.fsencode(entry.name): entry.is_symlink() for entry in entries}
        ours = _mark(folder).startswith(HEAD)
        if names and not ours:
            raise RefusedError("the folder is not empty", path=shown, hint="name a folder that is not there yet")
        others = sorted(name for name, is_link in names.items() if not is_link and name != MARK)
        if others:
            raise RefusedError(
                f"the folder holds more than links: {to_lossy(others[0])[0]}", path=shown, hint="move it elsewhere"
            )
        return ours
    except FileNotFoundError:
        return False
    except OSError as error:
        raise PermissionRefused(f"the folder cannot be read: {error.strerror}", path=shown) from None


def _fill(folder: bytes, words: str, targets: Sequence[bytes]) -> int:
    """Makes the links that this command made in the folder those to `targets`; how many it removed.

    What is right already stays as it is, and so do links that somebody else made or led elsewhere since.
    """
    os.makedirs(folder, exist_ok=True)
    there = _links(folder)
    ours = _recorded(_mark(folder)) & there.items()
    foreign = {MARK, *(name for name, _ in there.items() - ours)}
    names = link_names((os.path.basename(target) for target in targets), foreign)
    wanted = list(zip(names, targets, strict=True))
    gone = ours.difference(wanted)
    # Written first, with what goes and what comes: in a folder that is left half done each link is known for ours.
    _write_mark(folder, words, [*wanted, *sorted(gone)])
    for name, _ in gone:
        os.unlink(os.path.join(folder, name))
    for name, target in wanted:
        if (name, target) not in ours:
            os.symlink(target, os.path.join(folder, name))
    if gone:
        _write_mark(folder, words, wanted)
    return len(gone)


def _links(folder: bytes) -> Mapping[bytes, bytes]:
    with os.scandir(folder) as entries:
        return {os.fsencode(entry.name): os.readlink(entry.path) for entry in entries if entry.is_symlink()}


def _mark(folder: bytes) -> bytes:
    """What stands in the folder's `MARK`; nothing where it cannot be read."""
    with contextlib.suppress(OSError), open(_open(os.path.join(folder, MARK), os.O_RDONLY), "rb") as file:
        return file.read()
    return b""


def _recorded(mark: bytes) -> set[Link]:
    """The links that a `MARK` names; what is not understood of it names none."""
    links = set()
    for line in mark.split(b"\n")[2:]:
        with contextlib.suppress(ValueError, TypeError):
            name, target = json.loads(line.decode("utf-8", "surrogateescape"))
            links.add((os.fsencode(name), os.fsencode(target)))
    return links


def _write_mark(folder: bytes, words: str, links: Iterable[Link]) -> None:
    lines = [" ".join(words.splitlines())]
    lines += (json.dumps([os.fsdecode(name), os.fsdecode(target)], ensure_ascii=False) for name, target in links)
    with open(_open(os.path.join(folder, MARK), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as file:
        file.write(HEAD + "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))


def _open(path: bytes, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
