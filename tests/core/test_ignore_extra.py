"""Patterns from the settings count like those of a .lsfsignore at the root."""

from lsfs.core.ignore import IgnoreRules


def test_patterns_of_the_settings_leave_paths_out_of_both_lists():
    rules = IgnoreRules(extra=("*.iso", "private/")).enter(b"", [], lambda path: b"")
    assert rules.verdict(b"image.iso", False).pruned
    assert rules.verdict(b"private", True).pruned
    assert not rules.verdict(b"private.txt", False).pruned


def test_an_ignore_file_takes_back_what_the_settings_leave_out():
    above = IgnoreRules(extra=("*.log",)).enter(b"", [], lambda path: b"")
    below = above.enter(b"kept", [b".lsfsignore"], lambda path: b"!important.log\n")
    assert not below.verdict(b"kept/important.log", False).pruned
    assert below.verdict(b"kept/other.log", False).pruned
