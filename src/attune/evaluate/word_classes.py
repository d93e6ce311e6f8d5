"""What kind of word each one is: a number, a name, a letter spelled out, …"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Sequence
from enum import StrEnum

from attune.evaluate.display_tokens import Spelling

__all__ = ["FUNCTION_WORDS", "WordClass", "classify_inserted", "classify_words", "known_names"]


class WordClass(StrEnum):
    """The class of a word; the first that fits, in this order."""

    OUT_OF_VOCABULARY = "out_of_vocabulary"
    SPELLED_LETTER = "spelled_letter"
    NUMBER = "number"
    NAME = "name"
    FUNCTION_WORD = "function_word"
    OTHER = "other"


FUNCTION_WORDS = frozenset(
    (
        "a", "an", "the", "this", "that", "these", "those", "some", "any", "no", "every", "each",
        "all", "both", "either", "neither", "such", "i", "me", "my", "mine", "myself", "you",
        "your", "yours", "yourself", "he", "him", "his", "himself", "she", "her", "hers",
        "herself", "it", "its", "itself", "we", "us", "our", "ours", "ourselves", "they", "them",
        "their", "theirs", "themselves", "who", "whom", "whose", "which", "what", "there", "and",
        "or", "but", "nor", "so", "yet", "if", "because", "although", "though", "while", "when",
        "where", "how", "why", "until", "unless", "since", "than", "as", "of", "in", "on", "at",
        "by", "to", "from", "for", "with", "without", "about", "into", "onto", "over", "under",
        "after", "before", "between", "through", "during", "against", "up", "down", "out", "off",
        "be", "am", "is", "are", "was", "were", "been", "being", "do", "does", "did", "have",
        "has", "had", "having", "can", "could", "will", "would", "shall", "should", "may",
        "might", "must", "not", "i'm", "i've", "i'll", "i'd", "you're", "you've", "you'll",
        "you'd", "he's", "he'll", "he'd", "she's", "she'll", "she'd", "it's", "it'll", "we're",
        "we've", "we'll", "we'd", "they're", "they've", "they'll", "they'd", "that's", "there's",
        "what's", "who's", "isn't", "aren't", "wasn't", "weren't", "don't", "doesn't", "didn't",
        "haven't", "hasn't", "hadn't", "can't", "couldn't", "won't", "wouldn't", "shouldn't",
        "mustn't",
    )
)  # fmt: skip
"""Words that hold English sentences together and mean little alone."""

NUMBER_WORDS = frozenset(
    (
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
        "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
        "hundred", "thousand", "million", "billion", "trillion", "hundredth", "thousandth",
        "first", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
        "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
        "seventeenth", "eighteenth", "nineteenth", "twentieth", "thirtieth", "fortieth",
        "fiftieth", "sixtieth", "seventieth", "eightieth", "ninetieth",
    )
)  # fmt: skip

ALSO_WORDS = frozenset(("a", "i", "o"))
"""Letters that are words too: spelled only beside another letter, or as part of an abbreviation."""


def classify_words(
    words: Sequence[str],
    spellings: Sequence[Spelling],
    names: Container[str],
    vocabulary: Container[str] | None = None,
) -> list[WordClass]:
    """The class of each normalised word of a transcript, written as `spellings` say.

    A number is a number word or was written with a digit. A name has a capital where a sentence
    does not ask for one, or, at its beginning, is in `names`. Function words and number words are
    English ones. `vocabulary` holds the words that the model knows; without it no word is out of
    it.
    """
    capitals = cased(spellings)
    found: list[WordClass] = []
    for place, word in enumerate(words):
        written = spellings[place] if place < len(spellings) else Spelling(word, True)
        neighbours = [*words[max(0, place - 1) : place], *words[place + 1 : place + 2]]
        kind = classify_inserted(word, names if written.initial else (), vocabulary)
        if kind is not WordClass.OUT_OF_VOCABULARY:
            token = written.token
            if is_letter(word) and (
                word not in ALSO_WORDS
                or any(is_letter(other) and other not in ALSO_WORDS for other in neighbours)
                or sum(letter.isalpha() for letter in token) > 1
            ):
                kind = WordClass.SPELLED_LETTER
            elif kind is WordClass.NUMBER or any(letter.isdigit() for letter in token):
                kind = WordClass.NUMBER
            elif capitals and not written.initial and has_capital(written):
                kind = WordClass.NAME
        found.append(kind)
    return found


def classify_inserted(
    word: str, names: Container[str], vocabulary: Container[str] | None = None
) -> WordClass:
    """The class of a word of which nobody knows how it would have been written."""
    if vocabulary is not None and word not in vocabulary:
        return WordClass.OUT_OF_VOCABULARY
    if is_letter(word) and word not in ALSO_WORDS:
        return WordClass.SPELLED_LETTER
    if word in NUMBER_WORDS:
        return WordClass.NUMBER
    if word in names:
        return WordClass.NAME
    return WordClass.FUNCTION_WORD if word in FUNCTION_WORDS else WordClass.OTHER


def known_names(
    transcripts: Iterable[tuple[Sequence[str], Sequence[Spelling]]],
) -> frozenset[str]:
    """Words that inside sentences have a capital more often than not, over (words, spellings)."""
    capitals: Counter[str] = Counter()
    for words, spellings in transcripts:
        if cased(spellings):
            for word, written in zip(words, spellings, strict=False):
                if not written.initial:
                    capitals[word] += 1 if has_capital(written) else -1
    return frozenset(word for word, more in capitals.items() if more > 0)


def cased(spellings: Sequence[Spelling]) -> bool:
    """Whether a transcript has small letters, so that its capitals mean something."""
    return any(letter.islower() for written in spellings for letter in written.token)


def has_capital(written: Spelling) -> bool:
    """Whether a word was written with a capital, which the pronoun `I` has always."""
    token = written.token
    return any(letter.isupper() for letter in token) and token != "I" and not token.startswith("I'")


def is_letter(word: str) -> bool:
    """Whether a word is a single letter."""
    return len(word) == 1 and word.isalpha()
