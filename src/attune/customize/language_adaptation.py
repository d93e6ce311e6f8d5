"""Language customisation: a bundle that knows a domain's words and how they follow each other."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from attune.bundle import Bundle, NewPart, check_free
from attune.customize.adapted_bundle import write_adapted
from attune.customize.domain_text import DomainText, read_domain_text
from attune.customize.language_report import LanguageAdaptationReport
from attune.customize.mixing import mix_with_domain
from attune.customize.terms import Terms, display_parts, pronounced
from attune.data import PronunciationEntry, StructuredText
from attune.errors import InputError
from attune.language import NgramModel, write_trie_file
from attune.lexicon import (
    CompiledLexicon,
    Pronunciation,
    WordReader,
    is_normalised,
    word_reader,
    write_extended,
)
from attune.text import normalize

__all__ = ["LanguageAdaptation", "adapt_language"]

_ROOM = 20_000_000  # bytes that the language model may grow by unless told otherwise
_MOST_NEW_WORDS = 100_000
_SAMPLED = 20_000
_LONGEST_WORD = 40

Say = Callable[[str], None]


@dataclass(frozen=True)
class LanguageAdaptation:
    """What to adapt to.

    `texts`: files of sentences, one a line, repeated lines weighing more; `structured`: sentences
    with lists, of which up to 20,000 are drawn; `terms`: how display forms in them are said.
    `min_count`: new words that occur less often are left out (None: 1 for up to 250,000 words of
    text, then 2 and 3). `max_bytes` of the language model (None: the base's and 20 MB).
    """

    texts: tuple[Path, ...] = ()
    structured: tuple[StructuredText, ...] = ()
    terms: tuple[PronunciationEntry, ...] = ()
    min_count: int | None = None
    max_bytes: int | None = None
    name: str | None = None


def adapt_language(
    base: Bundle,
    adaptation: LanguageAdaptation,
    out: str | Path,
    *,
    replace: bool = False,
    say: Say = lambda message: None,
) -> LanguageAdaptationReport:
    """Write a bundle that recognises the words of a domain to `out`; the base stays as it is.

    Raises InputError when the text cannot be read or holds no word, when the base has no language
    model, and when `out` is taken (unless `replace`); AttuneError when the disk is full.
    """
    began = time.monotonic()
    out = Path(out)
    check_free(out, "folder", replace)
    language = base.description.language
    entries = (
        *adaptation.terms,
        *(e for part in adaptation.structured for e in part.pronunciations),
    )
    terms = Terms(entries, lambda line: normalize(line, language))
    say("reading text")
    text = read_domain_text(
        adaptation.texts, terms.normalize, sentences=_sentences(adaptation.structured)
    )
    lexicon = CompiledLexicon.load(base.part_path("lexicon"))
    say("pronouncing new words")
    pronouncer = word_reader(base, lexicon)
    said = pronounced(terms, base, lexicon, pronouncer)
    # A set: the lexicon's own search takes many times as long for the words of a large text.
    known = frozenset(lexicon)
    least = _min_count(adaptation, text)
    new, unpronounceable = _pronounce_new(base, pronouncer, text, known.union(said), least)
    words = {**new, **said}
    stored = base.part_path("language_model")
    max_bytes = adaptation.max_bytes or stored.stat().st_size + _ROOM
    say("reading the base")
    model = NgramModel.open(stored).to_backoff_model()
    mixture = mix_with_domain(model, text, tuple(words), max_bytes=max_bytes, say=say)
    say("writing")
    with tempfile.TemporaryDirectory(prefix="attune-") as scratch:
        model_file, lexicon_file = Path(scratch, "language.ngram"), Path(scratch, "lexicon.bin")
        write_trie_file(mixture.model, model_file)
        write_extended(lexicon, words.items(), lexicon_file)
        write_adapted(
            base,
            out,
            command="attune adapt language",
            data=adaptation.texts,
            settings={"min_count": least, "max_bytes": max_bytes},
            parts={
                "language_model": NewPart(model_file, "ngram-trie"),
                "lexicon": NewPart(lexicon_file, "lexicon"),
                **display_parts(terms, base),
            },
            name=adaptation.name,
            replace=replace,
        )
        size = model_file.stat().st_size
    return LanguageAdaptationReport(
        path=out,
        sentences=text.training.sentences + len(text.held_out),
        words=text.training.word_tokens,
        new_words=tuple(sorted(word for word in words if word not in known)),
        unpronounceable=unpronounceable,
        unknown_rate=_unknown_rate(text, known),
        domain_share=mixture.weights.shares[1],
        domain_before=mixture.domain_before,
        domain_after=mixture.domain_after,
        general_before=mixture.general_before,
        general_after=mixture.general_after,
        bytes=size,
        seconds=time.monotonic() - began,
    )


def _sentences(structured: Sequence[StructuredText]) -> Iterator[str]:
    for part in structured:
        yield from part.expand() if part.count <= _SAMPLED else part.sample(_SAMPLED)


def _pronounce_new(
    base: Bundle,
    pronouncer: WordReader | None,
    text: DomainText,
    known: Container[str],
    min_count: int,
) -> tuple[dict[str, tuple[Pronunciation, ...]], tuple[str, ...]]:
    """Pronunciations of the words that are new, and the words that have none."""
    wanted = [
        word
        for word, count in text.word_counts.most_common()
        if count >= min_count and word not in known
    ]
    can_read = is_normalised if pronouncer is None else pronouncer.can_read
    sayable = [w for w in wanted if len(w) <= _LONGEST_WORD and can_read(w)]
    sayable = sayable[:_MOST_NEW_WORDS]
    silent = sorted(set(wanted).difference(sayable))
    if not sayable:
        return {}, tuple(silent)
    if pronouncer is None:
        raise InputError(
            f"{sayable[0]!r} is not in the base's lexicon, and {base.path} has no g2p model: give "
            "its pronunciation"
        )
    try:
        readings = pronouncer.read_all(sayable)
    except InputError:
        # One word without a sound stops them all: find it.
        readings = []
        for word in sayable:
            try:
                readings.append(pronouncer.read(word))
            except InputError:
                silent.append(word)
    return {reading.word: reading.pronunciations for reading in readings}, tuple(silent)


def _min_count(adaptation: LanguageAdaptation, text: DomainText) -> int:
    if adaptation.min_count is not None:
        return adaptation.min_count
    words = text.training.word_tokens
    return 1 if words < 250_000 else 2 if words < 5_000_000 else 3


def _unknown_rate(text: DomainText, known: Container[str]) -> float:
    unknown = sum(count for word, count in text.word_counts.items() if word not in known)
    return unknown / text.training.word_tokens
