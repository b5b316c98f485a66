"""When a search runs, and what is shown when it cannot."""

from __future__ import annotations

import datetime as dt
import errno
import threading
import time
from pathlib import Path

import pytest

from lsfs.store.vault import Vault
from lsfs.views.base import Answer, Found, Wish
from lsfs.views.opened import Opened
from lsfs.views.results import Results
from lsfs.views.selection import Selection


class Searches:
    """A `Live` that counts, and answers as it is told."""

    def __init__(self) -> None:
        self.wishes: list[Wish] = []
        self.answers: dict[str, Answer] = {}
        self.failure: OSError | None = None
        self.go_on = threading.Event()
        self.go_on.set()

    def search(self, wish: Wish) -> Answer:
        self.wishes.append(wish)
        assert self.go_on.wait(10)
        if self.failure is not None:
            raise self.failure
        return self.answers.get(wish.words, Answer([]))

    def tools(self, words):
        raise NotImplementedError

    def tag(self, changes) -> None:
        raise NotImplementedError

    def save(self, name, query) -> None:
        raise NotImplementedError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def vault(tmp_path):
    made = Vault(tmp_path / "vault.db")
    yield made
    made.close()


@pytest.fixture
def live():
    return Searches()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def results(vault, live, clock):
    return Results(vault, live, Opened(None), dt.UTC, clock)


def answer(*names: str, complete: bool = True) -> Answer:
    return Answer([Found(b"/docs/" + name.encode(), 1, 2, 0.5) for name in names], complete=complete)


def changed(vault) -> None:
    with vault.write() as tx:
        vault.next_seq(tx)


WORDS = Selection(words=("lease",))


def test_a_search_runs_once_until_something_changes(results, live, vault):
    live.answers["lease"] = answer("a.txt")
    assert results.known(WORDS) is None
    assert list(results.fresh(WORDS).found) == [b"a.txt"]
    results.fresh(WORDS)
    assert len(live.wishes) == 1
    changed(vault)
    live.answers["lease"] = answer("a.txt", "b.txt")
    assert list(results.fresh(WORDS).found) == [b"a.txt", b"b.txt"]
    assert len(live.wishes) == 2


def test_a_result_that_is_not_complete_is_good_for_two_seconds(results, live, clock):
    live.answers["lease"] = answer("a.txt", complete=False)
    results.fresh(WORDS)
    clock.now += 1.5
    results.fresh(WORDS)
    assert len(live.wishes) == 1
    clock.now += 1
    results.fresh(WORDS)
    assert len(live.wishes) == 2


def test_those_who_ask_at_the_same_time_share_one_search(results, live):
    live.answers["lease"] = answer("a.txt")
    live.go_on.clear()
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(results.fresh(WORDS))) for _ in range(8)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    live.go_on.set()
    for thread in threads:
        thread.join()
    assert len(live.wishes) == 1
    assert [list(result.found) for result in seen] == [[b"a.txt"]] * 8


