"""What will be made of a text: the words that are learnt, the sounds, the written forms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from attune.data import read_pronunciations, read_structured_text
from attune.data.lines import read_lines
from attune.errors import InputError
from attune.lexicon import to_ipa
from attune.service.datasets.kinds import dataset_kind
from attune.service.fields import known_language
from attune.service.texts.validating import imported
from attune.text import DisplayRules, Formatter, explain, normalize

__all__ = ["Preview", "preview"]

_MOST = 200
_LONGEST_SAMPLE = 2_000


@dataclass(frozen=True, slots=True)
class Preview:
    """One thing of a text: `before` as it stands there, `after` what is made of it, and the names
    of the rules that were used (`notes`)."""

    before: str
    after: str
    notes: tuple[str, ...] = ()


def preview(
    kind: str, text: str, language: str = "en-US", *, sample: str = "", top: int = 20
) -> tuple[Preview, ...]:
    """The first `top` things that an import of `text` keeps, and what is made of them.

    Language: the words that are learnt of a line. Pronunciation: how a word is said, in words or
    IPA. StructuredText: sentences that it stands for, and their words. DisplayFormat: what the
    lines of `sample` (spoken words) are written as; without them, the file's own tests.

    Raises InputError for another kind, TooLarge as `validate`.
    """
    if not 1 <= top <= _MOST:
        raise InputError(f"top is {top}: give a number from 1 to {_MOST}")
    if len(sample) > _LONGEST_SAMPLE:
        raise InputError(f"sample has {len(sample)} characters: use at most {_LONGEST_SAMPLE}")
    of_kind = dataset_kind(kind)
    language = known_language(language)
    with TemporaryDirectory() as place:
        report, _ = imported(kind, text, language, Path(place))
        if report is None or not report["passed"]:
            return ()
        path = Path(place, "content", of_kind.output)
        found = (
            _display(path, language, sample)
            if of_kind.name == "DisplayFormat"
            else _PREVIEWS[of_kind.name](path, language)
        )
        return tuple(itertools.islice(found, top))


def _language(path: Path, language: str) -> Iterator[Preview]:
    for _, line in read_lines(path):
        yield _learnt(line, language)


def _learnt(line: str, language: str) -> Preview:
    words, changes = explain(line, language)
    return Preview(line, words, tuple(dict.fromkeys(change.rule for change in changes)))


def _pronunciation(path: Path, language: str) -> Iterator[Preview]:
    for entry in read_pronunciations(path):
        if entry.phones:
            yield Preview(entry.display, to_ipa(entry.phones), (" ".join(entry.phones),))
        else:
            yield Preview(entry.display, normalize(entry.spoken, language))


def _structured(path: Path, language: str) -> Iterator[Preview]:
    for sentence in dict.fromkeys(read_structured_text(path).sample(_MOST)):
        yield _learnt(sentence, language)


def _display(path: Path, language: str, sample: str) -> Iterator[Preview]:
    rules = DisplayRules.load(path, language)
    formatter = Formatter(language=language, rules=rules)
    spoken = sample.splitlines() or [example.spoken for example in rules.examples]
    for line in filter(str.strip, spoken):
        words = normalize(line, language).split()
        yield Preview(line, formatter.format(words, final=False).text)


_PREVIEWS: dict[str, Callable[[Path, str], Iterator[Preview]]] = {
    "Language": _language,
    "Pronunciation": _pronunciation,
    "StructuredText": _structured,
}
