from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from attune.data import Utterance
from attune.evaluate import (
    AudioQuality,
    Evaluation,
    Hypothesis,
    WerBand,
    diagnose,
    missed_words,
    score_utterance,
)

MakeEvaluation = Callable[..., Evaluation]
Row = tuple[str, str]

# Each: words wrong of a hundred, and the band.
BANDS = [
    (0, WerBand.GOOD),
    (10, WerBand.GOOD),
    (11, WerBand.ACCEPTABLE),
    (20, WerBand.ACCEPTABLE),
    (21, WerBand.NEEDS_WORK),
    (29, WerBand.NEEDS_WORK),
    (30, WerBand.POOR),
    (100, WerBand.POOR),
]


@pytest.mark.parametrize(("wrong", "band"), BANDS)
def test_bands(wrong: int, band: WerBand, make_evaluation: MakeEvaluation) -> None:
    said = ["go"] * 100
    heard = ["no"] * wrong + said[wrong:]
    assert diagnose(make_evaluation((" ".join(said), " ".join(heard)))).band is band


RIGHT = ("the cat sat on the mat with a hat", "the cat sat on the mat with a hat")

# Each: rows with errors, how often each comes, how many rows without, and the rules that speak.
RULES: list[tuple[list[Row], int, int, list[str]]] = [
    ([], 0, 10, []),
    ([("go", "no")], 19, 10, ["few_errors"]),
    ([("go home", "go")], 20, 20, ["deletions"]),
    ([("go", "go uh")], 20, 20, ["insertions"]),
    # "skopje" is missed each time.
    ([("to skopje", "to scope")], 20, 5, ["substitutions"]),
    # Function words are no terms of the domain.
    ([("in the", "on the")], 20, 60, []),
    # Nearly right letters, words wrong: the language model.
    ([("recognises", "recognised")], 30, 10, ["substitutions", "language_model"]),
    # Hardly a letter right.
    ([("to be", "xxxx yyyy")], 30, 1, ["acoustic_model"]),
    # A great share of a trifle is worth nothing: 20 of 1,829 words.
    ([("go home", "go")], 20, 199, []),
]


@pytest.mark.parametrize(("wrong", "times", "right", "codes"), RULES)
def test_rules(
    wrong: list[Row], times: int, right: int, codes: list[str], make_evaluation: MakeEvaluation
) -> None:
    found = diagnose(make_evaluation(*wrong * times, *[RIGHT] * right))
    assert [item.code for item in found.suggestions] == codes


COMMANDS = [
    ("deletions", ("go home", "go"), ["attune adapt acoustic"]),
    ("insertions", ("go", "go uh"), ["attune adapt acoustic"]),
    ("substitutions", ("to skopje", "to scope"), ["attune adapt language"]),
    ("language_model", ("recognises", "recognised"), ["attune adapt language"]),
    ("acoustic_model", ("to be", "xxxx yyyy"), ["attune adapt acoustic"]),
]


@pytest.mark.parametrize(("code", "row", "commands"), COMMANDS)
def test_suggestions_name_the_command(
    code: str, row: Row, commands: list[str], make_evaluation: MakeEvaluation
) -> None:
    found = diagnose(make_evaluation(*[row] * 30, RIGHT))
    (item,) = [item for item in found.suggestions if item.code == code]
    assert [" ".join(command.split()[:3]) for command in item.commands] == commands
    assert item.finding and item.advice.endswith(".")


def evaluate(
    rows: Sequence[Row],
    vocabulary: set[str] | None = None,
    qualities: Sequence[AudioQuality] = (),
    speakers: Sequence[str] = (),
) -> Evaluation:
    scores = [
        score_utterance(
            Utterance(Path("a"), 1.0, speakers[place] if speakers else "", said, place),
            Hypothesis(heard),
            str,
            quality=qualities[place] if qualities else None,
        )
        for place, (said, heard) in enumerate(rows)
    ]
    return Evaluation("m", "s", tuple(scores), vocabulary)


def test_words_that_are_missed_and_whether_the_model_knows_them() -> None:
    rows = [("to skopje", "to scope")] * 15 + [("to ohrid", "to hid")] * 5 + [("ohrid", "ohrid")]
    found = evaluate(rows, {"to", "ohrid"})
    assert [
        (item.word, item.missed, item.occurrences, item.in_vocabulary)
        for item in missed_words(found)
    ] == [("skopje", 15, 15, False), ("ohrid", 5, 6, True)]
    assert {item.in_vocabulary for item in missed_words(evaluate(rows))} == {None}
    codes = {item.code: item for item in diagnose(found).suggestions}
    assert [item.word for item in codes["substitutions"].words] == ["skopje", "ohrid"]
    assert [item.word for item in codes["out_of_vocabulary"].words] == ["skopje"]
    assert "15 of 41 words are not in" in codes["out_of_vocabulary"].finding
    assert codes["out_of_vocabulary"].commands[1].startswith("attune adapt pronunciation")
    assert "out_of_vocabulary" not in {item.code for item in diagnose(evaluate(rows)).suggestions}


# Each: the error, the recordings' quality, and what the finding says of it.
SOUND = [
    (("go home", "go"), AudioQuality(-50.0, -80.0, 30.0), "below -40 dB of full scale in 30 of 30"),
    (("go home", "go"), AudioQuality(-20.0, -50.0, 30.0), "cut off"),
    (("go", "go uh"), AudioQuality(-20.0, -25.0, 4.0), "less than 10 dB below speech in 30 of 30"),
    (("go", "go uh"), AudioQuality(-20.0, -50.0, 30.0), "incomplete transcripts"),
]


@pytest.mark.parametrize(("row", "quality", "told"), SOUND)
def test_findings_tell_of_the_sound(row: Row, quality: AudioQuality, told: str) -> None:
    found = diagnose(evaluate([row] * 30, qualities=[quality] * 30)).suggestions[0]
    assert told in found.finding


def test_groups_that_are_served_worse() -> None:
    rows = [("go " * 200, "no " * 80 + "go " * 120), ("go " * 400, "go " * 400), ("go", "no")]
    found = diagnose(evaluate(rows, speakers=["anne", "bob", "eve"]))
    (item,) = [item for item in found.suggestions if item.code == "conditions"]
    # Eve is served worse still, but said a single word.
    assert item.finding.endswith("speaker anne (40.0 %)")


def test_the_same_figures_give_the_same_advice(make_evaluation: MakeEvaluation) -> None:
    rows = [("to skopje", "to scope")] * 30
    assert diagnose(make_evaluation(*rows)) == diagnose(make_evaluation(*rows))
