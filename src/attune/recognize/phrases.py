"""Phrases that one recognition expects, with pronunciations for words nobody knew before."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from attune.decode import Bias, CompiledBias, DecoderGraph
from attune.decode import Phrase as DecoderPhrase
from attune.errors import InputError
from attune.lexicon import Pronunciation
from attune.recognize.options import Phrase
from attune.text import normalize

__all__ = ["compile_phrases"]

_MOST_PHRASES = 5000

Pronounce = Callable[[str], Sequence[Pronunciation]]


def compile_phrases(
    phrases: Sequence[str | Phrase], boost: float, graph: DecoderGraph, pronounce: Pronounce | None
) -> CompiledBias:
    """Normalise phrases and pronounce their unknown words.

    `boost` is that of phrases without one; `pronounce` finds how a word is said. InputError for a
    phrase without words, too many phrases, or an unknown word that nothing can pronounce.
    """
    if len(phrases) > _MOST_PHRASES:
        raise InputError(
            f"{len(phrases)} phrases: at most {_MOST_PHRASES} are taken; adapt the "
            "language model for more"
        )
    wanted: list[DecoderPhrase] = []
    pronunciations: dict[str, Sequence[Pronunciation]] = {}
    for phrase in phrases:
        given = Phrase(phrase) if isinstance(phrase, str) else phrase
        words = tuple(normalize(given.text).split())
        if not words:
            raise InputError(f"phrase {given.text!r} has no words")
        if given.pronunciations:
            words = (" ".join(words),)
            pronunciations[words[0]] = [Pronunciation(phones) for phones in given.pronunciations]
        each = boost if given.boost is None else given.boost
        wanted.append(DecoderPhrase(words, each * len(words)))
        for word in words:
            if word not in graph.word_index and word not in pronunciations:
                pronunciations[word] = _pronounce(word, pronounce)
    return CompiledBias(graph, Bias(tuple(wanted), pronunciations))


def _pronounce(word: str, pronounce: Pronounce | None) -> Sequence[Pronunciation]:
    if pronounce is None:
        raise InputError(
            f"{word!r} is not in the lexicon and this bundle has no g2p model: "
            "add a pronunciation to the lexicon"
        )
    return pronounce(word)
