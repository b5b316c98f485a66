"""The lines that differ between two texts: a diff that is always true, mostly small, and never long in the making."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.engine.linediff import TooManyLines, difference

ENOUGH_S = 120.0
"""On a busy machine; a method that is quadratic takes hours."""
TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n"]), max_size=30).map("".join)


def patched(before: str, hunks: str) -> str:
    """A text after its diff."""
    old = re.findall(r"[^\n]*\n|[^\n]+", before)
    new: list[str] = []
    at = 0
    lines = re.findall(r"[^\n]*\n", hunks)
    for number, line in enumerate(lines):
        if line.startswith("\\"):
            continue
        cut = number + 1 < len(lines) and lines[number + 1].startswith("\\")
        text = line[1:-1] if cut else line[1:]
        if found := re.match(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", line):
            start = int(found[1]) - (found[2] != "0")
            new += old[at:start]
            at = start
            assert len(new) == int(found[3]) - (found[4] != "0")
        elif line[0] == "+":
            new.append(text)
        else:
            assert old[at] == text
            at += 1
            if line[0] == " ":
                new.append(text)
    return "".join(new + old[at:])


@given(TEXTS, TEXTS, st.booleans(), st.booleans(), st.sampled_from([-1000, 0, 10**6]))
def test_a_diff_makes_one_text_of_the_other(before: str, after: str, cut: bool, cut_after: bool, steps: int):
    before, after = before[:-1] if cut else before, after[:-1] if cut_after else after
    found = difference(before, after, most_steps=steps)
    assert patched(before, found.hunks) == after
    assert (before == after) == (not found.hunks)
    marks = [line[0] for line in found.hunks.splitlines() if not line.startswith("@@")]
    assert (marks.count("+"), marks.count("-")) == (found.added, found.removed)


def test_changes_are_small_and_have_three_lines_around_them():
    before = [f"{number}\n" for number in range(100)]
    after = [*before[:10], "ten\n", *before[11:50], *before[55:], "end"]
    found = difference("".join(before), "".join(after))
    assert (found.added, found.removed) == (2, 6)
    heads = [line for line in found.hunks.splitlines() if line.startswith("@@")]
    assert heads == ["@@ -8,7 +8,7 @@", "@@ -48,11 +48,6 @@", "@@ -98,3 +93,4 @@"]
    assert found.hunks.startswith("@@ -8,7 +8,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n@@")
    assert found.hunks.endswith(" 99\n+end\n\\ No newline at end of file\n")


def test_without_time_the_ends_that_are_the_same_are_left_out_still():
    before = "".join(random.Random(1).choices(["x\n", "y\n", "z\n"], k=300))
    after = "".join(random.Random(2).choices(["x\n", "y\n", "z\n"], k=300))
    ends = "".join(f"{number}\n" for number in range(100))
    coarse = difference(ends + before + ends, ends + after + ends, most_steps=0)
    fine = difference(ends + before + ends, ends + after + ends)
    assert fine.added < coarse.added <= 300
    assert patched(ends + before + ends, coarse.hunks) == ends + after + ends


def shuffled(different: int, seed: int) -> str:
    """200,000 lines, each as often as any other."""
    lines = [f"{number % different}\n" for number in range(200_000)]
    return "".join(random.Random(seed).sample(lines, len(lines)))


@pytest.mark.parametrize("texts", [
    lambda: (shuffled(4, 1), shuffled(4, 2)),
    lambda: (shuffled(2000, 1), shuffled(2000, 2)),
    lambda: (shuffled(200_000, 1), shuffled(200_000, 2)),
    lambda: ("x\n" * 200_000, "x\n" * 100_000 + "y\n" + "x\n" * 90_000),
    lambda: ("x" * (16 << 20), "x" * (15 << 20)),
], ids=["four lines", "each line a hundred times", "another order", "one line", "no end of a line"])  # fmt: skip
def test_repeated_lines_take_no_longer_than_others(texts):
    before, after = texts()
    began = time.monotonic()
    found = difference(before, after)
    assert time.monotonic() - began < ENOUGH_S
    assert found.added and found.removed


def test_of_too_many_lines_none_is_compared_but_the_same_ends_do_not_count():
    ends = "same\n" * 1000
    with pytest.raises(TooManyLines):
        difference("a\n" * 200, "b\n" * 200, most_lines=100)
    assert difference(f"{ends}a\n{ends}", f"{ends}b\n{ends}", most_lines=100).added == 1
