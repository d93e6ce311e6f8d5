"""The basic models of the keywords that the corpus has recordings of: a bundle of the four phrases,
and one of the ten short words.

    python benchmarks/keyword_models.py [--base BUNDLE] [--out exp/keyword/models/basic]

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
    parser.add_argument("--out", type=Path, default=Path("exp/keyword/models/basic"))
    arguments = parser.parse_args()
    facts = LanguageFacts.open()
    base = Bundle.open(arguments.base) if arguments.base else None
    for name, texts in (("phrases", sets.PHRASES), ("words", sets.WORDS)):
        phrases = []
        for text in texts:
            chosen = chosen_pronunciations(phrase_pronunciations(text.split(), facts), ())
            print(f"{text}: {'; '.join(str(one) for one in chosen)}")
            phrases.append(KeywordPhrase(text, tuple(one.phones for one in chosen)))
        report = create_basic(phrases, arguments.out / name, base=base, replace=True)
        for phrase, rate in zip(report.phrases, report.false_accepts_per_hour, strict=True):
            print(f"{phrase.text}: {rate:.2f} false accepts an hour expected")
        print(f"{report.path}: {report.seconds:.1f} s")


if __name__ == "__main__":
    main()
