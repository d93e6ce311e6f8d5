"""One utterance scored: its transcript against what was recognised, both normalised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from attune.data import Utterance
from attune.evaluate.alignment import Alignment, EditCounts, align_words
from attune.evaluate.audio_quality import AudioQuality
from attune.evaluate.display_tokens import Spelling, spellings
from attune.evaluate.distance import edit_distance
from attune.evaluate.token_errors import DisplayScore, score_display

__all__ = ["Hypothesis", "HypothesisWord", "Span", "UtteranceScore", "score_utterance"]

Span = tuple[float, float]
"""Where a word begins and ends, in seconds of its recording."""


@dataclass(frozen=True, slots=True)
class HypothesisWord:
    """One recognised word, the confidence in it, 0 to 1, and where it was said, if known."""

    text: str
    confidence: float
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What a recogniser made of one recording.

    `words` is empty where they are not known one by one. `processing_seconds` is the time it took;
    None leaves the measuring to `evaluate_manifest`. `display` is the text as people read it, with
    capitals, punctuation and digits; None where the recogniser does not write it.
    """

    text: str
    words: tuple[HypothesisWord, ...] = ()
    processing_seconds: float | None = None
    display: str | None = None


@dataclass(frozen=True, slots=True)
class UtteranceScore:
    """One row of a manifest, what was recognised, and how the two compare.

    `reference` and `hypothesis` are as they were given; the alignment and the character counts are
    of their normalised forms. `characters` counts the reference's, spaces between words included.
    `confidences` and `spans` belong to the hypothesis words of the alignment, in order; they are
    empty where they are not known. `processing_seconds` is the time that recognition took.
    `spellings` tell how the reference words of the alignment were written, in order. `display`
    compares the display text with the reference, None where there is none; `quality` is that of the
    recording, if measured.
    """

    line: int
    path: Path
    speaker: str
    seconds: float
    reference: str
    hypothesis: str
    alignment: Alignment
    characters: int
    character_errors: int
    processing_seconds: float
    confidences: tuple[float, ...] = ()
    spellings: tuple[Spelling, ...] = ()
    display: DisplayScore | None = None
    quality: AudioQuality | None = None
    spans: tuple[Span, ...] = ()

    @property
    def counts(self) -> EditCounts:
        """The word counts of the alignment."""
        return self.alignment.counts


def score_utterance(
    utterance: Utterance,
    hypothesis: Hypothesis,
    normalize: Callable[[str], str],
    processing_seconds: float = 0.0,
    quality: AudioQuality | None = None,
) -> UtteranceScore:
    """Compare `hypothesis` with the transcript of `utterance`, both through `normalize`.

    `processing_seconds` stands in where the hypothesis does not tell its own.
    """
    said, heard = normalize(utterance.text), normalize(hypothesis.text)
    told = hypothesis.processing_seconds
    shown = hypothesis.display
    origins = words_behind(hypothesis.words, heard, normalize)
    return UtteranceScore(
        utterance.line,
        utterance.path,
        utterance.speaker,
        utterance.seconds,
        utterance.text,
        hypothesis.text,
        align_words(said.split(), heard.split()),
        len(said),
        edit_distance(said, heard),
        processing_seconds if told is None else told,
        tuple(word.confidence for word in origins),
        spellings(utterance.text, said.split(), normalize),
        None if shown is None else score_display(utterance.text, shown, normalize),
        quality,
        spans_of(origins),
    )


def words_behind(
    words: tuple[HypothesisWord, ...], heard: str, normalize: Callable[[str], str]
) -> tuple[HypothesisWord, ...]:
    """For each word of the normalised text `heard` the recognised word that it came from.

    Empty when the words normalised one by one are not the text normalised as a whole (numbers
    read together, say), for then nobody knows which belongs to which.
    """
    parts = [(normalize(word.text).split(), word) for word in words]
    if [token for tokens, _ in parts for token in tokens] != heard.split():
        return ()
    return tuple(word for tokens, word in parts for _ in tokens)


def spans_of(words: tuple[HypothesisWord, ...]) -> tuple[Span, ...]:
    """Where each word was said; empty unless that is known of all."""
    spans = tuple(word.span for word in words if word.span is not None)
    return spans if len(spans) == len(words) else ()
