"""Phrase hints from a prompt: which of its words the recogniser should expect.

OpenAI's models read a prompt as text that precedes the recording, and people use it to spell names
and terms. Here those become phrases:

- A glossary, that is pieces of up to four words between commas, semicolons, quotation marks or line
  ends ("Aimee, ZyntriQix, Digique Plus"): every piece is a phrase. What stands before a colon
  ("Glossary:") is its title and none.
- In prose, each run of up to four names, terms and rare words: what has a capital inside a
  sentence, a digit or capitals inside the word, and what the language model of the package does not
  know or expects less than once in 100,000 words. What it expects all the time ("I", "The") is no
  name, however it is written.

Everything else in a prompt has no effect: style and punctuation are the model's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from attune.bundle import Bundle, shipped_bundle_path
from attune.errors import InputError
from attune.language import NgramModel
from attune.text import normalize

__all__ = ["MOST_PHRASES", "prompt_phrases"]

MOST_PHRASES = 200
"""Phrases that are taken of one prompt: its first ones."""

_LONGEST = 4  # words of a phrase
_RARE = -5.0  # log10 of the probability of a word
_COMMON = -3.5

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+")
_PIECE_END = re.compile(r"[,;\n\r•|\"“”„«»()\[\]{}。、]+|\s[-–—]+\s")
_TITLE = re.compile(r"^[^:,;\n]{1,40}:(?=\s)")
_EDGES = ".,;:!?…'’‘\"-–—*_"

LogProbability = Callable[[str], float | None]
"""log10 of the probability of a word on its own; None where nothing is known of the language."""


def prompt_phrases(prompt: str, language: str) -> tuple[str, ...]:
    """The phrases to expect of a prompt for a model of `language`, each once, in its order."""
    body = _TITLE.sub("", prompt.strip())
    pieces = [list(_words(piece)) for piece in _PIECE_END.split(body)]
    pieces = [words for words in pieces if words]
    glossary = not _SENTENCE_END.search(body) and all(len(words) <= _LONGEST for words in pieces)
    if glossary:
        found = [" ".join(words) for words in pieces]
    else:
        log_probability = _log_probabilities(language)
        found = [
            phrase
            for sentence in _SENTENCE_END.split(body)
            for phrase in _telling(sentence, log_probability)
        ]
    # Signs alone are nothing that somebody could say.
    spoken = {phrase: None for phrase in found if normalize(phrase).split()}
    return tuple(spoken)[:MOST_PHRASES]


def _words(piece: str) -> Iterator[str]:
    for word in piece.split():
        if bare := word.strip(_EDGES):
            yield bare


def _telling(sentence: str, log_probability: LogProbability) -> Iterator[str]:
    """The runs of names, terms and rare words in a sentence."""
    first = True
    for piece in _PIECE_END.split(sentence):
        run: list[str] = []
        for word in _words(piece):
            if _tells(word, first, log_probability):
                run.append(word)
            elif run:
                yield from _cut(run)
                run = []
            first = False
        yield from _cut(run)


def _cut(run: list[str]) -> Iterator[str]:
    for begin in range(0, len(run), _LONGEST):
        yield " ".join(run[begin : begin + _LONGEST])


def _tells(word: str, first: bool, log_probability: LogProbability) -> bool:
    """Whether a word of a sentence, its `first` or a later one, is a name, a term or rare."""
    if any(letter.isdigit() or letter.isupper() for letter in word[1:]):
        return True
    likely = log_probability(word)
    if likely is not None and likely < _RARE:
        return True
    common = likely is not None and likely > _COMMON
    return word[0].isupper() and not first and not common and len(word) > 1


@cache
def _log_probabilities(language: str) -> LogProbability:
    try:
        bundle = Bundle.open(shipped_bundle_path(language))
    except InputError:  # no model of this language comes with the package
        return lambda word: None
    model = NgramModel.open(bundle.part_path("language_model"))

    def least_likely(word: str) -> float:
        """Of the words that a written word is said as; -99 where one of them is not known."""
        said = normalize(word).split()
        known = model.vocabulary
        return min((model.log_prob([], one) if one in known else -99.0 for one in said), default=0)

    return least_likely
