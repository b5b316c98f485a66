"""Finding tools: by words at once, by meaning as vectors come, always among the tools that are there now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lsfs.core.errors import NothingFound, WorkerFailed
from lsfs.core.tools import ToolSource
from lsfs.embed.hashing import HashingEmbedder
from lsfs.tools.finding import Finding
from lsfs.tools.snapshot import snapshot
from lsfs.tools.vectorizing import ToolVectors
from tests.tools.catalogues import Library

TOOLS = {
    "compress_pdf": "Make a PDF document smaller.",
    "send_mail": "Send a mail to somebody.",
    "find_note": "Find the notes that have some words.",
    "weather": "Tell how the weather will be in a city.",
}


class Counting(HashingEmbedder):
    """Counts the texts that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.failing = False

    def embed(self, texts):
        if self.failing:
            raise WorkerFailed("the worker died")
        self.texts += texts
        return super().embed(texts)


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def embedder() -> Counting:
    return Counting()


@pytest.fixture
def vectors(library: Library, embedder: Counting):
    made = ToolVectors(library.catalogue, library.vault, library.index, embedder, retry_s=0.05)
    library.catalogue.on_change = made.nudge
    made.start()
    yield made
    made.stop()


@pytest.fixture
def finding(library: Library, embedder: Counting) -> Finding:
    return Finding(library.catalogue, library.vault, library.index, embedder.embed)


def names(found) -> list[str]:
    return [hit.tool.name for hit in found.hits]


def test_tools_are_found_by_words_before_there_are_vectors(library: Library, finding: Finding):
    library.catalogue.add(library.functions("a", TOOLS))
    found = finding.find("make this pdf smaller", 2)
    assert names(found)[0] == "compress_pdf" and len(found.hits) <= 2 and not found.complete
    assert found.hits[0].matched and 0 <= found.hits[0].score <= 1


def test_tools_for_which_nothing_speaks_are_not_shown(library: Library, finding: Finding):
    library.catalogue.add(library.functions("a", TOOLS))
    found = finding.find("xyzzy plugh")
    assert found.hits == () and found.none_fits


def test_an_empty_catalogue_has_no_tool_that_fits(finding: Finding):
    found = finding.find("anything at all")
    assert found.hits == () and found.none_fits


def test_tools_that_come_go_and_are_switched_off_are_seen_by_the_next_question(library: Library, finding: Finding):
    library.catalogue.add(library.functions("a", {"weather": "Tell the weather."}))
    assert names(finding.find("make a pdf smaller")) != ["compress_pdf"]
    library.catalogue.add(library.functions("b", TOOLS))
    assert names(finding.find("make a pdf smaller", 1)) == ["compress_pdf"]
    library.catalogue.enable("b/compress_pdf", False)
    assert "compress_pdf" not in names(finding.find("make a pdf smaller"))
    library.catalogue.enable("b/compress_pdf", True)
    library.catalogue.remove("b")
    assert "compress_pdf" not in names(finding.find("make a pdf smaller"))


def test_only_the_kinds_and_sources_that_were_asked_for_are_found(library: Library, finding: Finding):
    library.catalogue.add(library.functions("a", TOOLS))
    library.catalogue.add(library.functions("b", TOOLS))
    assert {hit.tool.source for hit in finding.find("pdf weather mail", sources=["b"]).hits} == {"b"}
    assert finding.find("pdf", kinds=["mcp"]).hits == ()


def test_vectors_are_made_in_the_background_and_used(library: Library, finding: Finding, vectors: ToolVectors):
    library.catalogue.add(library.functions("a", TOOLS))
    until(lambda: not vectors.missing())
    assert finding.find("make a pdf smaller").complete
    taken = snapshot(library.catalogue, library.vault, library.index)
    assert taken.known.all() and taken.vectors.shape == (4, 3, 384)
    assert np.allclose(np.linalg.norm(taken.vectors, axis=2), 1, atol=1e-5)


def test_only_what_changed_is_embedded_again(library: Library, embedder: Counting, vectors: ToolVectors):
    library.catalogue.add(library.functions("a", TOOLS))
    until(lambda: not vectors.missing())
    assert len(embedder.texts) == len(set(embedder.texts))
    embedder.texts.clear()
    library.functions("a", TOOLS | {"weather": "Tell the weather of tomorrow."})
    library.catalogue.refresh("a")
    until(lambda: not vectors.missing())
    assert embedder.texts and all("weather" in text for text in embedder.texts)
    embedder.texts.clear()
    library.catalogue.add(library.functions("copy", TOOLS))
    until(lambda: not vectors.missing())
    assert all("weather" in text for text in embedder.texts)  # what was said before is not embedded again
    library.catalogue.remove("a")
    library.catalogue.remove("copy")
    until(lambda: not vectors.missing())
    assert library.index.tools.embedded() == set()


def test_another_embedder_makes_every_vector_anew(library: Library, vectors: ToolVectors):
    library.catalogue.add(library.functions("a", TOOLS))
    until(lambda: not vectors.missing())
    vectors.stop()
    other = ToolVectors(library.catalogue, library.vault, library.index, HashingEmbedder(64))
    other.start()
    until(lambda: not other.missing())
    other.stop()
    assert library.index.tools.embedder() == "hashing-64"
    assert snapshot(library.catalogue, library.vault, library.index).vectors.shape == (4, 3, 64)


