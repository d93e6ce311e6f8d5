"""Display text of recognised words: inverse text normalisation, case and punctuation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attune.errors import InputError

from .display_model import COMMA, END, LOWER, MIXED, NO_MARK, TITLE, UPPER, DisplayModel, case_of
from .display_rules import CUSTOM_RULES, DisplayRules, ProfanityMode
from .english_tables import MONTHS
from .inverse import WrittenToken
from .inverse_normalization import inverse_normalize

__all__ = ["Display", "DisplayToken", "Formatter"]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALWAYS_CAPITALIZED = frozenset((*_WEEKDAYS, *MONTHS)) - {"may", "march", "august"}
_QUESTION_OPENERS = frozenset(
    (
        "what", "who", "whom", "whose", "where", "when", "why", "how", "which", "is", "are", "was",
        "were", "do", "does", "did", "can", "could", "will", "would", "should", "have", "has",
        "am", "isn't", "aren't", "don't", "doesn't", "didn't", "can't", "couldn't", "won't",
        "wouldn't", "shouldn't",
    )
)  # fmt: skip
_TITLES = {"mister": "Mr.", "missus": "Mrs.", "doctor": "Dr.", "saint": "St."}
# Longer words in capitals are shouting, unless their usual form says otherwise.
_LONGEST_ACRONYM = 5
# Longer silence than anyone makes inside a number.
_LONGEST_PAUSE_INSIDE = 1.0


@dataclass(frozen=True, slots=True)
class DisplayToken:
    """A piece of display text, with its punctuation, that stands for `words[start:end]`."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Display:
    """Display text and the tokens that make it up when joined by spaces."""

    text: str
    tokens: tuple[DisplayToken, ...]


class Formatter:
    """Turns lexical words into text that reads well.

    Without a model only rules speak: numbers and the like are written, sentences begin with a
    capital and end with a full stop or a question mark, and days and months are capitalised.
    Display rules of one's own (`rules`) go on from what the default rules wrote; `profanity` says
    what happens to the words that they list.
    """

    def __init__(
        self,
        model: DisplayModel | None = None,
        language: str = "en-US",
        rules: DisplayRules | None = None,
        profanity: ProfanityMode = "masked",
    ) -> None:
        self.model = model
        self.language = language
        self.rules = rules
        self.profanity: ProfanityMode = profanity

    @classmethod
    def load(
        cls,
        path: str | Path | None,
        language: str = "en-US",
        rules: str | Path | None = None,
    ) -> Formatter:
        """Formatter with the display model at `path`, or by rules alone for None, and with the
        display rules in the file `rules`.

        Raises `InputError` if either cannot be read.
        """
        return cls(
            None if path is None else DisplayModel.load(path),
            language,
            None if rules is None else DisplayRules.load(rules, language),
        )

    def format(
        self,
        words: Sequence[str],
        pauses: Sequence[float] | None = None,
        *,
        final: bool = True,
        profanity: ProfanityMode | None = None,
    ) -> Display:
        """Display text of lower-case `words` of one utterance.

        `pauses`: seconds of silence after each word, where known; a long one makes a sentence
        end more likely there. `final`: whether the utterance is over, so that its last word ends
        a sentence. `profanity`: how words to mask are written this time; None: as ever. Raises
        `InputError` when there is not one pause per word.
        """
        if pauses is not None and len(pauses) != len(words):
            raise InputError(f"{len(pauses)} pauses for {len(words)} words: give one per word")
        if not words:
            return Display("", ())
        marks, cases = self._tag(words, pauses)
        if not final:
            marks[-1] = ""
        written = self._write(words, pauses)
        if self.rules is not None:
            written = self.rules.apply(words, written, profanity or self.profanity)
        tokens: list[DisplayToken] = []
        beginning = True
        for index, token in enumerate(written):
            mark = marks[token.end - 1]
            if not token.text:  # Removed: what ended there ends with the word before.
                if mark and tokens and tokens[-1].text[-1] not in ",.?":
                    last = tokens[-1]
                    tokens[-1] = DisplayToken(last.text + mark, last.start, last.end)
                    beginning = mark in (".", "?")
                continue
            following = written[index + 1] if index + 1 < len(written) else None
            text = self._cased(token, following, words, cases)
            if (
                beginning
                and "@" not in text
                and not (token.rule in CUSTOM_RULES and any(map(str.isupper, text)))
            ):
                text = text[:1].upper() + text[1:]
            # "etc." needs no second full stop.
            if not (mark == "." and text.endswith(".")):
                text += mark
            beginning = mark in (".", "?")
            tokens.append(DisplayToken(text, token.start, token.end))
        return Display(" ".join(token.text for token in tokens), tuple(tokens))

    def _tag(
        self, words: Sequence[str], pauses: Sequence[float] | None
    ) -> tuple[list[str], list[int]]:
        """The mark after each word, as text, and its case class."""
        if self.model is None:
            marks = [""] * len(words)
            marks[-1] = "?" if words[0] in _QUESTION_OPENERS else "."
            return marks, [TITLE if word in _ALWAYS_CAPITALIZED else LOWER for word in words]
        tags = self.model.predict(words, pauses)
        names = {NO_MARK: "", COMMA: ",", END: "."}
        marks = [
            "?" if question else names[int(mark)]
            for mark, question in zip(tags.marks, tags.questions, strict=True)
        ]
        return marks, [int(case) for case in tags.cases]

    def _write(self, words: Sequence[str], pauses: Sequence[float] | None) -> list[WrittenToken]:
        """Written tokens; a number does not reach across a long pause."""
        if pauses is None:
            return inverse_normalize(words, self.language)
        written: list[WrittenToken] = []
        start = 0
        for end, pause in enumerate(pauses, 1):
            if pause > _LONGEST_PAUSE_INSIDE or end == len(words):
                written += [
                    WrittenToken(token.text, token.start + start, token.end + start, token.rule)
                    for token in inverse_normalize(words[start:end], self.language)
                ]
                start = end
        return written

    def _cased(
        self,
        token: WrittenToken,
        following: WrittenToken | None,
        words: Sequence[str],
        cases: Sequence[int],
    ) -> str:
        if token.rule in CUSTOM_RULES or (token.rule and token.text != words[token.start]):
            return token.text
        word, case = token.text, cases[token.start]
        title = _TITLES.get(word)
        if (
            title
            and following is not None
            and (cases[following.start] != LOWER or self.model is None)
        ):
            return title
        if word == "i" or word.startswith("i'"):
            return "I" + word[1:]
        form = self.model.table.forms.get(word, "") if self.model else ""
        # "NASA" and "iPhone" are written so everywhere; "Mark" and "Bill" need the model's view.
        if form and (case_of(form) in (UPPER, MIXED) or case != LOWER):
            return form
        if case == UPPER and len(word) <= _LONGEST_ACRONYM:
            return word.upper()
        return word[:1].upper() + word[1:] if case in (TITLE, MIXED) else word
