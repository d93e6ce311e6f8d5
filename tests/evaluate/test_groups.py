from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from attune.audio import write_wav
from attune.data import Utterance
from attune.evaluate import (
    AudioQuality,
    EditCounts,
    Evaluation,
    Hypothesis,
    UtteranceScore,
    by_duration,
    by_noise,
    by_word_class,
    measure_quality,
    recording_quality,
    score_utterance,
)
from attune.evaluate.display_tokens import spellings
from attune.evaluate.word_classes import classify_words, known_names
from attune.text import normalize


def scored(said: str, heard: str, seconds: float = 1.0, snr: float | None = None) -> UtteranceScore:
    quality = None if snr is None else AudioQuality(-20.0, -20.0 - snr, snr)
    row = Utterance(Path("a.wav"), seconds, "", said)
    return score_utterance(row, Hypothesis(heard), normalize, quality=quality)


DURATIONS = [
    (0.0, "unknown"),
    (1.99, "under 2 s"),
    (2.0, "2 to 5 s"),
    (7.0, "5 to 10 s"),
    (19.9, "10 to 20 s"),
    (20.0, "20 s or more"),
    (4000.0, "20 s or more"),
]


@pytest.mark.parametrize(("seconds", "band"), DURATIONS)
def test_bands_of_length(seconds: float, band: str) -> None:
    assert [item.name for item in by_duration([scored("go", "go", seconds)])] == [band]


NOISE = [(-10.0, "under 10 dB"), (10.0, "10 to 20 dB"), (29.0, "20 to 30 dB")]
NOISE += [(60.0, "30 dB or more")]


@pytest.mark.parametrize(("snr", "band"), NOISE)
def test_bands_of_noise(snr: float, band: str) -> None:
    assert [item.name for item in by_noise([scored("go", "go", snr=snr)])] == [band]


def test_groups_come_in_order_with_their_counts() -> None:
    scores = [scored("a b c d", "a b", 3.0), scored("e", "e", 1.0), scored("f", "g", 3.0)]
    found = by_duration(scores)
    assert [(item.name, item.utterances, item.seconds) for item in found] == [
        ("under 2 s", 1, 1.0),
        ("2 to 5 s", 2, 6.0),
    ]
    assert found[1].counts == EditCounts(2, 1, 2)
    assert by_noise(scores) == ()
    assert [item.name for item in by_noise([*scores, scored("a", "a", snr=5.0)])] == [
        "under 10 dB",
        "unknown",
    ]


def test_small_groups_are_unreliable() -> None:
    (small,) = by_duration([scored("go " * 199, "go")])
    (large,) = by_duration([scored("go " * 200, "go")])
    assert (small.reliable, large.reliable) == (False, True)


OOV, LETTER, NUMBER, NAME, FUNCTION, OTHER = "oov", "letter", "number", "name", "function", "other"
SHORT = {
    "out_of_vocabulary": OOV,
    "spelled_letter": LETTER,
    "number": NUMBER,
    "name": NAME,
    "function_word": FUNCTION,
    "other": OTHER,
}

# Each: a transcript and the class of each of its normalised words.
CLASSES = [
    ("go to london", [OTHER, FUNCTION, OTHER]),
    ("Go to London.", [OTHER, FUNCTION, NAME]),
    # A capital that the sentence asks for says nothing.
    ("London is far. Paris is near", [OTHER, FUNCTION, OTHER, OTHER, FUNCTION, OTHER]),
    ("He saw Mr. Brown", [FUNCTION, OTHER, NAME, NAME]),
    ("Then I said I'm here", [OTHER, FUNCTION, OTHER, FUNCTION, OTHER]),
    # Capitals throughout say nothing either.
    ("GO TO LONDON", [OTHER, FUNCTION, OTHER]),
    ("Wait 25 minutes", [OTHER, NUMBER, NUMBER, OTHER]),
    ("It costs $5", [FUNCTION, OTHER, NUMBER, NUMBER]),
    ("the fifth of five", [FUNCTION, NUMBER, FUNCTION, NUMBER]),
    ("the BBC", [FUNCTION, LETTER, LETTER, LETTER]),
    ("spelled m a r", [OTHER, LETTER, LETTER, LETTER]),
    ("I have a car", [FUNCTION, FUNCTION, FUNCTION, OTHER]),
    ("in May he may go", [FUNCTION, NAME, FUNCTION, FUNCTION, OTHER]),
]


@pytest.mark.parametrize(("text", "classes"), CLASSES)
def test_word_classes(text: str, classes: list[str]) -> None:
    words = normalize(text).split()
    found = classify_words(words, spellings(text, words, normalize), frozenset())
    assert [SHORT[kind.value] for kind in found] == classes


def test_the_vocabulary_comes_first() -> None:
    words = ["the", "bbc", "has", "five", "cars"]
    written = spellings("the BBC has 5 cars", words, lambda text: text.lower())
    found = classify_words(words, written, frozenset(), {"the", "has", "five"})
    assert [SHORT[kind.value] for kind in found] == [FUNCTION, OOV, FUNCTION, NUMBER, OOV]


