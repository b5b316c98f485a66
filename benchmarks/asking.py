"""How well questions are answered from files, and how soon: by the parts of this process, over a small home.

    python benchmarks/asking.py FOLDER [--fixture FILE] [--model NAME] [--only ID…] [--json FILE]

FOLDER holds home*.json (path: text) and cases*.jsonl as `nlcmd/run.py` reads them; the cases of the kinds ask,
summarize and compare are asked, in the order of the file.  The home is built by ``build`` of fixture.py, which lies in
FOLDER, beside it, or is named.  A question counts as cited where a file that holds the answer is among the first three
citations (each, where two are needed), as right where the answer also says it, and one that no file answers as admitted
where nothing is claimed.  For summarize and compare the files are those whose names the sentence says: which files are
meant is not what is measured here.  Times are of a warm model; the embedder is that of the settings.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from harness import Report, parser

from lsfs.answer import Answer, Answering
from lsfs.compose import open_engine
from lsfs.core.api import ProgressRequest, UpRequest
from lsfs.core.config import Config, with_setting
from lsfs.core.locations import Paths
from lsfs.core.selector import Filters
from lsfs.core.wirepath import to_wire
from lsfs.engine import Engine
from lsfs.llm.base import LanguageModel
from lsfs.llm.llamacpp import LlamaCpp
from lsfs.llm.states import StateFolder
from lsfs.models.registry import Purpose
from lsfs.models.store import open_store
from lsfs.store.index import FileRow
from lsfs.store.index.files import condition


def load_fixture(folder: Path, named: Path | None) -> ModuleType:
    """The module whose `build` writes a home."""
    places = [named] if named else [folder / "fixture.py", folder.parent / "fixture.py"]
    place = next((one for one in places if one is not None and one.exists()), None)
    if place is None:
        raise SystemExit("no fixture.py there: name it with --fixture")
    spec = importlib.util.spec_from_file_location("fixture", place)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def language_model(paths: Paths, config: Config, name: str | None) -> LanguageModel:
    """The model that the settings choose, in this process."""
    store = open_store(paths, config)
    model = name or store.default(Purpose.LLM)
    if model is None:
        raise SystemExit("this needs a language model: lsfs models pull")
    file = store.path(model)["model.gguf"]
    states = StateFolder(Path(paths.cache_dir, "states"))
    return LlamaCpp(file, id=model, fingerprint=f"{model} {file.stat().st_size}", states=states, context=4096)


def named_files(engine: Engine, say: str) -> list[FileRow]:
    """The files whose names' words all stand in the sentence, the longest name first."""
    parts = engine._parts
    said = set(re.findall(r"[^\W_]+", say.lower()))
    rows = parts.index.files.matching(condition(Filters(), parts.root_paths()), "name", 10_000)
    found = [row for row in rows if row.content and set(re.findall(r"[^\W_]+", row.name.rsplit(".", 1)[0])) <= said]
    found.sort(key=lambda row: -len(row.name))
    return found[:2]


def cited_right(case: dict[str, Any], answer: Answer) -> bool:
    """Whether each group of files that is wanted has one among the first citations."""
    paths = [os.fsdecode(place.file.path) for place in answer.cited[: max(3, len(case.get("hits", [])))]]
    groups = [group if isinstance(group, list) else [group] for group in case.get("hits", [])]
    return all(set(group) & set(paths) for group in groups)


