"""``by-date/YYYY/MM/``: files by the month of their modification, in the user's zone."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Sequence

from lsfs.views.base import FOLDER_MODE, Attributes, Folder, Item, Node, missing
from lsfs.views.readme import README, readme, readme_item
from lsfs.views.result_folder import ResultFolder
from lsfs.views.results import Results
from lsfs.views.selection import Selection

_FOLDER = Attributes(FOLDER_MODE)
_FIRST_YEAR, _LAST_YEAR = 1678, 2261
"""What 64 bits of nanoseconds reach."""


class ByDate(Folder):
    """A folder for each year."""

    def __init__(self, results: Results, selection: Selection) -> None:
        self._results = results
        self._selection = selection

    def look(self, name: bytes) -> Node:
        """A year."""
        if name == README:
            return readme("by-date")
        if not re.fullmatch(rb"\d{4}", name) or not _FIRST_YEAR <= int(name) <= _LAST_YEAR:
            missing()
        if self._selection == Selection():
            return Months(self._results, int(name))
        return Year(self._results, self._selection, int(name))

    def listing(self) -> Sequence[Item]:
        """The years that there are."""
        years = sorted({month[:4] for month in self._results.months(self._selection)})
        folders = [Item(year.encode(), _FOLDER) for year in years]
        return [*folders, readme_item("by-date")]


class Months(Folder):
    """A year of everything: a folder for each month."""

    def __init__(self, results: Results, year: int) -> None:
        self._results = results
        self._year = year

    def look(self, name: bytes) -> Node:
        """A month."""
        return _month(self._results, Selection(), self._year, name)

    def listing(self) -> Sequence[Item]:
        """The months that there are."""
        months = [m[5:] for m in self._results.months(Selection()) if m.startswith(f"{self._year:04}-")]
        return [Item(month.encode(), _FOLDER) for month in months]


class Year(ResultFolder):
    """A year of a selection: its files, and its months when they are asked for."""

    def __init__(self, results: Results, selection: Selection, year: int) -> None:
        super().__init__(results, selection.within(dt.date(year, 1, 1), dt.date(year, 12, 31)))
        self._year = year

    def look(self, name: bytes) -> Node:
        """A month, or what every folder of results has."""
        if re.fullmatch(rb"\d\d", name):
            return _month(self.results, self.selection, self._year, name)
        return super().look(name)


def _month(results: Results, selection: Selection, year: int, name: bytes) -> ResultFolder:
    if not re.fullmatch(rb"0[1-9]|1[0-2]", name):
        missing()
    month = int(name)
    last = calendar.monthrange(year, month)[1]
    return ResultFolder(results, selection.within(dt.date(year, month, 1), dt.date(year, month, last)))
