"""The four forms of a text: lexical, ITN, masked ITN, display; with the modes of batch requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from attune.bundle import Bundle
from attune.recognize import Word
from attune.text import DisplayRules, DisplayToken, Formatter, inverse_normalize
from attune.text.display_rules import ProfanityMode

__all__ = ["Forms", "Writer"]

_MARKS = ",.?"
_PROFANITY: dict[str, ProfanityMode] = {
    "None": "raw",
    "Masked": "masked",
    "Removed": "removed",
    "Tags": "raw",
}


@dataclass(frozen=True, slots=True)
class Forms:
    """The texts by their names in the JSON, and the pieces of the display text with the words
    `first` (included) to `last` (excluded) that they stand for."""

    texts: dict[str, str]
    tokens: tuple[tuple[str, int, int], ...]


class Writer:
    """Writes what one bundle recognises, in the punctuation and profanity mode of a request."""

    def __init__(self, bundle: Bundle, punctuation: str, profanity: str) -> None:
        def part(role: str) -> str | None:
            return str(bundle.part_path(role)) if bundle.has(role) else None

        self._language = bundle.description.language
        rules = part("display_rules")
        self._rules = None if rules is None else DisplayRules.load(rules, self._language)
        self._formatter = Formatter.load(part("formatter"), self._language, rules)
        self._automatic = punctuation in ("Automatic", "DictatedAndAutomatic")
        self._mode: ProfanityMode = _PROFANITY[profanity]
        self._tagged = profanity == "Tags"

    def forms(self, words: Sequence[str], timed: Sequence[Word], end: float) -> Forms:
        """All forms of lower-case `words`; `timed` are the same with times, where those are known,
        of an utterance until `end`."""
        if not words:
            return Forms(dict.fromkeys(("lexical", "itn", "maskedITN", "display"), ""), ())
        pauses = None
        if timed:
            following = [*(word.start for word in timed[1:]), end]
            pairs = zip(timed, following, strict=True)
            pauses = [max(0.0, after - word.end) for word, after in pairs]
        display = self._display(words, pauses)
        return Forms(
            {
                "lexical": " ".join(words),
                "itn": self._itn(words, "raw"),
                "maskedITN": self._itn(words, "masked" if self._tagged else self._mode),
                "display": " ".join(token.text for token in display),
            },
            tuple((token.text, token.start, token.end) for token in display),
        )

    def _itn(self, words: Sequence[str], mode: ProfanityMode) -> str:
        tokens = inverse_normalize(words, self._language)
        if self._rules is not None:
            tokens = self._rules.apply(words, tokens, mode)
        return " ".join(token.text for token in tokens if token.text)

    def _display(self, words: Sequence[str], pauses: Sequence[float] | None) -> list[DisplayToken]:
        shown = self._formatter.format(words, pauses, profanity=self._mode).tokens
        if self._tagged:
            masked = self._formatter.format(words, pauses, profanity="masked").tokens
            shown = tuple(
                token if token == other else _tagged(token)
                for token, other in zip(shown, masked, strict=True)
            )
        if self._automatic:
            return list(shown)
        return [DisplayToken(_unmarked(token.text), token.start, token.end) for token in shown]


def _unmarked(text: str) -> str:
    """Without the punctuation that was added at the end; that within a number stays."""
    return text.rstrip(_MARKS) or text


def _tagged(token: DisplayToken) -> DisplayToken:
    bare = _unmarked(token.text)
    text = f"<profanity>{bare}</profanity>{token.text[len(bare) :]}"
    return DisplayToken(text, token.start, token.end)
