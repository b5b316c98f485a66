"""Chinese, Japanese and Korean runs as bigrams: these scripts write words without spaces between them.

Both sides of a search use this, the index for texts and the query for its words.  Two characters because most words
of these languages have two, and trigrams cannot find those.
"""

from __future__ import annotations

import functools
import re

_RUNS = (
    "\u3005-\u3007"  # iteration mark, zero
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9d"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # ideographs
    "\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\uac00-\ud7fb"  # hangul
)


@functools.cache
def _run() -> re.Pattern[str]:
    return re.compile(f"[{_RUNS}]+")


def has_cjk(text: str) -> bool:
    """Whether `text` has any character that `cjk_bigrams` would give."""
    return not text.isascii() and _run().search(text) is not None


def cjk_bigrams(text: str) -> str:
    """The CJK runs of `text` as bigrams separated by spaces, a run of one as that character; "" when there are none."""
    if text.isascii():
        return ""
    return " ".join(run if len(run) == 1 else " ".join(map(str.__add__, run, run[1:])) for run in _run().findall(text))
