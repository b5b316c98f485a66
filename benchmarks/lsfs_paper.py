"""The evaluation of the LSFS paper (https://arxiv.org/abs/2410.11843) in its form: sentences, retrieval, keywords.

    python benchmarks/lsfs_paper.py [FOLDER] [--prompts 30] [--sizes 10 20 40 1000] [--llm NAME|off]

- **Parsing**: `--prompts` sentences for each of four APIs, said to the running daemon as ``lsfs do --dry-run`` says
  them.  One is right if what would be done is exactly what was meant, to the file that was meant: retrieve-summary (a
  document is found and summarised: the answer cites it alone), change-summary (a text file gets another text, and the
  preview says so), rollback (a file that was saved three times goes back to the version meant: the effect is told, and
  what the plan writes has that version's size) and sharing, whose counterpart on one machine is a copy in ``Shared``.
  Half of the sentences name the file, the others say what it is about.
- **Retrieval**: for each size, documents are asked for by whole ``lsfs find`` processes, by words of theirs (as the
  paper does) and in others.  Accuracy is the share of questions whose document is the first hit.
- **Keywords**: which files hold a word, or two, beside ``grep -rlwi``: precision, recall and F1.  A third of the files
  are docx and pdf, packed as they usually are.

The documents are made: letters, reports, minutes on 25 subjects, each in a place, with numbers for names, so that only
what they say tells them apart.  With FOLDER its text files are taken instead, asked for by sentences of theirs, and
named in all sentences.

The published figures stand beside ours as the paper has them: large models in the cloud, 40 files at most.  Ours are
of other sentences on other files, so they compare forms, not systems.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from harness import Lsfs, Report, answered, installation, parser, percentile
from letters import PEOPLE, PLACES, SEED, SUBJECTS, Document, made_documents, taken_documents, write_documents

from lsfs.core.errors import LsfsError

SAVES = 3
SETTLED_S = 2.6
"""Longer than the settle time: what stood so long is a version."""
PUBLISHED_PARSING = "90 %, 30 prompts an API, cloud models"
PUBLISHED_RETRIEVAL = "91–95 % in 14–57 s, 10–40 files"


class Prompt(NamedTuple):
    """A sentence, and whether what came of it is what was meant."""

    said: str
    right: Callable[[dict[str, Any]], bool]


# Sentences

_ASKED = {
    "retrieve-summary": (
        "summarize {it}",
        "find {it} and summarize it",
        "give me a summary of {it}",
        "what does {it} say, in short?",
        "look for {it} and tell me in two sentences what it says",
    ),
    "change-summary": (
        "replace the text of {it} with “{text}”",
        "overwrite {it} with just this: {text}",
        "change the content of {it} to “{text}” and show me what changes",
        "{it} should say nothing but “{text}” from now on",
        "write “{text}” to {it} in place of what it says",
    ),
    "rollback": (
        "roll {it} back to the previous version",
        "restore the first version of {it}",
        "put {it} back to the way it was before my last change",
        "i want the very first version of {it} back",
        "take {it} back two versions",
    ),
    "sharing": (
        "copy {it} to Shared",
        "share {it}: put a copy of it in the folder Shared",
        "put a copy of {it} into Shared",
        "i want {it} in Shared as well, leave the original where it is",
        "could you place a duplicate of {it} in the Shared folder",
    ),
}
_BACK = {"roll": 2, "rest": 1, "put ": 2, "i wa": 1, "take": 1}
"""By the first letters of a sentence, the number of the version that it means, of the three that there are."""


def prompts_of(api: str, documents: Sequence[Document], folder: Path, count: int, *, named: bool) -> list[Prompt]:
    """Sentences for an API; every second one says what its file is about, unless all are to be `named`."""
    rng = random.Random(f"{SEED} {api}")
    texts = [one for one in documents if one.name.endswith((".txt", ".md"))]
    pool = texts if api in ("change-summary", "rollback") else list(documents)
    made = []
    for number in range(count):
        one = pool[number % len(pool)]
        it = one.name if named or number % 2 == 0 else f"the {one.name.split('-')[0]} about {one.asked}"
        text = f"Settled with {rng.choice(PEOPLE)} for {rng.randrange(20, 900)} pounds"
        said = _ASKED[api][number % len(_ASKED[api])].format(it=it, text=text)
        made.append(Prompt(said, _judge(api, one, folder, text, said)))
    return made


def _judge(api: str, one: Document, folder: Path, text: str, said: str) -> Callable[[dict[str, Any]], bool]:
    path = str(folder / one.name)

    def of(action: Sequence[str], to: str | None, size: range | None = None) -> Callable[[dict[str, Any]], bool]:
        def right(result: dict[str, Any]) -> bool:
            effects = result["effects"]
            if result["state"] != "preview" or len(effects) != 1 or result["conflicts"]:
                return False
            only = effects[0]
            fits = size is None or only["size"] in size
            return only["action"] in action and (only["path"], only["to"]) == (path, to) and fits

        return right

    if api == "retrieve-summary":
        return lambda result: (
            result["state"] == "answered"
            and bool(result["answer"])
            and {citation["path"] for citation in result["citations"]} == {path}
        )
    if api == "change-summary":
        return of(("write",), None, range(len(text.encode()), len(text.encode()) + 3))
    if api == "rollback":
        size = len(text_of_save(one, _BACK[said[:4]]).encode())
        return of(("restore",), None, range(size, size + 1))
    return of(("copy",), str(folder.parent / "Shared" / one.name))


def text_of_save(one: Document, save: int) -> str:
    """What a document says after a save, counted from 1; the last is what it is given as."""
    return one.text + "".join(f"A line of save {number}.\n" * number for number in range(SAVES, save, -1))


# Measuring


class Said(NamedTuple):
    """What a sentence came to."""

    right: bool
    refused: bool
    seconds: float
    tier: str | None
    reason: str


def say(lsfs: Lsfs, prompt: Prompt, *, llm: bool, cwd: Path) -> Said:
    """Says a sentence to the daemon; nothing is applied."""
    client = lsfs.client()
    fields = {"sentence": prompt.said, "llm": llm, "learn": False, "cwd": str(cwd)}

    def result() -> dict[str, Any]:
        try:
            return [event["result"] for event in client.stream("do", fields)][-1]
        except LsfsError as error:
            return {"state": "failed", "reason": error.message, "tier": None}

    came, seconds = answered(result)
    refused = came["state"] in ("refused", "nothing", "failed")
    return Said(not refused and prompt.right(came), refused, seconds, came["tier"], came["reason"])


@contextmanager
def indexed(given: argparse.Namespace, work: Path, documents: Sequence[Document], saves: int) -> Iterator[Lsfs]:
    """An installation that has read the documents, after so many saves of each."""
    folder = work / "Papers"
    (work / "Shared").mkdir(parents=True)
    with installation(given.work, embedder=given.embedder) as lsfs:
        lsfs.set("llm", given.llm)
        for save in range(1, saves):
            write_documents(folder, [one._replace(text=text_of_save(one, save)) for one in documents])
            if save == 1:
                lsfs.up(work, until="words")
            time.sleep(SETTLED_S)
        write_documents(folder, documents)
        if saves > 1:
            time.sleep(SETTLED_S)
        lsfs.up(work, until="all")
        yield lsfs


def measure_parsing(given: argparse.Namespace, work: Path, report: Report) -> None:
    """How many sentences for each API come to what was meant."""
    count = min(40, given.sizes[-1])
    documents = (
        taken_documents(given.folder, count) if given.folder else made_documents(count, (".txt", ".md", ".docx"))
    )
    rights: list[bool] = []
    with indexed(given, work, documents, SAVES) as lsfs:
        for api in given.apis:
            # Without a model there is no summary: it cannot be right.
            prompts = prompts_of(api, documents, work / "Papers", given.prompts, named=given.folder is not None)
            came = [say(lsfs, prompt, llm=given.llm != "off", cwd=work) for prompt in prompts]
            right = [one.right for one in came]
            rights += right
            refused = sum(one.refused for one in came)
            told = [{"said": prompt.said, **one._asdict()} for prompt, one in zip(prompts, came, strict=True)]
            report.add(f"parsing, {api}", share(right), reach=PUBLISHED_PARSING, samples=told)
            report.add(f"parsing, {api}: refused, another plan", f"{refused}, {len(came) - refused - sum(right)}")
            report.median(f"parsing, {api}: time", [one.seconds for one in came], "s")
            rules = sum(one.tier == "rules" for one in came)
            report.add(f"parsing, {api}: by the rules", f"{rules}/{len(came)}")
    report.add("parsing, all of these", share(rights), reach="≥ 90 %")


def measure_retrieval(given: argparse.Namespace, work: Path, report: Report) -> None:
    """Whether the document that is asked for is the first hit, and how soon, for each number of files."""
    for size in given.sizes:
        place = work / str(size)
        suffixes = (".txt", ".md", ".docx", ".pdf")
        documents = taken_documents(given.folder, size) if given.folder else made_documents(size, suffixes)
        with indexed(given, place, documents, 1) as lsfs:
            rng = random.Random(SEED)
            asked = rng.sample(documents, min(given.questions, len(documents)))
            wanted = [str(place / "Papers" / one.name) for one in asked]
            name = f"retrieval, {len(documents):,} files"
            find_paths(lsfs, asked[0].asked)  # the query embedder is loaded by the first
            for way, queries in (
                ("by its words", [one.words for one in asked]),
                ("in others", [one.asked for one in asked]),
            ):
                found = [answered(lambda query=query: find_paths(lsfs, query)) for query in queries]
                places = [
                    paths.index(want) if want in paths else 99 for (paths, _), want in zip(found, wanted, strict=True)
                ]
                report.add(f"{name}, {way}", share([at == 0 for at in places]), reach=PUBLISHED_RETRIEVAL)
                report.add(f"{name}, {way}: among three", share([at < 3 for at in places]))
                report.median(f"{name}, {way}: time of a process", [took for _, took in found], "s")
                report.add(f"{name}, {way}: time, p95", percentile([took for _, took in found], 0.95), "s")
            measure_keywords(lsfs, place / "Papers", documents, given.questions, name, report)


def measure_keywords(
    lsfs: Lsfs, folder: Path, documents: Sequence[Document], count: int, name: str, report: Report
) -> None:
    """Which files hold words, by `lsfs find` and by grep."""
    rng = random.Random(SEED)
    words = sorted({word for _, _, words in SUBJECTS for word in words.split(",") if " " not in word} | set(PLACES))
    words = [word for word in words if any(holds(one, word) for one in documents)]
    if len(words) < count:
        words = sorted({word for one in documents for word in one.text.split() if word.isalpha() and len(word) > 6})
    ones = [(word,) for word in rng.sample(words, min(count, len(words)))]
    pairs = [tuple(rng.sample(words_of(one, words), 2)) for one in documents[:count] if len(words_of(one, words)) > 1]
    for condition, queries in (("one word", ones), ("two words", pairs)):
        if not queries:
            continue
        ours, theirs = [], []
        for query in queries:
            wanted = {str(folder / one.name) for one in documents if all(holds(one, word) for word in query)}
            phrases = " ".join(f'"{word}"' for word in query)
            ours.append((set(find_paths(lsfs, phrases, "-n", "1000", "--mode", "keyword")), wanted))
            theirs.append((grep(folder, query), wanted))
        for program, results in (("lsfs", ours), ("grep", theirs)):
            precision, recall, f1 = scores(results)
            report.add(f"{name}: {condition}, {program}", f"P {precision:.3f} R {recall:.3f} F1 {f1:.3f}")


def holds(one: Document, word: str) -> bool:
    """Whether a document has a word, whatever its case."""
    return word.lower() in one.text.lower().translate(_SIGNS).split()


_SIGNS = str.maketrans(dict.fromkeys(".,;:!?()[]{}'\"“”<>|/\\`*#=-_+&%$@", " "))


def words_of(one: Document, words: Sequence[str]) -> list[str]:
    """Those of the words that a document has."""
    return [word for word in words if holds(one, word)]


def find_paths(lsfs: Lsfs, words: str, *options: str) -> list[str]:
    """The paths that `lsfs find` gives, best first."""
    done = lsfs.run("find", "--json", *options, "--", words)
    return [hit["path"] for hit in json.loads(done.stdout)["hits"]]


def grep(folder: Path, words: Sequence[str]) -> set[str]:
    """The files below a folder in which grep finds all the words."""
    found: set[str] | None = None
    for word in words:
        done = subprocess.run(["grep", "-rlwi", "-e", word, str(folder)], capture_output=True, text=True)
        one = set(done.stdout.splitlines())
        found = one if found is None else found & one
    return found or set()


def scores(results: Sequence[tuple[set[str], set[str]]]) -> tuple[float, float, float]:
    """Means of precision, recall and F1 over (found, wanted)."""
    rows = []
    for found, wanted in results:
        hits = len(found & wanted)
        precision = hits / len(found) if found else 0.0
        recall = hits / len(wanted) if wanted else 1.0
        rows.append((precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0))
    first, second, third = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    return first, second, third


def share(right: Sequence[bool]) -> str:
    """``27/30 (90 %)``."""
    return f"{sum(right)}/{len(right)} ({100 * sum(right) / max(1, len(right)):.0f} %)"


def main() -> None:
    made = parser(__doc__)
    made.add_argument("folder", nargs="?", type=Path, metavar="FOLDER")
    made.add_argument("--prompts", type=int, default=30, help="sentences for each API")
    made.add_argument("--apis", nargs="+", choices=tuple(_ASKED), default=list(_ASKED), help="which of the four")
    made.add_argument("--sizes", type=int, nargs="+", default=[10, 20, 40, 1000], help="numbers of files to look among")
    made.add_argument("--questions", type=int, default=20, help="searches for each number of files, and of each kind")
    made.add_argument("--llm", default="auto", metavar="NAME", help="the setting of that name: a model, a file, or off")
    made.add_argument("--only", choices=("parsing", "retrieval"), help="one half of it")
    given = made.parse_args()
    given.sizes.sort()
    report = Report("lsfs_paper", vars(given))
    with tempfile.TemporaryDirectory(prefix="lsfs-paper-", dir=given.work) as scratch:
        work = Path(os.path.realpath(scratch))
        if given.only != "retrieval":
            measure_parsing(given, work / "parsing", report)
        if given.only != "parsing":
            measure_retrieval(given, work, report)
    report.finish(given.json)


if __name__ == "__main__":
    main()
