"""An agent and the user's files: the official client, `lsfsd mcp`, the whole daemon, and bytes on the disk."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from lsfs.extract.samples import pdf
from lsfsd.mcp.cursors import cursor


@pytest.fixture(scope="module")
def doer(agents, daemon):
    return agents.connect()


@pytest.fixture(scope="module")
def reader(agents, daemon):
    return agents.connect("reader")


def test_files_are_found_with_passage_and_line_and_paged(doer, documents, index):
    for number in range(5):
        (documents / f"note{number}.md").write_text(f"Intro\n\nThe zeppelin number {number} landed.\n")
    index()
    first = doer.data("search_files", words="zeppelin", folder=str(documents), limit=3)
    assert len(first["hits"]) == 3 and all("zeppelin" in hit["snippet"] for hit in first["hits"])
    rest = doer.data("search_files", cursor=first["next_cursor"])
    names = {Path(hit["path"]).name for page in (first, rest) for hit in page["hits"]}
    assert names == {f"note{number}.md" for number in range(5)} and "next_cursor" not in rest
    assert doer.data("search_files", words="zeppelin", folder=str(documents / "none"))["hits"] == []
    assert doer.failure("search_files")["code"] == "usage"


def test_a_document_is_read_as_its_text(doer, documents, index):
    (documents / "letter.pdf").write_bytes(pdf("The lease ends in March."))
    index()
    read = doer.data("read_file", path=str(documents / "letter.pdf"))
    assert read["extracted"] and "The lease ends in March." in read["text"]


def test_ten_megabytes_are_read_page_by_page(doer, documents):
    text = "".join(f"line {number} äöü\n" for number in range(600_000))
    (documents / "long.txt").write_text(text)
    page = doer.data("read_file", path=str(documents / "long.txt"), characters=50_000)
    assert page["text"] == text[: len(page["text"])] and page["text_bytes"] > 10_000_000
    found, line = "", 590_001
    page = doer.data("read_file", path=str(documents / "long.txt"), line=line)
    while True:
        assert page["first_line"] == line and len(page["text"]) <= 20_000
        found, line = found + page["text"], line + page["text"].count("\n")
        if page["complete"]:
            break
        page = doer.data("read_file", cursor=page["next_cursor"])
    assert found == "".join(f"line {number} äöü\n" for number in range(590_000, 600_000))


def test_ranges_are_of_lines_or_of_characters(doer, documents):
    (documents / "abc.txt").write_text("eins\nzwei\ndrei\n")
    path = str(documents / "abc.txt")
    assert doer.data("read_file", path=path, line=2, lines=1)["text"] == "zwei\n"
    assert doer.data("read_file", path=path, character=5, characters=3)["text"] == "zwe"
    assert doer.failure("read_file", path=path, character=5, line=1)["code"] == "usage"
    assert doer.failure("read_file", path=path, line=99)["code"] == "nothing-found"
    assert doer.failure("read_file")["code"] == "usage"


def test_nothing_outside_the_watched_folders_and_no_secret_is_read(doer, documents, home):
    (home / "diary.txt").write_text("private\n")
    (documents / "link.txt").symlink_to(home / "diary.txt")
    (documents / "up").symlink_to(home)
    (documents / ".env").write_text("TOKEN=1\n")
    (documents / "data.bin").write_bytes(bytes(range(256)))
    for path in ("link.txt", "up/diary.txt", "../diary.txt", "../../../../etc/passwd", ".env", "data.bin"):
        failure = doer.failure("read_file", path=str(documents / path))
        assert failure["code"] in ("refused", "nothing-found", "conflict"), path
    assert doer.failure("read_file", path="/etc/passwd")["code"] == "nothing-found"
    assert doer.failure("read_file", path=str(documents / "link.txt"))["code"] == "refused"


def test_a_file_is_moved_by_a_plan_and_the_move_is_taken_back(doer, documents):
    lease, moved = documents / "lease.md", documents / "Old/lease.md"
    plan = doer.data("plan_files", actions=[{"do": "move", "paths": [str(lease)], "to": str(documents / "Old")}])
    assert plan["effects"][-1] == {"action": "move", "path": str(lease), "to": str(moved)}
    assert plan["files"] == 1 and lease.exists()
    done = doer.data("apply_plan", plan=plan["plan"])
    assert done["state"] == "applied" and moved.exists() and not lease.exists()
    assert doer.failure("apply_plan", plan=plan["plan"])["code"] == "conflict"
    assert doer.data("undo")["state"] == "applied"
    assert lease.exists() and not moved.parent.exists()


def test_a_sentence_is_a_plan_too_and_what_is_not_understood_is_refused(doer, documents):
    plan = doer.data("plan_files", sentence=f"rename {documents}/lease.md to flat.md")
    doer.data("apply_plan", plan=plan["plan"])
    assert (documents / "flat.md").exists()
    assert doer.failure("plan_files", sentence="delete everything")["code"]
    assert doer.failure("plan_files")["code"] == "usage"
    assert doer.failure("plan_files", sentence="x", actions=[{"do": "mkdir", "path": "x"}])["code"] == "usage"


def test_what_a_plan_writes_is_shown_to_the_agent_and_to_the_user_who_is_to_apply_it(agents, documents, command):
    lease, new = documents / "lease.md", documents / "new.md"
    actions = [
        {"do": "append", "path": str(lease), "text": "One more line.\n"},
        {"do": "create", "path": str(new), "text": "A new text.\nOf two lines.\n"},
    ]
    plan = agents.connect("planner").data("plan_files", actions=actions)
    assert "+One more line." in plan["changes"][0]["unified"]
    assert plan["changes"][1] == {"path": str(new), "drafted": "A new text.\nOf two lines.\n"}
    shown = command("apply", str(plan["plan"]), "--dry-run")
    assert shown.code == 0 and "+One more line." in shown.out and "| Of two lines." in shown.out
    assert command("apply", str(plan["plan"]), "--edit").code == 2
    assert command("apply", str(plan["plan"]), "--yes").code == 0 and new.exists()


def test_versions_are_listed_and_restored(doer, documents):
    lease = documents / "lease.md"
    first = lease.read_text()
    assert len(doer.data("list_versions", path=str(lease))["versions"]) == 1
    lease.write_text("Sold.\n")
    versions = doer.data("list_versions", path=str(lease))["versions"]
    assert [one["version"] for one in versions] == ["@2", "@1"] and versions[0]["current"]
    assert doer.data("restore_version", path=str(lease), version="@1")["state"] == "applied"
    assert lease.read_text() == first
    doer.data("undo")
    assert lease.read_text() == "Sold.\n"
    (documents / "other.md").write_text("x")
    files = doer.data("list_versions", path=str(documents))["files"]
    assert {Path(one["path"]).name: one["versions"] for one in files}["other.md"] == 1
    assert doer.failure("list_versions", path=str(documents / "none"))["code"] == "nothing-found"


def test_a_long_preview_is_paged(doer, documents):
    for number in range(70):
        (documents / f"{number:02}.txt").write_text("x")
    plan = doer.data(
        "plan_files",
        actions=[{"do": "trash", "paths": [str(documents / f"{number:02}.txt") for number in range(70)]}],
    )
    rest = doer.data("plan_files", cursor=plan["next_cursor"])
    assert (len(plan["effects"]), len(rest["effects"]), plan["effects_in_all"]) == (50, 20, 70)
    assert rest["plan"] == plan["plan"] and "next_cursor" not in rest


def test_many_files_take_the_count_that_is_expected(doer, documents):
    folder = documents / "many"
    folder.mkdir()
    for number in range(1001):
        (folder / f"{number}").touch()
    plan = doer.data("plan_files", actions=[{"do": "rename", "path": str(folder), "name": "all"}])
    assert doer.failure("apply_plan", plan=plan["plan"])["code"] == "refused"
    assert doer.failure("apply_plan", plan=plan["plan"], expect=1000)["code"] == "refused"
    assert doer.data("apply_plan", plan=plan["plan"], expect=1001)["files"] == 1001


def test_nothing_is_planned_outside_the_watched_folders(doer, documents, home):
    action = {"do": "copy", "paths": [str(documents / "lease.md")], "to": str(home / "elsewhere")}
    assert doer.failure("plan_files", actions=[action])["code"] == "refused"
    action = {"do": "move", "paths": [str(home / ".config")], "to": str(documents)}
    assert doer.failure("plan_files", actions=[action])["code"] == "refused"


def test_by_default_a_client_plans_and_the_user_applies(agents, documents, command):
    somebody = agents.connect("Some Agent")
    action = {"do": "rename", "path": str(documents / "lease.md"), "name": "flat.md"}
    result = somebody.call("plan_files", actions=[action])
    plan = result.structured_content["plan"]
    assert f"lsfs apply {plan}" in result.content[0].text
    for name, arguments in (
        ("apply_plan", {"plan": plan}),
        ("undo", {}),
        ("restore_version", {"path": str(documents / "lease.md"), "version": "@1"}),
    ):
        failure = somebody.failure(name, **arguments)
        assert failure["code"] == "refused" and "Some Agent=apply" in failure["hint"], name
    shown = command("apply", str(plan), "--yes")
    assert shown.code == 0 and (documents / "flat.md").exists(), shown.err
    assert command("apply", str(plan), "--yes").code == 4
    granted = command(*shlex.split(failure["hint"].rpartition("with: lsfs ")[2]))
    assert granted.code == 0 and "at once" in granted.err
    assert somebody.data("undo")["state"] == "applied" and (documents / "lease.md").exists()


def test_a_reading_client_makes_no_plan(reader, documents, index):
    index()
    assert reader.data("search_files", words="Lyon")["hits"]
    assert "reader=plan" in reader.failure("plan_files", sentence="tag lease.md as flat")["hint"]


def test_agents_go_on_with_their_own_plans_and_ops_alone(agents, doer, documents, daemon):
    one, other = doer, agents.connect("other doer")
    plan = one.data("plan_files", actions=[{"do": "mkdir", "path": str(documents / "one")}])["plan"]
    assert other.failure("apply_plan", plan=plan)["code"] == "refused"
    one.data("apply_plan", plan=plan)
    assert other.failure("undo", op=plan)["code"] == "refused"
    assert other.failure("undo")["code"] == "nothing-found"
    assert other.failure("plan_files", cursor=cursor("plan_files", {"plan": plan, "offset": 0}))["code"] == "refused"
    users = daemon.call("plan", {"actions": [{"do": "mkdir", "path": str(documents / "mine")}]})["op"]
    assert one.failure("apply_plan", plan=users)["code"] == "refused"


def test_all_that_one_agent_did_is_taken_back_and_nothing_else(agents, documents, command):
    one, other = agents.connect("first"), agents.connect("second")
    lease = documents / "lease.md"
    before = lease.read_text()

    def do(agent, **action):
        return agent.data("apply_plan", plan=agent.data("plan_files", actions=[action])["plan"])

    do(one, do="append", path=str(lease), text="One line.\n")
    do(other, do="create", path=str(documents / "others.txt"), text="x")
    do(one, do="move", paths=[str(lease)], to=str(documents / "Old"))
    do(one, do="append", path=str(documents / "Old/lease.md"), text="Another.\n")
    one.data("undo")
    shown = command("undo", "--client", "first", "--dry-run")
    assert shown.code == 0 and shown.out.count("by mcp (first)") == 2 and not lease.exists()
    refused = command("undo", "--client", "first")
    assert refused.code == 3 and not lease.exists()
    done = command("undo", "--client", "first", "--yes")
    assert done.code == 0, done.err
    assert lease.read_text() == before and (documents / "others.txt").exists() and not (documents / "Old").exists()
    assert command("undo", "--client", "first", "--yes").code == 1
    assert command("log", "--client", "second").out.count("by mcp (second)") == 1


def test_taking_back_stops_at_what_is_in_the_way_and_says_how_far_it_came(agents, documents, command):
    one = agents.connect("third")
    lease = documents / "lease.md"
    for action in (
        {"do": "append", "path": str(lease), "text": "One line.\n"},
        {"do": "mkdir", "path": str(documents / "new")},
    ):
        one.data("apply_plan", plan=one.data("plan_files", actions=[action])["plan"])
    lease.write_text("The user's own.\n")
    done = command("undo", "--client", "third", "--yes", "--json")
    assert done.code == 4 and done.document["error"]["code"] == "conflict"
    assert done.document["error"]["message"].startswith("1 op taken back, and then")
    assert lease.read_text() == "The user's own.\n" and not (documents / "new").exists()


def test_arguments_that_are_too_much_or_unknown_are_refused(doer, documents, index):
    index()
    assert "bytes" in doer.failure("search_files", words="x" * (2 << 20))["message"]
    assert "characters" in doer.failure("search_files", words="x" * 5_000)["message"]
    assert "no argument" in doer.failure("search_files", query="x")["message"]
    many = [{"do": "mkdir", "path": "x"}] * 1_001
    assert "1001 items" in doer.failure("plan_files", actions=many)["message"]
    assert doer.data("search_files", words="Lyon")["hits"]


def test_relative_paths_are_of_the_servers_folder_and_odd_ones_come_back_usable(agents, documents, index):
    odd = os.fsencode(documents) + b"/caf\xe9.txt"
    with open(odd, "w") as file:
        file.write("quokka\n")
    index()
    doer = agents.connect(cwd=documents)
    assert doer.data("read_file", path="lease.md")["text"].startswith("# Lease")
    found = doer.data("search_files", words="quokka")["hits"][0]["path"]
    assert found.startswith("base64:") and doer.data("read_file", path=found)["text"] == "quokka\n"


def test_a_client_of_the_older_protocol_is_served_as_well(agents, documents):
    older = agents.connect(mode="legacy")
    plan = older.data("plan_files", actions=[{"do": "rename", "path": str(documents / "lease.md"), "name": "flat.md"}])
    older.data("apply_plan", plan=plan["plan"])
    older.data("undo")
    assert older.data("read_file", path=str(documents / "lease.md"))["text"].startswith("# Lease")


def test_calls_at_once_of_two_clients_are_answered_each(doer, reader, documents, index):
    index()
    calls = [agent.start("search_files", words="Lyon") for agent in (doer, reader) for _ in range(20)]
    assert all(call.result(60).structured_content["hits"] for call in calls)


def test_a_daemon_that_ends_is_started_again_when_it_is_needed(reader, daemon):
    daemon.stop_daemon()
    daemon.call("hello")
    assert "hits" in reader.data("search_files", words="Lyon")
    daemon.stop_daemon()
    assert "hits" in reader.data("search_files", words="Lyon")
