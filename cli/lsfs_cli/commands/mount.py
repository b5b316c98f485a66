"""``lsfs mount`` and ``lsfs umount``: queries, tags and the past as folders for every program."""

from __future__ import annotations

import os
from typing import Any

import click

from lsfs.core.errors import UsageError
from lsfs.core.failures import DONE, NOTHING
from lsfs_cli.command import Command, pass_session
from lsfs_cli.completing import complete_path
from lsfs_cli.session import Session
from lsfs_cli.style import Style, plain

DEFAULT = "~/lsfs"


@click.command("mount", cls=Command)
@click.argument("folder", metavar="[DIR]", required=False, shell_complete=complete_path)
@click.option("--allow-other", is_flag=True, help="Let other users of this machine look into it, too.")
@click.option("--list", "listed", is_flag=True, help="Show where lsfs is mounted instead.")
@pass_session
def mount_command(session: Session, folder: str | None, allow_other: bool, listed: bool) -> int:
    """Show queries, tags and earlier versions as folders that any program can open.

    DIR is an empty folder, or one that is made (~/lsfs by default). It stays mounted, after a restart of the daemon
    too, until `lsfs umount`. Its README.txt says what each folder in it is.
    """
    if listed:
        if folder is not None or allow_other:
            raise UsageError("--list stands alone", hint="see lsfs mount --help")
        return _list(session)
    request = {"path": _wire(session, folder), "allow_other": allow_other}
    result = session.client().call("mount", request)
    path = plain(result["path"])
    lines = (
        f"{session.style.path(path)} is mounted. Try: ls {path}/search/'words to look for'",
        "search/ and saved/ are queries, by-tag/ by-type/ by-date/ recent/ similar/ find files otherwise,",
        "history/ has every version of each file, at/yesterday/ everything as it was.",
    )
    session.show(result, lines[0])
    if not session.json:
        for line in lines[1:]:
            session.note(line)
    return DONE


@click.command("umount", cls=Command)
@click.argument("folder", metavar="[DIR]", required=False, shell_complete=complete_path)
@click.option("--force", is_flag=True, help="Also while a program uses it; what it has open there fails then.")
@pass_session
def umount_command(session: Session, folder: str | None, force: bool) -> int:
    """Take the folders of `lsfs mount` away: those at DIR, or all of them.

    Nothing of yours is changed by it. Exit code 1 if nothing is mounted, 4 if a program uses it.
    """
    request = {"path": None if folder is None else _wire(session, folder), "force": force}
    result = session.client().call("umount", request)
    session.show(
        result, "\n".join(f"{session.style.path(plain(one['path']))} is unmounted" for one in result["mounts"])
    )
    return DONE


def _list(session: Session) -> int:
    result = session.client().call("mounts")
    session.show(result, "\n".join(_line(one, session.style) for one in result["mounts"]))
    if not result["mounts"]:
        session.note("nothing is mounted: lsfs mount")
    return DONE if result["mounts"] else NOTHING


def _line(one: dict[str, Any], style: Style) -> str:
    state = "mounted" if one["mounted"] else style.bad("not mounted")
    line = f"{style.path(plain(one['path']))}  {state}" + (", for every user" if one["allow_other"] else "")
    return f"{line}; {plain(one['note'])}" if one["note"] else line


def _wire(session: Session, folder: str | None) -> str:
    if folder is None:
        folder = os.path.expanduser(DEFAULT)
    if not folder:
        raise UsageError("the name of the folder is empty", hint=f"without a name it is {DEFAULT}")
    return session.wire_path(folder)
