"""Which recordings are positives of a phrase, which are free of it, and which are neither."""

from __future__ import annotations

from collections.abc import Sequence

from attune.text import normalize

__all__ = ["PhraseFinder"]


class PhraseFinder:
    """Looks for a phrase in transcripts, both normalised alike.

    `spellings` are other ways to write what sounds the same ("know" for "no"). The last word may
    be a possessive: whoever says "Athena's" says the keyword.
    """

    def __init__(self, phrase: str, spellings: Sequence[str] = (), language: str = "en-US") -> None:
        self.phrase = phrase
        self._language = language
        forms = {tuple(self._words(text)) for text in (phrase, *spellings)}
        self._forms = sorted(form for form in forms if form)

    def is_said_in(self, transcript: str) -> bool:
        """Whether the phrase is among the words of `transcript`."""
        words = self._words(transcript)
        return any(
            tuple(words[first : first + len(form)]) == form
            for form in self._forms
            for first in range(len(words) - len(form) + 1)
        )

    def _words(self, text: str) -> list[str]:
        words = normalize(text, language=self._language).split()
        return [word.removesuffix("'s") for word in words]
