"""What is due and why: the daemon's regular jobs as data, decided without a clock or a thread of their own."""

from __future__ import annotations

import msgspec

from lsfs.core.config import Config


class Job(msgspec.Struct, frozen=True):
    """A job that the scheduler runs every `every_s` seconds, and why it is needed."""

    name: str
    every_s: float
    reason: str
    first_s: float | None = None
    """Seconds after the daemon's start until it first runs, where that is sooner: many daemons live for an hour."""


def jobs(config: Config) -> list[Job]:
    """The jobs that these settings ask for."""
    found = [
        Job("sweep", 3600, "contents that no file has any more take up space in the index", first_s=900),
        Job("copy", 3600, "the vault is never rebuilt: it is mended from its copy, made anew once a day", first_s=300),
        Job("tidy", 3600, "versions are thinned, and what nothing needs any more takes up space", first_s=600),
        Job("unwatched", 300, "folders beyond the system's limit of watches give no events"),
        Job("tools", 300, "the router gives its memory back when nobody has asked for a tool for a while"),
        Job("presence", 300, "a root may be unplugged or come back without an event"),
    ]
    if config.tools_writing_minutes > 0:
        found.append(
            Job("usage", 3600, "tools are found better by what people ask than by what they say of themselves")
        )
    if config.scan_interval_hours > 0:
        found.append(Job("scan", config.scan_interval_hours * 3600, "the scan is the truth: an event can be lost"))
    return found
