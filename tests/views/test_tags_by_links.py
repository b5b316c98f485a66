"""Tags as folders: links that are made tag files, links that are removed untag them, and nothing else does."""

from __future__ import annotations

import errno
import os
import subprocess
import threading

import pytest

from tests.views.test_folders import links, says


def test_a_link_tags_and_its_removal_untags(surface, home):
    tag, file = f"t{type(surface).__name__}", home.root / "lease5.md"
    surface.mkdir(f"by-tag/{tag}")
    surface.symlink(str(file), f"by-tag/{tag}/lease5.md")
    assert home.tags(file) == [tag]
    assert links(surface, f"by-tag/{tag}") == {"lease5.md"}
    assert tag in links(surface, "by-tag")
    assert links(surface, f"search/lease/by-tag/{tag}") == {"lease5.md"}
    assert links(surface, f"by-tag/{tag}/by-date/2023") == {"lease5.md"}
    with says(errno.ENOTEMPTY):
        surface.rmdir(f"by-tag/{tag}")
    surface.unlink(f"by-tag/{tag}/lease5.md")
    assert home.tags(file) == []
    assert file.exists()


def test_a_hidden_file_that_is_tagged_is_listed_and_found(surface, home):
    file = home.root / ".hidden-lease.md"
    file.write_text("nobody searches this\n")
    home.client.call("history", {"path": str(file)})
    tag = f"h{type(surface).__name__}"
    surface.mkdir(f"by-tag/{tag}")
    surface.symlink(str(file), f"by-tag/{tag}/.hidden-lease.md")
    assert ".hidden-lease.md" in surface.names(f"by-tag/{tag}")
    assert surface.target(f"by-tag/{tag}/.hidden-lease.md") == str(file)
    surface.unlink(f"by-tag/{tag}/.hidden-lease.md")
    assert home.tags(file) == []


def test_moving_a_link_between_tags_changes_one_for_the_other(surface, home):
    one, other, file = f"a{type(surface).__name__}", f"b{type(surface).__name__}", home.root / "lease6.md"
    for tag in (one, other):
        surface.mkdir(f"by-tag/{tag}")
    surface.symlink(str(file), f"by-tag/{one}/lease6.md")
    surface.rename(f"by-tag/{one}/lease6.md", f"by-tag/{other}/lease6.md")
    assert home.tags(file) == [other]
    assert home.client.call("log", {"limit": 1})["ops"][0]["door"] == "mount"
    surface.unlink(f"by-tag/{other}/lease6.md")
    assert home.tags(file) == []


def test_a_tag_that_lost_its_last_file_stays_until_it_is_forgotten(surface, home):
    tag, file = f"last{type(surface).__name__}", home.root / "lease4.md"
    action = {"do": "tag", "paths": [str(file)], "tags": [tag]}
    plan = home.client.call("plan", {"actions": [action]})
    list(home.client.stream("apply", {"op": plan["op"]}))
    surface.unlink(f"by-tag/{tag}/lease4.md")
    assert links(surface, f"by-tag/{tag}") == set()
    surface.rmdir(f"by-tag/{tag}")
    assert tag not in surface.names("by-tag")


def test_a_new_tag_is_an_empty_folder_that_can_go(surface):
    surface.mkdir("by-tag/short lived")
    assert "short lived" in surface.names("by-tag")
    surface.rmdir("by-tag/short lived")
    assert "short lived" not in surface.names("by-tag")


def test_what_cannot_be_tagged_is_refused(surface, home):
    surface.mkdir("by-tag/strict")
    try:
        with says(errno.EINVAL):
            surface.symlink(str(home.root / "lease7.md"), "by-tag/strict/another name.md")
        with pytest.raises(OSError):
            surface.symlink("/etc/passwd", "by-tag/strict/passwd")
        with pytest.raises(OSError):
            surface.symlink(str(home.root / "missing.md"), "by-tag/strict/missing.md")
        assert links(surface, "by-tag/strict") == set()
    finally:
        surface.rmdir("by-tag/strict")


def test_links_keep_their_names_when_another_file_of_the_name_is_tagged(surface, home):
    tag = f"n{type(surface).__name__}"
    surface.mkdir(f"by-tag/{tag}")
    deeper = home.root / "house" / "lease0.md"
    surface.symlink(str(deeper), f"by-tag/{tag}/lease0.md")
    surface.symlink(str(home.root / "lease0.md"), f"by-tag/{tag}/lease0 (2).md")
    assert surface.target(f"by-tag/{tag}/lease0.md") == str(deeper)
    assert surface.target(f"by-tag/{tag}/lease0 (2).md") == str(home.root / "lease0.md")
    surface.unlink(f"by-tag/{tag}/lease0 (2).md")
    assert (home.tags(home.root / "lease0.md"), home.tags(deeper)) == ([], [tag])
    surface.unlink(f"by-tag/{tag}/lease0.md")


def test_a_relative_link_is_followed_as_the_kernel_would(point, home):
    (home.root / "deep" / "down").mkdir(parents=True)
    for folder in ("deep", "."):
        (home.root / folder / "twin.txt").write_text("one of two\n")
    os.symlink("deep/down", home.root / "jump")
    home.client.call("history", {"path": str(home.root)})
    os.mkdir(point / "by-tag/relative")
    subprocess.run(["ln", "-s", "jump/../twin.txt", point / "by-tag/relative/"], cwd=home.root, check=True)
    assert os.readlink(point / "by-tag/relative/twin.txt") == str(home.root / "deep" / "twin.txt")
    assert home.tags(home.root / "twin.txt") == []


def test_a_removal_of_a_whole_folder_takes_no_tag_whichever_thread_does_it(point, home):
    os.mkdir(point / "by-tag/whole")
    os.symlink(home.root / "lease9.md", point / "by-tag/whole/lease9.md")
    with os.scandir(point / "by-tag/whole") as listing:
        next(listing)
        failures = []

        def remove():
            try:
                os.unlink(point / "by-tag/whole/lease9.md")
            except OSError as error:
                failures.append(error.errno)

        thread = threading.Thread(target=remove)
        thread.start()
        thread.join()
    assert failures == [errno.EROFS]
    assert home.tags(home.root / "lease9.md") == ["whole"]
    os.unlink(point / "by-tag/whole/lease9.md")
