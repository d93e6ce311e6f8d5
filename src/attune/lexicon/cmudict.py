"""Reading the CMU Pronouncing Dictionary into a lexicon of normalised words.

Format: `word[(variant)] P H O N E S [# comment]`, optional stress digits, `;;;` comment lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from attune.errors import InputError
from attune.lexicon.phones import parse_phones
from attune.lexicon.table import Lexicon

__all__ = ["is_normalised", "lexicon_from_cmudict", "read_cmudict"]

VARIANT_PRIOR = 0.5
"""Prior of a listed variant; the first reading, which CMUdict gives as the usual one, has 1."""

CLIPPED_PRIOR = 0.1
"""Prior that `'em` lends to `em`: text normalisation drops the apostrophe at a word's edge."""

_VARIANT = re.compile(r"\(\d+\)$")
_NORMALISED = re.compile(r"[a-z]+(?:'[a-z]+)*")


def is_normalised(word: str) -> bool:
    """Whether text normalisation can produce `word`: letters a-z, apostrophes only inside."""
    return _NORMALISED.fullmatch(word) is not None


def read_cmudict(path: str | Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield (word, phones with stress as written) in file order, each variant apart.

    Raises InputError naming the file and line of an entry that cannot be read.
    """
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                fields = line.split(" #", 1)[0].split(None, 1)
                if not fields or line.startswith(";;;"):
                    continue
                word = _VARIANT.sub("", fields[0].lower())
                phones = fields[1].upper() if len(fields) == 2 else ""
                try:
                    parse_phones(phones)
                except InputError as error:
                    raise InputError(f"{path}:{number}: {word!r}: {error}") from error
                yield word, tuple(phones.split())
    except OSError as error:
        raise InputError(f"{path}: cannot read the dictionary: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text: use the dictionary as published") from error


def lexicon_from_cmudict(path: str | Path) -> Lexicon:
    """CMUdict as a lexicon of the words that text normalisation can produce.

    Words with digits, hyphens or stops are left out. Apostrophes at the edges are dropped
    (`'til`, `dogs'`): the bare word keeps its own readings first. Single letters are spelled, and
    `a` reads both AH and EY.
    """
    lexicon = Lexicon()
    clipped: list[tuple[str, tuple[str, ...]]] = []
    for word, phones in read_cmudict(path):
        if is_normalised(word):
            lexicon.add(word, phones, VARIANT_PRIOR if word in lexicon else 1.0)
        elif is_normalised(word.strip("'")):
            clipped.append((word.strip("'"), phones))
    for word, phones in clipped:
        if len(word) > 1:
            lexicon.add(word, phones, CLIPPED_PRIOR if word in lexicon else 1.0)
    lexicon.add("a", ("EY",), VARIANT_PRIOR if "a" in lexicon else 1.0)
    return lexicon
