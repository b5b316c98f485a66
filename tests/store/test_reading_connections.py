"""Reading connections: one a thread, closed after it, with the errors and the cache that the database promises."""

from __future__ import annotations

import os
import threading

import apsw
import pytest

from lsfs.core.errors import StorageError
from lsfs.store.index import Index


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "index.db")
    yield index
    index.close()


def in_a_thread(work) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def open_descriptors(path) -> int:
    links = [f"/proc/self/fd/{number}" for number in os.listdir("/proc/self/fd")]
    return sum(os.path.realpath(link) == os.path.realpath(path) for link in links)


def test_the_connections_of_ended_threads_are_closed(index):
    for _ in range(20):
        in_a_thread(index.applied_seq)
    # SQLite itself puts off closing a few while another connection holds a lock.
    assert open_descriptors(index.path) < 10


def test_a_living_thread_keeps_its_connection_while_others_come_and_go(index):
    used, go_on = threading.Event(), threading.Event()
    said = []

    def work():
        said.append(index.applied_seq())
        used.set()
        go_on.wait(10)
        said.append(index.applied_seq())

    thread = threading.Thread(target=work)
    thread.start()
    assert used.wait(10)
    for _ in range(3):
        in_a_thread(index.applied_seq)
    go_on.set()
    thread.join()
    assert said == [0, 0]


def test_reading_connections_have_the_cache_of_the_index(index):
    assert index._db.rows("PRAGMA cache_size")[0][0] < -2000


def test_any_number_of_values_can_be_asked_for(index):
    sql = "SELECT value FROM json_each(?1) WHERE 0"
    assert index._db.rows(sql, ("[]",)) == []
    found = index._db.rows_in("SELECT key FROM meta WHERE key IN ({}) AND value = ?", ["embedder"] * 1200, ("",))
    assert [row[0] for row in found] == ["embedder"] * 3


@pytest.mark.parametrize(
    "ask",
    [
        lambda index: index.names.frequency("x"),
        lambda index: index.names.known("x"),
        lambda index: index.names.candidates(["x"]),
        lambda index: index.names.holding("x"),
        lambda index: index.names.alike("xyz"),
        lambda index: index.passages.frequency("x"),
        lambda index: index.passages.starting("x"),
        lambda index: index.passages.postings("x"),
        lambda index: index.passages.match("x"),
    ],
)
def test_every_reading_statement_raises_our_errors(index, ask):
    ask(index)
    with index.write() as tx:
        for table in ("names", "grams", "passages"):
            tx.execute(f"DROP TABLE {table}")
    with pytest.raises(StorageError) as caught:
        ask(index)
    assert isinstance(caught.value.__cause__, apsw.Error)
