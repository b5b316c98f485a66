"""Commands that look at the past, at tags and at what is kept: text for people, one document for programs."""

from __future__ import annotations

import pytest

TIME = "2026-01-02 04:04:05"  # of the fake, in the zone of these tests


@pytest.fixture(autouse=True)
def east(monkeypatch: pytest.MonkeyPatch) -> None:
    """A zone whose times differ from those of results."""
    monkeypatch.setenv("TZ", "Europe/Paris")


def test_history_shows_what_changed_in_local_time(daemon, lsfs, private_home):
    outcome = lsfs("history", "old.md", cwd=private_home)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "old.md",
        f"     @1  {TIME}     2.0 kB  assumed unchanged since {TIME}  not kept: thinned: one an hour\\x1b[31m",
        f"         {TIME}             renamed to new.md, permissions 0644 → 0600",
        f"     @2  {TIME}     2.0 kB  op 17",
        f"         {TIME}             time or attributes  current",
        "  note: another stood here",
    ]
    assert outcome.err == "(limit=1000)\n"
    assert lsfs("history", "old.md", "-n", "3", "--json").document["notes"] == ["limit=3"]


def test_a_history_of_nothing_is_exit_code_1(daemon, lsfs):
    outcome = lsfs("history", "unknown", "--json")
    assert (outcome.code, outcome.document["error"]["code"]) == (1, "nothing-found")


def test_diff_is_as_it_is_in_a_pipe(daemon, lsfs):
    outcome = lsfs("diff", "a.md", "--from", "@1", "--to", "yesterday")
    assert (outcome.code, outcome.out) == (0, "--- a\n+++ b\n@@ -1 +1 @@\n-one\x1b[31m\n+\ttwo\n")
    document = lsfs("diff", "a.md", "--from", "@1", "--to", "yesterday", "--by", "file", "--json").document
    assert document["old"]["label"] == "old=@1 new=yesterday by=file"


def test_a_diff_of_other_bytes_shows_sizes_and_hashes(daemon, lsfs):
    lines = lsfs("diff", "/docs/binary").out.splitlines()
    assert lines[0] == "/docs/binary"
    assert lines[1].startswith("- old=None") and lines[1].endswith(f"1.0 kB  {TIME}  blake3 aa")
    assert lines[2].startswith("+ now") and lines[2].endswith(f"2.0 kB  {TIME}  blake3 bb")


def test_no_difference_is_exit_code_0_and_said(daemon, lsfs):
    outcome = lsfs("diff", "same")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.startswith("no difference between old=None")


def test_at_lists_a_tree_as_it_was(daemon, lsfs, private_home):
    outcome = lsfs("at", "yesterday", "docs", cwd=private_home)
    assert outcome.out.splitlines() == [
        f"   folder  {TIME}         docs/",
        f"   2.0 kB  {TIME}     @3  docs/a\\x1b[31m.md  not kept",
    ]
    assert outcome.err == f"as it was {TIME}\n"
    assert lsfs("at", "before op 17", "docs").err == "as it was before op 17\n"
    assert len(lsfs("at", "yesterday", "docs", "--json").document["entries"]) == 2


def test_log_tells_what_when_by_which_door_and_from_what(daemon, lsfs):
    outcome = lsfs("log", "-n", "3", "--running")
    assert outcome.out.splitlines() == [
        f"   18  {TIME}  path=None limit=3 running=True",
        "       by cli: lsfs undo",
        f"   17  {TIME}  trash 1\\x1b[31m  undone by op 18",
        "       by cli",
        f"   16  {TIME}  move 1  failed: no space",
        "       by cli",
    ]
    assert lsfs("log", "/a", "--json").document["ops"][0]["summary"] == "path=/a limit=20 running=False"
    assert (lsfs("log", "/none").code, lsfs("log", "/none", "--json").document) == (1, {"ops": []})


def test_tags_are_shown_of_some_files_or_of_all(daemon, lsfs):
    assert lsfs("tags").out == "/docs/a.md  red, tax 2026\n"
    document = lsfs("tags", "/docs/b.md", "--json").document
    assert document == {"files": [{"path": "/docs/b.md", "tags": ["red", "tax 2026"]}]}
    outcome = lsfs("tags", "/bare")
    assert (outcome.code, outcome.out, outcome.err) == (1, "/bare\n", "no tags\n")


def test_saved_queries_are_shown(daemon, lsfs):
    assert lsfs("saved").out == "leases: lease -draft\n"
    assert lsfs("saved", "--json").document == {"queries": [{"name": "leases", "query": "lease -draft"}]}


def test_retention_names_what_goes_and_on_demand_what_stays(daemon, lsfs, private_home):
    outcome = lsfs("retention", "a.md", cwd=private_home)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        f"goes  a.md @2  {TIME}  2.0 kB  one an hour\\x1b[31m",
        "1 version kept, 1 version to go; 4.0 kB of 10.0 kB in use, 2.0 kB to be freed",
    ]
    assert outcome.err == "by day\n"
    assert [item["keep"] for item in lsfs("retention", "--explain", "--json").document["items"]] == [False, True]


def test_cancel_names_an_op_that_is_there(daemon, lsfs):
    assert lsfs("cancel", "17").code == 1
    assert lsfs("undo", "--dry-run").code == 0
    assert lsfs("cancel", "17", "--json").document["op"] == 17


def test_cancel_starts_no_daemon(lsfs):
    assert lsfs("cancel", "17").code == 5


def test_what_is_kept_and_searched_of_a_folder_is_set_and_shown(daemon, lsfs, private_home):
    assert lsfs("up", str(private_home), "--exclude", "*.iso").out.endswith("; no versions of *.iso\n")
    assert lsfs("roots", "list").out.endswith(f"{private_home}  watching, 3 files; no versions of *.iso\n")
    lsfs("roots", "set", str(private_home), "--max-version-mb", "5", "--index", "off", "--versions", "off")
    said = lsfs("roots", "list").out.removeprefix(f"{private_home}  ")
    assert said == (
        "watching, 3 files; versions are off for this folder; not searched; versions of files up to 5 MiB\n"
    )
    document = lsfs("roots", "set", str(private_home), "--exclude", "", "--json").document
    assert (document["exclude"], document["max_file_mb"], document["index"]) == ([], 256, "on")


@pytest.mark.parametrize(
    "arguments",
    [
        ("roots", "set", "/a"),
        ("up", "--index", "off"),
        ("roots", "set", "/a", "--versions", "maybe"),
        ("up", "--wait=1"),
    ],
)
def test_settings_that_are_missing_or_wrong_are_exit_code_2(lsfs, arguments):
    assert lsfs(*arguments).code == 2
