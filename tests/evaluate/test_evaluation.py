from __future__ import annotations

import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attune.data import Manifest, Utterance
from attune.errors import InputError
from attune.evaluate import (
    EditCounts,
    Evaluation,
    EvaluationProgress,
    Hypothesis,
    HypothesisWord,
    compare_evaluations,
    evaluate_manifest,
    score_utterance,
)

MakeEvaluation = Callable[..., Evaluation]


def test_rates_are_sums_over_sums(make_evaluation: MakeEvaluation) -> None:
    found = make_evaluation(
        ("one two three", "one too three"), ("four", "four five six"), ("a b", "")
    )
    assert found.counts == EditCounts(3, 1, 2, 2)
    assert found.wer == 5 / 6
    assert found.ser == 1.0
    assert (found.characters, found.character_errors) == (20, 1 + 9 + 3)
    assert found.cer == 13 / 20
    assert (found.seconds, found.processing_seconds, found.rtf) == (6.0, 1.5, 0.25)


def test_the_rate_is_not_clamped(make_evaluation: MakeEvaluation) -> None:
    assert make_evaluation(("a", "b c d"), ("", "e")).wer == 4.0


def test_without_reference_words_there_is_no_rate(make_evaluation: MakeEvaluation) -> None:
    with pytest.raises(InputError, match=r"set\.tsv: no words in the transcripts"):
        make_evaluation(("", "a"))


TEXTS = st.lists(st.sampled_from(["one", "two", "three"]), max_size=6).map(" ".join)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_invariants(rows: list[tuple[str, str]]) -> None:
    scores = tuple(
        score_utterance(Utterance(Path("a"), 1.0, "", said, line), Hypothesis(heard), str)
        for line, (said, heard) in enumerate(rows)
    )
    words = sum(len(said.split()) for said, _ in rows)
    if not words:
        return
    found = Evaluation("m", "s", scores)
    heard = sum(len(heard.split()) for _, heard in rows)
    assert found.counts.words == words
    assert abs(words - heard) / words <= found.wer <= (words + heard) / words
    assert (found.wer == 0) == all(said == heard for said, heard in rows) == (found.ser == 0)
    assert 0 <= found.ser <= 1
    wrong = found.confusions
    assert sum(count for *_, count in wrong.substitutions) == found.counts.substitutions
    assert sum(count for _, count in wrong.deletions) == found.counts.deletions
    assert sum(count for _, count in wrong.insertions) == found.counts.insertions
    assert sum(score.counts.errors for score in found.worst()) == found.counts.errors
    # Swapping the sides swaps deletions and insertions.
    swapped = score_utterance(
        Utterance(Path("a"), 1.0, "", rows[0][1]), Hypothesis(rows[0][0]), str
    )
    assert swapped.counts.errors == scores[0].counts.errors
    assert swapped.counts.deletions - swapped.counts.insertions == (
        scores[0].counts.insertions - scores[0].counts.deletions
    )


def test_confusions_speakers_and_worst(make_evaluation: MakeEvaluation) -> None:
    found = make_evaluation(
        ("the cat", "the cad", "anne"),
        ("a cat sat", "a cad sat", "bob"),
        ("the dog", "dog", "bob"),
        ("go on now", "go", "anne"),
        ("yes", "yes uh", ""),
        ("no", "no", ""),
    )
    assert found.confusions.substitutions == (("cat", "cad", 2),)
    assert found.confusions.deletions == (("now", 1), ("on", 1), ("the", 1))
    assert found.confusions.insertions == (("uh", 1),)
    assert [(item.speaker, item.utterances, item.counts.errors) for item in found.speakers] == [
        ("anne", 2, 3),
        ("", 2, 1),
        ("bob", 2, 2),
    ]
    assert [score.line for score in found.worst()] == [5, 6, 2, 4, 3]
    assert [score.line for score in found.worst(2)] == [5, 6]
    assert make_evaluation(("a", "a")).speakers == ()


def test_confidences_follow_their_words_through_normalisation() -> None:
    def normalize(text: str) -> str:
        return text.lower().replace("-", " ").replace("!", "")

    row = Utterance(Path("a"), 1.0, "", "Well known, no", 1)
    words = (
        HypothesisWord("Well-known", 0.9, (0.2, 0.8)),
        HypothesisWord("!", 0.1, (0.8, 0.8)),
        HypothesisWord("Yes", 0.4, (1.0, 1.3)),
    )
    score = score_utterance(row, Hypothesis("Well-known ! Yes", words), normalize)
    assert score.confidences == (0.9, 0.9, 0.4)
    assert score.spans == ((0.2, 0.8), (0.2, 0.8), (1.0, 1.3))
    found = Evaluation("m", "s", (score,)).calibration
    assert found is not None
    assert found.words == 3
    # Words that do not add up to the text are left out rather than guessed at.
    score = score_utterance(row, Hypothesis("something else", words), normalize)
    assert (score.confidences, score.spans) == ((), ())
    assert Evaluation("m", "s", (score,)).calibration is None
    # Times that are known of some words only would light up the wrong ones.
    words = (*words[:2], HypothesisWord("Yes", 0.4))
    score = score_utterance(row, Hypothesis("Well-known ! Yes", words), normalize)
    assert (score.confidences, score.spans) == ((0.9, 0.9, 0.4), ())


