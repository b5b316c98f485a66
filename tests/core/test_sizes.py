from __future__ import annotations

import pytest

from lsfs.core.sizes import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_960, "1.0 MB"),
        (2_345_678, "2.3 MB"),
        (1_117_320_768, "1.1 GB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes_are_short(size, text):
    assert size_text(size) == text
