"""Display rules of one's own: patterns, rewritings and words to mask, applied to display text.

The file format is that of display-format data for Azure Custom Speech: sections `#itn` (a pattern a
line, see `attune.text.itn_patterns`), `#rewrite` (`as it comes<TAB>as it shall be`), `#profanity`
(a word or phrase a line) and `#test` (`spoken<TAB>display text` to try the rules on); lines that
begin with `//` are comments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attune.errors import InputError

from .display_phrases import PhraseTable
from .inverse import WrittenToken
from .inverse_normalization import inverse_normalize

if TYPE_CHECKING:
    from .itn_matching import PatternIndex
    from .itn_patterns import Pattern

__all__ = [
    "CUSTOM_RULES",
    "PROFANITY_MODES",
    "DisplayRules",
    "Example",
    "ProfanityMode",
    "Rewriting",
]

ProfanityMode = Literal["masked", "removed", "raw"]
PROFANITY_MODES: tuple[ProfanityMode, ...] = ("masked", "removed", "raw")

_PATTERN, _REWRITE, _PROFANITY = "custom pattern", "custom rewriting", "custom profanity"
CUSTOM_RULES = frozenset((_PATTERN, _REWRITE, _PROFANITY))
"""The `rule` of tokens that were written by display rules, whose case is meant as it is."""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """`original`, whatever its case, becomes `new`, as it is."""

    original: str
    new: str


@dataclass(frozen=True, slots=True)
class Example:
    """What the rules should make of `spoken`; `line` is its place in the file, from 1."""

    spoken: str
    display: str
    line: int = 0


@dataclass(frozen=True)
class DisplayRules:
    """Rules that go after the default ones; all tuples are in the order of their file."""

    patterns: tuple[Pattern, ...] = ()
    rewritings: tuple[Rewriting, ...] = ()
    profanity: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    language: str = "en-US"

    @classmethod
    def parse(cls, text: str, language: str = "en-US") -> DisplayRules:
        """Read the file format. InputError names the line of the first thing that is wrong;
        `read_display_rules` goes on and tells everything."""
        from .display_rules_file import read_display_rules  # It builds on this module.

        rules, faults = read_display_rules(text.split("\n"), language)
        if faults:
            raise InputError(f"display rules, line {faults[0].line}: {faults[0].detail}")
        return rules

    @classmethod
    def load(cls, path: str | Path, language: str = "en-US") -> DisplayRules:
        """Read a file in the format; InputError names the file and line of what is wrong."""
        try:
            text = Path(path).read_text("utf-8-sig")
        except OSError as error:
            raise InputError(
                f"{path}: cannot read the display rules: {error.strerror or error}"
            ) from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8 text: save the display rules as UTF-8") from error
        try:
            return cls.parse(text, language)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    def to_text(self) -> str:
        """The rules in the file format, without comments; `parse` reads it back."""
        sections = {
            "itn": [pattern.text for pattern in self.patterns],
            "rewrite": [f"{item.original}\t{item.new}" for item in self.rewritings],
            "profanity": list(self.profanity),
            "test": [f"{item.spoken}\t{item.display}" for item in self.examples],
        }
        parts = ["\n".join((f"#{name}", *lines)) for name, lines in sections.items() if lines]
        return "".join(f"{part}\n" for part in parts)

    def apply(
        self,
        words: Sequence[str],
        tokens: Sequence[WrittenToken],
        profanity: ProfanityMode = "masked",
    ) -> list[WrittenToken]:
        """What becomes of `tokens`, the default writing of the lower-case `words`.

        Patterns come first, then rewritings, then profanity; each token still stands for its
        words. A token that is removed has no text.
        """
        written = self._write(words, tokens)
        for start, end, new in self._rewritings.find(words, written):
            rewritten = WrittenToken(new, written[start].start, written[end - 1].end, _REWRITE)
            written[start:end] = [rewritten, *[_ABSORBED] * (end - start - 1)]
        written = [token for token in written if token is not _ABSORBED]
        return written if profanity == "raw" else self._censor(words, written, profanity)

    def masks(self, words: Sequence[str]) -> bool:
        """Whether any of the lower-case `words` is profanity, alone or with those around it."""
        tokens = [WrittenToken(word, index, index + 1) for index, word in enumerate(words)]
        return bool(self._profanity.find(words, tokens))

    @cached_property
    def _patterns(self) -> PatternIndex:
        from .itn_matching import PatternIndex  # Rules without patterns do without it.

        return PatternIndex(self.patterns)

    @cached_property
    def _rewritings(self) -> PhraseTable[str]:
        return PhraseTable([(item.original, item.new) for item in self.rewritings], self.language)

    @cached_property
    def _profanity(self) -> PhraseTable[str]:
        return PhraseTable([(phrase, phrase) for phrase in self.profanity], self.language)

    def _write(self, words: Sequence[str], tokens: Sequence[WrittenToken]) -> list[WrittenToken]:
        """`tokens` with the matches of patterns in their places.

        Where a match takes only some words of a token, the others are written anew.
        """
        matches = self._patterns.write(words, tokens, _PATTERN) if self.patterns else []
        if not matches:
            return list(tokens)
        covered = {index for match in matches for index in range(match.start, match.end)}
        written = list(matches)
        for token in tokens:
            taken = covered.intersection(range(token.start, token.end))
            if not taken:
                written.append(token)
                continue
            free = [index for index in range(token.start, token.end) if index not in taken]
            while free:
                start = end = free[0]
                while free and free[0] == end:
                    end = free.pop(0) + 1
                written += (
                    WrittenToken(part.text, part.start + start, part.end + start, part.rule)
                    for part in inverse_normalize(words[start:end], self.language)
                )
        return sorted(written, key=lambda token: token.start)

    def _censor(
        self, words: Sequence[str], tokens: list[WrittenToken], profanity: ProfanityMode
    ) -> list[WrittenToken]:
        censored = list(tokens)
        for start, end, _ in self._profanity.find(words, tokens):
            for index in range(start, end):
                token = tokens[index]
                text = "" if profanity == "removed" else _masked(token.text)
                censored[index] = WrittenToken(text, token.start, token.end, _PROFANITY)
        for index, token in enumerate(censored):
            if token.rule in (_PATTERN, _REWRITE):
                text = self._censor_inside(token.text, profanity)
                if text != token.text:
                    censored[index] = WrittenToken(text, token.start, token.end, token.rule)
        return censored

    def _censor_inside(self, text: str, profanity: ProfanityMode) -> str:
        """`text`, of several words that a rule wrote, without profanity inside."""
        parts = [WrittenToken(part, i, i + 1) for i, part in enumerate(text.split())]
        found = self._profanity.find([part.text.lower() for part in parts], parts)
        hidden = {index for start, end, _ in found for index in range(start, end)}
        if not hidden:
            return text
        shown = [
            _masked(part.text) if index in hidden else part.text
            for index, part in enumerate(parts)
            if profanity == "masked" or index not in hidden
        ]
        return " ".join(shown)


_ABSORBED = WrittenToken("", 0, 0)


def _masked(text: str) -> str:
    return "".join(character if character.isspace() else "*" for character in text)
