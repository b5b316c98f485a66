"""Fits how likely a tool fits, as it ships, and says on held-out requests how often that is right.

    python benchmarks/tool_calibration.py FOLDER --commands INDEX VAULT [--models DIR]

FOLDER holds metatool and toolbank_numpy as `benchmarks/tools.py` reads them; only their training requests are used.
INDEX and VAULT are databases of a machine on which ``lsfs tools add commands`` ran and all vectors are made.

Requests that a tool fits are those of a set asked of its own tools, of those among the machine's commands, and with
their usage (leaving the request out); and the summary lines of commands whose cards lack them.  None fits where the
right tools may not be chosen, where another set's tools or commands are asked, and for made-up words.  Each of that
again with a few tools drawn by chance as the only ones, from all and from those that rank next.  Every kind counts the
same, requests with and without a tool that fits do too; a third of the requests is held out.
"""

from __future__ import annotations

import argparse
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from tools import Embedder, Maker, tokenizer

from lsfs.store.index import Index
from lsfs.store.vault import Vault
from lsfs.tools.catalogue import Catalogue
from lsfs.tools.finding import prior
from lsfs.tools.routing.calibration import Calibration, Outcome, calibrate, signs
from lsfs.tools.routing.cards import view_texts
from lsfs.tools.routing.defaults import DEFAULT
from lsfs.tools.routing.evaluating import Judged, read_requests, read_tools
from lsfs.tools.routing.evidence import spoken_for
from lsfs.tools.routing.fusion import fused
from lsfs.tools.routing.router import Router
from lsfs.tools.snapshot import Snapshot, snapshot

Floats = NDArray[np.float32]

SETS = ("metatool", "toolbank_numpy")
REQUESTS, LINES, MADE_UP = 1_000, 350, 60
GOOD_REFUSED, BY_WORDS = 0.05, 0.15
"""Share of the requests with a tool that fits, asked of all tools, that the cut may refuse; and by words alone, which
would else let half of the others pass."""
NEAR = slice(20, 128)
"""Places of the tools that are not near enough to be right, and nearer than chance."""
NOTES = "\nNotes: "


class Kind(NamedTuple):
    """Where a request was asked, and of what."""

    tools: str
    asked: str
    choice: str


class Case(NamedTuple):
    """One request, asked once."""

    request: str
    kind: Kind
    outcome: Outcome


class Collection(NamedTuple):
    """Tools, and requests that are asked of them."""

    name: str
    router: Router
    prior: Floats
    asked: Sequence[tuple[str, Sequence[Judged]]]
    numbers: Mapping[str, int]


def cases(one: Collection, maker: Maker, dense: bool, chance: np.random.Generator) -> Iterator[Case]:
    """Asks all requests: of all tools, without the right ones, and of a few."""
    catalogue = one.router.catalogue
    seen = {text: number for number, text in enumerate(catalogue.usage.requests)} if catalogue.usage.any else {}
    for asked, requests in one.asked:
        for request in requests:
            found = catalogue.evidence(request.query, maker.embed if dense else None, seen.get(request.query))
            scores = fused(found.features, DEFAULT.head) + one.prior
            right = np.isin(np.arange(len(scores)), [one.numbers.get(tool, -1) for tool in request.gold])
            few = np.isin(np.arange(len(scores)), chance.choice(len(scores), int(chance.choice([1, 2, 4, 8]))))
            next_ones = np.argsort(-scores)[NEAR]
            near = np.isin(np.arange(len(scores)), chance.choice(next_ones, int(chance.choice([1, 2, 4, 8]))))
            choices: list[tuple[str, NDArray[np.bool_], bool]] = [
                ("all", ~right, False),
                ("few", few & ~right, False),
                ("near", near & ~right, False),
            ]
            if right.any():
                choices += [("all", right | True, True), ("few", few | right, True), ("near", near | right, True)]
            for choice, mask, fits in choices:
                open_to = mask & spoken_for(found.features)
                if open_to.any():
                    tool = int(np.where(open_to, scores, -np.inf).argmax())
                    outcome = Outcome(signs(scores, tool, int(mask.sum()), *found.of(tool), usual=0.0), fits)
                    yield Case(request.query, Kind(one.name, asked, f"{choice} {'+' if fits else '-'}"), outcome)


