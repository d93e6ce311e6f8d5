"""How alike two phones sound, and how alike two pronunciations.

Vowels are compared by the formants at their beginning and end, in Bark: Hillenbrand et al.,
"Acoustic characteristics of American English vowels", JASA 97(5), 1995 (men, table V), on the scale
of Traunmüller, JASA 88(1), 1990. Consonants by manner, place and voice, ordered as listeners
confuse them: Miller and Nicely, "An analysis of perceptual confusions among some English
consonants", JASA 27(2), 1955. A phone is 0 from itself; 1 is nothing in common.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from attune.lexicon import PHONE_INDEX, PHONES, VOWELS

__all__ = ["phone_distance", "pronunciation_distance", "skip_costs", "substitution_costs"]

# F1, F2 and F3 in Hz.
_FORMANTS = {
    "IY": (342, 2322, 3000),
    "IH": (427, 2034, 2684),
    "EY": (476, 2089, 2691),
    "EH": (580, 1799, 2605),
    "AE": (588, 1952, 2601),
    "AA": (768, 1333, 2522),
    "AO": (652, 997, 2538),
    "OW": (497, 910, 2459),
    "UH": (469, 1122, 2434),
    "UW": (378, 997, 2343),
    "AH": (623, 1200, 2550),
    "ER": (474, 1379, 1710),
}
# Where vowels that glide begin and end.
_GLIDES = {
    "EY": ("EY", "IY"),
    "OW": ("OW", "UW"),
    "AY": ("AA", "IH"),
    "AW": ("AA", "UH"),
    "OY": ("AO", "IH"),
}
_BARK_APART = 5.0  # vowels this far apart have nothing in common
_LEAST = 0.2

# AH is two sounds: the vowel of "cut" above, and the schwa, which many vowels become.
_REDUCED = {"IH": 0.25, "UH": 0.25, "ER": 0.35, "EH": 0.35, "AE": 0.4, "IY": 0.45, "UW": 0.45}

# Manner, place from the lips backwards, voice.
_CONSONANTS = {
    "P": ("stop", 0.0, False),
    "B": ("stop", 0.0, True),
    "T": ("stop", 1.5, False),
    "D": ("stop", 1.5, True),
    "K": ("stop", 3.0, False),
    "G": ("stop", 3.0, True),
    "CH": ("affricate", 2.0, False),
    "JH": ("affricate", 2.0, True),
    "F": ("fricative", 0.5, False),
    "V": ("fricative", 0.5, True),
    "TH": ("fricative", 1.0, False),
    "DH": ("fricative", 1.0, True),
    "S": ("fricative", 1.5, False),
    "Z": ("fricative", 1.5, True),
    "SH": ("fricative", 2.0, False),
    "ZH": ("fricative", 2.0, True),
    "HH": ("fricative", 4.0, False),
    "M": ("nasal", 0.0, True),
    "N": ("nasal", 1.5, True),
    "NG": ("nasal", 3.0, True),
    "L": ("liquid", 1.5, True),
    "R": ("liquid", 2.0, True),
    "W": ("glide", 0.0, True),
    "Y": ("glide", 2.5, True),
}
_MANNERS = {
    ("affricate", "stop"): 0.35,
    ("affricate", "fricative"): 0.3,
    ("fricative", "stop"): 0.45,
    ("nasal", "stop"): 0.6,
    ("liquid", "nasal"): 0.6,
    ("glide", "nasal"): 0.7,
    ("glide", "liquid"): 0.35,
    ("fricative", "liquid"): 0.75,
    ("fricative", "glide"): 0.75,
    ("fricative", "nasal"): 0.8,
}
_VOICE = 0.2
_PLACE, _PLACE_STEP = 0.15, 0.08

# Consonants that are nearly vowels.
_HALF_VOWELS = {"R ER": 0.35, "Y IY": 0.35, "Y IH": 0.5, "W UW": 0.35, "W UH": 0.5, "W OW": 0.6}

# Sounds that come and go in quick speech; the others cost 1 to leave out or to add.
_FLEETING = {"HH": 0.5, "AH": 0.6, "IH": 0.7, "T": 0.6, "D": 0.6, "Y": 0.7, "R": 0.7, "N": 0.8}


def _bark(hertz: float) -> float:
    return 26.81 * hertz / (1960 + hertz) - 0.53


def _apart(first: str, second: str) -> float:
    """The distance of two steady vowels in Bark; the third formant tells ER, and counts half."""
    weights = (1.0, 1.0, 0.5)
    pairs = zip(_FORMANTS[first], _FORMANTS[second], weights, strict=True)
    return math.sqrt(sum((weight * (_bark(a) - _bark(b))) ** 2 for a, b, weight in pairs))


def _between_vowels(first: str, second: str) -> float:
    ends = zip(_GLIDES.get(first, (first,) * 2), _GLIDES.get(second, (second,) * 2), strict=True)
    apart = sum(_apart(a, b) for a, b in ends) / 2 / _BARK_APART
    if "AH" in (first, second):
        apart = min(apart, _REDUCED.get(second if first == "AH" else first, 1.0))
    return min(1.0, max(_LEAST, apart))


def _between_consonants(first: str, second: str) -> float:
    manner, place, voice = _CONSONANTS[first]
    other_manner, other_place, other_voice = _CONSONANTS[second]
    pair = (min(manner, other_manner), max(manner, other_manner))
    cost = 0.0 if manner == other_manner else _MANNERS.get(pair, 0.8)
    if place != other_place:
        cost += _PLACE + _PLACE_STEP * abs(place - other_place)
    return min(1.0, cost + _VOICE * (voice != other_voice))


def phone_distance(first: str, second: str) -> float:
    """How far apart two ARPAbet phones sound, 0 (the same) to 1 (nothing in common)."""
    if first == second:
        return 0.0
    if first in VOWELS and second in VOWELS:
        return _between_vowels(first, second)
    if first not in VOWELS and second not in VOWELS:
        return _between_consonants(first, second)
    return _HALF_VOWELS.get(f"{first} {second}", _HALF_VOWELS.get(f"{second} {first}", 1.0))


@cache
def substitution_costs() -> NDArray[np.float32]:
    """`phone_distance` of all pairs: float32 [40, 40], by column of the network (0 is unused)."""
    costs = np.zeros((len(PHONES) + 1,) * 2, np.float32)
    for first in PHONES:
        for second in PHONES:
            costs[PHONE_INDEX[first], PHONE_INDEX[second]] = phone_distance(first, second)
    costs.flags.writeable = False
    return costs


@cache
def skip_costs() -> NDArray[np.float32]:
    """What it costs to leave out or to add a phone: float32 [40], by column of the network."""
    costs = np.array([0.0, *(_FLEETING.get(phone, 1.0) for phone in PHONES)], np.float32)
    costs.flags.writeable = False
    return costs


def pronunciation_distance(first: Sequence[str], second: Sequence[str]) -> float:
    """How far apart two pronunciations sound: the cheapest alignment, per phone of the longer.

    0 is the same, 1 nothing in common; both are ARPAbet without stress and not empty.
    """
    costs, skips = substitution_costs(), skip_costs()
    one, two = [PHONE_INDEX[phone] for phone in first], [PHONE_INDEX[phone] for phone in second]
    row = np.concatenate([[0.0], np.cumsum(skips[two])]).tolist()
    for phone in one:
        above = row
        row = [above[0] + float(skips[phone])]
        for place, other in enumerate(two):
            row.append(
                min(
                    above[place] + float(costs[phone, other]),
                    above[place + 1] + float(skips[phone]),
                    row[place] + float(skips[other]),
                )
            )
    return float(row[-1] / max(len(one), len(two)))
