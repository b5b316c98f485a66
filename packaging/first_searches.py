"""A few searches on a person's own folder, chosen from what is in it, and what to try next.

python packaging/first_searches.py LSFS FOLDER

LSFS is the command to run.  Needs nothing but the standard library and a running daemon.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

LOOKED_AT = 5000
"""How many names are looked at: enough to choose from, and soon done on a huge folder."""
TRIED = 12
SHOWN = 2


def names_under(folder: Path, limit: int = LOOKED_AT) -> Iterator[str]:
    """File names below the folder, hidden ones left out, at most `limit`."""
    seen = 0
    for _parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "node_modules")))
        for name in sorted(files):
            if not name.startswith("."):
                yield name
                seen += 1
                if seen >= limit:
                    return


def words_of(name: str) -> list[str]:
    """The words that a file name is made of: ``TaxReturn_2024-final.pdf`` gives tax, return, final."""
    stem = re.sub(r"\.\w{1,5}$", "", name)
    parts = re.findall(r"[A-Z]?[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem))
    return [part.lower() for part in parts if len(part) >= 3]


def queries_from(names: Iterable[str], limit: int = TRIED) -> list[str]:
    """Searches that names suggest, spread over the folder, no two alike."""
    spoken = list(dict.fromkeys(" ".join(words_of(name)[:4]) for name in names if len(words_of(name)) >= 2))
    spoken = spoken or list(dict.fromkeys(" ".join(words_of(name)) for name in names if words_of(name)))
    step = max(1, len(spoken) // limit)
    return spoken[::step][:limit]


def query_from(snippet: str) -> str | None:
    """A few words out of the middle of a passage, or nothing where it has too few."""
    words = [word for word in re.findall(r"[^\W\d_]+", snippet) if len(word) >= 4]
    if len(words) < 6:
        return None
    middle = len(words) // 2
    return " ".join(words[middle - 2 : middle + 3]).lower()


def hits_of(lsfs: str, query: str) -> list[dict[str, Any]]:
    """The daemon's answer to a query; no hits where it found nothing or failed."""
    done = subprocess.run([lsfs, "find", "--json", "-n", "3", "--", query], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return []
    hits: list[dict[str, Any]] = json.loads(done.stdout).get("hits", [])
    return hits


def choose(lsfs: str, folder: Path) -> list[str]:
    """Queries that find something in the folder: by names first, then one by what a found file says."""
    chosen: list[str] = []
    spoken = None
    for query in queries_from(names_under(folder)):
        hits = [hit for hit in hits_of(lsfs, query) if Path(hit["path"]).is_relative_to(folder)]
        if hits and len(chosen) < SHOWN:
            chosen.append(query)
        spoken = spoken or next((text for hit in hits if (text := query_from(hit.get("snippet") or ""))), None)
        if spoken and len(chosen) == SHOWN:
            break
    return [*chosen, spoken] if spoken else chosen


def main(lsfs: str, folder: Path) -> int:
    """Shows the searches as they would be typed, with their results."""
    for query in choose(lsfs, folder):
        print(f'\n$ lsfs find "{query}"', flush=True)
        subprocess.run([lsfs, "find", "-n", "3", "--", query], check=False)
    typed = shlex.quote(lsfs)
    print(
        f"""
{folder} is watched: what you save is found within seconds.  Try next:
  {typed} find "words you remember from a file"
  {typed} find --type pdf --since "last month" invoice
  {typed} status          how far the index is
  {typed} down            stop the daemon; the next command starts it again
For the plain command, put {Path(lsfs).parent} on your PATH."""
    )
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: first_searches.py LSFS FOLDER")
    sys.exit(main(sys.argv[1], Path(os.path.realpath(sys.argv[2]))))
