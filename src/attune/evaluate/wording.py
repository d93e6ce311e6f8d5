"""Figures in words, as the reports for people share them."""

from __future__ import annotations

from attune.evaluate.bootstrap import Interval
from attune.evaluate.diagnosis import Suggestion, WerBand
from attune.evaluate.significance import Significance
from attune.evaluate.token_errors import TokenErrorClass, TokenErrors

__all__ = [
    "BANDS",
    "TOKEN_CLASSES",
    "WORD_CLASSES",
    "interval_text",
    "optional_percent",
    "percent",
    "printable",
    "token_note",
    "verdict",
    "words_text",
]

FEW_BLOCKS = 10

BANDS = {
    WerBand.GOOD: "good: ready for use",
    WerBand.ACCEPTABLE: "acceptable: adapting would help",
    WerBand.NEEDS_WORK: "not good enough for most uses: adapt it",
    WerBand.POOR: "poor: it must be adapted",
}
TOKEN_CLASSES = {
    TokenErrorClass.PUNCTUATION: "punctuation",
    TokenErrorClass.CAPITALIZATION: "capitals",
    TokenErrorClass.INVERSE_TEXT_NORMALIZATION: "numbers and the like",
    TokenErrorClass.LEXICAL: "words",
    TokenErrorClass.OTHERS: "others",
}
WORD_CLASSES = {
    "out_of_vocabulary": "out of vocabulary",
    "spelled_letter": "spelled letters",
    "number": "numbers",
    "name": "names, capitalised",
    "function_word": "function words",
    "other": "other words",
}


def verdict(significance: Significance) -> str:
    """The test's outcome in a sentence."""
    points = significance.difference * 100
    if significance.p_value >= 0.001:
        chance = f"p = {significance.p_value:.3f}"
    else:
        chance = f"p = {significance.p_value:.0e}"
    outcome = (
        "a significant difference" if significance.significant else "no significant difference"
    )
    interval = ""
    if significance.interval is not None:
        low, high = significance.interval.low * 100, significance.interval.high * 100
        interval = f", 95 % interval {low:+.2f} to {high:+.2f}"
    return (
        f"B - A: {points:+.2f} points of word error{interval}; {outcome} "
        f"({chance}, {significance.segments:,} segments: A better in "
        f"{significance.first_better:,}, B in {significance.second_better:,})"
    )


def percent(rate: float) -> str:
    """A rate as people read it."""
    return f"{rate * 100:.2f} %"


def interval_text(interval: Interval | None) -> str:
    """An interval with what it was drawn from, and a warning where that is little."""
    if interval is None:
        return "-"
    rough = ", rough" if interval.blocks < FEW_BLOCKS else ""
    bounds = f"{interval.low * 100:.2f} to {interval.high * 100:.2f}"
    return f"{bounds} ({interval.blocks:,} {interval.unit}s{rough})"


def printable(text: str) -> str:
    """`text` without what would move the cursor or colour the screen."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def optional_percent(rate: float | None) -> str:
    """A rate as people read it, and a dash where there is none."""
    return "-" if rate is None else percent(rate)


def words_text(suggestion: Suggestion) -> str:
    """The words of a suggestion, how often each was missed, and a star on unknown ones."""
    told = ", ".join(
        f"{item.word}{'*' if item.in_vocabulary is False else ''} "
        f"({item.missed:,} of {item.occurrences:,})"
        for item in suggestion.words
    )
    unknown = any(item.in_vocabulary is False for item in suggestion.words)
    return told + ("; * not in the vocabulary" if unknown else "")


def token_note(errors: TokenErrors) -> str:
    """A warning where most transcripts are not formatted, else nothing."""
    if 2 * errors.formatted >= errors.utterances:
        return ""
    return (
        f"Only {errors.formatted:,} of {errors.utterances:,} transcripts have capitals, "
        "punctuation or digits: the token error rate mostly tells what they lack."
    )
