"""Pronunciation customisation: terms, words taught by hand, words learned from recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from attune.audio import read_audio
from attune.bundle import Bundle, shipped_bundle_path, shipped_languages
from attune.customize import (
    PronunciationAdaptation,
    Recording,
    Terms,
    adapt_pronunciations,
    learn_pronunciation,
)
from attune.data import PronunciationEntry, Utterance
from attune.errors import InputError
from attune.lexicon import G2P, CompiledLexicon, Pronouncer
from attune.recognize import load
from attune.text import normalize

needs_bundle = pytest.mark.skipif(
    "en-US" not in shipped_languages(), reason="no en-US bundle is in src/attune/models"
)
ENTRIES = (
    PronunciationEntry("IEEE", spoken="i triple e"),
    PronunciationEntry("C3PO", spoken="see three pea o"),
    PronunciationEntry("tomato", phones=("T", "AH", "M", "AA", "T", "OW")),
)
TERMS = Terms(ENTRIES, normalize)


@pytest.fixture(scope="module")
def base() -> Bundle:
    return Bundle.open(shipped_bundle_path("en-US"), verify="sizes")


@pytest.mark.parametrize(
    ("display", "word"), [("IEEE", "ieee"), ("C3PO", "c3po"), ("tomato", "tomato")]
)
def test_each_term_is_one_word(display: str, word: str) -> None:
    assert TERMS.word(display) == word


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("The IEEE met C3PO.", "the ieee met c3po"),
        ("an ieee standard", "an ieee standard"),
        ("IEEE's rules", "ieee's rules"),
        ("C3PO2 is no C3PO", f"{normalize('C3PO2 is no')} c3po"),
        ("It costs $5.", "it costs five dollars"),
        ("", ""),
    ],
)
def test_terms_stay_whole_and_all_else_is_normalised(line: str, words: str) -> None:
    assert TERMS.normalize(line) == words


@needs_bundle
def test_spoken_forms_become_phones(base: Bundle) -> None:
    lexicon = CompiledLexicon.load(base.part_path("lexicon"))
    found = TERMS.pronunciations(Pronouncer(lexicon, G2P.load(base.part_path("g2p"))))
    assert str(found["ieee"][0]) == "AY T R IH P AH L IY"
    assert str(found["c3po"][0]) == "S IY TH R IY P IY OW"
    assert [str(reading) for reading in found["tomato"]] == ["T AH M AA T OW"]


@needs_bundle
def test_a_taught_word_keeps_what_it_had(base: Bundle, tmp_path: Path) -> None:
    report = adapt_pronunciations(base, PronunciationAdaptation(entries=ENTRIES), tmp_path / "new")
    model = load(tmp_path / "new")
    assert ("T", "AH", "M", "AA", "T", "OW") in model.pronunciations("tomato")
    assert ("T", "AH", "M", "EY", "T", "OW") in model.pronunciations("tomato")
    assert model.pronunciations("ieee") and "c3po" in model.vocabulary
    assert model._display(["an", "ieee", "standard"], [0.0] * 3).text.startswith("An IEEE")
    assert {word for word in report.words} == {"ieee", "c3po", "tomato"}
    assert report.to_json()["words"] and "new c3po" in report.to_text()


@needs_bundle
def test_a_word_s_pronunciation_is_learned_from_recordings(
    base: Bundle, samples: tuple[Utterance, ...]
) -> None:
    # Wrong candidates lose against the right one on real words of the sample recordings.
    row = next(r for r in samples if len(normalize(r.text).split()) > 4)
    words = tuple(normalize(row.text).split())
    word = max(set(words), key=len)
    right = load().pronunciations(word)[0]
    wrong = tuple(reversed(right))
    candidates, chosen = learn_pronunciation(
        load(), word, [Recording(row.path, words)], given=[wrong]
    )
    order = [candidate.phones for candidate in candidates]
    assert order.index(right) < order.index(wrong)
    assert candidates[0].score == 0.0 and chosen[0].log_prob == 0.0
    assert sum(candidate.best_in for candidate in candidates) == 1


@needs_bundle
@pytest.mark.parametrize(
    ("words", "said"),
    [(("other", "words"), "is not in its transcript"), (("music",) * 400, "impossible")],
)
def test_recordings_that_do_not_fit_are_named(
    samples: tuple[Utterance, ...], words: tuple[str, ...], said: str
) -> None:
    path = samples[0].path
    assert len(read_audio(path))
    with pytest.raises(InputError, match=said) as error:
        learn_pronunciation(load(), "music", [Recording(path, words)])
    assert path.name in str(error.value)


@needs_bundle
def test_a_spoken_form_without_sound_is_named(base: Bundle, tmp_path: Path) -> None:
    entries = (PronunciationEntry("X9", spoken="x 9"),)
    with pytest.raises(InputError, match="'X9'"):
        adapt_pronunciations(base, PronunciationAdaptation(entries=entries), tmp_path / "new")
