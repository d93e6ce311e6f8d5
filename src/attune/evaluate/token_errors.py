"""Errors in display text by kind: punctuation, capitals, numbers and the like, or the words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from attune.evaluate.alignment import AlignedWord, Alignment, Edit, EditCounts, align_words
from attune.evaluate.display_tokens import display_tokens, is_mark, word_owners

__all__ = ["DisplayScore", "TokenErrorClass", "TokenErrors", "add_token_errors", "score_display"]

MARK_KEYS = 0xE01F
"""First code of the private letters that stand for marks while aligning: `align_words` takes them
for like each other and unlike every word, so that marks are set against marks where it can be."""


class TokenErrorClass(StrEnum):
    """What an edit of display text changes. `others` are tokens that nobody speaks, emoji say."""

    PUNCTUATION = "punctuation"
    CAPITALIZATION = "capitalization"
    INVERSE_TEXT_NORMALIZATION = "inverse_text_normalization"
    LEXICAL = "lexical"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class DisplayScore:
    """One hypothesis in display form against the transcript as it was given.

    `classes` belong to the columns of `alignment` that are no `Edit.CORRECT`, in order.
    """

    text: str
    alignment: Alignment
    classes: tuple[TokenErrorClass, ...]


@dataclass(frozen=True, slots=True)
class TokenErrors:
    """Token errors of a set: `edits` holds how many there are of every class, together as many as
    `counts` has errors. `formatted` of the `utterances` have transcripts that look formatted."""

    counts: EditCounts
    edits: tuple[tuple[TokenErrorClass, int], ...]
    formatted: int
    utterances: int

    def share(self, kind: TokenErrorClass) -> float:
        """The part of all edits that is of this class, 0 to 1; 0 without edits."""
        return dict(self.edits)[kind] / self.counts.errors if self.counts.errors else 0.0


def score_display(reference: str, display: str, normalize: Callable[[str], str]) -> DisplayScore:
    """Align the tokens of two display texts and tell what each edit changes.

    Marks against marks or nothing are punctuation; words that differ in case alone are
    capitalization. Another edit is inverse text normalisation when the spoken words behind its
    tokens are right where both whole texts, normalised, are aligned (`25` for `twenty five`), and
    lexical when they are not. A mark against a word, which saves an edit, goes by the word.
    """
    said, heard = display_tokens(reference), display_tokens(display)
    alignment = align_tokens(said, heard)
    right = rightly_spoken((reference, said), (display, heard), normalize)
    places = [0, 0]
    classes: list[TokenErrorClass] = []
    for column in alignment:
        spoken: list[bool] = []
        for side, token in enumerate((column.reference, column.hypothesis)):
            if token is not None:
                spoken += [] if (known := right[side][places[side]]) is None else [known]
                places[side] += 1
        if column.edit is not Edit.CORRECT:
            classes.append(classify(column, spoken))
    return DisplayScore(display, alignment, tuple(classes))


def align_tokens(said: Sequence[str], heard: Sequence[str]) -> Alignment:
    """`align_words`, but marks prefer marks."""
    marks = sorted({token for token in (*said, *heard) if is_mark(token)})
    keys = {mark: chr(MARK_KEYS + 32 * place) for place, mark in enumerate(marks)}
    tokens = {key: mark for mark, key in keys.items()}
    found = align_words(*([keys.get(token, token) for token in side] for side in (said, heard)))
    return Alignment(
        tuple(
            AlignedWord(
                None
                if column.reference is None
                else tokens.get(column.reference, column.reference),
                None
                if column.hypothesis is None
                else tokens.get(column.hypothesis, column.hypothesis),
            )
            for column in found
        )
    )


def rightly_spoken(
    reference: tuple[str, Sequence[str]],
    hypothesis: tuple[str, Sequence[str]],
    normalize: Callable[[str], str],
) -> tuple[list[bool | None], list[bool | None]]:
    """Whether all words behind each token are right, for (text, tokens) of both sides; None for a
    token that nobody speaks."""
    words = [normalize(text).split() for text, _ in (reference, hypothesis)]
    columns = align_words(*words)
    found: list[list[bool | None]] = []
    for (_, tokens), spoken, side in zip(
        (reference, hypothesis), words, ("reference", "hypothesis"), strict=True
    ):
        correct = [
            column.edit is Edit.CORRECT for column in columns if getattr(column, side) is not None
        ]
        right: list[bool | None] = [None] * len(tokens)
        owners = word_owners(tokens, spoken, normalize) if tokens else ()
        for owner, word_right in zip(owners, correct, strict=True):
            right[owner] = word_right and right[owner] is not False
        found.append(right)
    return found[0], found[1]


def classify(column: AlignedWord, spoken: Sequence[bool]) -> TokenErrorClass:
    """The class of one edit; `spoken` tells of those of its tokens that are spoken whether their
    words are right."""
    tokens = [token for token in (column.reference, column.hypothesis) if token is not None]
    if all(is_mark(token) for token in tokens):
        return TokenErrorClass.PUNCTUATION
    if len(tokens) == 2 and tokens[0].casefold() == tokens[1].casefold():
        return TokenErrorClass.CAPITALIZATION
    if not spoken:
        return TokenErrorClass.OTHERS
    return TokenErrorClass.INVERSE_TEXT_NORMALIZATION if all(spoken) else TokenErrorClass.LEXICAL


def add_token_errors(scores: Iterable[DisplayScore], formatted: int) -> TokenErrors:
    """The errors of all utterances together, `formatted` of which have formatted transcripts."""
    counts, edits, utterances = EditCounts(), Counter[TokenErrorClass](), 0
    for score in scores:
        counts += score.alignment.counts
        edits.update(score.classes)
        utterances += 1
    return TokenErrors(
        counts, tuple((kind, edits[kind]) for kind in TokenErrorClass), formatted, utterances
    )
