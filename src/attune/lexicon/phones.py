"""The phone inventory: ARPAbet without stress, as in CMUdict, and its place in the network output.

Source: the CMU Pronouncing Dictionary (39 phones; stress digits 0, 1 and 2 are dropped, because
the acoustic model does not tell stressed from unstressed vowels).
"""

from __future__ import annotations

from collections.abc import Iterable

from attune.errors import InputError

__all__ = ["PHONES", "PHONE_INDEX", "VOWELS", "parse_phones", "strip_stress"]

_NAMES = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW "
    "V W Y Z ZH"
)

PHONES: tuple[str, ...] = tuple(_NAMES.split())
"""The 39 phones in alphabetical order."""

PHONE_INDEX: dict[str, int] = {phone: index for index, phone in enumerate(PHONES, start=1)}
"""Phone -> column of the network output; column 0 is the CTC blank."""

_SYLLABIC = "AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW"

VOWELS: frozenset[str] = frozenset(_SYLLABIC.split())
"""The phones that carry a syllable (and a stress digit in CMUdict)."""


def strip_stress(phones: Iterable[str]) -> tuple[str, ...]:
    """Drop the stress digit of each vowel: `AH0 B AW1 T` -> `AH B AW T`.

    Phones that are not vowels, or have no digit, come back unchanged; nothing is validated here.
    """
    return tuple(
        phone[:-1] if phone[-1:] in {"0", "1", "2"} and phone[:-1] in VOWELS else phone
        for phone in phones
    )


def parse_phones(text: str) -> tuple[str, ...]:
    """Read space-separated ARPAbet phones, with or without stress, in either case.

    Raises InputError naming the first symbol that is not a phone, or when there is none at all.
    """
    phones = strip_stress(text.upper().split())
    if not phones:
        raise InputError("a pronunciation needs at least one phone: write for example 'HH AH L OW'")
    for phone in phones:
        if phone not in PHONE_INDEX:
            raise InputError(f"{phone!r} is not a phone: use the ARPAbet phones {' '.join(PHONES)}")
    return phones
