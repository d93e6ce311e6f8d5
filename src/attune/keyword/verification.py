"""A second look at what a spotter heard: was it the keyword?

The look is at up to two seconds around the hit. Two things count, both in natural logs for each
phone of the keyword, 0 at best: how much worse the keyword's pronunciations fit than the best
sequence of sounds of any kind (`attune.keyword.scoring`), and, where a recogniser looks, how much
worse they fit than the best sequence of words, language model included. The second knows what
people say, so a sentence that sounds like the keyword but makes sense as itself is rejected.

Sounds are judged in the mean of what the recogniser and the networks of keywords hear, where both
are at hand: they were taught differently, and so err in different places. A recogniser takes the
keyword also as quick speech and accents have it (`attune.keyword.reductions`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE
from attune.decode import SpotOptions
from attune.errors import InputError
from attune.keyword.detection import Detection
from attune.keyword.encoded_rows import mean_rows
from attune.keyword.phrase import MOST_PHONES, KeywordPhrase
from attune.keyword.reductions import said_otherwise
from attune.keyword.scoring import LOWEST_SCORE, scores
from attune.lexicon import PHONES
from attune.text import normalize

if TYPE_CHECKING:
    from attune.recognize import Model

__all__ = [
    "LOOK_SECONDS",
    "EncoderVerifier",
    "Look",
    "PosteriorSource",
    "RecognizerVerifier",
    "Verdict",
    "Verifier",
]

LOOK_SECONDS = 2.0
"""The longest stretch of audio that a second look takes in."""

Floats = NDArray[np.float32]

_SURE = 0.5  # of an encoder alone: so far above the threshold nothing is doubtful
_BOOST = 15.0  # so that the keyword is in the search's best reading
_WORST_MARGIN = -18.0  # what the search's beam can tell
_ABSENT = -1.0  # a phone, at best, of a keyword that is in no reading, however long it is


@dataclass(frozen=True, slots=True)
class _Judgement:
    """How a recogniser's look is judged: by `benchmarks/keyword_verification.py --part choose`."""

    scoring: SpotOptions
    acoustic_weight: float  # the margin's is 1
    threshold: float
    sure: float  # so far above the threshold nothing is doubtful
    looks: int  # at the same audio, whose beginnings divide a row evenly


_ALONE = _Judgement(
    SpotOptions(relative=0.15, phone_minimum=-10.0, mid_speech=-2.0, pause_rows=6),
    acoustic_weight=2.0,
    threshold=-6.5,
    sure=1.0,
    looks=1,
)
_TOGETHER = _Judgement(SpotOptions(), acoustic_weight=2.5, threshold=-7.85, sure=3.35, looks=2)