def test_names_are_known_from_elsewhere() -> None:
    texts = ["He met Ann", "Ann left", "So we saw Ann", "Then a hen ran", "A Hen sat"]
    rows = [
        (words, spellings(text, words, normalize))
        for text in texts
        if (words := normalize(text).split())
    ]
    names = known_names(rows)
    assert names == {"ann"}
    found = classify_words(*rows[1], names)
    assert [SHORT[kind.value] for kind in found] == [NAME, OTHER]


def test_inserted_words_have_classes_of_their_own() -> None:
    scores = [scored("He met Ann", "he met ann ann five the x thing")]
    found = {SHORT[item.name]: item.counts for item in by_word_class(scores, {"he", "met", "ann"})}
    assert found == {
        FUNCTION: EditCounts(1, insertions=1),
        OTHER: EditCounts(1, insertions=1),
        NAME: EditCounts(1, insertions=1),
        NUMBER: EditCounts(insertions=1),
        LETTER: EditCounts(insertions=1),
    }


PIECES = st.lists(st.sampled_from(["the", "Ann", "x", "5", "dog", "BBC", "i"]), max_size=6)
ROWS = st.lists(st.tuples(PIECES.map(" ".join), PIECES.map(" ".join)), min_size=1, max_size=4)


@given(ROWS, st.booleans())
def test_groups_add_up_to_the_set(rows: list[tuple[str, str]], known: bool) -> None:
    scores = [
        scored(said, heard, seconds=place * 3.0, snr=place * 12.0)
        for place, (said, heard) in enumerate(rows)
    ]
    total = sum((score.counts for score in scores), EditCounts())
    vocabulary = {"the", "dog"} if known else None
    for groups in (by_duration(scores), by_noise(scores), by_word_class(scores, vocabulary)):
        assert sum((item.counts for item in groups), EditCounts()) == total


def speech_like(seconds: float = 6.0) -> NDArray[np.float64]:
    """Syllables of noise, four a second, with a pause of half a second in every two."""
    draw = np.random.default_rng(5)
    time = np.arange(int(seconds * 16_000)) / 16_000
    syllables = np.sin(np.pi * 4 * time) ** 2 * (time % 2.0 < 1.5)
    return 0.1 * draw.normal(size=len(time)) * syllables


@pytest.mark.parametrize("ratio", [0.0, 10.0, 20.0, 30.0])
def test_the_estimated_ratio_is_near_the_true_one(ratio: float) -> None:
    clean = speech_like()
    # The loudest tenth of the frames is what counts as the level of speech.
    frames = np.sort((clean.reshape(-1, 320) ** 2).mean(axis=1))
    power = frames[int(0.9 * len(frames))] / 10 ** (ratio / 10)
    noisy = clean + np.random.default_rng(6).normal(0, np.sqrt(power), len(clean))
    found = measure_quality([noisy.astype(np.float32)])
    assert found is not None
    assert found.snr == pytest.approx(ratio, abs=2.5)
    assert found.noise_level == pytest.approx(10 * np.log10(power), abs=2.5)


def test_quality_does_not_depend_on_blocks_padding_or_level() -> None:
    sound = speech_like().astype(np.float32) + np.float32(1e-3)
    whole = measure_quality([sound])
    assert whole is not None
    assert measure_quality(np.array_split(sound, 37)) == whole
    padded = measure_quality([np.concatenate([np.zeros(32_000, np.float32), sound])])
    assert padded == whole
    softer = measure_quality([sound / 10])
    assert softer is not None
    assert softer.snr == pytest.approx(whole.snr, abs=0.01)
    assert softer.speech_level == pytest.approx(whole.speech_level - 20, abs=0.01)


NOTHING = [np.zeros(0), np.zeros(16_000), np.full(7_999, 0.1)]


@pytest.mark.parametrize("samples", NOTHING)
def test_too_little_to_measure(samples: NDArray[np.float64]) -> None:
    assert measure_quality([samples.astype(np.float32)]) is None
    assert measure_quality([]) is None


def test_an_even_tone_and_a_silent_background_stay_within_limits() -> None:
    tone = np.sin(np.arange(32_000) * 0.2).astype(np.float32)
    even = measure_quality([tone])
    half = measure_quality([np.where(np.arange(32_000) < 16_000, tone, 1e-9).astype(np.float32)])
    assert even is not None and half is not None
    assert (even.snr, half.snr, half.noise_level) == (-10.0, 60.0, -90.0)


def test_a_recording_is_measured(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", speech_like().astype(np.float32), 16_000)
    found = recording_quality(tmp_path / "a.wav")
    assert found is not None
    assert -25 < found.speech_level < -15
    assert found.snr > 30


def test_an_evaluation_has_all_groups(make_evaluation: Callable[..., Evaluation]) -> None:
    found = make_evaluation(("the cat", "a cat", "anne"), ("go", "go", "bob"))
    assert [item.name for item in found.durations] == ["2 to 5 s"]
    assert found.noise_levels == ()
    assert [item.name for item in found.word_classes] == ["function_word", "other"]
    assert [item.reliable for item in found.speakers] == [False, False]
