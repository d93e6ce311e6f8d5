"""The binary lexicon: same content, refused when damaged, fast to load."""

from __future__ import annotations

import math
import string
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import attune
from attune.errors import InputError
from attune.lexicon import PHONES, CompiledLexicon, Lexicon

phones = st.lists(st.sampled_from(PHONES), min_size=1, max_size=8)
words = st.text("abz'éß語", min_size=1, max_size=6)
entries = st.lists(st.tuples(words, phones, st.floats(0.001, 1.0)), max_size=30)


def small() -> Lexicon:
    lexicon = Lexicon()
    lexicon.add("zoo", ["Z", "UW"])
    lexicon.add("a", ["AH"])
    lexicon.add("a", ["EY"], 0.5)
    lexicon.add("ab", ["AE", "B"])
    return lexicon


@given(entries)
def test_compiling_keeps_words_phones_and_priors(
    tmp_path: Path, listed: list[tuple[str, list[str], float]]
) -> None:
    lexicon = Lexicon()
    for word, spoken, prior in listed:
        lexicon.add(word, spoken, prior)
    path = tmp_path / "lexicon.bin"
    lexicon.compile(path)
    compiled = Lexicon.load_compiled(path)
    assert list(compiled) == sorted(lexicon, key=str.encode)
    assert len(compiled) == len(lexicon)
    for number, word in enumerate(compiled):
        assert compiled.index(word) == number and word in compiled
        old, new = lexicon.pronunciations(word), compiled.pronunciations(word)
        assert [item.phones for item in new] == [item.phones for item in old]
        assert [item.log_prob for item in new] == pytest.approx(
            [item.log_prob for item in old], abs=1 / 64 + 1e-6
        )
    for absent in ("", "b", "zzzz", "a\0", "語語語語語語語"):
        if absent not in lexicon:
            assert compiled.pronunciations(absent) == () and absent not in compiled


def test_arrays_are_what_the_decoder_expects(tmp_path: Path) -> None:
    small().compile(tmp_path / "lexicon.bin")
    compiled = CompiledLexicon.load(tmp_path / "lexicon.bin")
    assert compiled.phones == PHONES
    assert compiled.word_blob == b"aabzoo"
    assert compiled.word_offsets.tolist() == [0, 1, 3, 6]
    assert compiled.pronunciation_offsets.tolist() == [0, 2, 3, 4]
    assert compiled.phone_offsets.tolist() == [0, 1, 2, 4, 6]
    assert compiled.phone_codes.tolist() == [3, 13, 2, 7, 38, 34]
    assert compiled.log_priors.tolist() == pytest.approx([0, math.log(0.5), 0, 0], abs=1 / 64)
    types = [compiled.word_offsets.dtype, compiled.phone_codes.dtype, compiled.log_priors.dtype]
    assert types == [np.uint32, np.uint8, np.float32]


def test_every_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.bin"
    small().compile(path)
    content = path.read_bytes()
    reserved = range(32, 64)
    for at in set(range(len(content))) - set(reserved):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
        with pytest.raises(InputError, match=r"lexicon\.bin: "):
            CompiledLexicon.load(path)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.bin"
    small().compile(path)
    content = path.read_bytes()
    for length in range(len(content)):
        path.write_bytes(content[:length])
        with pytest.raises(InputError, match=r"lexicon\.bin: "):
            CompiledLexicon.load(path)
    path.write_bytes(content + b"\0")
    with pytest.raises(InputError, match="truncated or damaged"):
        CompiledLexicon.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a compiled lexicon"),
        (b"word\t1\tW ER D\n", "not a compiled lexicon"),
        (b"ATNLEX99" + bytes(56), "another version"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "lexicon.bin"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        CompiledLexicon.load(path)
    with pytest.raises(InputError, match="nowhere"):
        CompiledLexicon.load(tmp_path / "nowhere")


def test_parts_that_disagree_are_refused_though_the_checksum_is_right(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.bin"
    small().compile(path)
    content = bytearray(path.read_bytes())
    names = len(" ".join(PHONES))
    for at, value, message in [
        (64 + names, 2, "disagree"),  # length of the first word
        (64 + names + 3 + 6, 1, "disagree"),  # pronunciations of the first word
        (64 + names + 3 + 6 + 3, 3, "disagree"),  # phones of the first pronunciation
        (64 + names + 3 + 6 + 3 + 4, 40, "without a name"),  # first phone
        (64 + names + 3 + 6 + 3 + 4, 0, "without a name"),
    ]:
        damaged = bytearray(content)
        damaged[at] = value
        struct.pack_into("<I", damaged, 28, zlib.crc32(damaged[64:]))
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=message):
            CompiledLexicon.load(path)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    long_word, long_reading = Lexicon(), Lexicon()
    long_word.add("a" * 256, ["AH"])
    long_reading.add("a", ["AH"] * 256)
    for lexicon in (long_word, long_reading):
        with pytest.raises(InputError, match="'a"):
            lexicon.compile(tmp_path / "lexicon.bin")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        small().compile(tmp_path / "nowhere" / "lexicon.bin")


def test_the_shipped_lexicon_has_the_words_that_people_say() -> None:
    # Processor time: what other processes do must not fail the test.
    began = time.process_time()
    lexicon = CompiledLexicon.load(Path(attune.__file__).parent / "models/en-US/lexicon.bin")
    assert time.process_time() - began < 0.15  # 10 ms on an idle core
    assert len(lexicon) > 150_000 and lexicon.phones == PHONES
    assert float(lexicon.log_priors.max()) == 0.0
    spoken = {
        "hello": "HH AH L OW",
        "don't": "D OW N T",
        "o'clock": "AH K L AA K",
        "w": "D AH B AH L Y UW",
        "z": "Z IY",
        "twenty": "T W EH N T IY",
        "hmm": "HH AH M",
        "covid": "K OW V IH D",
        "organised": "AO R G AH N AY Z D",
        "alchemist's": "AE L CH AH M IH S T S",
    }
    assert {w: str(lexicon.pronunciations(w)[0]) for w in spoken} == spoken
    assert {str(item) for item in lexicon.pronunciations("a")} == {"AH", "EY"}
    assert all(letter in lexicon for letter in string.ascii_lowercase)
