"""``lsfsd doctor``: asks the running daemon, or looks for itself where none runs; mends only when told to."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click
import msgspec

from lsfs.core.api import DoctorFinding, FindingList
from lsfs.core.config import load_config
from lsfs.core.errors import DaemonUnavailable, LsfsError
from lsfs.core.locations import Paths
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfsd.environment_check import check_environment
from lsfsd.lock import vault_lock

UNHEALTHY = 7
_ORDER = ("error", "warning", "note", "ok")
_MARKS = {"error": "✗", "warning": "!", "note": "·", "ok": "✓"}


@click.command()
@click.option("--repair", is_flag=True, help="Mend what can be mended; the daemon must not run.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--quiet", is_flag=True, help="Say only what is wrong.")
@click.pass_context
def doctor(context: click.Context, repair: bool, as_json: bool, quiet: bool) -> None:
    """Say what is wrong with lsfs here, and how to mend it."""
    paths = Paths.from_env(os.environ)
    findings = sorted(
        [*check_environment(paths), *(repaired(paths) if repair else examined(paths))],
        key=lambda finding: _ORDER.index(finding.severity),
    )
    if as_json:
        document = msgspec.to_builtins(FindingList(findings=tuple(findings)))
        click.echo(json.dumps(document, ensure_ascii=False))
    else:
        for finding in findings:
            if not (quiet and finding.severity == "ok"):
                click.echo(line_of(finding))
    context.exit(UNHEALTHY if any(finding.severity == "error" for finding in findings) else 0)


def examined(paths: Paths) -> Sequence[DoctorFinding]:
    """What the running daemon finds, or what can be seen of the databases without one."""
    client = Client(paths, caller_fields(os.environ, os.getcwdb(), "cli"), launch=_never, on_demand=False, build="0")
    try:
        found = msgspec.convert(client.call("doctor"), FindingList).findings
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
        with vault_lock(paths.lock):
            # Not closed: that is for an engine that was started, and this process ends with its command.
            return open_engine(paths, config).doctor()
    except LsfsError as error:
        path = error.path or msgspec.UNSET
        return [DoctorFinding(severity="error", what=error.message, path=path, hint=error.hint or "")]


def repaired(paths: Paths) -> Sequence[DoctorFinding]:
    """What was mended, and what could not be; raises `ConflictError` while the daemon runs."""
    from lsfsd.repair import repair_vault

    folder = Path(paths.vault_dir)
    with vault_lock(paths.lock):
        return repair_vault(folder / "vault.db", folder / "vault.copy.db", time.strftime("%Y%m%dT%H%M%S"))


def line_of(finding: DoctorFinding) -> str:
    """One line about a finding."""
    line = f"{_MARKS[finding.severity]} {finding.what}"
    if isinstance(finding.path, str):
        line += f" ({finding.path})"
    return f"{line}: {finding.hint}" if finding.hint else line


def _never() -> NoReturn:
    raise DaemonUnavailable("the daemon does not run")
