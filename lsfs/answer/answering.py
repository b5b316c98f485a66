"""All that is answered from files, behind one object."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lsfs.answer.asking import Answer, Asking
from lsfs.answer.caching import Made
from lsfs.answer.citing import Cited
from lsfs.answer.comparing import Comparing
from lsfs.answer.drafting import draft
from lsfs.answer.events import OnEvent, silent
from lsfs.answer.gathering import Embedder, Gathering
from lsfs.answer.prompts import ASK, REWRITE, TRANSLATE
from lsfs.answer.summarizing import Summarizing
from lsfs.answer.textprompts import Part
from lsfs.index.search import Search
from lsfs.index.texts import Texts
from lsfs.llm.base import LanguageModel, Turn
from lsfs.store.index import FileRow, Index


class Answering:
    """Answers from the files of one index.

    `llm` gives the model, started when it is first wanted, and raises `ModelUnavailable` where there is none.
    `embedder` re-orders what was found by meaning; without one, words do.  For one thread at a time, as the model is.
    """

    def __init__(
        self,
        llm: Callable[[], LanguageModel],
        index: Index,
        search: Search,
        texts: Texts,
        embedder: Embedder | None = None,
        made: Made | None = None,
    ) -> None:
        gathering = Gathering(index, search, texts, embedder)
        self._llm = llm
        self._asking = Asking(llm, gathering)
        self._summarizing = Summarizing(llm, gathering, made or Made())
        self._comparing = Comparing(llm, gathering)

    @staticmethod
    def kept_prompts() -> tuple[tuple[Turn, ...], ...]:
        """The fixed parts of the prompts for questions, which may be evaluated ahead."""
        return ASK, REWRITE, TRANSLATE

    def passages(self, question: str) -> tuple[Cited, ...]:
        """The passages that fit a question best, found without a model."""
        return self._asking.passages(question)

    def ask(self, question: str, on_event: OnEvent = silent) -> Answer:
        """The answer to a question about what the files say; text None where they do not say."""
        return self._asking.ask(question, on_event)

    def summarize(self, files: Sequence[FileRow], wish: str, on_event: OnEvent = silent) -> Answer:
        """A summary of each file, in the length and language of the wish."""
        return self._summarizing.summarize(files, wish, on_event)

    def compare(self, files: Sequence[FileRow], wish: str, on_event: OnEvent = silent) -> Answer:
        """What each of two files, or of a few, says to the wish, and so how they differ."""
        return self._comparing.compare(files, wish, on_event)

    def explain(self, diff: str, name: str, wish: str, on_event: OnEvent = silent) -> Answer:
        """What a unified diff of a file changed, in words."""
        return self._comparing.explain(diff, name, wish, on_event)

    def draft(
        self, about: str, name: str, on_event: OnEvent = silent, *, part: Part = "new", existing: str = ""
    ) -> str:
        """A text for a new file, for the end of one or for the whole of one; `existing` is what it says now."""
        return draft(self._llm, about, name, on_event, part=part, existing=existing)
