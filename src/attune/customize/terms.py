"""Terms that are written one way and said another: `IEEE` for "i triple e".

In the lexicon and in language model text each term is one word, whatever the normaliser would make
of it (`i e e e`), so that it comes out as it went in.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from attune.bundle import Bundle, NewPart
from attune.data import PronunciationEntry
from attune.errors import InputError
from attune.lexicon import (
    CompiledLexicon,
    Pronunciation,
    WordReader,
    distinct_readings,
    is_normalised,
)
from attune.text import DisplayRules, Rewriting

__all__ = ["Terms", "display_parts", "pronounced"]

_MOST_READINGS = 4  # of one spoken form


class Terms:
    """The terms of a pronunciation data set.

    `normalize` is that of the language; it decides which display forms are plain words already.
    """

    def __init__(
        self, entries: Sequence[PronunciationEntry], normalize: Callable[[str], str]
    ) -> None:
        self.entries = tuple(entries)
        self._normalize = normalize

    def word(self, display: str) -> str:
        """The lexicon's word for a display form: its normal form if that is one word, else itself
        in lower case with `_` for spaces."""
        normal = self._normalize(display)
        if is_normalised(normal):
            return normal
        return "_".join(display.lower().split())

    @cached_property
    def display_forms(self) -> dict[str, str]:
        """Word -> display form, of the terms that are not written as the word is."""
        words = {self.word(entry.display): entry.display for entry in self.entries}
        return {word: form for word, form in words.items() if form != word}

    def normalize(self, line: str) -> str:
        """The line as words of the lexicon, terms kept whole wherever they stand alone."""
        if self._pattern is None:
            return self._normalize(line)
        parts = self._pattern.split(line)
        # Every second part is a term.
        words = [
            self.word(part) if place % 2 else self._normalize(part)
            for place, part in enumerate(parts)
        ]
        return " ".join(filter(None, words))

    def pronunciations(self, pronouncer: WordReader | None) -> dict[str, tuple[Pronunciation, ...]]:
        """Word -> its pronunciations, each entry's likeliest at log probability 0.

        `pronouncer` is needed where a spoken form is given. Raises InputError naming the entry
        whose spoken form cannot be pronounced, or that has phones where the network has none.
        """
        found: dict[str, list[Pronunciation]] = {}
        for entry in self.entries:
            if entry.phones and pronouncer is not None and not pronouncer.takes_phones:
                raise InputError(
                    f"{entry.display!r} ({' '.join(entry.phones)}): this base spells words and "
                    "knows no phones: give what is said in words (--say, or the spoken form)"
                )
            try:
                readings = (
                    [Pronunciation(entry.phones)]
                    if entry.phones or pronouncer is None
                    else _spoken(entry.spoken, pronouncer)
                )
            except InputError as error:
                raise InputError(f"{entry.display!r} ({entry.spoken}): {error}") from error
            found.setdefault(self.word(entry.display), []).extend(readings)
        return {word: distinct_readings(readings) for word, readings in found.items()}

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        # Those that the normaliser would take apart or lose.
        lost = {f for word, f in self.display_forms.items() if self._normalize(f) != word}
        forms = sorted(lost, key=lambda form: (-len(form), form))
        if not forms:
            return None
        any_of = "|".join(map(re.escape, forms))
        return re.compile(rf"(?<!\w)({any_of})(?!\w)", re.IGNORECASE)


def _spoken(spoken: str, pronouncer: WordReader) -> list[Pronunciation]:
    """Likeliest first: one reading of each word after the other."""
    readings = [reading.pronunciations for reading in pronouncer.read_all(spoken.split())]
    found: list[Pronunciation] = []
    for parts in itertools.islice(itertools.product(*readings), 64):
        phones = tuple(itertools.chain.from_iterable(part.phones for part in parts))
        found.append(Pronunciation(phones, sum(part.log_prob for part in parts)))
    found.sort(key=lambda item: -item.log_prob)
    return found[:_MOST_READINGS]


def pronounced(
    terms: Terms, base: Bundle, lexicon: CompiledLexicon, pronouncer: WordReader | None
) -> dict[str, tuple[Pronunciation, ...]]:
    """Word -> the terms' pronunciations and those that it has in the lexicon already.

    The likeliest is at log probability 0. Raises InputError as `Terms.pronunciations` does, and
    when a spoken form is given and there is no pronouncer.
    """
    if pronouncer is None and any(entry.spoken for entry in terms.entries):
        raise InputError(f"{base.path} has no g2p model to pronounce terms with: give phones")
    found = terms.pronunciations(pronouncer)
    return {
        word: distinct_readings([*given, *lexicon.pronunciations(word)])
        for word, given in found.items()
    }


def display_parts(terms: Terms, base: Bundle) -> dict[str, NewPart]:
    """The base's display rules and those that write the terms as they were given, if any."""
    forms = terms.display_forms
    if not forms:
        return {}
    language = base.description.language
    role = "display_rules"
    old = (
        DisplayRules.load(base.part_path(role), language)
        if base.has(role)
        else DisplayRules(language=language)
    )
    mine = tuple(Rewriting(word, form) for word, form in forms.items())
    kept = tuple(item for item in old.rewritings if item.original.lower() not in forms)
    rules = replace(old, rewritings=(*kept, *mine))
    return {role: NewPart(rules.to_text().encode(), "text", "display-rules.txt")}
