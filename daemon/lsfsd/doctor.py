"""``lsfsd doctor``: asks the running daemon, or looks for itself where none runs; mends only when told to.

With ``--verify`` it reads everything that is kept, and nothing else: the exit code speaks of that alone.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import click
import msgspec

from lsfs.core.api import DoctorFinding, FindingList, VerifyEvent
from lsfs.core.config import load_config
from lsfs.core.errors import DaemonUnavailable, LsfsError
from lsfs.core.failures import json_line
from lsfs.core.locations import Paths
from lsfs.core.progress import Progress
from lsfs.core.sizes import size_text
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfs.rpc.launch import is_locked
from lsfsd.commands import json_option
from lsfsd.environment_check import check_environment
from lsfsd.lock import vault_lock
from lsfsd.progress_display import byte_progress

UNHEALTHY = 7
_ORDER = ("error", "warning", "note", "ok")
_MARKS = {"error": "✗", "warning": "!", "note": "·", "ok": "✓"}


@click.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended; the daemon must not run.")
@click.option("--verify", is_flag=True, help="Read and prove every kept object; forget what is damaged.")
@json_option
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
@click.pass_context
def doctor(context: click.Context, repair: bool, verify: bool, as_json: bool, quiet: bool) -> None:
    """Say what is wrong with lsfs here, and how to mend it."""
    paths = Paths.from_env(os.environ)
    looked: list[DoctorFinding] = []
    if repair:
        looked += repaired(paths)
    if verify:
        looked += verified(paths, byte_progress(sys.stderr, quiet=quiet or as_json))
    if not repair and not verify:
        looked += examined(paths)
    about = [] if verify else check_environment(paths)
    findings = sorted([*about, *looked], key=lambda finding: _ORDER.index(finding.severity))
    if as_json:
        document = msgspec.to_builtins(FindingList(findings=tuple(findings)))
        click.echo(json_line(document))
    else:
        for finding in findings:
            if not (quiet and finding.severity == "ok"):
                click.echo(line_of(finding))
    context.exit(UNHEALTHY if any(finding.severity == "error" for finding in findings) else 0)


def examined(paths: Paths) -> Sequence[DoctorFinding]:
    """What the running daemon finds, or what can be seen of the databases without one."""
    try:
        found = msgspec.convert(_client(paths).call("doctor"), FindingList).findings
        return [DoctorFinding(severity="ok", what="the daemon runs and answers"), *found]
    except DaemonUnavailable as error:
        state = DoctorFinding(severity="note", what=error.message, hint=error.hint or "")
        return [state, *examined_alone(paths)]
    except LsfsError as error:
        return [DoctorFinding(severity="error", what=f"the daemon: {error.message}", hint=error.hint or "")]


def examined_alone(paths: Paths) -> Sequence[DoctorFinding]:
    """What an engine finds that is opened for this alone, and not started: nothing is changed by looking."""
    from lsfs.compose import open_engine

    try:
        config = load_config(paths.config_file)
    except LsfsError:
        # Not looked at with other settings, which would name another embedder; that they are wrong is said already.
        return [DoctorFinding(severity="note", what="the databases are looked at when the settings are right")]
    if not os.path.exists(os.path.join(paths.vault_dir, "vault.db")):
        return [DoctorFinding(severity="note", what="nothing is indexed yet", hint="lsfs up FOLDER")]
    try:
        with vault_lock(paths.lock), contextlib.closing(open_engine(paths, config)) as engine:
            return engine.doctor()
    except LsfsError as error:
        path = error.path or msgspec.UNSET
        return [DoctorFinding(severity="error", what=error.message, path=path, hint=error.hint or "")]


def verified(paths: Paths, progress: Progress) -> Sequence[DoctorFinding]:
    """What the running daemon finds damaged of all that is kept, or an engine that is opened for this alone."""
    try:
        return _told(_client(paths).stream("verify"), progress)
    except DaemonUnavailable as error:
        if is_locked(paths.lock):
            raise error
    from lsfs.compose import open_engine

    if not os.path.exists(os.path.join(paths.vault_dir, "vault.db")):
        return [DoctorFinding(severity="note", what="nothing is kept yet", hint="lsfs up FOLDER")]
    with vault_lock(paths.lock), contextlib.closing(open_engine(paths, load_config(paths.config_file))) as engine:
        return _told(engine.verifying.verify(), progress)


def _told(events: Iterable[Any], progress: Progress) -> list[DoctorFinding]:
    """The findings of a verification, whose progress is shown meanwhile."""
    last: VerifyEvent | None = None
    try:
        for event in events:
            said = msgspec.convert(event, VerifyEvent, from_attributes=True)
            if last is None:
                progress.start(said.total, "reading what is kept")
            progress.advance(said.done - (last.done if last is not None else 0))
            last = said
    finally:
        progress.done()
    if last is None or not last.finished:
        raise DaemonUnavailable("the daemon stopped before everything was read", hint="try again")
    found = [DoctorFinding(severity="error", what=f"damaged: {line}") for line in last.damaged]
    if last.mended:
        what = f"{last.mended} damaged objects are mended, or will be from files that still hold their bytes"
        found.append(DoctorFinding(severity="warning", what=what))
    if not found:
        found.append(DoctorFinding(severity="ok", what=f"everything that is kept is sound: {size_text(last.done)}"))
    return found


def _client(paths: Paths) -> Client:
    return Client(paths, caller_fields(os.environ, os.getcwdb(), "cli"), launch=_never, on_demand=False, build="0")


def repaired(paths: Paths) -> Sequence[DoctorFinding]:
    """What was mended, and what could not be; raises `ConflictError` while the daemon runs."""
    from lsfsd.repair import repair_vault

    with vault_lock(paths.lock):
        return repair_vault(paths, time.strftime("%Y%m%dT%H%M%S"))


def line_of(finding: DoctorFinding) -> str:
    """One line about a finding."""
    line = f"{_MARKS[finding.severity]} {finding.what}"
    if isinstance(finding.path, str):
        line += f" ({finding.path})"
    return f"{line}: {finding.hint}" if finding.hint else line


def _never() -> NoReturn:
    raise DaemonUnavailable("the daemon does not run")
