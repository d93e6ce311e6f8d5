"""The basic models of the keywords that the corpus has recordings of: a bundle of the four phrases
and one of the ten short words in the folder `basic`, and the bundle `all`.

    python benchmarks/keyword_models.py [--base BUNDLE] [--out exp/keyword/models]

Each has the pronunciations that `attune keyword create` takes unless somebody chooses. (The command
itself would warn that "on" and "off" are too short and too alike: that is what the group of short
words is measured for.)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import keyword_sets as sets

from attune.bundle import Bundle
from attune.keyword import KeywordPhrase, create_basic
from attune.keyword.guidance import LanguageFacts, chosen_pronunciations, phrase_pronunciations


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, help="a base other than that of the package")
    parser.add_argument("--out", type=Path, default=Path("exp/keyword/models"))
    arguments = parser.parse_args()
    facts = LanguageFacts.open()
    base = Bundle.open(arguments.base) if arguments.base else None
    every = (*sets.PHRASES, *sets.WORDS)
    phrases = {}
    for text in every:
        chosen = chosen_pronunciations(phrase_pronunciations(text.split(), facts), ())
        print(f"{text}: {'; '.join(str(one) for one in chosen)}")
        phrases[text] = KeywordPhrase(text, tuple(one.phones for one in chosen))
    for name, texts in (
        ("basic/phrases", sets.PHRASES),
        ("basic/words", sets.WORDS),
        ("all", every),
    ):
        out = arguments.out / name
        report = create_basic([phrases[text] for text in texts], out, base=base, replace=True)
        print(f"{report.path}: {len(texts)} phrases, {report.seconds:.1f} s")


if __name__ == "__main__":
    main()
