"""Small documents to answer from, and a model that says what the test has written for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from lsfs.answer.picking import Document, Snippet
from lsfs.answer.units import units_of
from lsfs.index.texts import Passage
from lsfs.llm.base import Bounds, Prompt, Turn, Written
from lsfs.store.index import FileRow


def a_file(path: str, number: int = 1) -> FileRow:
    name = os.path.basename(path).lower()
    ext = name.rpartition(".")[2]
    return FileRow(number, 1, path.encode(), name, ext, "file", 100, 0, path.encode(), number, number, "done")


def a_document(path: str, text: str, score: float = 1.0, number: int = 1) -> Document:
    file = a_file(path, number)
    return Document(file, score, tuple(units_of([Passage(text, 1, "", None)], file.ext)), whole=True)


def a_snippet(path: str, text: str) -> Snippet:
    document = a_document(path, text)
    return Snippet(document.file, document.units, document.score)


class Gathered:
    """Stands where `Gathering` does, with documents that are there already."""

    def __init__(self, *documents: Document) -> None:
        self.documents = {document.file.id: document for document in documents}

    def document(self, file: FileRow) -> Document | None:
        return self.documents.get(file.id)

    def unit_scores(self, file: FileRow, units, wish: str) -> list[float]:
        words = set(wish.lower().split())
        return [float(len(words & set(unit.text.lower().split()))) for unit in units]


class Told:
    """A model that writes the next of its lines, piece by piece, and remembers what it was asked."""

    id = "told"
    context = 4096

    def __init__(self, *lines: str, odds: Sequence[float] = ()) -> None:
        self.lines = list(lines)
        self.odds = list(odds)
        self.prompts: list[Prompt] = []
        self.bounds: list[Bounds] = []

    def write(self, prompt: Prompt, bounds: Bounds, on_text: Callable[[str], bool] | None = None) -> Written:
        self.prompts.append(prompt)
        self.bounds.append(bounds)
        line = self.lines.pop(0)
        said = ""
        for start in range(0, len(line), 3):
            said += line[start : start + 3]
            if on_text is not None and not on_text(line[start : start + 3]):
                return Written(said, 0.0, start, 0, "cancelled")
        return Written(line, 0.0, len(line), 0, "stop")

    def choose(self, prompt: Prompt, options: Sequence[str], going: Callable[[], bool] | None = None) -> list[float]:
        self.prompts.append(prompt)
        return (self.odds or [-9.0, -0.1] + [-9.0] * len(options))[: len(options)]

    def count(self, text: str) -> int:
        return len(text) // 4 + 1

    def prepare(self, kept: Sequence[Turn], going: Callable[[], bool] | None = None) -> bool:
        return True

    def close(self) -> None:
        pass

    def __call__(self) -> Told:
        return self


def all_of(heard: list[tuple[str, str]]) -> Callable[[str, str], bool]:
    """Hears everything and wants more."""
    return lambda phase, piece: heard.append((phase, piece)) is None
