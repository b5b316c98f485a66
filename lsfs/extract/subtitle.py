"""Subtitles (SubRip, WebVTT, SubStation Alpha, YouTube's sbv): what is said, with the minute as anchor."""

from __future__ import annotations

import re

from lsfs.core.records import Anchor, Document
from lsfs.extract.base import make_document
from lsfs.extract.encoding import decode

_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}[ \t]*(?:-->|,)")
_DIALOGUE = re.compile(r"Dialogue:(?:[^,\n]{0,200},)(\d+):(\d{2}):(\d{2})[.\d]*,(?:[^,\n]{0,200},){7}(.*)")
_MARKS = re.compile(r"<[^<>\n]{0,200}>|\{[^{}\n]{0,200}\}")
_NOT_SAID = ("WEBVTT", "NOTE", "STYLE", "REGION", "Kind:", "Language:", "X-TIMESTAMP-MAP")
_ANCHOR_SECONDS = 60


class Subtitle:
    """A subtitle file."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """The lines that are shown, without numbers, times and marks; a repeated line counts once."""
        lines: list[str] = []
        anchors: list[Anchor] = []
        length, last = 0, ""
        shown = False
        for raw in decode(data).text.splitlines():
            line = raw.strip()
            dialogue = _DIALOGUE.match(line)
            time = dialogue or _TIME.match(line)
            if time:
                _note(anchors, length, time)
                shown = True
                line = dialogue[4].replace("\\N", " ") if dialogue else ""
            elif not line:
                shown = False
            said = _MARKS.sub("", line).strip() if shown else ""
            if said and said != last and not said.startswith(_NOT_SAID):
                lines.append(said)
                length += len(said) + 1
                last = said
        return make_document("".join(f"{line}\n" for line in lines), anchors=tuple(anchors))


def _note(anchors: list[Anchor], offset: int, time: re.Match[str]) -> None:
    hours, minutes, seconds = (int(part or 0) for part in time.groups()[:3])
    label = f"time {hours:02}:{minutes:02}:{seconds:02}"
    if not anchors or _seconds(label) - _seconds(anchors[-1].label) >= _ANCHOR_SECONDS:
        anchors.append(Anchor(offset, label))


def _seconds(label: str) -> int:
    hours, minutes, seconds = label.removeprefix("time ").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