def test_only_so_many_searches_run_at_once_and_others_are_looked_up_meanwhile(results, live):
    live.go_on.clear()
    threads = [threading.Thread(target=lambda n=n: results.fresh(Selection(words=(f"word{n}",)))) for n in range(10)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    assert len(live.wishes) == 4
    assert results.known(WORDS) is None  # nobody holds a lock meanwhile
    assert results.fresh(Selection(kinds=("pdf",))).found == {}
    live.go_on.set()
    for thread in threads:
        thread.join()
    assert len(live.wishes) == 10


def test_an_older_result_is_shown_while_the_daemon_is_away_and_says_so(results, live, vault):
    live.answers["lease"] = answer("a.txt")
    results.fresh(WORDS)
    changed(vault)
    live.failure = OSError(errno.ETIMEDOUT, "")
    old = results.fresh(WORDS)
    assert list(old.found) == [b"a.txt"]
    assert b"older result" in results.known(WORDS).document(b".why.txt", WORDS)
    with pytest.raises(OSError) as raised:
        results.fresh(Selection(words=("other",)))
    assert raised.value.errno == errno.ETIMEDOUT
    live.failure = None
    assert "older" not in results.fresh(WORDS).note


def test_a_query_that_cannot_be_read_is_an_error_and_not_an_old_result(results, live, vault):
    results.fresh(WORDS)
    changed(vault)
    live.failure = OSError(errno.EINVAL, "")
    with pytest.raises(OSError) as raised:
        results.fresh(WORDS)
    assert raised.value.errno == errno.EINVAL


def test_searches_within_searches_have_what_both_find_in_the_order_of_the_last(results, live):
    live.answers |= {"one": answer("a.txt", "b.txt", "c.txt"), "two": answer("d.txt", "c.txt", "a.txt")}
    found = results.fresh(Selection(words=("one", "two"))).found
    assert list(found) == [b"c.txt", b"a.txt"]


def test_hits_far_behind_the_best_are_left_out_and_counted(results, live):
    scores = {"best": 0.9, "good": 0.4, "poor": 0.08, "worse": 0.01}
    live.answers["lease"] = Answer([Found(b"/docs/" + name.encode(), 1, 2, score) for name, score in scores.items()])
    result = results.fresh(WORDS)
    assert list(result.found) == [b"best", b"good"]
    assert "2 (lsfs find" in result.note


def test_kinds_are_looked_at_again_and_the_daemon_is_told_the_rest(results, live):
    live.answers["lease"] = answer("a.txt", "b.pdf")
    chosen = WORDS.of_kind("pdf").tagged("house").within(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert list(results.fresh(chosen).found) == [b"b.pdf"]
    (wish,) = live.wishes
    assert (wish.tags, wish.since, wish.until) == (("house",), "2025-01-01", "2025-12-31")
    assert ".pdf" in wish.types and ".txt" not in wish.types


def test_no_more_than_some_wait_for_a_daemon_that_is_silent(results, live):
    live.go_on.clear()
    failures = []

    def ask(number):
        try:
            results.fresh(Selection(words=(f"word{number}",)))
        except OSError as error:
            failures.append(error.errno)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert failures == [errno.EAGAIN] * 4
    live.go_on.set()
    for thread in threads:
        thread.join()


def test_a_name_is_looked_up_in_what_was_found_a_moment_ago_and_later_anew(results, live, vault, clock):
    live.answers["lease"] = answer("a.txt")
    results.fresh(WORDS)
    changed(vault)
    live.answers["lease"] = answer("b.txt")
    clock.now += 4
    assert list(results.current(WORDS).found) == [b"a.txt"]
    clock.now += 2
    assert list(results.current(WORDS).found) == [b"b.txt"]


def test_opening_a_file_runs_no_search_anew(vault, live, tmp_path):
    opened = Opened(tmp_path / "opened")
    results = Results(vault, live, opened, dt.UTC)
    live.answers["lease"] = answer("a.txt")
    results.fresh(WORDS)
    opened.note(b"/docs/a.txt")
    results.fresh(WORDS)
    assert len(live.wishes) == 1


def test_what_nobody_asks_for_is_forgotten(results, live, clock):
    live.answers["lease"] = answer("a.txt")
    results.fresh(WORDS)
    clock.now += 200
    results.tidy()
    assert results.known(WORDS) is not None
    clock.now += 301
    results.tidy()
    assert results.known(WORDS) is None


def test_what_was_opened_is_kept_in_a_file_and_comes_last_first(tmp_path: Path):
    opened = Opened(tmp_path / "opened")
    for name in (b"/a", b"/b", b"/a", b"/c"):
        opened.note(name)
    assert opened.paths() == [b"/c", b"/a", b"/b"]
    assert Opened(tmp_path / "opened").paths() == [b"/c", b"/a", b"/b"]
    assert (tmp_path / "opened").stat().st_mode & 0o777 == 0o600
    for number in range(500):
        opened.note(b"/%d" % number)
    assert len(Opened(tmp_path / "opened").paths()) == 200
    (tmp_path / "opened").write_bytes(b"\xc1 no list")
    assert Opened(tmp_path / "opened").paths() == []


def test_narrowing_twice_is_what_both_have():
    once = Selection().within(dt.date(2025, 1, 1), dt.date(2025, 12, 31))
    assert once.within(dt.date(2025, 6, 1), dt.date(2026, 1, 31)) == Selection(
        first=dt.date(2025, 6, 1), last=dt.date(2025, 12, 31)
    )
    assert WORDS.with_words("lease") == WORDS
    assert Selection().of_kind("pdf").of_kind("image").wishes() == []
    (wish,) = WORDS.of_kind("pdf").of_kind("image").wishes()
    assert wish.types == (".none-of-them",)
    assert not Selection(kinds=("image", "pdf")).fits(b"a.pdf")
