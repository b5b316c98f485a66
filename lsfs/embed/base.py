"""The interface that every embedder has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Embedder(Protocol):
    """Vectors of texts such that texts of like meaning have a large dot product."""

    @property
    def id(self) -> str:
        """Name of the vector space: vectors of two embedders compare only where the ids are equal."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are read; what follows is cut off and has no influence."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row per text, in their order: float32, ``[len(texts), dimensions]``, each of length 1.

        A text's row depends, within rounding, on that text alone, not on the others of the call.
        Every string is legal, the empty one and lone surrogates included.
        """

    def close(self) -> None:
        """Gives back what the embedder holds; closing twice does nothing."""
