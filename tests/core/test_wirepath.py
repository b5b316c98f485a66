from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.errors import UsageError
from lsfs.core.wirepath import absolute_from_wire, to_wire


@given(st.binary(max_size=20).filter(lambda tail: b"\0" not in tail))
def test_an_absolute_path_of_any_bytes_comes_back(tail):
    assert absolute_from_wire(to_wire(b"/" + tail)) == b"/" + tail


@pytest.mark.parametrize("text", ["", "docs", "./docs", "/a\0b", "base64:!!", "base64:ZG9jcw==", "/\ud800"])
def test_what_is_no_absolute_path_is_wrong_usage(text):
    with pytest.raises(UsageError):
        absolute_from_wire(text)