def says_right(case: dict[str, Any], answer: Answer) -> bool:
    """Whether the answer matches each pattern."""
    text = answer.text or ""
    return bool(text) and all(re.search(one, text, re.IGNORECASE | re.DOTALL) for one in case.get("answer", []))


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--home", help="name of the home's file; else the first home*.json")
    arguments.add_argument("--cases", help="name of the cases' file; else the first cases*.jsonl")
    arguments.add_argument("--fixture", type=Path, metavar="FILE")
    arguments.add_argument("--model", metavar="NAME", help="a language model of `lsfs models list`; else the default")
    arguments.add_argument("--only", nargs="*", default=[], metavar="ID", help="these cases")
    options = arguments.parse_args()
    report = Report("asking", vars(options))
    home = options.folder / options.home if options.home else sorted(options.folder.glob("home*.json"))[0]
    cases_file = options.folder / options.cases if options.cases else sorted(options.folder.glob("cases*.jsonl"))[0]
    cases = [json.loads(line) for line in cases_file.read_text().splitlines() if line.strip()]
    cases = [case for case in cases if case["kind"] in ("ask", "summarize", "compare")]
    cases = [case for case in cases if not options.only or case["id"] in options.only]
    models = Paths.from_env(os.environ).models
    with tempfile.TemporaryDirectory(prefix="lsfs-asking-", dir=options.work) as scratch:
        root, state = Path(scratch, "home"), Path(scratch, "state")
        root.mkdir()
        state.mkdir()
        load_fixture(options.folder, options.fixture).build(home, root)
        paths = Paths.from_env({"HOME": str(state), "LSFS_MODELS": str(models)})
        config = Config() if options.embedder is None else with_setting(Config(), "embedder", options.embedder)
        llm = language_model(paths, config, options.model)
        engine = open_engine(paths, config)
        try:
            engine.start()
            engine.up(UpRequest(paths=(to_wire(os.fsencode(root)),)))
            for event in engine.progress(ProgressRequest(until="all")):
                if event.finished:
                    break
            measure(engine, llm, cases, report)
        finally:
            engine.close()
            llm.close()
    report.finish(options.json)
    return 0


def measure(engine: Engine, llm: LanguageModel, cases: list[dict[str, Any]], report: Report) -> None:
    """Asks all of them and adds the figures."""
    parts = engine._parts
    embedder = parts.embedders[0] if parts.embedders else None
    answering = Answering(lambda: llm, parts.index, parts.search, parts.texts, embedder)
    begun = time.perf_counter()
    for kept in answering.kept_prompts():
        llm.prepare(kept)
    report.add("fixed prompts", time.perf_counter() - begun, "s")
    answering.passages("warm?")
    counts: dict[str, list[bool]] = {}
    first_words: list[float] = []
    whole: list[float] = []
    for case in cases:
        start = time.perf_counter()
        heard: list[float] = []

        def hear(phase: str, piece: str, start: float = start, heard: list[float] = heard) -> bool:
            if phase == "writing" and piece.strip():
                heard.append(time.perf_counter() - start)
            return True

        kind, say = case["kind"], case["say"]
        if kind == "ask":
            answer = answering.ask(say, on_event=hear)
        else:
            files = named_files(engine, say)
            if len(files) < (2 if kind == "compare" else 1):
                counts.setdefault(f"{kind}: files not named", []).append(True)
                continue
            work = answering.compare if kind == "compare" else answering.summarize
            answer = work(files if kind == "compare" else files[:1], say, hear)
        took = time.perf_counter() - start
        if case.get("unanswerable"):
            good = answer.text is None
            counts.setdefault("ask: admitted", []).append(good)
        elif kind == "ask":
            good = cited_right(case, answer) and says_right(case, answer)
            counts.setdefault("ask: cited", []).append(cited_right(case, answer))
            counts.setdefault("ask: right", []).append(good)
            whole.append(took)
            first_words += heard[:1]
        else:
            good = says_right(case, answer)
            counts.setdefault(f"{kind}: right", []).append(good)
        print(
            f"{'     ' if good else 'WRONG'} {case['id']:8} {took:5.1f} s  {say}\n      {answer.text}", file=sys.stderr
        )
    reach = {"ask: cited": "90 %", "ask: right": "80 %", "ask: admitted": "80 %"}
    for name, held in counts.items():
        report.add(name, f"{sum(held)} of {len(held)}", reach=reach.get(name, ""))
    if first_words:
        report.median("first words", first_words, "s", reach="4 s")
        report.median("whole answer", whole, "s")


if __name__ == "__main__":
    sys.exit(main())
