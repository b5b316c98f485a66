"""What becomes of versions, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lsfs.core.sizes import size_text
from lsfs_cli.shown import local_time, shown_path
from lsfs_cli.style import Style, count_text, plain


def render_retention(result: dict[str, Any], style: Style, cwd: str) -> str:
    """A line for each version that is named (`lsfs.core.api.RetentionResult`, decoded), and the sums."""
    return "\n".join(_lines(result, style, cwd))


def _lines(result: dict[str, Any], style: Style, cwd: str) -> Iterator[str]:
    for item in result["items"]:
        fate = "kept" if item["keep"] else style.bad("goes")
        yield (
            f"{fate}  {shown_path(item['path'], cwd)} @{item['number']}  {local_time(item['since'])}  "
            f"{size_text(item['size'])}  {style.dim(plain(item['reason']))}"
        )
    yield (
        f"{count_text(result['kept'], 'version')} kept, {count_text(result['dropped'], 'version')} to go; "
        f"{size_text(result['used'])} of {size_text(result['budget'])} in use, {size_text(result['freed'])} to be freed"
    )
