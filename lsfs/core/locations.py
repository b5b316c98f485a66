"""Where lsfs keeps what it has: one value made of the environment, the same for the command line and the daemon.

Follows the XDG Base Directory Specification 0.8, by which a relative path in a variable counts as unset.
Imports the standard library only, and little of it: every run of ``lsfs find`` pays for this module.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from typing import NamedTuple

from lsfs.core.errors import DaemonUnavailable, PermissionRefused

SOCKET_PATH_LIMIT = 107
"""Bytes of a Unix socket's path: ``sun_path`` has 108 with its closing NUL (unix(7))."""


class Paths(NamedTuple):
    """The places of one user's lsfs, as absolute paths; none of them need exist."""

    vault_dir: str
    """What cannot be made again: ``vault.db`` and ``objects/``.  0700."""
    index_dir: str
    """What can be made again: ``index.db``."""
    state_dir: str
    """Logs, and the socket where the system has no runtime folder."""
    config_file: str
    models: str
    """The models folder: ``LSFS_MODELS``, else ``models`` beside the vault."""
    socket: str
    """The daemon's socket, alone in a 0700 folder."""
    lock: str
    """Held (flock) by whoever may write the vault; lies beside it, since that is what it protects."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Paths:
        """The places that `environ` (``os.environ``) names, with the specification's defaults."""
        home = environ.get("HOME", "")
        if not os.path.isabs(home):
            home = os.path.expanduser("~")
        data = _base(environ, "XDG_DATA_HOME", home, ".local/share")
        state = os.path.join(_base(environ, "XDG_STATE_HOME", home, ".local/state"), "lsfs")
        vault = os.path.join(data, "lsfs")
        runtime = environ.get("XDG_RUNTIME_DIR", "")
        run_dir = os.path.join(runtime, "lsfs") if _is_own_folder(runtime) else os.path.join(state, "run")
        models = environ.get("LSFS_MODELS", "")
        return cls(
            vault_dir=vault,
            index_dir=os.path.join(_base(environ, "XDG_CACHE_HOME", home, ".cache"), "lsfs"),
            state_dir=state,
            config_file=os.path.join(_base(environ, "XDG_CONFIG_HOME", home, ".config"), "lsfs", "config.toml"),
            models=os.path.abspath(models) if models else os.path.join(vault, "models"),
            socket=os.path.join(run_dir, "lsfsd.sock"),
            lock=os.path.join(vault, "lsfsd.lock"),
        )

    @property
    def log_file(self) -> str:
        """The daemon's log."""
        return os.path.join(self.state_dir, "lsfsd.log")

    def check_socket(self) -> None:
        """Raises `DaemonUnavailable`, with the reason, where the socket's path is too long for the system."""
        length = len(os.fsencode(self.socket))
        if length > SOCKET_PATH_LIMIT:
            raise DaemonUnavailable(
                f"the socket's path has {length} bytes, and the system allows {SOCKET_PATH_LIMIT}",
                path=self.socket,
                hint="set XDG_RUNTIME_DIR or XDG_STATE_HOME to a folder with a shorter path",
            )


def make_private_folder(path: str) -> None:
    """Makes folder `path` (and what is missing above it), for this user alone: 0700, whatever the umask.

    Raises `PermissionRefused` where it cannot be made, belongs to another user, or is a link.
    """
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        found = os.stat(path, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode) and os.stat(path).st_uid == os.geteuid():
            found = os.stat(path)  # people keep their data folders on other disks by a link
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise PermissionRefused("the folder belongs to another user", path=path, hint="remove it or name another")
        if stat.S_IMODE(found.st_mode) & 0o077:
            os.chmod(path, 0o700)
    except OSError as error:
        raise PermissionRefused(f"the folder cannot be made: {error.strerror}", path=path) from error


def _base(environ: Mapping[str, str], name: str, home: str, default: str) -> str:
    value = environ.get(name, "")
    return value if os.path.isabs(value) else os.path.join(home, default)


def _is_own_folder(path: str) -> bool:
    # After `su` or `sudo -E` the variable may still name another user's runtime folder.
    if not os.path.isabs(path):
        return False
    try:
        found = os.stat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