def collections(maker: Maker, folder: Path, machine: Snapshot, chance: np.random.Generator) -> Iterator[Collection]:
    """All there is to ask."""
    asked = {name: _some(read_requests((folder / name / "queries_train.jsonl").read_bytes()), chance) for name in SETS}
    made_up = [Judged(text, ()) for text in _made_up(chance)]
    shares = prior(machine.tools)
    plain = [(name, folder / name / "tools.jsonl", name, False) for name in SETS]
    plain.append(("toolbank, all", folder / "toolbank_numpy" / "tools_all.jsonl", "toolbank_numpy", False))
    for name, path, own, joined in [*plain, *((f"commands and {one[0]}", *one[1:3], True) for one in plain[:2])]:
        tools = read_tools(path.read_bytes())
        cards = [*tools.values(), *(machine.cards if joined else ())]
        numbers = {tool: number for number, tool in enumerate(tools)}
        before = np.concatenate([np.zeros(len(tools), np.float32), shares if joined else shares[:0]])
        others = [(f"of {other}", requests[: REQUESTS // 2]) for other, requests in asked.items() if other != own]
        requests = asked[own][: REQUESTS if name == own else REQUESTS // 2]
        router = maker.router(cards)
        yield Collection(name, router, before, [("own", requests), *others, ("made up", made_up)], numbers)
        if name == own:
            usage = read_requests((folder / own / "queries_train.jsonl").read_bytes())
            used = maker.router(cards, maker.examples(numbers, usage))
            yield Collection(f"{name}, usage", used, before, [("own", requests)], numbers)
    router = Router(machine.cards, machine.vectors, tokens=maker.tokens, embed=maker.embed)
    others = [(f"of {other}", requests[: REQUESTS // 2]) for other, requests in asked.items()]
    yield Collection("commands", router, shares, [*others, ("made up", made_up)], {})
    yield _lines(maker, machine, shares, chance)


def _lines(maker: Maker, machine: Snapshot, shares: Floats, chance: np.random.Generator) -> Collection:
    """Commands without their summary lines, which are what is asked."""
    cards, vectors = list(machine.cards), machine.vectors.copy()
    whole = [number for number, tool in enumerate(machine.tools) if NOTES in cards[number].description]
    chosen = np.sort(chance.permutation(whole)[:LINES])
    asked = []
    for number in chosen.tolist():
        line, notes = cards[number].description.split(NOTES, 1)
        cards[number] = msgspec.structs.replace(cards[number], description=notes)
        asked.append(Judged(line.strip(" ."), (str(number),)))
    texts = [text for number in chosen.tolist() for text in view_texts(cards[number])]
    vectors[chosen] = maker.embed(texts).reshape(len(chosen), 3, -1)
    router = Router(cards, vectors, tokens=maker.tokens, embed=maker.embed)
    return Collection(
        "commands without their lines", router, shares, [("own", asked)], {str(one): one for one in chosen.tolist()}
    )


def _some(requests: Sequence[Judged], chance: np.random.Generator) -> list[Judged]:
    return [requests[number] for number in chance.permutation(len(requests))[:REQUESTS].tolist()]


def _made_up(chance: np.random.Generator) -> Iterator[str]:
    syllables = [a + b for a in "b d f g k l m n p r s t v z qu x th gr".split() for b in "a e i o u oo ix an".split()]
    for _ in range(MADE_UP):
        words = ("".join(chance.choice(syllables, int(chance.integers(1, 4)))) for _ in range(chance.integers(1, 6)))
        yield " ".join(words)


def weighted(found: Sequence[Case]) -> list[Outcome]:
    """Their outcomes, so that all kinds count the same, and those that fit as much as the others."""
    sizes = Counter(one.kind for one in found)
    kinds = Counter(kind.choice[-1] for kind in sizes)
    return [
        msgspec.structs.replace(one.outcome, counts=len(found) / 2 / kinds[one.kind.choice[-1]] / sizes[one.kind])
        for one in found
    ]


def quantile(values: Sequence[float], counts: Sequence[float], share: float) -> float:
    """The value below which `share` of the counts lie."""
    order = np.argsort(values)
    reached = np.cumsum(np.array(counts)[order]) / sum(counts)
    return float(np.array(values)[order][np.searchsorted(reached, share)])


def fitted(found: Sequence[Case], start: Calibration, good_refused: float) -> Calibration:
    """The model of these cases, and its cut."""
    model = calibrate(weighted(found), start, hold=1e-4)
    good = [one for one in found if one.kind.choice == "all +"]
    likely = [model.probability(one.outcome.seen) for one in good]
    cut = quantile(likely, [one.counts for one in weighted(good)], good_refused)
    return msgspec.structs.replace(model, cut=round(cut, 2))


def report(model: Calibration, found: Sequence[Case]) -> Iterator[str]:
    """How often each decile of probability was right, and what was refused."""
    likely = np.array([model.probability(one.outcome.seen) for one in found])
    fits = np.array([one.outcome.fits for one in found])
    counts = np.array([one.counts for one in weighted(found)])
    for low in range(10):
        there = (likely >= low / 10) & (likely < (low + 1) / 10 + (low == 9))
        if there.any():
            said, was = (np.average(values[there], weights=counts[there]) for values in (likely, fits))
            yield f"  {low / 10:.1f}–{(low + 1) / 10:.1f}: said {said:.2f}, was {was:.2f} of {there.sum()}"
    for kind in sorted({one.kind for one in found}):
        there = np.array([one.kind == kind for one in found])
        yield f"  refused {np.mean(likely[there] < model.cut):6.1%} of {there.sum():4} {' | '.join(kind)}"


def main(arguments: Sequence[str]) -> int:
    """Prints both models and how good they are on held-out requests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--commands", type=Path, nargs=2, required=True, metavar=("INDEX", "VAULT"))
    parser.add_argument("--models", type=Path, required=True, help="models folder")
    parser.add_argument("--json", type=Path, help="write both models here")
    given = parser.parse_args(arguments)
    index, vault = Index(given.commands[0]), Vault(given.commands[1])
    machine = snapshot(Catalogue(vault, index, {}, time.time_ns), vault, index)
    models: dict[str, Calibration] = {}
    with tokenizer() as tokens:
        maker = Maker(Embedder(given.models / "minilm-l6-int8"), tokens)
        for name, start, dense in (("calibration", DEFAULT.calibration, True), ("by_words", DEFAULT.by_words, False)):
            chance = np.random.default_rng(11)
            found = [
                case
                for one in collections(maker, given.folder, machine, chance)
                if dense or not one.router.catalogue.usage.any
                for case in cases(one, maker, dense, chance)
            ]
            held = [zlib.crc32(one.request.encode()) % 3 == 0 for one in found]
            model = fitted(
                [one for one, out in zip(found, held, strict=True) if not out],
                start,
                GOOD_REFUSED if dense else BY_WORDS,
            )
            models[name] = model
            print(name, model)
            for line in report(model, [one for one, out in zip(found, held, strict=True) if out]):
                print(line, flush=True)
    index.close()
    vault.close()
    if given.json:
        given.json.write_bytes(msgspec.json.encode(models))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
