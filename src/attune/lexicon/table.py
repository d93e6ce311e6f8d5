"""The lexicon as people read and edit it: words, their pronunciations, and a prior for each.

Text format, UTF-8, one pronunciation a line: `word<TAB>prior<TAB>P H O N E S`. The prior is in
(0, 1] and max-normalised: the likeliest pronunciation of a word has 1, so that a word is not
penalised for having several (Chen et al., "Pronunciation and silence probability modeling for
ASR", Interspeech 2015).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from attune.bundle.atomic import new_file, write_errors
from attune.errors import InputError
from attune.lexicon.compiled import CompiledLexicon, write_compiled
from attune.lexicon.phones import parse_phones
from attune.lexicon.pronunciation import Pronunciation

__all__ = ["Lexicon"]


class Lexicon:
    """Words and their pronunciations, likeliest first; grows by `add`, keeps insertion order."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Pronunciation, ...]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, word: object) -> bool:
        return word in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lexicon) and self._entries == other._entries

    __hash__ = None  # type: ignore[assignment]  # grows in place

    def pronunciations(self, word: str) -> tuple[Pronunciation, ...]:
        """The pronunciations of `word`, likeliest first; empty when the word is not known."""
        return self._entries.get(word, ())

    def add(self, word: str, phones: Iterable[str], prior: float = 1.0) -> None:
        """Add one pronunciation; the same phones again keep the higher prior.

        Raises InputError for a word with spaces, capitals or nothing in it, a symbol that is not a
        phone, or a prior outside (0, 1].
        """
        if not word or word != word.lower() or not word.isprintable() or " " in word:
            raise InputError(f"{word!r} is not a lexicon word: write one lower-case word")
        if not 0.0 < prior <= 1.0:
            raise InputError(f"the prior {prior} of {word!r} is outside (0, 1]: mend it")
        new = Pronunciation(parse_phones(" ".join(phones)), math.log(prior))
        known = {item.phones: item for item in self._entries.get(word, ())}
        old = known.get(new.phones)
        if old is None or old.log_prob < new.log_prob:
            known[new.phones] = new
        self._entries[word] = tuple(sorted(known.values(), key=lambda item: -item.log_prob))

    @classmethod
    def read(cls, path: str | Path) -> Lexicon:
        """Read the text format; InputError names the file and line of what cannot be read."""
        lexicon = cls()
        try:
            with open(path, encoding="utf-8", newline="\n") as lines:
                for number, line in enumerate(lines, start=1):
                    lexicon._read_line(line.rstrip("\r\n"), f"{path}:{number}")
        except OSError as error:
            raise InputError(f"{path}: cannot read the lexicon: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8 text: save the lexicon as UTF-8") from error
        return lexicon

    def _read_line(self, line: str, where: str) -> None:
        if not line:
            return
        fields = line.split("\t")
        if len(fields) != 3:
            raise InputError(
                f"{where}: {len(fields)} tab-separated fields, expected 3: word, prior, phones"
            )
        word, prior, phones = fields
        try:
            value = float(prior)
        except ValueError as error:
            raise InputError(f"{where}: the prior {prior!r} is not a number in (0, 1]") from error
        try:
            self.add(word, phones.split(), value)
        except InputError as error:
            raise InputError(f"{where}: {error}") from error

    def write(self, path: str | Path) -> None:
        """Write the text format, words sorted, in one atomic step."""
        path = Path(path)
        with (
            write_errors(path),
            new_file(path) as temporary,
            open(temporary, "x", encoding="utf-8", newline="\n") as lines,
        ):
            for word in sorted(self._entries):
                for item in self._entries[word]:
                    lines.write(f"{word}\t{item.probability:.6g}\t{item}\n")

    def compile(self, path: str | Path) -> None:
        """Write the binary form that the decoder reads (see `attune.lexicon.compiled`)."""
        write_compiled(self._entries.items(), path)

    @staticmethod
    def load_compiled(path: str | Path) -> CompiledLexicon:
        """Read the binary form: flat arrays and word look-up, without building a dictionary."""
        return CompiledLexicon.load(path)
