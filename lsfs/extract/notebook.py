"""Jupyter notebooks: prose and code cells in order, with the words of their outputs."""

from __future__ import annotations

import json
from typing import Any

from lsfs.core.records import Document
from lsfs.extract.base import ExtractError, make_document
from lsfs.extract.encoding import decode
from lsfs.extract.text import title_of

_MAX_OUTPUT = 2000


class Notebook:
    """A notebook of format 3 or 4."""

    def extract(self, data: bytes, name: bytes) -> Document:
        """Markdown cells as they are, code in fences, text outputs clipped, images left out."""
        try:
            notebook = json.loads(decode(data).text)
        except (ValueError, RecursionError):
            raise ExtractError("damaged", "the notebook is not valid JSON") from None
        if not isinstance(notebook, dict):
            raise ExtractError("damaged", "the notebook is not a JSON object")
        language = _language(notebook)
        text = "\n\n".join(piece for cell in _cells(notebook) if (piece := _cell(cell, language)))
        metadata = {"language": language} if language else None
        return make_document(
            text + "\n" if text else "", title=title_of(text, "markdown"), metadata=metadata, markup="markdown"
        )


def _cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    cells = notebook.get("cells")
    if cells is None:
        sheets = notebook.get("worksheets")
        cells = [c for sheet in _list(sheets) if isinstance(sheet, dict) for c in _list(sheet.get("cells"))]
    return [cell for cell in _list(cells) if isinstance(cell, dict)]


def _cell(cell: dict[str, Any], language: str) -> str:
    source = _joined(cell.get("source", cell.get("input", ""))).strip()
    if cell.get("cell_type") == "heading":
        return "#" * max(1, min(int(cell.get("level", 1)), 6)) + f" {source}" if source else ""
    if cell.get("cell_type") != "code":
        return source
    outputs = [text for output in _list(cell.get("outputs")) if isinstance(output, dict) and (text := _output(output))]
    code = f"```{language}\n{source}\n```" if source else ""
    return "\n\n".join([code, *outputs]).strip()


def _output(output: dict[str, Any]) -> str:
    data = output.get("data")
    found = output.get("text") or (
        data.get("text/markdown") or data.get("text/plain") if isinstance(data, dict) else ""
    )
    return _joined(found).strip()[:_MAX_OUTPUT]


def _language(notebook: dict[str, Any]) -> str:
    metadata = notebook.get("metadata")
    for key in ("kernelspec", "language_info"):
        part = metadata.get(key) if isinstance(metadata, dict) else None
        if isinstance(part, dict) and isinstance(name := part.get("language", part.get("name")), str):
            return name.lower()[:40]
    return ""


def _joined(source: Any) -> str:
    return source if isinstance(source, str) else "".join(line for line in _list(source) if isinstance(line, str))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
