"""Any file's stat key fits into the signed 64 bits of a database."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from lsfs.core.records import StatKey, storable_ns

MOST = (1 << 63) - 1


def found(ino: int, mtime_ns: int, ctime_ns: int) -> os.stat_result:
    values = SimpleNamespace(st_ino=ino, st_size=3, st_mtime_ns=mtime_ns, st_ctime_ns=ctime_ns, st_mode=0o100644)
    return cast("os.stat_result", values)


@given(st.integers(0, (1 << 64) - 1), st.integers(-(1 << 70), 1 << 70), st.integers(-(1 << 70), 1 << 70))
def test_every_number_of_a_key_is_a_signed_one_of_64_bits(ino, mtime_ns, ctime_ns):
    key = StatKey.of(found(ino, mtime_ns, ctime_ns))
    assert all(-MOST - 1 <= number <= MOST for number in (key.ino, key.mtime_ns, key.ctime_ns))


def test_usual_files_keep_their_numbers(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    at = os.stat(tmp_path / "a")
    assert StatKey.of(at) == StatKey(at.st_ino, 3, at.st_mtime_ns, at.st_ctime_ns, at.st_mode)


def test_inodes_that_differ_still_differ_and_late_times_are_the_latest():
    assert StatKey.of(found(1 << 63, 0, 0)).ino != StatKey.of(found((1 << 63) + 1, 0, 0)).ino
    assert StatKey.of(found(1, 10_413_792_000 * 10**9, 0)).mtime_ns == MOST
    assert (storable_ns(1 << 63), storable_ns(5)) == (MOST, 5)
