"""A bundle that carries display rules of one's own shows text by them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tones import whistle

from attune.bundle import Bundle, Lineage, NewPart, derive
from attune.errors import InputError
from attune.recognize import load


def with_rules(base: Path, out: Path, rules: bytes) -> Path:
    part = NewPart(rules, "text", "display.txt")
    lineage = Lineage(command="test", date="2025-01-31")
    derive(Bundle.open(base), out, name="mine", parts={"display_rules": part}, lineage=lineage)
    return out


def test_display_rules_of_a_bundle(tone_bundle: Path, tmp_path: Path) -> None:
    rules = b"#itn\n{see}#\\d\n#profanity\nboat\n"
    model = load(with_rules(tone_bundle, tmp_path / "mine", rules))
    result = model.transcribe(whistle("see one boat"))
    assert (result.lexical, result.text) == ("see one boat", "#1 ****.")
    assert [(token.text, token.first, token.last) for token in result.tokens] == [
        ("#1", 0, 2),
        ("****.", 2, 3),
    ]


def test_display_rules_that_are_wrong(tone_bundle: Path, tmp_path: Path) -> None:
    model = load(with_rules(tone_bundle, tmp_path / "mine", b"#itn\n(\n"))
    with pytest.raises(InputError, match=r"display\.txt: display rules, line 2: '\('"):
        model.transcribe(whistle("see one boat"))
