"""``lsfsd vault``: takes all that lsfs keeps to another machine, in one file."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
from msgspec import UNSET, UnsetType

from lsfs.core.errors import NothingFound, UsageError
from lsfs.core.locations import Paths
from lsfs.core.sizes import size_text
from lsfs.core.wirepath import to_lossy
from lsfsd.commands import given_above, json_option, print_result, quiet_option
from lsfsd.lock import vault_lock
from lsfsd.progress_display import byte_progress

if TYPE_CHECKING:
    from lsfs.versions.importing import Placed

UNREADABLE = 7
_MOVED = re.compile(r"(/.*?)=([/~].*)", re.DOTALL)


class ExportResult(msgspec.Struct, frozen=True):
    """``vault export --json``."""

    file: str
    bytes: int
    objects: int
    """Object files in it."""
    missing: int
    """Kept objects that are damaged or gone, and so not in it."""


class RootPlace(msgspec.Struct, frozen=True, kw_only=True):
    """A watched folder of an imported vault."""

    path: str
    state: str
    """online or offline."""
    reason: str
    path_b64: str | UnsetType = UNSET


class ImportResult(msgspec.Struct, frozen=True):
    """``vault import --json``."""

    roots: tuple[RootPlace, ...]
    versions: int
    missing: int
    """Kept objects that the vault knows and that did not come with it."""


@click.group()
@json_option
@quiet_option
def vault(as_json: bool, quiet: bool) -> None:
    """Take all that lsfs keeps to another machine: the histories of your files with their contents, tags, and ops."""


@vault.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@quiet_option
@click.pass_context
def export(ctx: click.Context, file: Path, as_json: bool, quiet: bool) -> None:
    """Write everything into a new FILE, whether the daemon runs or not.

    The file is as private as your files are: their earlier contents are in it.
    """
    from lsfs.versions.exporting import export_vault

    as_json, quiet = as_json or given_above(ctx, "as_json"), quiet or given_above(ctx, "quiet")
    database = Path(Paths.from_env(os.environ).vault_dir, "vault.db")
    if not database.exists():
        raise NothingFound("there is no vault yet", path=str(database), hint="lsfs up FOLDER")
    done = export_vault(database, file.absolute(), byte_progress(sys.stderr, quiet=quiet or as_json))
    result = ExportResult(str(file), done.bytes, done.objects, done.missing)
    lines = [f"{file}: {size_text(done.bytes)}", "On the other machine: lsfs vault import FILE"]
    if done.missing:
        lines.append(f"{done.missing} kept objects are damaged or gone, and not in it: lsfs doctor --verify says which")
    print_result(result, as_json, lines)
    ctx.exit(UNREADABLE if done.missing else 0)


@vault.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--root", "moved", metavar="OLD=NEW", multiple=True, help="Where a watched folder is here; both in full.")
@json_option
@quiet_option
@click.pass_context
def import_(ctx: click.Context, file: Path, moved: Sequence[str], as_json: bool, quiet: bool) -> None:
    """Take in what `lsfs vault export` wrote, where lsfs keeps nothing yet.

    The watched folders go on with their histories; those that are not here stay known, and offline.
    """
    from lsfs.versions.importing import import_vault
    from lsfsd.repair import follow_anew

    as_json, quiet = as_json or given_above(ctx, "as_json"), quiet or given_above(ctx, "quiet")
    paths = Paths.from_env(os.environ)
    if not file.is_file():
        raise UsageError("there is no such file", path=str(file))
    progress = byte_progress(sys.stderr, quiet=quiet or as_json)
    with vault_lock(paths.lock):
        done = import_vault(file.absolute(), Path(paths.vault_dir), moved_roots(moved), time.time_ns(), progress)
        follow_anew(Path(paths.index_dir, "index.db"))
    roots = tuple(_root_place(root) for root in done.roots)
    lines = [f"{root.path}  {root.state}{f': {root.reason}' if root.reason else ''}" for root in roots]
    if any(root.reason for root in roots):
        lines.append("When an offline folder is here: lsfs roots remove PATH, then lsfs up PATH")
    if done.missing:
        lines.append(f"{done.missing} kept objects did not come with it: lsfs history PATH says what is kept")
    lines.append(f"{done.versions} versions are here")
    print_result(ImportResult(roots, done.versions, done.missing), as_json, lines)


def moved_roots(texts: Sequence[str]) -> Mapping[bytes, bytes]:
    """New absolute paths of watched folders by their old ones, from texts ``OLD=NEW``; raises UsageError."""
    found = {}
    for text in texts:
        match = _MOVED.fullmatch(text)
        if match is None:
            raise UsageError(
                f"--root {text} does not name two folders", hint="--root /home/old/Documents=/home/new/Documents"
            )
        found[os.fsencode(match[1].rstrip("/"))] = os.path.realpath(os.fsencode(os.path.expanduser(match[2])))
    return found


def _root_place(root: Placed) -> RootPlace:
    path, path_b64 = to_lossy(root.path)
    state = "offline" if root.reason else "online"
    return RootPlace(path=path, state=state, reason=root.reason, path_b64=path_b64 or UNSET)