def test_no_vectors_are_made_while_that_is_refused_or_fails(library: Library, embedder: Counting):
    reasons = ["the disk is nearly full"]
    made = ToolVectors(
        library.catalogue, library.vault, library.index, embedder, lambda: reasons[0] if reasons else None, retry_s=0.02
    )
    library.catalogue.add(library.functions("a", TOOLS))
    made.start()
    until(lambda: made.trouble)
    assert made.trouble == "the disk is nearly full" and embedder.texts == []
    embedder.failing = True
    reasons.clear()
    until(lambda: made.trouble == "the worker died")
    embedder.failing = False
    until(lambda: not made.missing())
    made.stop()
    assert made.trouble == "" and len(library.index.tools.embedded()) > 0


def test_an_embedder_that_cannot_be_asked_leaves_the_words(library: Library, finding: Finding, vectors, embedder):
    library.catalogue.add(library.functions("a", TOOLS))
    until(lambda: not vectors.missing())
    assert finding.find("make a pdf smaller").complete
    embedder.failing = True
    found = finding.find("make a pdf smaller", 1)
    assert names(found) == ["compress_pdf"] and not found.complete


def test_what_was_chosen_is_kept_and_found_by(library: Library, finding: Finding, vectors: ToolVectors):
    library.catalogue.add(library.functions("a", TOOLS))
    finding.observed("my  attachment is too big", "a/compress_pdf")
    until(lambda: not vectors.missing())
    (example,) = library.catalogue.detail("a/compress_pdf").examples
    assert (example.query, example.origin) == ("my attachment is too big", "observed")
    finding.build()
    found = finding.find("my attachment is too big", 1)
    assert names(found) == ["compress_pdf"] and found.hits[0].matched == "my attachment is too big"
    with pytest.raises(NothingFound):
        finding.observed("anything", "a/none")


def test_a_further_example_keeps_nobody_waiting(library: Library, finding: Finding, vectors, monkeypatch):
    library.catalogue.add(library.functions("a", TOOLS))
    until(lambda: not vectors.missing())
    finding.find("a pdf")
    before = finding.snapshot()
    monkeypatch.setattr("lsfs.tools.finding._BESIDE_S", 0)
    finding.observed("shrink it", "a/compress_pdf")
    assert finding.snapshot() is before  # and one is built beside it
    until(lambda: finding.snapshot() is not before)


def test_memory_is_given_back_after_a_while_and_taken_again_when_asked(library: Library, embedder: Counting):
    now = [0.0]
    finding = Finding(library.catalogue, library.vault, library.index, None, idle_s=60, clock=lambda: now[0])
    library.catalogue.add(library.functions("a", TOOLS))
    finding.find("a pdf")
    assert not finding.tidy()
    now[0] = 61
    assert finding.tidy() and not finding.tidy()
    assert names(finding.find("make a pdf smaller", 1)) == ["compress_pdf"]


def test_a_program_stands_once_for_itself_and_its_subcommands(library: Library, finding: Finding):
    programs, pages = library.folder / "bin", library.folder / "man/man1"
    programs.mkdir()
    pages.mkdir(parents=True)
    for name, said, use in (
        ("git", "the stupid content tracker", "git"),
        ("git-commit", "record changes to the repository", "git commit"),
        ("git-push", "send changes to another repository", "git push"),
        ("ls", "list files", "ls"),
    ):
        (pages / f"{name}.1").write_text(f".SH NAME\n{name} \\- {said}\n.SH SYNOPSIS\n{use}\n")
    for name in ("git", "ls"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    library.catalogue.add(ToolSource(name="commands", kind="commands", where={}))
    found = finding.find("record changes to a repository")
    assert names(found)[0] == "git" and names(found).count("git") == 1
    assert found.hits[0].matched.startswith("git commit: ")


def test_many_may_ask_while_the_catalogue_changes(library: Library, finding: Finding, vectors: ToolVectors):
    library.catalogue.add(library.functions("a", TOOLS))
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                assert "compress_pdf" in names(finding.find("make a pdf smaller"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(5):
        library.catalogue.add(library.functions(f"b{number}", {"weather": f"Tell the weather of day {number}."}))
        library.catalogue.add_examples([("a/weather", f"rain on day {number}")], "imported")
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []


def test_tools_are_found_by_meaning_with_the_real_embedder(library: Library, models_folder: Path):
    from lsfs.embed.minilm import MiniLmEmbedder

    embedder = MiniLmEmbedder(models_folder / "minilm-l6-int8")
    library.catalogue.add(library.functions("a", TOOLS))
    made = ToolVectors(library.catalogue, library.vault, library.index, embedder)
    made.start()
    until(lambda: not made.missing())
    made.stop()
    found = Finding(library.catalogue, library.vault, library.index, embedder.embed).find("will it rain in Paris", 1)
    embedder.close()
    assert names(found) == ["weather"] and found.complete
