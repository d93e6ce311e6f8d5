"""Lexicons of tokens: any names, and more of them than a byte can number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attune.errors import InputError
from attune.lexicon import CompiledLexicon, Pronunciation, write_compiled, write_extended


@pytest.mark.parametrize("count", [3, 255, 256, 5000])
def test_tokens_come_back(count: int, tmp_path: Path) -> None:
    tokens = ["▁é", *(f"▁t{number}" for number in range(1, count))]
    entries = {"été": [("▁é",), ("▁t1", "▁é")], "zoo": [(tokens[-1], tokens[-1], "▁t2")]}
    path = tmp_path / "lexicon.bin"
    spelled = {
        w: [Pronunciation(s, -float(i)) for i, s in enumerate(r)] for w, r in entries.items()
    }
    write_compiled(spelled.items(), path, tokens)
    lexicon = CompiledLexicon.load(path)
    assert lexicon.phones == tuple(tokens)
    assert lexicon.phone_codes.dtype == (np.uint8 if count < 256 else np.uint16)
    assert {w: [p.phones for p in lexicon.pronunciations(w)] for w in lexicon} == entries
    assert lexicon.phone_codes.max() == count and lexicon.phone_index[tokens[-1]] == count
    write_extended(lexicon, [("new", [Pronunciation((tokens[-1], "▁é"))])], tmp_path / "more.bin")
    more = CompiledLexicon.load(tmp_path / "more.bin")
    assert list(more) == ["new", "zoo", "été"] and more.phones == lexicon.phones
    assert more.pronunciations("new")[0].phones == (tokens[-1], "▁é")
    assert more.pronunciations("été") == lexicon.pronunciations("été")


def test_a_token_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'cat': 'x' is not one of the 2 phones"):
        write_compiled([("cat", [Pronunciation(("x",))])], tmp_path / "lexicon.bin", ["a", "b"])


def test_a_damaged_wide_lexicon_is_refused(tmp_path: Path) -> None:
    tokens = [f"t{number}" for number in range(300)]
    path = tmp_path / "lexicon.bin"
    write_compiled([("cat", [Pronunciation(("t299",))])], path, tokens)
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(InputError, match="truncated or damaged"):
        CompiledLexicon.load(path)
    path.write_bytes(content[:-3] + b"\xff\xff\0")
    with pytest.raises(InputError, match="checksum"):
        CompiledLexicon.load(path)
