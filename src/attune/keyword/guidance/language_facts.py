"""What a recogniser's bundle knows of a language, opened once to judge and to pronounce phrases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from attune.bundle import Bundle, shipped_bundle_path
from attune.errors import InputError
from attune.keyword.guidance.neighbours import SpokenPhrases
from attune.keyword.guidance.speech_frequency import SpeechFrequency
from attune.language import NgramModel
from attune.lexicon import G2P, CompiledLexicon, Pronouncer, bundle_units

__all__ = ["LanguageFacts"]

_COMMON_PER_HOUR = 0.1


@dataclass(frozen=True)
class LanguageFacts:
    """The lexicon, the reader of new words and the language model of a bundle that hears phones.

    Each is read when it is first asked for.
    """

    bundle: Bundle

    @classmethod
    def open(cls, path: str | Path | None = None) -> LanguageFacts:
        """Those of the bundle at `path`, by default of the en-US bundle that comes with Attune.

        Raises InputError for a bundle that has no lexicon of phones, no g2p or no language model.
        """
        bundle = Bundle.open(path if path is not None else shipped_bundle_path("en-US"))
        lacking = [role for role in ("lexicon", "g2p", "language_model") if not bundle.has(role)]
        if bundle.description.kind != "recognizer" or lacking or bundle_units(bundle) != "phones":
            raise InputError(
                f"{bundle.path}: keywords are pronounced with a recogniser's lexicon of phones, g2p"
                " and language model, which this bundle lacks: use the en-US bundle that comes"
                " with Attune or one adapted from it"
            )
        return cls(bundle)

    @cached_property
    def lexicon(self) -> CompiledLexicon:
        """The words whose pronunciation is listed."""
        return CompiledLexicon.load(self.bundle.part_path("lexicon"))

    @cached_property
    def g2p(self) -> G2P:
        """Pronounces words by their letters."""
        return G2P.load(self.bundle.part_path("g2p"))

    @cached_property
    def frequency(self) -> SpeechFrequency:
        """How often words and phrases occur in speech."""
        return SpeechFrequency(NgramModel.open(self.bundle.part_path("language_model")))

    @cached_property
    def pronouncer(self) -> Pronouncer:
        """Pronounces any word: as listed, from common words in it, or by its letters."""
        often = np.flatnonzero(self.frequency.per_hour >= _COMMON_PER_HOUR).tolist()
        words = self.frequency.model.vocabulary.words
        return Pronouncer(self.lexicon, self.g2p, frozenset(words[word] for word in often))

    @cached_property
    def phrases(self) -> SpokenPhrases:
        """What people say, ready to be compared with a phrase."""
        return SpokenPhrases(self.lexicon, self.frequency)
