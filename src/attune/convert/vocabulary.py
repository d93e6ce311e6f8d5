"""The symbols of an imported network, and the base's words spelled in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from attune.bundle import Bundle
from attune.convert.token_files import plain_tokens
from attune.convert.tokenizers import PieceScores
from attune.errors import InputError
from attune.lexicon import (
    PHONES,
    CompiledLexicon,
    Speller,
    SpellingMethod,
    Units,
    token_lines,
    units_of,
    write_compiled,
)

__all__ = ["SpelledWords", "Symbols", "arrange_symbols", "write_spelled_lexicon"]


@dataclass(frozen=True)
class Symbols:
    """Tokens with the blank first; `columns`: where the network has each; scores of pieces."""

    tokens: tuple[str, ...]
    columns: tuple[int, ...]
    units: Units
    method: SpellingMethod
    scores: tuple[float, ...] | None

    def to_text(self) -> bytes:
        """The part `symbols`."""
        return token_lines(self.tokens, self.scores)


@dataclass(frozen=True)
class SpelledWords:
    """Words of the base in the new lexicon, how many could not be spelled, and some of those."""

    words: int
    left_out: int
    examples: tuple[str, ...]


_EXAMPLES = 12


def arrange_symbols(tokens: Sequence[str], blank: int, scores: PieceScores | None) -> Symbols:
    """Bring the blank to the front and see what the others are.

    Phones come in Attune's order, symbols that are none behind them.
    """
    plain = plain_tokens(tokens)
    others = [column for column in range(len(plain)) if column != blank]
    units = units_of([plain[column] for column in others])
    if units == "phones":
        place = {phone: number for number, phone in enumerate(PHONES)}
        others.sort(key=lambda column: (place.get(plain[column], len(PHONES)), column))
    columns = (blank, *others)
    named = tuple(plain[column] for column in columns)
    if units == "pieces" and scores is not None:
        return Symbols(named, columns, units, scores.method, scores.of(named))
    return Symbols(named, columns, units, "longest", None)


def write_spelled_lexicon(symbols: Symbols, base: Bundle, path: Path) -> SpelledWords:
    """Write the base's words in the network's symbols; those that cannot be spelled are left out.

    InputError when none can, and for a network of phones whose base has none.
    """
    lexicon = CompiledLexicon.load(base.part_path("lexicon"))
    if symbols.units == "phones":
        if lexicon.phones != PHONES:
            raise InputError(
                f"{base.path}: its lexicon has no phones, which this network needs: choose another "
                "--base"
            )
        entries = ((word, lexicon.pronunciations(word)) for word in lexicon)
        write_compiled(entries, path)
        return SpelledWords(len(lexicon), 0, ())
    speller = Speller(
        symbols.tokens[1:],
        symbols.units,
        symbols.method,
        None if symbols.scores is None else symbols.scores[1:],
    )
    spelled = []
    left_out: list[str] = []
    for word in lexicon:
        found = speller.spell(word)
        if found:
            spelled.append((word, found))
        else:
            left_out.append(word)
    if not spelled:
        shown = " ".join(symbols.tokens[1:9])
        raise InputError(
            f"no word of {base.path} can be spelled in the network's tokens ({shown} ...): is the "
            "base of another language? Choose one with --base"
        )
    write_compiled(spelled, path, symbols.tokens[1:])
    step = max(1, len(left_out) // _EXAMPLES)
    return SpelledWords(len(spelled), len(left_out), tuple(left_out[::step][:_EXAMPLES]))
