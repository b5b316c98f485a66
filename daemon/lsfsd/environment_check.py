"""What of the user's system stands in the way of lsfs, found without opening a database."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from lsfs.core.api import DoctorFinding
from lsfs.core.config import load_config
from lsfs.core.errors import LsfsError
from lsfs.core.locations import Paths
from lsfs.core.wirepath import to_lossy
from lsfsd.mounts.process import stale
from lsfsd.mounts.requirements import OTHER_WAY, missing


def check_environment(paths: Paths) -> list[DoctorFinding]:
    """The findings about folders, socket, settings, and what is mounted."""
    return [*_folders(paths), *_socket(paths), *_settings(paths), *_mounting(paths)]


def _folders(paths: Paths) -> Iterator[DoctorFinding]:
    for what, path in (("data", paths.vault_dir), ("index", paths.index_dir), ("state", paths.state_dir)):
        try:
            seen = os.stat(path)
        except FileNotFoundError:
            yield DoctorFinding(severity="note", what=f"the {what} folder is not made yet", path=path)
            continue
        except OSError as error:
            yield DoctorFinding(severity="error", what=f"the {what} folder: {error.strerror}", path=path)
            continue
        if seen.st_uid != os.geteuid():
            hint = f"chown -R $USER {shlex.quote(path)}"
            yield DoctorFinding(severity="error", what=f"the {what} folder is another user's", path=path, hint=hint)
        elif stat.S_IMODE(seen.st_mode) & 0o077:
            hint = f"chmod 700 {shlex.quote(path)}"
            yield DoctorFinding(
                severity="warning", what=f"others can look into the {what} folder", path=path, hint=hint
            )
        elif not os.access(path, os.W_OK | os.X_OK):
            hint = f"chmod 700 {shlex.quote(path)}"
            yield DoctorFinding(severity="error", what=f"the {what} folder is not writable", path=path, hint=hint)
        else:
            yield DoctorFinding(severity="ok", what=f"the {what} folder", path=path)


def _socket(paths: Paths) -> Iterator[DoctorFinding]:
    yield from _outcome("the socket's path", paths.socket, paths.check_socket)


def _settings(paths: Paths) -> Iterator[DoctorFinding]:
    yield from _outcome("the settings", paths.config_file, lambda: load_config(paths.config_file))


def _mounting(paths: Paths) -> Iterator[DoctorFinding]:
    lacking = missing()
    if lacking is None:
        yield DoctorFinding(severity="ok", what="lsfs can be mounted")
    else:
        what, remedy = lacking
        yield DoctorFinding(severity="note", what=f"lsfs cannot be mounted: {what}", hint=f"{remedy}; {OTHER_WAY}")
    for point in stale(Path(paths.state_dir, "mounts")):
        shown, path_b64 = to_lossy(point)
        yield DoctorFinding(
            severity="warning",
            what="a mount whose process is gone",
            path=shown,
            hint="lsfs status starts the daemon, which cleans it away"
            if path_b64
            else f"fusermount3 -u -z {shlex.quote(shown)}",
        )


def _outcome(what: str, path: str, check: Callable[[], object]) -> Iterator[DoctorFinding]:
    try:
        check()
    except LsfsError as error:
        yield DoctorFinding(severity="error", what=error.message, path=path, hint=error.hint or "")
    else:
        yield DoctorFinding(severity="ok", what=what, path=path)
