"""A small catalogue, the index's own tokenizer, and the embedder that needs no model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from lsfs.embed.hashing import HashingEmbedder
from lsfs.store.index import Index
from lsfs.tools.routing.cards import Card, view_texts
from lsfs.tools.routing.router import Router
from lsfs.tools.routing.trained import Trained
from lsfs.tools.routing.usage import Examples, Origin

CARDS = (
    Card("get_weather", "Get the weather forecast of a city.", "city. date. The day of the forecast"),
    Card("convertCurrency", "Convert an amount of money from one currency to another.", "amount. from. to"),
    Card("pdf.compress", "Reduce the size of a PDF file by lowering the resolution of its images.", "path. quality"),
    Card("send_mail", "Send a message to a recipient by e-mail.", "recipient. subject. body"),
    Card("play-music", "Play a song or an album on the loudspeaker.", "title"),
    Card("rotate_image", "Turn a picture by a number of degrees.", "path. degrees"),
    Card("list_processes", "Show what programs are running and how much memory they use."),
)
NUMBERS = {card.name: number for number, card in enumerate(CARDS)}


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Sequence[str]]]:
    folder: Path = tmp_path_factory.mktemp("tokens")
    index = Index(folder / "index.db")
    yield index.passages.tokens
    index.close()


@pytest.fixture
def make(tokens: Callable[[str], Sequence[str]]) -> Callable[..., Router]:
    embed = HashingEmbedder().embed

    def made(
        cards: Sequence[Card] = CARDS,
        usage: Sequence[tuple[str, str]] = (),
        trained: Trained | None = None,
        *,
        dense: bool = True,
    ) -> Router:
        numbers = {card.name: number for number, card in enumerate(cards)}
        vectors = embed([text for card in cards for text in view_texts(card)]).reshape(
            len(cards), 3, HashingEmbedder().dimensions
        )
        texts = [text for _, text in usage]
        examples = Examples(
            np.array([numbers[name] for name, _ in usage], np.int32),
            texts,
            embed(texts) if texts else np.empty((0, vectors.shape[-1]), np.float32),
            np.full(len(texts), Origin.OBSERVED, np.uint8),
        )
        return Router(cards, vectors, tokens=tokens, embed=embed if dense else None, examples=examples, trained=trained)

    return made