@dataclass(frozen=True, slots=True)
class Look:
    """What posteriors say about a keyword: `score` (0 at best), and the rows that it fits best,
    `start` (first) to `end` (behind the last)."""

    score: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a hit was `accepted` as `keyword`.

    `score` is 0 at best and was compared with `threshold`; `seconds` passed between the hit and the
    verdict.
    """

    accepted: bool
    keyword: str
    score: float
    threshold: float
    seconds: float

    @property
    def status(self) -> str:
        """ "Accepted" or "Rejected"."""
        return "Accepted" if self.accepted else "Rejected"


class PosteriorSource(Protocol):
    """A network that hears phones: a recogniser, or the model of keywords itself."""

    @property
    def row_seconds(self) -> float:
        """Seconds from one row of posteriors to the next."""
        ...

    def posteriors(self, samples: Floats) -> Floats:
        """Log-posteriors of 16 kHz samples: [rows, symbols], the blank first."""
        ...


class Verifier(Protocol):
    """A second stage: on the device or by a recogniser."""

    @property
    def threshold(self) -> float:
        """The lowest score that is accepted."""
        ...

    @property
    def sure(self) -> float:
        """The lowest score of a single look that needs no other."""
        ...

    def look(self, rows: Floats, phrase: KeywordPhrase, audio: Floats) -> Look:
        """How well `phrase` fits into log-posteriors [rows, symbols].

        `audio` is what they are about, float32 [samples]: it begins with the first row, and may go
        on behind the last."""
        ...

    def verify(self, detection: Detection) -> Verdict:
        """Look at what was detected, with the audio that the detection carries."""
        ...


class EncoderVerifier:
    """A second stage by a network alone, small enough for the device that spots.

    `encoder` hears phones (any `PosteriorSource`, a larger one than the spotter's); `threshold` is
    a score of `attune.keyword.scoring`.
    """

    def __init__(
        self, encoder: PosteriorSource, phrases: Iterable[KeywordPhrase], threshold: float
    ) -> None:
        self._encoder, self.threshold, self.sure = encoder, threshold, threshold + _SURE
        self._phrases = {phrase.text: phrase for phrase in phrases}

    def look(self, rows: Floats, phrase: KeywordPhrase, audio: Floats) -> Look:
        """The best place of `phrase` in log-posteriors [rows, symbols] and its score."""
        return _best_place(rows, phrase, None)

    def verify(self, detection: Detection) -> Verdict:
        """Verdict on a detection; InputError for a keyword that was not given."""
        return _verdict(self, self._encoder, self._phrases, detection, 1)


class RecognizerVerifier:
    """A second stage by a recogniser: its network, and what it hears as words.

    `keywords` also hears the audio (the `KeywordModel` that spotted, or a `BaseEncoder`): sounds
    are then judged in the mean of what both hear. None, or one whose rows or symbols are not the
    recogniser's: by the recogniser alone. `threshold` is by default the one that was chosen on
    recordings for either, see docs/keywords.md. InputError for a recogniser whose network does not
    hear phones, and for a keyword without words.
    """

    def __init__(
        self,
        model: Model,
        phrases: Iterable[KeywordPhrase],
        threshold: float | None = None,
        *,
        keywords: PosteriorSource | None = None,
    ) -> None:
        known = model.pronunciations(model.vocabulary[0])
        if not {phone for one in known for phone in one} <= set(PHONES):
            raise InputError(
                f"{model.bundle.path}: its network hears {', '.join(known[0])}, no phones: verify "
                "keywords with a recogniser that hears phones"
            )
        self._model = model
        together = keywords is not None and _go_together(model, keywords)
        self._keywords = keywords if together else None
        self._judgement = _ALONE if self._keywords is None else _TOGETHER
        self.threshold = self._judgement.threshold if threshold is None else threshold
        self.sure = self.threshold + self._judgement.sure
        self._phrases = {phrase.text: phrase for phrase in phrases}
        # What the first search of a kind prepares is not to delay the first verdict.
        silence = np.log(np.eye(1, 1 + len(PHONES), dtype=np.float32) + 1e-6)
        for phrase in self._phrases.values():
            self._margin(silence, _said_anyhow(phrase))

    def look(self, rows: Floats, phrase: KeywordPhrase, audio: Floats) -> Look:
        """The best place of `phrase` in log-posteriors [rows, symbols] and the score of sounds and
        words."""
        phrase = _said_anyhow(phrase)
        heard = rows if self._keywords is None else _mean(rows, self._keywords.posteriors(audio))
        found = _best_place(heard, phrase, self._judgement.scoring)
        # Words are judged by the recogniser alone: the search was tuned on what it hears.
        score = self._judgement.acoustic_weight * found.score + self._margin(rows, phrase)
        return Look(score, found.start, found.end)

    def verify(self, detection: Detection) -> Verdict:
        """Verdict on a detection, with the keywords' network by the mean of two looks half a row
        apart; InputError for a keyword that was not given."""
        return _verdict(self, self._model, self._phrases, detection, self._judgement.looks)

    def _margin(self, rows: Floats, phrase: KeywordPhrase) -> float:
        """The best reading that has the keyword against the best of all, for each phone."""
        from attune.recognize import Phrase

        forced = Phrase(phrase.text, _BOOST, phrase.pronunciations)
        (plain,) = self._model.decode(rows).n_best(1)
        (with_it,) = self._model.decode(rows, phrases=[forced]).n_best(1)
        name = " ".join(normalize(phrase.text).split())
        times = sum(word.text == name for word in with_it.words)
        shortest = min(len(phones) for phones in phrase.pronunciations)
        if not times:
            return min(_WORST_MARGIN / shortest, _ABSENT)
        margin = max(_WORST_MARGIN, (with_it.score - plain.score) / times - _BOOST)
        return min(margin, 0.0) / shortest


@lru_cache(maxsize=1000)
def _said_anyhow(phrase: KeywordPhrase) -> KeywordPhrase:
    """The phrase as quick speech and accents may have it, too: what the spotter took for it is not
    to be lost for how it was said, and few other words are near enough by then."""
    others = (other for phones in phrase.pronunciations for other in said_otherwise(phones))
    usable = (other for other in others if len(other) <= MOST_PHONES)
    return replace(phrase, pronunciations=tuple(dict.fromkeys([*phrase.pronunciations, *usable])))


def _go_together(model: Model, keywords: PosteriorSource) -> bool:
    """Whether what both hear has the same rows and symbols."""
    if not math.isclose(model.row_seconds, keywords.row_seconds):
        return False
    silence = np.zeros(round(4 * model.row_seconds * SAMPLE_RATE), np.float32)
    return model.posteriors(silence).shape == keywords.posteriors(silence).shape


def _mean(rows: Floats, others: Floats) -> Floats:
    """`rows` as the mean of both, as far as `others` go."""
    common = min(len(rows), len(others))
    return np.concatenate([mean_rows(rows[:common], others[:common]), rows[common:]])


def _best_place(rows: Floats, phrase: KeywordPhrase, options: SpotOptions | None) -> Look:
    peaks = scores(rows, phrase, options)
    if not peaks:
        return Look(LOWEST_SCORE, 0, len(rows))
    best = max(peaks, key=lambda peak: peak.score)
    return Look(best.score, best.start, best.end)


def _verdict(
    verifier: Verifier,
    source: PosteriorSource,
    phrases: dict[str, KeywordPhrase],
    detection: Detection,
    looks: int,
) -> Verdict:
    begun = time.perf_counter()
    phrase = phrases.get(detection.keyword)
    if phrase is None:
        raise InputError(
            f"{detection.keyword!r} is not one of the keywords to verify: {', '.join(phrases)}"
        )
    audio = detection.audio[-int(LOOK_SECONDS * SAMPLE_RATE) :]
    apart = round(source.row_seconds / looks * SAMPLE_RATE)
    # What a network hears depends on where its rows happen to begin: the mean does less.
    later = [audio[apart * number :] for number in range(looks)]
    found = [verifier.look(source.posteriors(each), phrase, each).score for each in later]
    score = sum(found) / looks
    return Verdict(
        score >= verifier.threshold,
        phrase.text,
        score,
        verifier.threshold,
        time.perf_counter() - begun,
    )
