"""Other ways to write phones: IPA for display; UPS and SAPI spellings, as users' files have them.

Sources: Microsoft's Universal Phone Set for en-US ("Structured text phonetic pronunciation data",
Azure Speech documentation) and the SAPI 5 American English phoneme table. Their labels do not
contradict each other or ARPAbet, so one table reads all three.
"""

from __future__ import annotations

from collections.abc import Iterable

from attune.errors import InputError
from attune.lexicon.phones import PHONES

__all__ = ["from_ups", "to_ipa"]

_IPA_TABLE = (
    "AA ɑ  AE æ  AH ʌ  AO ɔ  AW aʊ  AY aɪ  B b  CH tʃ  D d  DH ð  EH ɛ  ER ɝ  EY eɪ  F f  "  # noqa: RUF001
    "G ɡ  HH h  IH ɪ  IY i  JH dʒ  K k  L l  M m  N n  NG ŋ  OW oʊ  OY ɔɪ  P p  R ɹ  S s  "  # noqa: RUF001
    "SH ʃ  T t  TH θ  UH ʊ  UW u  V v  W w  Y j  Z z  ZH ʒ"
)
_NAMES_AND_SIGNS = _IPA_TABLE.split()
_IPA = dict(zip(_NAMES_AND_SIGNS[::2], _NAMES_AND_SIGNS[1::2], strict=True))

# A phone that is spelled as in ARPAbet stands for itself; the others:
_SPELLINGS: dict[str, tuple[str, ...]] = {
    "AX": ("AH",),
    "AI": ("AY",),
    "AU": ("AW",),
    "EI": ("EY",),
    "H": ("HH",),
    "I": ("IY",),
    "IX": ("IH",),
    "J": ("Y",),
    "O": ("OW",),
    "OI": ("OY",),
    "OWX": ("OW", "AH"),
    "Q": ("AA",),
    "U": ("UW",),
    # Vowels that glide towards schwa: American English has r there, written or not.
    "AOX": ("AO", "R"),
    "EHX": ("EH", "R"),
    "UWX": ("UH", "R"),
    **{phone: (phone,) for phone in PHONES},
}

_MARKS = frozenset({"S1", "S2", "1", "2", ".", "-", "LNG"})
"""Stress, syllable and length marks, which the lexicon does without."""


def to_ipa(phones: Iterable[str]) -> str:
    """The phones in the International Phonetic Alphabet: `HH AH L OW` -> `hʌloʊ`.

    Broad and without stress, so that the schwa is written as the stressed vowel is (ʌ). Raises
    InputError for what is not a phone.
    """
    try:
        return "".join(_IPA[phone] for phone in phones)
    except KeyError as error:
        raise InputError(
            f"{error.args[0]!r} is not a phone: use the ARPAbet phones {' '.join(PHONES)}"
        ) from error


def from_ups(text: str) -> tuple[str, ...]:
    """Read space-separated UPS or SAPI phones, in either case: `H AX L O` -> HH AH L OW.

    ARPAbet is understood too. Stress, syllable and length marks are dropped; `AX R` and `ER R`
    become ER, as CMUdict writes them. Raises InputError naming the first unknown symbol.
    """
    phones: list[str] = []
    previous = ""
    for written in text.split():
        symbol = written.upper()
        if symbol in _MARKS:
            continue
        if symbol == "R" and previous in {"AX", "ER"}:
            phones[-1] = "ER"
        elif symbol == "R" and previous in {"AOX", "EHX", "UWX"}:
            pass  # that r has been read
        elif symbol in _SPELLINGS:
            phones.extend(_SPELLINGS[symbol])
        elif symbol[-1] in "012" and symbol[:-1] in _IPA:  # ARPAbet with stress
            phones.append(symbol[:-1])
        else:
            raise InputError(
                f"{written!r} is not a UPS phone of en-US: use {' '.join(sorted(_SPELLINGS))}"
            )
        previous = symbol
    if not phones:
        raise InputError("a pronunciation needs at least one phone: write for example 'H AX L O'")
    return tuple(phones)
