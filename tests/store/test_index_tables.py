"""The tables of the index and of the vault: words and phrases, names, filters, roots that are absorbed or purged."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lsfs.core.records import Kind
from lsfs.core.selector import Filters
from lsfs.store.index import FileRow, Index, NewContent
from lsfs.store.index.files import condition
from lsfs.store.index.names import words
from lsfs.store.vault import Entry, Root, Vault, Version


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    index = Index(tmp_path / "index.db")
    yield index
    index.close()


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    vault = Vault(tmp_path / "vault.db")
    yield vault
    vault.close()


# Words


PASSAGES = [
    (1, "the lease of the flat in Lyon, the flat by the river", ""),
    (2, "leases are signed; rivers flow", ""),
    (3, "flat the of", ""),
    (4, "", "契約 約書 書類"),
    (5, 'she said "hello" and left — naïve café', ""),
]


@pytest.fixture
def passages(index: Index):
    with index.write() as tx:
        index.passages.add(tx, PASSAGES)
    return index.passages


def test_postings_say_in_which_passages_a_term_stands_and_how_often(passages):
    (term,) = passages.tokens("flats")
    chunks, counts = passages.postings(term)
    assert chunks.tolist() == [1, 3] and counts.tolist() == [2, 1]
    assert passages.frequency(term) == 2
    assert passages.postings("nowhere")[0].tolist() == [] and passages.frequency("nowhere") == 0


def test_a_phrase_is_found_where_its_words_follow_each_other(passages):
    assert passages.match("the flat").tolist() == [1]
    assert passages.match("flat the").tolist() == [3]
    assert passages.match("LEASE of").tolist() == [1]


@pytest.mark.parametrize("phrase", ['said "hello"', "hello' OR 1", "body : flat", "flat*", '"', ""])
def test_a_phrase_may_hold_anything(passages, phrase):
    found = passages.match(phrase).tolist()
    assert found == ([5] if "said" in phrase else [1, 3] if phrase == "flat*" else [])


def test_accents_and_endings_do_not_matter(passages):
    assert passages.match("naive cafe").tolist() == [5]
    assert passages.match("lease is").tolist() == [] and passages.match("leases").tolist() == [1, 2]


def test_two_characters_of_cjk_are_found_in_their_own_column(passages):
    assert passages.match("約書", cjk=True).tolist() == [4]
    assert passages.match("約書").tolist() == []


def test_removed_passages_are_found_no_more(index, passages):
    with index.write() as tx:
        passages.remove(tx, [(1, 2)])
    assert passages.match("flat").tolist() == [3]
    assert passages.postings(passages.tokens("lease")[0])[0].tolist() == []
    with index.write() as tx:
        passages.add(tx, [(1, "another text", "")])
    assert passages.match("another").tolist() == [1] and passages.match("lease").tolist() == []
    index.shrink()
    assert passages.match("flat").tolist() == [3]


def test_contents_are_stored_once_and_joined_to_every_file_that_waits_for_them(index):
    with index.write() as tx:
        index.files.put(tx, [row(1, b"a", hash=b"h"), row(2, b"b", hash=b"h"), row(3, b"c", hash=b"i")])
        content = index.contents.add(tx, NewContent(hash=b"h", state="text", extractor="1", chunks=2, text=b"zstd"), 1)
        index.files.join(tx, b"h", content)
        index.files.put(tx, [row(4, b"d", hash=b"h")])
    assert [file.id for file in index.files.with_content(content)] == [1, 2, 4]
    assert index.contents.text(content) == b"zstd"
    with index.write() as tx:
        index.files.remove(tx, [1, 2])
    assert index.contents.orphans(10) == []
    with index.write() as tx:
        index.files.remove(tx, [4])
    assert index.contents.orphans(10) == [(content, 1, 2)]
    with index.write() as tx:
        index.contents.remove(tx, [content])
    assert index.contents.text(content) is None and index.contents.known([b"h"]) == {}


# Names


def test_a_name_is_found_by_its_words_their_beginnings_and_a_misspelling(index):
    with index.write() as tx:
        index.names.add(tx, [(1, "taxReturn_2024.pdf", "Finance/Old", ""), (2, "holiday.jpg", "Pictures", "beach")])
    assert words("taxReturn_2024.pdf") == "tax Return 2024 pdf"
    for query, found in ((["tax"], [1]), (["retu"], [1]), (["finance"], [1]), (["beach"], [2]), (['"'], [])):
        assert index.names.candidates(query) == found
    assert [file for file, _ in index.names.alike("holidya")] == [2]


def test_a_file_that_is_renamed_is_not_found_by_its_old_name(index):
    with index.write() as tx:
        index.names.add(tx, [(1, "before.txt", "", "")])
    with index.write() as tx:
        index.names.add(tx, [(1, "after.txt", "", "")])
    assert index.names.candidates(["before"]) == [] and index.names.candidates(["after"]) == [1]
    assert index.names.alike("before") == []
    with index.write() as tx:
        index.names.clear(tx)
    assert index.names.candidates(["after"]) == [] and index.names.alike("after") == []


# Filters

ROOTS = {1: b"/home/me/Documents", 2: b"/data/it's 100%"}


def row(
    number: int, path: bytes, *, root: int = 1, size: int = 1, mtime: int = 0, hash: bytes | None = None
) -> FileRow:
    name = os.fsdecode(os.path.basename(path)).encode(errors="replace").decode().lower()
    ext = name.rpartition(".")[2] if "." in name else ""
    return FileRow(number, root, path, name, ext, "file", size, mtime, hash, None, number, "done")


FILES = [
    row(1, b"work/2024/report.pdf", size=10, mtime=100),
    row(2, b"work/notes.txt", size=20, mtime=200),
    row(3, b"workshop/plan.txt", size=30, mtime=300),
    row(4, "Übungen/ü.txt".encode()),
    row(5, b"caf\xe9/latin1.txt"),
    row(6, b"50%_off/a.txt"),
    row(7, b"500_off/a.txt"),
    row(8, b"bob's/a.txt", root=2),
    row(9, b"work", root=2),
    row(10, b"Work/Deep/b.txt", root=2),
]


@pytest.fixture
def passing(index: Index):
    with index.write() as tx:
        index.files.put(tx, FILES)
        index.files.set_tags(tx, 1, ["Urgent", "tax"])
        index.files.set_tags(tx, 2, ["tax"])

    def passing(**filters) -> list[int]:
        return sorted(index.files.passing([file.id for file in FILES], condition(Filters(**filters), ROOTS)))

    return passing


def lossy(path: bytes) -> str:
    return os.fsdecode(path)


@pytest.mark.parametrize(
    ("folder", "found"),
    [
        ("work", [1, 2, 10]),
        ("WORK", [1, 2, 10]),
        ("work/2024", [1]),
        ("2024", [1]),
        ("/work/", []),
        ("work/", [1, 2, 10]),
        ("Documents", [1, 2, 3, 4, 5, 6, 7]),
        ("documents/work", [1, 2]),
        ("Übungen", [4]),
        ("übungen", [4]),
        (lossy(b"caf\xe9"), [5]),
        ("50%_off", [6]),
        ("5%", []),
        ("bob's", [8]),
        ("it's 100%", [8, 9, 10]),
        ("/home/me/Documents", [1, 2, 3, 4, 5, 6, 7]),
        ("/home/me/Documents/", [1, 2, 3, 4, 5, 6, 7]),
        ("/home/me/Documents/work", [1, 2]),
        ("/home/me", [1, 2, 3, 4, 5, 6, 7]),
        ("/home/me/Doc", []),
        ("/", list(range(1, 11))),
        (lossy(b"/home/me/Documents/caf\xe9"), [5]),
        ("/data/it's 100%/bob's", [8]),
        ("/elsewhere", []),
    ],
)
def test_in_a_folder(passing, folder, found):
    assert passing(in_folders=(folder,)) == found


def test_any_of_several_folders(passing):
    assert passing(in_folders=("2024", "/data/it's 100%/Work")) == [1, 10]


def test_a_folder_in_an_empty_set_of_roots_holds_nothing(index):
    where = condition(Filters(in_folders=("work",)), {})
    assert index.files.passing([1], where) == {}


def test_ends_of_names_sizes_times_and_tags(passing):
    assert passing(extensions=("pdf", "txt"), in_folders=("work",)) == [1, 2, 10]
    assert passing(extensions=("pdf",)) == [1]
    assert passing(min_size=20) == [2, 3] and passing(min_size=20, max_size=20) == [2]
    assert passing(since_ns=200) == [2, 3] and passing(since_ns=100, until_ns=200) == [1]
    assert passing(tags=("TAX",)) == [1, 2] and passing(tags=("tax", "urgent")) == [1]
    assert passing(tags=("no ' such % tag",)) == []


# The vault's roots


def id_of(root: int, path: bytes) -> int:
    return zlib.crc32(b"%d %s" % (root, path)) + 1


def entry(root: int, path: bytes, lineage: int, seq: int, gone: int = 0) -> Entry:
    return Entry(
        id_of(root, path), root, path, Kind.FILE, 1, 0, 1, 0o100644, 1, 1, None, b"c", lineage, seq, None, gone
    )


def version(root: int, path: bytes, lineage: int, seq: int) -> Version:
    return Version(seq, lineage, 1, root, path, "file", b"c", None, 1, 0o100644, 1, None, 1, 1)


def root_with(vault: Vault, path: bytes, *names: bytes) -> Root:
    """A root with an entry, a version and a tag for each name."""
    with vault.write() as tx:
        root = vault.roots.add(tx, path, "", 1, 0)
        for name in names:
            (lineage,) = vault.entries.new_lineages(tx, [None])
            vault.entries.put(tx, [entry(root.id, name, lineage, vault.next_seq(tx))])
            vault.versions.add(tx, [version(root.id, name, lineage, vault.next_seq(tx))])
            vault.tags.set(tx, lineage, [name.decode(errors="replace")])
    return root


def test_an_absorbed_root_keeps_its_lineages_versions_and_tags_under_the_parents_paths(vault):
    child = root_with(vault, b"/p/c/d", b"x", b"deep/y")
    before = {e.path: e.lineage for e in vault.entries.below(child.id, b"")}
    with vault.write() as tx:
        parent = vault.roots.add(tx, b"/p", "", 2, 0)
        vault.roots.absorb(tx, child.id, parent.id, b"c/d/")
    after = {e.path: e.lineage for e in vault.entries.below(parent.id, b"")}
    assert after == {b"c/d/" + path: lineage for path, lineage in before.items()}
    for path, lineage in after.items():
        assert [(v.root, v.path) for v in vault.versions.of(lineage)] == [(parent.id, path)]
        assert vault.tags.of(lineage) == [path.removeprefix(b"c/d/").decode()]
    assert [root.path for root in vault.roots.all()] == [b"/p"]


def test_absorbing_overrules_what_the_parent_knew_there_before_it_was_removed(vault):
    parent = root_with(vault, b"/p", b"c/x", b"c-other", b"other")
    child = root_with(vault, b"/p/c", b"x")
    lineage = vault.entries.at(child.id, [b"x"])[b"x"].lineage
    with vault.write() as tx:
        vault.roots.absorb(tx, child.id, parent.id, b"c/")
    found = {e.path: e.lineage for e in vault.entries.below(parent.id, b"")}
    assert found.keys() == {b"c/x", b"c-other", b"other"} and found[b"c/x"] == lineage


def test_purge_forgets_a_root_and_nothing_of_another(vault):
    kept = root_with(vault, b"/kept", b"a")
    purged = root_with(vault, b"/purged", b"b", b"c")
    lineages = {e.path: e.lineage for e in vault.entries.below(purged.id, b"")}
    with vault.write() as tx:
        # c moved to the other root
        vault.entries.put(tx, [entry(kept.id, b"c", lineages[b"c"], vault.next_seq(tx))])
        vault.versions.add(tx, [version(kept.id, b"c", lineages[b"c"], vault.next_seq(tx))])
        vault.versions.drop(tx, [v.seq for v in vault.versions.of(lineages[b"b"])], 1, "thinned")
        vault.roots.remove(tx, purged.id, 1)
    with vault.write() as tx:
        vault.roots.purge(tx, purged.id)
    assert vault.roots.get(purged.id) is None and vault.entries.below(purged.id, b"", gone=True) == []
    assert vault.versions.of(lineages[b"b"]) == [] and vault.tags.of(lineages[b"b"]) == []
    assert [v.root for v in vault.versions.of(lineages[b"c"])] == [kept.id] and vault.tags.of(lineages[b"c"]) == ["c"]
    assert [e.path for e in vault.entries.below(kept.id, b"")] == [b"a", b"c"]
    kept_lineages = {e.lineage for e in vault.entries.below(kept.id, b"")}
    assert {row[0] for row in vault._db.rows("SELECT id FROM lineages")} == kept_lineages


def test_entries_below_a_folder_are_its_own_whatever_bytes_their_names_have(vault):
    root = root_with(vault, b"/r", b"a/x", b"a-b/x", b"a0", b"a.x", b"\xff\xff/\xff", b"\xff")
    assert [e.path for e in vault.entries.below(root.id, b"a")] == [b"a/x"]
    assert [e.path for e in vault.entries.below(root.id, b"\xff\xff")] == [b"\xff\xff/\xff"]
    assert set(vault.entries.children(root.id, b"")) == {b"a0", b"a.x", b"\xff"}
    assert len(vault.entries.below(root.id, b"")) == 6


def test_a_number_of_a_version_is_never_given_twice(vault):
    with vault.write() as tx:
        lineages = vault.entries.new_lineages(tx, [None, (1, 1)])
        assert vault.versions.next_numbers(tx, lineages) == dict.fromkeys(lineages, 1)
        assert vault.versions.next_numbers(tx, lineages[:1]) == {lineages[0]: 2}
    with pytest.raises(ZeroDivisionError), vault.write() as tx:
        vault.versions.next_numbers(tx, lineages)
        raise ZeroDivisionError
    with vault.write() as tx:
        assert vault.versions.next_numbers(tx, lineages) == {lineages[0]: 3, lineages[1]: 2}


def test_changes_of_removed_roots_are_not_followed(vault):
    watched = root_with(vault, b"/watched", b"a")
    removed = root_with(vault, b"/removed", b"b")
    with vault.write() as tx:
        vault.roots.remove(tx, removed.id, 1)
    assert [(e.root, e.path) for e in vault.entries.since(0, 10)] == [(watched.id, b"a")]
