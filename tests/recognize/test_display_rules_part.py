"""A bundle that carries display rules of one's own shows text by them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tones import whistle

from attune.bundle import Bundle, Lineage, NewPart, derive
from attune.errors import InputError
from attune.recognize import Options, load


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


@pytest.mark.parametrize(("mode", "text"), [("removed", "#1"), ("raw", "#1 boat.")])
def test_a_recognition_says_how_words_are_masked(
    tone_bundle: Path, tmp_path: Path, mode: str, text: str
) -> None:
    rules = b"#itn\n{see}#\\d\n#profanity\nboat\n"
    model = load(with_rules(tone_bundle, tmp_path / "mine", rules))
    options = model.options.changed({"profanity": mode})
    assert model.transcribe(whistle("see one boat"), options=options).text.rstrip(
        "."
    ) == text.rstrip(".")


def test_an_unknown_way_to_mask_is_refused() -> None:
    with pytest.raises(InputError, match="profanity: 'loud' is not one of masked, removed, raw"):
        Options().changed({"profanity": "loud"})


def test_display_rules_that_are_wrong(tone_bundle: Path, tmp_path: Path) -> None:
    model = load(with_rules(tone_bundle, tmp_path / "mine", b"#itn\n(\n"))
    with pytest.raises(InputError, match=r"display\.txt: display rules, line 2: '\('"):
        model.transcribe(whistle("see one boat"))
