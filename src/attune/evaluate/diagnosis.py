"""What to do next: from the figures of an evaluation to the steps that are likely to help.

The same figures always give the same advice. What each kind of error points to is the advice of
Microsoft's Custom Speech documentation ("Test accuracy of a Custom Speech model"): deletions to a
weak signal, insertions to noise and crosstalk, substitutions to missing words of the domain; and of
the DeepSpeech Playbook: a low character error rate beside a high word error rate to the language
model, the opposite to the acoustic model. The numbers below are where we draw the lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from attune.evaluate.evaluation import Evaluation, SpeakerScore, ranked
from attune.evaluate.groups import GroupScore
from attune.evaluate.word_classes import FUNCTION_WORDS, WordClass

__all__ = ["Diagnosis", "MissedWord", "Suggestion", "WerBand", "diagnose", "missed_words"]

GOOD, ACCEPTABLE, POOR = 0.10, 0.20, 0.30
"""Word error rates up to which a model is good and acceptable, and from which it is poor."""

FEWEST_ERRORS = 20
"""Errors below which their kinds say nothing: 20 put a share of one half within 0.28 and 0.72."""

DELETION_SHARE, INSERTION_SHARE, SUBSTITUTION_SHARE = 0.40, 0.30, 0.50
"""Shares of all errors from which a kind stands out; recognisers that work well have around 0.2,
0.1 and 0.7."""

SMALLEST_RATE = 0.02
"""Errors of a kind for each reference word below which even a great share is not worth the work."""

MISSED_TIMES, MISSED_SHARE = 2, 0.5
"""A word is missing from the domain if it was missed so often, and in such a share of its uses."""

UNKNOWN_RATE = 0.01
"""Share of the reference words out of vocabulary from which that is worth a suggestion."""

SPELLING_RATIO, SOUND_RATIO = 0.33, 0.67
"""Character error over word error, up to which words are wrong by a few letters, and from which
hardly a letter is right. About 0.45 is usual."""

QUIET_LEVEL = -40.0
"""Level of the speech, in dB relative to full scale, below which a recording is quiet."""

NOISY_RATIO = 10.0
"""Signal-to-noise ratio, in dB, below which a recording is noisy."""

UNEVEN_RATIO = 1.5
"""A reliable group whose word error is so many times that of the whole set stands out."""

WORDS_SHOWN = 10

ADAPT_LANGUAGE = "attune adapt language --text SENTENCES --out NEW"
ADAPT_PRONUNCIATION = "attune adapt pronunciation --word WORD --say WORDS --out NEW"
ADAPT_ACOUSTIC = "attune adapt acoustic --data MANIFEST --out NEW"


class WerBand(StrEnum):
    """What a word error rate is worth: up to 10 % good, up to 20 % acceptable, 30 % or more poor,
    and between the last two in need of work."""

    GOOD = "good"
    ACCEPTABLE = "acceptable"
    NEEDS_WORK = "needs_work"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class MissedWord:
    """A word of the transcripts that was `missed` in some of its `occurrences`, and whether the
    model knows it, None where that cannot be told."""

    word: str
    missed: int
    occurrences: int
    in_vocabulary: bool | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing to do: `code` names the rule, `finding` what it saw, `advice` what to do about it;
    `commands` of Attune that do it, and the `words` it is about."""

    code: str
    finding: str
    advice: str
    commands: tuple[str, ...] = ()
    words: tuple[MissedWord, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What the word error rate is worth, and what to do next, the rules in their order."""

    band: WerBand
    suggestions: tuple[Suggestion, ...]


def diagnose(evaluation: Evaluation) -> Diagnosis:
    """Judge an evaluation and suggest what to do next."""
    wer = evaluation.wer
    if wer <= GOOD:
        band = WerBand.GOOD
    elif wer <= ACCEPTABLE:
        band = WerBand.ACCEPTABLE
    else:
        band = WerBand.NEEDS_WORK if wer < POOR else WerBand.POOR
    few = evaluation.counts.errors < FEWEST_ERRORS
    rules = (few_errors,) if few else RULES
    return Diagnosis(band, tuple(item for rule in rules for item in rule(evaluation)))


def missed_words(evaluation: Evaluation) -> tuple[MissedWord, ...]:
    """Words other than function words that were substituted or deleted, most often first."""
    said: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for score in evaluation.utterances:
        for column in score.alignment:
            if column.reference is not None:
                said[column.reference] += 1
                missed[column.reference] += column.hypothesis != column.reference
    vocabulary = evaluation.vocabulary
    return tuple(
        MissedWord(word, count, said[word], None if vocabulary is None else word in vocabulary)
        for word, count in ranked(missed)
        if count and word not in FUNCTION_WORDS
    )


def few_errors(evaluation: Evaluation) -> Iterator[Suggestion]:
    """With a handful of errors, no rule but this one speaks."""
    errors = evaluation.counts.errors
    if errors:
        yield Suggestion(
            "few_errors",
            f"{errors} errors are too few to tell where they come from",
            "Measure on more recordings: half an hour or more, of several speakers.",
        )


def stands_out(evaluation: Evaluation, count: int, share: float) -> bool:
    """Whether `count` errors are a great share of all, and more than a trifle."""
    counts = evaluation.counts
    return count >= share * counts.errors and count >= SMALLEST_RATE * counts.words


def deletions(evaluation: Evaluation) -> Iterator[Suggestion]:
    """Many words missed: a weak signal, or utterances cut off."""
    count = evaluation.counts.deletions
    if stands_out(evaluation, count, DELETION_SHARE):
        quiet = recordings_where(evaluation, lambda speech, snr: speech < QUIET_LEVEL)
        about = f"; speech is below {QUIET_LEVEL:g} dB of full scale in {quiet}" if quiet else ""
        yield Suggestion(
            "deletions",
            f"{of_errors(evaluation, count)} are deletions, a sign of a weak signal or of "
            f"utterances that are cut off{about}",
            "Check the level and the distance of the microphone, and that no word is cut off at "
            "either end (--set end_silence=1.2 waits longer); if the recordings are as they must "
            "be, adapt the acoustic model to such ones.",
            (ADAPT_ACOUSTIC,),
        )


def insertions(evaluation: Evaluation) -> Iterator[Suggestion]:
    """Many words that nobody said: noise, or other voices."""
    count = evaluation.counts.insertions
    if stands_out(evaluation, count, INSERTION_SHARE):
        noisy = recordings_where(evaluation, lambda speech, snr: snr < NOISY_RATIO)
        about = f"; noise is less than {NOISY_RATIO:g} dB below speech in {noisy}" if noisy else ""
        yield Suggestion(
            "insertions",
            f"{of_errors(evaluation, count)} are insertions, a sign of noise, crosstalk or "
            f"incomplete transcripts{about}",
            "Listen to the worst utterances: complete the transcripts if words are missing in "
            "them, give each speaker a channel where others are heard, and adapt the acoustic "
            "model to recordings with the same noise.",
            (ADAPT_ACOUSTIC,),
        )


def substitutions(evaluation: Evaluation) -> Iterator[Suggestion]:
    """Many words taken for others: words of the domain that the model does not expect."""
    count = evaluation.counts.substitutions
    if not stands_out(evaluation, count, SUBSTITUTION_SHARE):
        return
    missing = [
        item
        for item in missed_words(evaluation)
        if item.missed >= MISSED_TIMES and item.missed >= MISSED_SHARE * item.occurrences
    ]
    if missing:
        unknown = any(item.in_vocabulary is False for item in missing)
        yield Suggestion(
            "substitutions",
            f"{of_errors(evaluation, count)} are substitutions, and {len(missing):,} words are "
            "missed more often than not: terms of the domain that the model does not expect",
            "Adapt the language model to sentences as they are said, with these words in them"
            + ("; give pronunciations of those that it does not know." if unknown else "."),
            (ADAPT_LANGUAGE, ADAPT_PRONUNCIATION) if unknown else (ADAPT_LANGUAGE,),
            tuple(missing[:WORDS_SHOWN]),
        )


def unknown_words(evaluation: Evaluation) -> Iterator[Suggestion]:
    """Words that cannot be recognised at all."""
    kinds = {item.name: item.counts.words for item in evaluation.word_classes}
    uses = kinds.get(WordClass.OUT_OF_VOCABULARY.value, 0)
    if uses and uses >= UNKNOWN_RATE * evaluation.counts.words:
        missing = [item for item in missed_words(evaluation) if item.in_vocabulary is False]
        yield Suggestion(
            "out_of_vocabulary",
            f"{uses:,} of {evaluation.counts.words:,} words are not in the model's vocabulary, "
            "so they cannot be right, and mostly take a neighbour with them",
            "Adapt the language model to text with these words, and check how they are "
            "pronounced; --phrase makes a few of them known at once.",
            (ADAPT_LANGUAGE, ADAPT_PRONUNCIATION),
            tuple(missing[:WORDS_SHOWN]),
        )


def letters_and_words(evaluation: Evaluation) -> Iterator[Suggestion]:
    """Character error beside word error: spelling against sound.

    Deleted words lose all of their letters, so a high ratio says nothing where they stand out.
    """
    if evaluation.wer <= GOOD:
        return
    ratio = evaluation.cer / evaluation.wer
    rates = (
        f"character error is {evaluation.cer * 100:.1f} % at a word error of "
        f"{evaluation.wer * 100:.1f} %"
    )
    if ratio <= SPELLING_RATIO:
        yield Suggestion(
            "language_model",
            f"{rates}: words are heard nearly right and written as others",
            "Adapt the language model to text of the domain.",
            (ADAPT_LANGUAGE,),
        )
    elif ratio >= SOUND_RATIO and not stands_out(
        evaluation, evaluation.counts.deletions, DELETION_SHARE
    ):
        yield Suggestion(
            "acoustic_model",
            f"{rates}: where words are wrong, hardly a letter is right",
            "Adapt the acoustic model to recordings of these speakers and conditions.",
            (ADAPT_ACOUSTIC,),
        )


def conditions(evaluation: Evaluation) -> Iterator[Suggestion]:
    """Groups of recordings that are served worse than the set as a whole."""
    groups: list[tuple[str, SpeakerScore | GroupScore]] = [
        *((f"speaker {item.speaker}", item) for item in evaluation.speakers if item.speaker),
        *((f"recordings of {item.name}", item) for item in evaluation.durations),
        *((f"signal-to-noise ratio {item.name}", item) for item in evaluation.noise_levels),
    ]
    found = [
        (item.counts.rate or 0.0, name)
        for name, item in groups
        if item.reliable and (item.counts.rate or 0.0) >= UNEVEN_RATIO * evaluation.wer
    ]
    if found:
        worst = sorted(found, key=lambda item: (-item[0], item[1]))[:3]
        told = ", ".join(f"{name} ({rate * 100:.1f} %)" for rate, name in worst)
        yield Suggestion(
            "conditions",
            f"some are served much worse than the set as a whole: {told}",
            "Adapt the acoustic model to recordings like these, and measure them apart.",
            (ADAPT_ACOUSTIC,),
        )


def recordings_where(evaluation: Evaluation, holds: Callable[[float, float], bool]) -> str | None:
    """`N of M recordings` whose speech level and signal-to-noise ratio are so; None for none."""
    known = [score.quality for score in evaluation.utterances if score.quality is not None]
    count = sum(holds(quality.speech_level, quality.snr) for quality in known)
    return f"{count:,} of {len(known):,} recordings" if count else None


def of_errors(evaluation: Evaluation, count: int) -> str:
    """A count as a share of all errors."""
    return f"{count:,} of {evaluation.counts.errors:,} errors"


RULES = (deletions, insertions, substitutions, unknown_words, letters_and_words, conditions)
