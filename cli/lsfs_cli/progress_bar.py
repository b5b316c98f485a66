"""Progress as a bar for each phase, on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from lsfs_cli.progress_lines import PHASES


def follow_with_bar(events: Iterable[dict[str, Any]], terminal: TextIO) -> None:
    """Draws the events (`lsfs.core.api.ProgressEvent`, decoded) until they end."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=Console(file=terminal),
    )
    tasks: dict[str, TaskID] = {}
    shown_note = ""
    with bar:
        for event in events:
            phase = event["phase"]
            if event["note"] and event["note"] != shown_note:
                shown_note = event["note"]
                bar.console.print(shown_note, markup=False, highlight=False)
            if phase == "done":
                continue
            if phase not in tasks:
                _complete(bar, tasks)
                tasks[phase] = bar.add_task(PHASES.get(phase, phase), total=None, rate="")
            rate = f"{event['rate']:,.0f}/s" if event["rate"] >= 0.5 else ""
            bar.update(tasks[phase], completed=event["done"], total=event["total"] or None, rate=rate)
        _complete(bar, tasks)


def _complete(bar: Progress, tasks: dict[str, TaskID]) -> None:
    for task in bar.tasks:
        if task.id in tasks.values() and task.total is not None:
            bar.update(task.id, completed=task.total, rate="")
