"""Ignore rules: git's meaning for ``.gitignore``, two lists, and nobody's secrets."""

from __future__ import annotations

import os
import re
import subprocess
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsfs.core import paths
from lsfs.core.ignore import IgnoreRules, Verdict
from lsfs.core.ignore_patterns import NameMatcher, parse_line, segment_regex


def rules_at(files, folder=b"", never=frozenset()):
    """The rules in `folder` of a tree with the ignore files `files` (path → bytes)."""

    def read(path):
        if path not in files:
            raise FileNotFoundError
        return files[path]

    every = {b".gitignore", b".lsfsignore"}
    rules = IgnoreRules(never=never).enter(b"", every, read)
    for above in [*list(paths.ancestors(folder))[1:], folder] if folder else []:
        rules = rules.enter(above, every, read)
    return rules


def verdict(path, files=None, is_dir=False, size=0):
    return rules_at(files or {}, paths.split(path)[0]).verdict(path, is_dir, size)


@pytest.mark.parametrize(
    "path",
    (
        b".ssh .gnupg x/passwords.kdbx app/.env app/.env.production .local/share/keyrings .mozilla "
        b".config/google-chrome deep/.config/chromium id_ed25519"
    ).split(),
)
def test_secrets_are_neither_searched_nor_kept(path):
    assert verdict(path, is_dir=True) == Verdict("secret", "secret")


@pytest.mark.parametrize("path", [b"web/node_modules", b"__pycache__", b".cache", b"a.pyc", b".local/share/Trash"])
def test_caches_are_neither_searched_nor_kept(path):
    assert verdict(path, is_dir=True).pruned


@pytest.mark.parametrize("path", [b".git", b".bashrc", b".config", b"app/.env.example", b"draft.txt~"])
def test_hidden_names_and_backups_are_kept_but_not_searched(path):
    found = verdict(path)
    assert found.index is not None
    assert found.version is None


@pytest.mark.parametrize("path", [b"letter.txt", b"google-chrome", b"env", b"a\xff\nb", b"keys.txt", b"Trash"])
def test_ordinary_names_are_left_alone(path):
    assert verdict(path) == Verdict()


def test_what_hides_in_a_hidden_folder_is_hidden():
    assert verdict(b".config/app/notes.txt") == Verdict("hidden", None)


def test_gitignored_files_are_not_searched_and_kept_up_to_a_mebibyte():
    files = {b".gitignore": b"*.log\n"}
    assert verdict(b"a.log", files, size=1 << 20) == Verdict(".gitignore", None)
    assert verdict(b"a.log", files, size=(1 << 20) + 1).pruned


def test_gitignored_build_products_are_pruned():
    files = {b".gitignore": b"build/\nnotes/\n"}
    assert verdict(b"build", files, is_dir=True).pruned
    assert verdict(b"notes", files, is_dir=True) == Verdict(".gitignore", None)
    assert verdict(b"build", {}, is_dir=True) == Verdict()


def test_lsfsignore_is_for_both_lists_and_takes_back_from_both():
    files = {b".lsfsignore": b"*.iso\n!.config/\n!keep.log\n!.env\n", b".gitignore": b"*.log\n"}
    assert verdict(b"a.iso", files).pruned
    assert verdict(b".config", files, is_dir=True) == Verdict()
    assert verdict(b".config/x.txt", files) == Verdict()
    assert verdict(b"keep.log", files) == Verdict()
    assert verdict(b".env", files) == Verdict()


def test_a_gitignore_cannot_take_back_secrets_or_hidden_names():
    files = {b".gitignore": b"!.env\n!.ssh/\n!.hidden\n!*\n"}
    assert verdict(b".env", files).pruned
    assert verdict(b".ssh", files, is_dir=True).pruned
    assert verdict(b".hidden", files).index == "hidden"


def test_our_own_folders_stay_out_whatever_a_file_says():
    rules = rules_at({b".lsfsignore": b"!*\n"}, never=frozenset([b"data/lsfs"]))
    inner = rules.enter(b"data", (), lambda path: b"")
    assert inner.verdict(b"data/lsfs", True).pruned
    assert not inner.verdict(b"data/other", True).pruned


def test_an_unreadable_ignore_file_says_nothing():
    assert rules_at({}).verdict(b"a.log", False) == Verdict()


def test_a_hostile_pattern_cannot_stall_a_scan():
    stars = b"*a" * 60 + b"b"
    rules = rules_at({b".gitignore": stars + b"\n/x/**/" + b"**/y/" * 50 + b"z\n"})
    began = time.perf_counter()
    for _ in range(50):
        assert rules.verdict(b"a" * 255, False) == Verdict()
    rules.enter(b"x", (), lambda path: b"")
    assert time.perf_counter() - began < 1


def test_names_are_judged_fast_enough_for_a_large_folder():
    # 100,000 names a second are asked for; this leaves room for a busy machine.
    rules = rules_at({b".gitignore": b"*.pyc\n/docs/_build/\nbuild/\n!keep.o\nfoo*bar\n*.o\nsrc/**/gen\n"})
    names = [b"file%05d.txt" % number for number in range(20_000)]
    began = time.process_time()
    for name in names:
        rules.verdict(name, False, 10)
    assert len(names) / (time.process_time() - began) > 100_000


segments = st.text(alphabet="ab*?[]!-\\^", min_size=1, max_size=6)


@given(st.lists(st.tuples(st.binary(max_size=5).filter(lambda text: b"/" not in text), st.booleans(), st.booleans())))
def test_any_bytes_are_a_pattern_that_compiles(patterns):
    matcher = NameMatcher(patterns)
    assert matcher.ignores(b"name", False) in (True, False, None)


@given(st.binary(max_size=12))
def test_any_line_is_understood_or_left_aside(line):
    pattern = parse_line(line)
    for segment in pattern.segments if pattern is not None else ():
        regex = segment_regex(segment)
        assert regex is None or re.compile(regex, re.DOTALL)


simple = st.text(alphabet="abc.*?", min_size=1, max_size=4)
bracketed = st.sampled_from(
    ["[ab]", "[!a]c", "[a-c]*", "*[^b]", "[[:alpha:]]", "[]a]", "a[", "[/a]", "\\a", "\\*", "b\\ "]
)
component = st.one_of(simple, simple, bracketed, st.just("**"))
lines = st.builds(
    lambda negated, rooted, parts, dir_only: negated + rooted + "/".join(parts) + dir_only,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(component, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)
FILES = [b"a/b/c/x", b"a/a/a/x", b"c/b/a/x", b"b /a", b"ab/b.c/a", b"a.b", b"bc", b"c/*", b"c.a", b"a/c.a", b"b"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    top = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    for file in FILES:
        path = os.path.join(os.fsencode(top), file)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb"):
            pass
    return top


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=st.lists(lines, max_size=4), nested=st.lists(lines, max_size=3))
def test_a_gitignore_means_what_git_says_it_means(repository, top, nested):
    files = {b".gitignore": "\n".join(top).encode(), b"a/.gitignore": "\n".join(nested).encode()}
    for path, data in files.items():
        with open(os.path.join(os.fsencode(repository), path), "wb") as stream:
            stream.write(data)
    asked = subprocess.run(
        ["git", "-C", str(repository), "check-ignore", "-z", "--stdin", "--no-index"],
        input=b"\0".join(FILES),
        capture_output=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
    )
    assert asked.returncode in (0, 1), asked.stderr
    by_git = set(asked.stdout.split(b"\0")) - {b""}
    ours = {path for path in FILES if rules_at(files, paths.split(path)[0]).verdict(path, False).index == ".gitignore"}
    assert ours == by_git
