"""What `lsfs mount` and `lsfs umount` refuse before anybody is asked."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("command", ["mount", "umount"])
def test_an_empty_name_is_not_the_working_folder(lsfs, door, command):
    refused = lsfs(command, "")
    assert refused.code == 2 and "the name of the folder is empty" in refused.err
    assert door.asked == []
