"""What usage teaches: examples, the association, and training."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pytest

from lsfs.core.errors import UsageError
from lsfs.embed.hashing import HashingEmbedder
from lsfs.tools.routing.association import Association, ridge
from lsfs.tools.routing.calibration import Calibration, Outcome, Signs, calibrate, signs
from lsfs.tools.routing.cards import Card
from lsfs.tools.routing.defaults import DEFAULT
from lsfs.tools.routing.evaluating import figures, read_requests, read_tools
from lsfs.tools.routing.evidence import FEATURES
from lsfs.tools.routing.fitting import Case, fit
from lsfs.tools.routing.fusion import ranked
from lsfs.tools.routing.router import Router
from lsfs.tools.routing.trained import Trained
from lsfs.tools.routing.training import train

Make = Callable[..., Router]
Tokens = Callable[[str], Sequence[str]]
TOPICS = ("jazz", "rain", "invoice", "photo", "kernel", "garden", "recipe", "train", "bank", "museum", "yoga", "chess")
ASKS = ("tell me of the {}", "i need some {} now", "is there any {} left", "more {} please", "{} for my brother")


def usage() -> list[tuple[str, str]]:
    return [(f"tool_{n}", ask.format(topic)) for n, topic in enumerate(TOPICS) for ask in ASKS]


def opaque() -> list[Card]:
    """Tools whose descriptions say nothing of what they are used for."""
    return [Card(f"tool_{n}", f"Service number {n}.") for n in range(len(TOPICS))]


def test_usage_finds_tools_whose_descriptions_do_not_tell(make: Make) -> None:
    router = make(opaque(), usage())
    found = [router.find(f"where is the {topic}", 1).hits[0].tool for topic in TOPICS]
    assert found == list(range(len(TOPICS)))


def test_a_tool_without_usage_is_still_found_by_its_description(make: Make) -> None:
    cards = [*opaque(), Card("shrink_pdf", "Reduce the size of a PDF file.")]
    router = make(cards, usage())
    assert router.find("reduce the size of a pdf file", 1).hits[0].tool == len(TOPICS)


def test_one_stray_example_does_not_take_over_a_tool(make: Make) -> None:
    router = make(usage=[("send_mail", "get the weather forecast of Rome")])
    cards = router.catalogue.cards
    top = [cards[hit.tool].name for hit in router.find("weather forecast of the city of Paris", 2).hits]
    assert top[0] == "get_weather"


@pytest.mark.parametrize("dimensions", [8, 90])
def test_leaving_a_request_out_gives_what_fitting_without_it_gives(dimensions: int) -> None:
    chance = np.random.default_rng(1)
    inputs = chance.normal(size=(40, dimensions)).astype(np.float32)
    labels = (chance.random((40, 3)) < 0.3).astype(np.float32)
    _, left_out = ridge(inputs, labels)
    for row in (0, 17, 39):
        others = np.arange(40) != row
        weights, _ = ridge(inputs[others], labels[others])
        assert np.allclose(left_out[row], inputs[row] @ weights, atol=1e-3)


def test_the_association_knows_the_request_it_left_out_and_no_other(tokens: Tokens) -> None:
    texts = [text for _, text in usage()]
    tools = np.array([TOPICS.index(topic) for topic in TOPICS for _ in ASKS], np.int32)
    vectors = HashingEmbedder().embed(texts)
    found = Association.fit(texts, vectors, np.arange(len(texts)), tools, len(TOPICS), tokens)
    assert found.scores(vectors[0], texts[0])[0] > found.left_out(0)[0]
    assert np.all(found.left_out(999) == 0)


def test_training_learns_from_usage_and_says_so_on_tools_it_has_not_seen(make: Make) -> None:
    router = make(opaque(), usage())
    blind = msgspec.structs.replace(DEFAULT, head=msgspec.structs.replace(DEFAULT.head, weights={"words": 1.0}))
    report = train(router.catalogue, HashingEmbedder().embed, blind)
    assert report.kept
    assert report.after.used_recall > report.before.used_recall
    assert report.after.unused_recall >= report.before.unused_recall - 0.02
    again = msgspec.json.decode(msgspec.json.encode(report.trained), type=Trained)
    assert again == report.trained


def test_too_little_usage_changes_nothing(make: Make) -> None:
    router = make(usage=[("send_mail", "write to ann")])
    report = train(router.catalogue, HashingEmbedder().embed, DEFAULT)
    assert not report.kept and report.trained == DEFAULT


def test_fitting_raises_the_weight_of_what_tells_the_right_tool() -> None:
    chance = np.random.default_rng(2)
    cases = []
    for _ in range(80):
        features = chance.random((10, len(FEATURES))).astype(np.float32)
        cases.append(Case(features, features[:, FEATURES.index("words")] == features[:, FEATURES.index("words")].max()))
    head = fit(cases, DEFAULT.head, hold=0.01)
    assert head.weights["words"] > 2 * DEFAULT.head.weights["words"]
    assert head.weights["meaning"] < DEFAULT.head.weights["meaning"]
    assert fit([], DEFAULT.head, hold=0.01) == DEFAULT.head


def test_words_that_one_tool_accounts_for_count_less_for_the_next() -> None:
    scores = np.array([1.0, 0.9, 0.6], np.float32)
    gains = np.array([[0.5, 0.5, 0.0], [0.0, 0.0, 0.5]], np.float32)
    part = np.zeros(3, np.int64)
    greedy = msgspec.structs.replace(DEFAULT.head, coverage=1.0)
    plain = msgspec.structs.replace(DEFAULT.head, coverage=0.0)
    assert ranked(scores, gains, part, greedy, 3) == [0, 2, 1]
    assert ranked(scores, gains, part, plain, 3) == [0, 1, 2]


def seen(score: float) -> Signs:
    return Signs(ahead=score, behind=0.0, meaning=0.0, words=0.0)


def test_calibrated_probabilities_are_right_as_often_as_they_say() -> None:
    chance = np.random.default_rng(3)
    outcomes = [Outcome(seen(float(one)), bool(chance.random() < one)) for one in chance.random(4000)]
    model = calibrate(outcomes, DEFAULT.calibration, hold=1e-5)
    for score in (0.3, 0.5, 0.7):
        assert model.probability(seen(score)) == pytest.approx(score, abs=0.06)


def test_a_calibration_that_few_requests_speak_against_is_held_to() -> None:
    held = calibrate([Outcome(seen(0.5), True)] * 3, DEFAULT.calibration, hold=100.0)
    assert held.row() == pytest.approx(DEFAULT.calibration.row(), abs=0.01)


@pytest.mark.parametrize("model", [DEFAULT.calibration, DEFAULT.by_words])
def test_what_stands_out_is_likelier_to_fit_and_what_is_behind_another_less(model: Calibration) -> None:
    scores = np.concatenate([[1.0, 0.6], np.linspace(0.5, 0.0, 98)]).astype(np.float32)
    best, other = (model.probability(signs(scores, tool, 100, 0.5, 0.5, 0.1)) for tool in (0, 1))
    assert best > other
    flat = np.concatenate([np.full(30, 1.0), scores[30:]]).astype(np.float32)
    assert best > model.probability(signs(flat, 0, 100, 0.5, 0.5, 0.1))
    assert best > model.probability(signs(scores, 0, 100, 0.5, 0.0, 0.1))


def test_a_set_is_measured_with_its_candidates(make: Make) -> None:
    tools = read_tools(
        b'{"id":"a","name":"pdf_compress","description":"Reduce the size of a PDF.","parameters":{"path":{}}}\n'
        b'{"id":"b","name":"send_mail","description":"Send a message.","parameters":{"to":{"description":"who"}}}\n'
    )
    requests = read_requests(
        b'{"query":"reduce the size of a pdf","gold":["a"]}\n'
        b'{"query":"bake a cake","gold":[],"candidates":["b"]}\n'
        b'{"query":"send a message","gold":["b","unknown"]}\n'
    )
    found = figures(make(list(tools.values())), {"a": 0, "b": 1}, requests)
    assert (found.requests, found.without) == (2, 1)
    assert (found.recall, found.complete) == (0.75, 0.5)


def test_what_is_no_set_is_said_to_be_none() -> None:
    with pytest.raises(UsageError, match="not a list of tools"):
        read_tools(b'{"name": 3}')
    with pytest.raises(UsageError, match="not a list of requests"):
        read_requests(b"[1]")
