"""Display text cut into tokens, words and punctuation marks, and the spoken words behind each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from attune.evaluate.alignment import align_words

__all__ = ["Spelling", "display_tokens", "is_formatted", "is_mark", "spellings", "word_owners"]

OPENING = frozenset('"([{«¿¡')
CLOSING = '.,?!;:")]}»'
MARKS = frozenset((*OPENING, *CLOSING, *"-–—"))
SENTENCE_ENDS = frozenset((".", "?", "!", "...", ":"))
TITLES = frozenset(("mr", "mrs", "ms", "dr", "st", "prof"))
SAME = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "…": "..."})
DASHES = re.compile(r"(—|--+)")
DOTTED = re.compile(r"(?:\w\.)+\w")


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a spoken word was written: `token` of the display text, and whether it is the `initial`
    one of a sentence, where a capital says nothing about the word."""

    token: str
    initial: bool


def display_tokens(text: str) -> tuple[str, ...]:
    """Words and punctuation marks of display text, in order.

    Marks around words are tokens of their own; those inside stay (`3.14`, `e-mail`, `p.m.`, `$5`).
    Curly quotes count as straight ones.
    """
    pieces = DASHES.sub(r" \1 ", text.translate(SAME)).split()
    return tuple(token for piece in pieces for token in cut_marks(piece))


def cut_marks(piece: str) -> list[str]:
    """One piece between spaces, with the marks at both of its ends cut off."""
    if is_mark(piece):
        return marks_of(piece)
    start = 0
    while piece[start] in OPENING:
        start += 1
    word = piece[start:].rstrip(CLOSING)
    end = start + len(word)
    if DOTTED.fullmatch(word) and piece[end : end + 1] == ".":
        word, end = word + ".", end + 1
    return [*marks_of(piece[:start]), word, *marks_of(piece[end:])]


def marks_of(text: str) -> list[str]:
    """Marks one by one, but three dots or two dashes as one."""
    return re.findall(r"\.{2,}|[-–—]+|.", text)


def is_mark(token: str) -> bool:
    """Whether a token is punctuation."""
    return all(letter in MARKS for letter in token)


def is_formatted(text: str) -> bool:
    """Whether a transcript looks like display text: capitals beside small letters, a punctuation
    mark or a digit. Capitals throughout, the pronoun `I`, apostrophes and hyphens are no sign."""
    tokens = [token for token in display_tokens(text) if not token.startswith(("I'", "i'"))]
    marks = any(is_mark(token) and not set(token) <= set("-–—") for token in tokens)
    cased = [token for token in tokens if token not in ("I", "i")]
    capitals = any(letter.isupper() for token in cased for letter in token)
    small = any(letter.islower() for token in cased for letter in token)
    return marks or (capitals and small) or any(letter.isdigit() for letter in text)


def word_owners(
    tokens: Sequence[str], words: Sequence[str], normalize: Callable[[str], str]
) -> tuple[int, ...]:
    """The token that each of `words` came from, where `words` are the normalised whole text.

    Tokens normalised one by one can differ from the whole (`Oct. 5` is `october fifth`, `5` alone
    is `five`): the two are aligned, and a word without a partner belongs to the token before it.
    """
    parts = [
        (word, place) for place, token in enumerate(tokens) for word in normalize(token).split()
    ]
    single = [word for word, _ in parts]
    if single == list(words):
        return tuple(place for _, place in parts)
    owners: list[int] = []
    used, owner = 0, 0
    for column in align_words(words, single):
        if column.hypothesis is not None:
            owner = parts[used][1]
            used += 1
        if column.reference is not None:
            owners.append(owner)
    return tuple(owners)


def spellings(
    text: str, words: Sequence[str], normalize: Callable[[str], str]
) -> tuple[Spelling, ...]:
    """How each of `words`, the normalised `text`, was written in it."""
    tokens = display_tokens(text)
    initial = [begins_sentence(tokens, place) for place in range(len(tokens))]
    owners = word_owners(tokens, words, normalize) if tokens else ()
    return tuple(Spelling(tokens[place], initial[place]) for place in owners)


def begins_sentence(tokens: Sequence[str], place: int) -> bool:
    """Whether nothing but marks stands between the token and the last sentence's end."""
    while place and is_mark(tokens[place - 1]):
        place -= 1
        before = tokens[place - 1].lower() if place else ""
        # The dot of `Mr.` and of initials ends no sentence.
        shortened = tokens[place] == "." and (before in TITLES or len(before) == 1)
        if tokens[place] in SENTENCE_ENDS and not shortened:
            return True
    return place == 0
