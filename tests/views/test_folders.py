"""What the folders of a mount hold: the same in memory and through the kernel."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import time

import pytest

from tests.views.conftest import LEASES
from tests.views.surfaces import MountSurface

TOP = {"README.txt", "search", "saved", "by-type", "by-date", "by-tag", "recent", "similar", "tools", "history", "at"}


def is_folder(surface, path):
    return stat.S_ISDIR(surface.mode(path))


def links(surface, path):
    return {name for name in surface.names(path) if not name.startswith(".") and name != "README.txt"}


def says(code):
    return pytest.raises(OSError, check=lambda error: error.errno == code)


def moment():
    """A second that nothing of before or after falls into, as a name in `at`."""
    time.sleep(1.1)
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    time.sleep(1.1)
    return now


def test_the_top_has_every_folder_and_says_what_they_are_for(surface):
    assert surface.names("") == TOP
    assert b"ls at/yesterday" in surface.read("README.txt")
    assert surface.size("README.txt") == len(surface.read("README.txt"))
    for folder in TOP - {"README.txt"}:
        assert surface.read(f"{folder}/README.txt"), folder


def test_a_search_is_a_folder_of_links_to_the_files_it_finds(surface, home):
    assert links(surface, "search/quagga") == {"invoice.pdf.txt", "run.sh"}
    assert surface.target("search/quagga/run.sh") == str(home.root / "run.sh")
    assert stat.S_ISLNK(surface.mode("search/quagga/run.sh"))
    assert surface.mtime_ns("search/quagga/run.sh") // 10**9 == (home.root / "run.sh").stat().st_mtime_ns // 10**9


def test_files_of_the_same_name_are_numbered(surface, home):
    found = links(surface, "search/lease lyon")
    assert {"lease0.md", "lease0 (2).md"} <= found
    both = {surface.target(f"search/lease lyon/{name}") for name in ("lease0.md", "lease0 (2).md")}
    assert both == {str(home.root / "lease0.md"), str(home.root / "house" / "lease0.md")}


def test_a_search_says_what_it_found_and_why(surface):
    surface.names("search/quagga")
    document = json.loads(surface.read("search/quagga/.results.json"))
    assert {one["name"] for one in document["results"]} == {"invoice.pdf.txt", "run.sh"}
    assert all(0 < one["score"] <= 1 for one in document["results"])
    assert b"quagga brushes" in surface.read("search/quagga/.why.txt")


def test_the_documents_of_a_search_can_be_read_before_its_folder(surface):
    assert json.loads(surface.read("search/roses sun/.results.json"))["results"]


def test_a_search_that_finds_nothing_is_an_empty_folder_that_says_so(surface):
    assert links(surface, "search/zyzzyva") == set()
    assert surface.read("search/zyzzyva/.why.txt").strip()


def test_searches_are_not_listed(surface):
    surface.names("search/quagga")
    assert surface.names("search") == {"README.txt"}
    assert is_folder(surface, "search/anything at all")


@pytest.mark.parametrize("name", [".hidden", ".Trash-1000", "autorun.inf", "desktop.ini", ".git", "Thumbs.db"])
def test_what_programs_look_for_everywhere_is_no_search(surface, name):
    with says(errno.ENOENT):
        surface.mode(f"search/{name}")


def test_facets_narrow_a_search_and_are_not_listed(surface):
    assert links(surface, "search/quagga/by-type/code") == {"run.sh"}
    assert links(surface, "search/quagga/by-type/txt") == {"invoice.pdf.txt"}
    assert links(surface, "search/lyon/search/roses") == {"roses.txt"}
    assert links(surface, "search/lease/by-date/2023/11") == {f"lease{n}.md" for n in range(LEASES)}
    assert "lease0.md" not in links(surface, "search/roses/by-date/2023")
    assert not surface.names("search/quagga") & {"by-type", "by-date", "by-tag", "search"}


def test_facets_say_what_there_is_when_they_are_asked(surface):
    assert links(surface, "search/quagga/by-type") == {"code", "text"}
    assert "2023" in links(surface, "search/lease/by-date")
    assert "2023" not in links(surface, "search/quagga/by-date")


def test_kinds_and_dates_need_no_words(surface):
    assert {"note", "text", "code"} <= links(surface, "by-type")
    assert links(surface, "by-type/code") == {"run.sh"}
    assert links(surface, "by-type/md") >= {f"lease{n}.md" for n in range(LEASES)}
    assert "11" in links(surface, "by-date/2023")
    assert links(surface, "by-date/2023/11") == {f"lease{n}.md" for n in range(LEASES)}
    assert links(surface, "by-date/1999/01") == set()
    for wrong in ("by-date/2023/13", "by-date/soon", "by-type/no kind", "by-tag/nothing-has-it"):
        with says(errno.ENOENT):
            surface.mode(wrong)


def test_recent_has_what_was_changed_last(surface, home):
    assert surface.names("recent") == {"README.txt", "modified", "opened"}
    assert {"run.sh", "lease1.md"} <= links(surface, "recent/modified")


@pytest.mark.fuse
def test_what_is_opened_through_a_link_is_recent_and_what_is_only_listed_is_not(point, home):
    subprocess.run(["cat", point / "search" / "roses sun" / "roses.txt"], check=True, capture_output=True)
    subprocess.run(["ls", "-l", point / "search" / "quagga"], check=True, capture_output=True)
    opened = set(os.listdir(point / "recent" / "opened"))
    assert "roses.txt" in opened
    assert not opened & {"run.sh", "invoice.pdf.txt"}


def test_what_is_like_a_file_is_below_its_path(surface, home):
    inside = str(home.root).lstrip("/")
    like = links(surface, f"similar/{inside}/lease1.md")
    assert {"lease2.md", "lease3.md"} <= like
    assert like == links(surface, "similar/Documents/lease1.md")
    assert surface.names("similar") == {"README.txt"}
    assert is_folder(surface, f"similar/{inside}/house") and surface.names(f"similar/{inside}/house") == set()
    with says(errno.ENOENT):
        surface.mode("similar/etc/passwd")


def test_history_has_every_version_with_its_own_time_and_size(surface, home):
    file = home.root / f"chapters-{type(surface).__name__}.txt"
    for text in ("one\n", "one two\n", "one two three\n"):
        file.write_text(text)
        os.utime(file, (1_600_000_000 + len(text), 1_600_000_000 + len(text)))
        home.client.call("history", {"path": str(file)})  # has what stands there become a version at once
    folder = f"history/Documents/{file.name}"
    names = sorted(surface.names(folder))
    assert [name.partition("~")[0] for name in names] == ["1", "2", "3"]
    assert all(name.endswith(".txt") for name in names)
    assert [surface.read(f"{folder}/{name}") for name in names] == [b"one\n", b"one two\n", b"one two three\n"]
    assert [surface.size(f"{folder}/{name}") for name in names] == [4, 8, 14]
    assert [surface.mtime_ns(f"{folder}/{name}") for name in names] == [(1_600_000_000 + n) * 10**9 for n in (4, 8, 14)]


def test_history_has_what_is_gone(surface, home):
    file = home.root / f"gone-{type(surface).__name__}.txt"
    file.write_text("was here\n")
    home.client.call("history", {"path": str(file)})
    file.unlink()
    folder = f"history/Documents/{file.name}"
    (version,) = surface.names(folder)
    assert surface.read(f"{folder}/{version}") == b"was here\n"
    assert file.name in surface.names("history/Documents")


def test_the_past_of_a_root_is_a_tree(surface, home):
    then = "at/now/Documents"
    assert {"house", "run.sh", "garden", "lease1.md"} <= surface.names(then)
    assert surface.names(f"{then}/house/garden") == {"roses.txt"}
    assert surface.read(f"{then}/house/garden/roses.txt") == (home.root / "house/garden/roses.txt").read_bytes()
    assert surface.target(f"{then}/garden") == "house/garden"
    assert stat.S_IMODE(surface.mode(f"{then}/run.sh")) == 0o755
    assert surface.mtime_ns(f"{then}/lease3.md") == 1_700_000_003 * 10**9
    assert surface.size(f"{then}/lease3.md") == (home.root / "lease3.md").stat().st_size


def test_a_tree_is_what_stood_then(surface, home):
    file = home.root / "house" / f"then-{type(surface).__name__}.txt"
    file.write_text("before\n")
    home.client.call("history", {"path": str(file)})
    before = moment()
    file.write_text("after\n")
    home.client.call("history", {"path": str(file)})
    after = moment()
    assert surface.read(f"at/{before}/Documents/house/{file.name}") == b"before\n"
    assert surface.read(f"at/{after}/Documents/house/{file.name}") == b"after\n"
    assert surface.names("at/2001-01-01/Documents") == set()


@pytest.mark.parametrize("when", ["no time at all", "first", "@2", "before op 999999", "2199-01-01T15:00", ".hidden"])
def test_what_is_no_time_in_the_past_is_not_there(surface, when):
    with says(errno.ENOENT):
        surface.mode(f"at/{when}")


def test_files_can_be_read_from_any_place(surface, home):
    file = home.root / "big.bin"
    if not file.exists():
        file.write_bytes(os.urandom(3_000_000))
        home.client.call("history", {"path": str(file)})
    then = f"at/{moment()}/Documents/big.bin"
    data = file.read_bytes()
    for offset, size in ((0, 10), (1_048_570, 20), (2_999_990, 100), (3_000_000, 5), (1_500_000, 700_000)):
        assert surface.read(then, offset, size) == data[offset : offset + size]


def test_saved_queries_are_folders(surface, home):
    name = f"sun {type(surface).__name__}"
    surface.mkdir(f"saved/{name}")
    try:
        assert surface.read(f"saved/{name}/.query") == name.encode() + b"\n"
        surface.write(f"saved/{name}/.query", b"roses water\n")
        assert surface.read(f"saved/{name}/.query") == b"roses water\n"
        assert links(surface, f"saved/{name}") == {"roses.txt"}
        assert ".query" in surface.names(f"saved/{name}")
        assert name in surface.names("saved")
        assert links(surface, f"saved/{name}/by-type/code") == set()
    finally:
        surface.rmdir(f"saved/{name}")
    assert name not in surface.names("saved")
    assert (home.root / "house/garden/roses.txt").exists()


def test_a_path_has_the_versions_of_every_file_that_stood_there(surface, home):
    name = f"seat-{type(surface).__name__}.txt"
    first, second = home.root / name, home.root / f"other-{name}"
    first.write_text("the first\n")
    second.write_text("the second\n")
    for file in (first, second):
        home.client.call("history", {"path": str(file)})
    first.unlink()
    home.client.call("history", {"path": str(first)})
    second.rename(first)
    home.client.call("history", {"path": str(first)})
    folder = f"history/Documents/{name}"
    assert {surface.read(f"{folder}/{version}") for version in surface.names(folder)} >= {
        b"the first\n",
        b"the second\n",
    }


def test_what_is_recent_can_be_narrowed_to_less_of_it_only(surface):
    recent = links(surface, "recent/modified")
    assert {"lease1.md", "lease2.md"} <= links(surface, "recent/modified/search/lease") <= recent
    assert links(surface, "recent/opened/search/lease") <= links(surface, "recent/opened")
    assert links(surface, "recent/modified/by-type/code") == {"run.sh"}


@pytest.mark.parametrize("year", ["1500", "2300", "0000", "9999"])
def test_years_that_no_file_can_have_are_not_there(surface, year):
    with says(errno.ENOENT):
        surface.names(f"by-date/{year}/01")


def test_a_query_may_have_a_name_that_programs_look_for(surface, home):
    assert is_folder(surface, "search/CVs") and is_folder(surface, "search/cover.jpg")


@pytest.mark.fuse
def test_a_document_that_is_being_read_stays_what_it_was(point, home):
    surface = MountSurface(point)
    home.client.call("history", {"path": str(home.root)})
    surface.names("by-type/code")
    with open(point / "by-type/code/.results.json", "rb", buffering=0) as document:
        begun = document.read(20)
        (home.root / "more.py").write_text("print()\n")
        home.client.call("history", {"path": str(home.root / "more.py")})
        surface.names("by-type/code")
        names = {one["name"] for one in json.loads(begun + document.read(1 << 20))["results"]}
    assert "run.sh" in names and "more.py" not in names
    assert "more.py" in {one["name"] for one in json.loads(surface.read("by-type/code/.results.json"))["results"]}
    (home.root / "more.py").unlink()
    home.client.call("history", {"path": str(home.root / "more.py")})


@pytest.mark.fuse
@pytest.mark.fuse
def test_names_that_are_too_long_are_said_to_be(surface):
    with says(errno.ENAMETOOLONG):
        surface.mode("search/" + "x" * 300)
