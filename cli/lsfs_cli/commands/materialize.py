"""``lsfs materialize``: a folder of links to what a query finds, where nothing can be mounted."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping, Sequence

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
"""Name of the file that holds the query, and says whose folder it is."""
HEAD = "# Links made by lsfs materialize, which it replaces when it is run again.\n"


@click.command("materialize", cls=QueryCommand)
@click.argument("query", nargs=-1, required=True, metavar="QUERY... DIR", shell_complete=complete_words)
@click.option(
    "-n", "--limit", type=click.IntRange(1, 10_000), default=1000, show_default=True, help="How many links at most."
)
@pass_session
def materialize_command(session: Session, query: tuple[str, ...], limit: int) -> int:
    """Make a folder DIR of links to the files that a query finds.

    The words are those that `lsfs find` takes. DIR may be missing or empty; one that was made so before is brought up
    to date, and any other is left alone. Where FUSE is at hand `lsfs mount` does this for every query.
    """
    if len(query) < 2:
        raise UsageError("a query and a folder are needed", hint="lsfs materialize QUERY DIR")
    words = query_of(query[:-1]).strip()
    if not words:
        raise UsageError("what to look for is missing", hint="lsfs materialize QUERY DIR")
    folder = os.path.abspath(os.fsencode(as_typed(query[-1])))
    _check(folder)
    result = session.client().call("find", {"words": words, "limit": limit})
    targets = [exact_path(hit) for hit in result["hits"]]
    shown, path_b64 = to_lossy(folder)
    document = {"path": shown, "query": words, "links": len(targets), "complete": result["complete"]}
    if path_b64:
        document["path_b64"] = path_b64
    if targets:
        try:
            _fill(folder, words, targets)
        except OSError as error:
            raise PermissionRefused(f"the folder cannot be filled: {error.strerror}", path=shown) from None
    session.show(document, f"{session.style.path(plain(shown))}: {count_text(len(targets), 'link')}" if targets else "")
    if not targets:
        session.note("nothing found")
    if not result["complete"]:
        session.note("indexing still goes on: more may be found later (lsfs status)")
    return DONE if targets else NOTHING


def _check(folder: bytes) -> None:
    """Raises unless the folder is missing, empty, or made by this command and holds nothing else since."""
    shown = to_lossy(folder)[0]
    try:
        # No link is followed: what it leads to was hardly meant.
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            raise RefusedError("something else stands there", path=shown, hint="name a folder that is not there yet")
        with os.scandir(folder) as entries:
            names = {os.fsencode(entry.name): entry.is_symlink() for entry in entries}
        if names and not _is_ours(folder):
            raise RefusedError("the folder is not empty", path=shown, hint="name a folder that is not there yet")
        others = sorted(name for name, is_link in names.items() if not is_link and name != MARK)
        if others:
            raise RefusedError(
                f"the folder holds more than links: {to_lossy(others[0])[0]}", path=shown, hint="move it elsewhere"
            )
    except FileNotFoundError:
        return
    except OSError as error:
        raise PermissionRefused(f"the folder cannot be read: {error.strerror}", path=shown) from None


def _is_ours(folder: bytes) -> bool:
    with contextlib.suppress(OSError), open(_open(os.path.join(folder, MARK), os.O_RDONLY), "rb") as file:
        return file.read(len(HEAD)) == HEAD.encode()
    return False


def _fill(folder: bytes, words: str, targets: Sequence[bytes]) -> None:
    """Makes the folder's links those to `targets`; what is right already stays as it is."""
    os.makedirs(folder, exist_ok=True)
    names = link_names((os.path.basename(target) for target in targets), {MARK})
    wanted = dict(zip(names, targets, strict=True))
    mark = os.path.join(folder, MARK)
    # Written first: a folder that is left half done is known for ours, too.
    with open(_open(mark, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "w", encoding="utf-8") as file:
        file.write(f"{HEAD}{words}\n")
    there = _links(folder)
    for name, target in there.items():
        if wanted.get(name) != target:
            os.unlink(os.path.join(folder, name))
    for name, target in wanted.items():
        if there.get(name) != target:
            os.symlink(target, os.path.join(folder, name))


def _links(folder: bytes) -> Mapping[bytes, bytes]:
    with os.scandir(folder) as entries:
        return {os.fsencode(entry.name): os.readlink(entry.path) for entry in entries if entry.is_symlink()}


def _open(path: bytes, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