def test_comparing_needs_the_same_set(make_evaluation: MakeEvaluation) -> None:
    first = make_evaluation(("a b", "a x"), ("c", "c"))
    second = make_evaluation(("a b", "a b"), ("c", "c"), model="other")
    found = compare_evaluations(first, second)
    assert found.models == (first, second)
    assert found.significance.difference == pytest.approx(-1 / 3)
    with pytest.raises(InputError, match=r"2 utterances and .* has 1"):
        compare_evaluations(first, make_evaluation(("a b", "a b")))
    with pytest.raises(InputError, match="differ in recording or transcript"):
        compare_evaluations(first, make_evaluation(("a b", "a b"), ("d", "c")))


def write_set(folder: Path, texts: list[str]) -> Path:
    rows = ["path\tseconds\tspeaker\ttext"]
    for number, text in enumerate(texts):
        with wave.open(str(folder / f"{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(bytes(3200))
        rows.append(f"{number}.wav\t0.1\t\t{text}")
    path = folder / "set.tsv"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("workers", [1, 3])
def test_a_manifest_is_evaluated_in_order(workers: int, tmp_path: Path) -> None:
    texts = [f"It's number {number}." for number in range(20)]
    heard = {f"{number}.wav": text for number, text in enumerate(texts)}
    heard["3.wav"] = "it is number three"
    seen: list[EvaluationProgress] = []
    threads: set[str] = set()

    def transcribe(path: Path) -> Hypothesis:
        threads.add(threading.current_thread().name)
        time.sleep(0.01 * (path.stem in ("0", "5")))
        return Hypothesis(heard[path.name])

    found = evaluate_manifest(
        write_set(tmp_path, texts),
        transcribe,
        model="echo",
        workers=workers,
        progress=seen.append,
    )
    assert [score.path.name for score in found.utterances] == list(heard)
    assert (found.model, found.manifest) == ("echo", "set.tsv")
    # "It's" against "it is", through the normaliser of the language; "3." is "three".
    assert found.counts.errors == 2
    assert found.processing_seconds >= 0.02
    assert [item.done for item in seen] == list(range(1, 21))
    assert seen[-1].total == 20
    assert seen[-1].seconds == pytest.approx(seen[-1].total_seconds) == pytest.approx(2.0)
    assert seen[-1].counts == found.counts
    assert (len(threads) > 1) == (workers > 1)


def test_the_normaliser_and_the_time_can_be_given(tmp_path: Path) -> None:
    found = evaluate_manifest(
        Manifest(write_set(tmp_path, ["One"])),
        lambda path: Hypothesis("one", processing_seconds=7.0),
        normalize=str.upper,
    )
    assert (found.wer, found.processing_seconds) == (0.0, 7.0)
    found = evaluate_manifest(
        tmp_path / "set.tsv", lambda path: Hypothesis("one"), normalize=str.strip
    )
    assert found.wer == 1.0


def never(path: Path) -> Hypothesis:
    raise AssertionError(f"{path} was transcribed")


def test_bad_manifests_are_refused_before_the_first_recording(tmp_path: Path) -> None:
    path = write_set(tmp_path, ["one", "two"])
    (tmp_path / "1.wav").unlink()
    with pytest.raises(InputError, match=r"set\.tsv:3: there is no file .*1\.wav: restore"):
        evaluate_manifest(path, never)
    path = write_set(tmp_path, ["", "?!"])
    with pytest.raises(InputError, match="no row has a transcript"):
        evaluate_manifest(path, never)
    path.write_text(path.read_text() + "0.wav\t1\t\tone\n")
    with pytest.raises(InputError, match=r"set\.tsv:4: .*0\.wav is listed before, on line 2"):
        evaluate_manifest(path, never)
    path.write_text("path\tseconds\tspeaker\ttext\n")
    with pytest.raises(InputError, match="the manifest has no rows"):
        evaluate_manifest(path, never)
    with pytest.raises(InputError, match="no text normalisation for language 'tlh'"):
        evaluate_manifest(write_set(tmp_path, ["one"]), never, language="tlh")


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_names_its_row(workers: int, tmp_path: Path) -> None:
    def transcribe(path: Path) -> Hypothesis:
        if path.name == "1.wav":
            raise InputError("the audio ends early")
        return Hypothesis("one")

    with pytest.raises(InputError, match=r"set\.tsv:3: the audio ends early"):
        evaluate_manifest(write_set(tmp_path, ["one"] * 30), transcribe, workers=workers)
