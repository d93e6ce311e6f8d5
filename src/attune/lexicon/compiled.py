"""The lexicon as the decoder reads it: one file of flat arrays, sorted, checked by its checksum.

Layout, little endian. Header of 64 bytes: magic `ATNLEX01`, then uint32 words W, pronunciations P,
phones in all F, bytes of the phone names, bytes of the words, CRC-32 of all after the header, and
zeros. Then, without gaps: phone names (UTF-8, a space between), uint8 length [W] of each word in
bytes, the words (UTF-8, sorted by bytes), uint8 number [W] of pronunciations of each word, uint8
length [P] of each pronunciation, uint8 phones [F] (1 = first name), uint8 prior code [P]: the prior
is exp(-code / 32), max-normalised for each word.

The phones are whatever the network spells words in: ARPAbet, or tokens (`attune.lexicon.spelling`).
With more than 255 names the phones are uint16 and the magic is `ATNLEX02`.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from attune.bundle.atomic import replace_file, write_errors
from attune.errors import InputError
from attune.lexicon.phones import PHONE_INDEX, PHONES
from attune.lexicon.pronunciation import Pronunciation

__all__ = ["CompiledLexicon", "write_compiled", "write_extended"]

_MAGIC = b"ATNLEX01"
_WIDE_MAGIC = b"ATNLEX02"
_HEADER = struct.Struct("<8s6I32x")
_PRIOR_STEP = 1 / 32
_LONGEST = 255

Offsets = npt.NDArray[np.uint32]
Codes = npt.NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class CompiledLexicon:
    """The words of a lexicon, numbered 0 to W - 1 in the order of their UTF-8 bytes.

    - `phones`: the phone names; phone code c is `phones[c - 1]`.
    - `word_blob`: the words' UTF-8 bytes; word i is `word_blob[word_offsets[i]:word_offsets[i+1]]`.
    - `word_offsets`: uint32 [W + 1].
    - `pronunciation_offsets`: uint32 [W + 1]; word i has pronunciations from [i] up to [i + 1].
    - `phone_offsets`: uint32 [P + 1]; pronunciation j has the codes from [j] up to [j + 1].
    - `phone_codes`: uint8 or uint16 [F], 1 and up: the columns of the network output.
    - `log_priors`: float32 [P], natural logarithms, 0 for the likeliest of each word.
    """

    phones: tuple[str, ...]
    word_blob: bytes
    word_offsets: Offsets
    pronunciation_offsets: Offsets
    phone_offsets: Offsets
    phone_codes: Codes
    log_priors: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.word_offsets) - 1

    @cached_property
    def phone_index(self) -> dict[str, int]:
        """Phone -> code, 1 and up."""
        return {phone: code for code, phone in enumerate(self.phones, start=1)}

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.index(word) is not None

    def __iter__(self) -> Iterator[str]:
        # Much faster than word by word: a recogniser reads all of them when it starts.
        blob = self.word_blob
        return (blob[begin:end].decode() for begin, end in pairwise(self.word_offsets.tolist()))

    def word(self, index: int) -> str:
        """Word number `index`."""
        return self._bytes(index).decode("utf-8")

    def index(self, word: str) -> int | None:
        """The number of `word`, or None."""
        wanted = word.encode("utf-8")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._bytes(low) == wanted else None

    def pronunciations(self, word: str) -> tuple[Pronunciation, ...]:
        """The pronunciations of `word`, likeliest first; empty when the word is not known."""
        index = self.index(word)
        if index is None:
            return ()
        begin, end = self.pronunciation_offsets[index : index + 2].tolist()
        found = []
        for number in range(begin, end):
            codes = self.phone_codes[self.phone_offsets[number] : self.phone_offsets[number + 1]]
            spoken = tuple(self.phones[code - 1] for code in codes.tolist())
            found.append(Pronunciation(spoken, float(self.log_priors[number])))
        return tuple(found)

    def _bytes(self, index: int) -> bytes:
        return self.word_blob[self.word_offsets[index] : self.word_offsets[index + 1]]

    @classmethod
    def load(cls, path: str | Path) -> CompiledLexicon:
        """Read a compiled lexicon; InputError says what is wrong with the file."""
        try:
            content = Path(path).read_bytes()
        except OSError as error:
            raise InputError(f"{path}: cannot read the lexicon: {error.strerror}") from error
        if content[:6] != _MAGIC[:6]:
            raise InputError(f"{path}: not a compiled lexicon: compile the word list first")
        if content[:8] not in (_MAGIC, _WIDE_MAGIC):
            raise InputError(f"{path}: another version of the format: compile the lexicon again")
        if len(content) < _HEADER.size:
            raise InputError(f"{path}: the lexicon is truncated: copy it again")
        _, words, readings, spoken, names, letters, checksum = _HEADER.unpack_from(content)
        width = 2 if content[:8] == _WIDE_MAGIC else 1
        sizes = (names, words, letters, words, readings, width * spoken, readings)
        if len(content) != _HEADER.size + sum(sizes):
            raise InputError(f"{path}: the lexicon is truncated or damaged: copy it again")
        if zlib.crc32(memoryview(content)[_HEADER.size :]) != checksum:
            raise InputError(f"{path}: the lexicon is damaged (wrong checksum): copy it again")
        parts, at = [], _HEADER.size
        for size in sizes:
            parts.append(np.frombuffer(content, dtype=np.uint8, count=size, offset=at))
            at += size
        lexicon = cls(
            phones=tuple(parts[0].tobytes().decode("utf-8", "replace").split(" ")),
            word_blob=parts[2].tobytes(),
            word_offsets=_offsets(parts[1]),
            pronunciation_offsets=_offsets(parts[3]),
            phone_offsets=_offsets(parts[4]),
            phone_codes=parts[5] if width == 1 else parts[5].view("<u2").copy(),
            log_priors=parts[6].astype(np.float32) * np.float32(-_PRIOR_STEP),
        )
        lexicon._check(path)
        return lexicon

    def _check(self, path: str | Path) -> None:
        ends = (self.word_offsets[-1], self.pronunciation_offsets[-1], self.phone_offsets[-1])
        if ends != (len(self.word_blob), len(self.log_priors), len(self.phone_codes)):
            raise InputError(f"{path}: the parts of the lexicon disagree: compile it again")
        codes = self.phone_codes
        if len(codes) and not 1 <= int(codes.min()) <= int(codes.max()) <= len(self.phones):
            raise InputError(f"{path}: the lexicon has phones without a name: compile it again")


def _offsets(lengths: npt.NDArray[np.uint8]) -> Offsets:
    offsets = np.zeros(len(lengths) + 1, dtype=np.uint32)
    np.cumsum(lengths, dtype=np.uint32, out=offsets[1:])
    return offsets


class _Sections(NamedTuple):
    """What follows the phone names in a file, each uint8 (codes: uint16 where there are many)."""

    lengths: npt.NDArray[np.uint8]
    blob: npt.NDArray[np.uint8]
    counts: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.uint8]
    codes: Codes
    priors: npt.NDArray[np.uint8]


def write_compiled(
    entries: Iterable[tuple[str, Sequence[Pronunciation]]],
    path: str | Path,
    phones: Sequence[str] = PHONES,
) -> None:
    """Write `entries` (word, its pronunciations in `phones`) to `path` in one atomic step.

    Priors are rounded to within 1.6 %; those below exp(-8) become that. Raises InputError for a
    word of more than 255 bytes, without pronunciation, or with more than 255 of them or of phones,
    and for a pronunciation in other phones.
    """
    _write(Path(path), _sections(entries, phones), phones)


def write_extended(
    base: CompiledLexicon, entries: Iterable[tuple[str, Sequence[Pronunciation]]], path: str | Path
) -> None:
    """Write `base` with `entries` added, in place of its own where it has the word.

    Works on whole arrays: a lexicon of 200,000 words takes under a second. Raises InputError like
    `write_compiled`; the phones are those of the base.
    """
    new = _sections(entries, base.phones)
    words = [base._bytes(i) for i in range(len(base))]
    words += [
        new.blob[begin:end].tobytes() for begin, end in pairwise(_offsets(new.lengths).tolist())
    ]
    # The last place of a word is that of the new one.
    places = {word: place for place, word in enumerate(words)}
    spelled = sorted(places)
    order = np.array([places[word] for word in spelled], np.int64)
    counts = np.concatenate([np.diff(base.pronunciation_offsets), new.counts])
    sizes = np.concatenate([np.diff(base.phone_offsets), new.sizes])
    codes = np.concatenate([base.phone_codes, new.codes])
    priors = np.concatenate([np.rint(base.log_priors / -_PRIOR_STEP), new.priors])
    readings = _segments(counts, order)
    chosen = _Sections(
        lengths=np.array([len(word) for word in spelled], np.uint8),
        blob=np.frombuffer(b"".join(spelled), np.uint8),
        counts=counts[order].astype(np.uint8),
        sizes=sizes[readings].astype(np.uint8),
        codes=codes[_segments(sizes, readings)],
        priors=priors[readings].astype(np.uint8),
    )
    _write(Path(path), chosen, base.phones)


def _as_codes(codes: Sequence[int], phones: Sequence[str]) -> Codes:
    return np.array(codes, "u1" if len(phones) <= 255 else "<u2")


def _sections(
    entries: Iterable[tuple[str, Sequence[Pronunciation]]], phones: Sequence[str]
) -> _Sections:
    index = PHONE_INDEX if phones == PHONES else {p: i for i, p in enumerate(phones, start=1)}
    ordered = sorted((word.encode("utf-8"), word, readings) for word, readings in entries)
    lengths, counts, sizes, priors = bytearray(), bytearray(), bytearray(), bytearray()
    codes: list[int] = []
    for spelled, word, readings in ordered:
        if len(spelled) > _LONGEST or not 1 <= len(readings) <= _LONGEST:
            raise InputError(
                f"{word[:40]!r} does not fit a compiled lexicon: at most {_LONGEST} bytes long, "
                f"with 1 to {_LONGEST} pronunciations"
            )
        lengths.append(len(spelled))
        counts.append(len(readings))
        for reading in readings:
            if not 1 <= len(reading.phones) <= _LONGEST:
                raise InputError(f"{word!r} has a pronunciation of 0 or over {_LONGEST} phones")
            sizes.append(len(reading.phones))
            codes.extend(_codes(word, reading, index))
            priors.append(min(255, max(0, math.floor(-reading.log_prob / _PRIOR_STEP + 0.5))))
    blob = b"".join(spelled for spelled, _, _ in ordered)
    return _Sections(
        lengths=np.frombuffer(lengths, np.uint8),
        blob=np.frombuffer(blob, np.uint8),
        counts=np.frombuffer(counts, np.uint8),
        sizes=np.frombuffer(sizes, np.uint8),
        codes=_as_codes(codes, phones),
        priors=np.frombuffer(priors, np.uint8),
    )


def _codes(word: str, reading: Pronunciation, index: Mapping[str, int]) -> list[int]:
    try:
        return [index[phone] for phone in reading.phones]
    except KeyError as error:
        raise InputError(
            f"{word!r}: {error.args[0]!r} is not one of the {len(index)} phones of the lexicon"
        ) from error


def _segments(
    lengths: npt.NDArray[np.integer], order: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Indices of the items of segments with these lengths, segment after segment in `order`."""
    ends = np.cumsum(lengths, dtype=np.int64)
    chosen = lengths[order].astype(np.int64)
    begins = ends[order] - chosen
    shift = begins - np.concatenate([[0], np.cumsum(chosen)[:-1]])
    return np.repeat(shift, chosen) + np.arange(int(chosen.sum()))


def _write(path: Path, sections: _Sections, phones: Sequence[str]) -> None:
    names = " ".join(phones).encode("utf-8")
    body = b"".join((names, *(part.tobytes() for part in sections)))
    header = _HEADER.pack(
        _MAGIC if sections.codes.itemsize == 1 else _WIDE_MAGIC,
        len(sections.lengths),
        len(sections.sizes),
        len(sections.codes),
        len(names),
        len(sections.blob),
        zlib.crc32(body),
    )
    with write_errors(path):
        replace_file(path, header + body)
