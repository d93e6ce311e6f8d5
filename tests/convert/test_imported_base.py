"""Everything that a base can do, an imported one does: recognise, adapt, take phrases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from whistled_tokens import LETTERS, PIECES, spoken, write_network, write_tokens

from attune.audio import write_wav
from attune.bundle import Bundle, export_bundle, verify_bundle
from attune.convert import ImportRequest, import_model
from attune.customize import (
    LanguageAdaptation,
    PronunciationAdaptation,
    adapt_language,
    adapt_pronunciations,
)
from attune.data import PronunciationEntry
from attune.errors import InputError
from attune.recognize import Final, Model, Partial, Phrase, load

KINDS = {"characters": LETTERS, "pieces": PIECES}


@pytest.fixture(scope="session", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def imported(kind: str, small_base: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp(kind)
    graph = write_network(folder / "whistled.onnx", KINDS[kind])
    tokens = write_tokens(folder / "tokens.txt", list(KINDS[kind]))
    report = import_model(ImportRequest(graph, tokens), small_base, folder / "bundle")
    assert (report.units, report.words.words, report.words.left_out) == (kind, 13, 0)
    return Bundle.open(folder / "bundle")


@pytest.fixture(scope="session")
def model(imported: Bundle) -> Model:
    return Model(imported)


SENTENCES = ["see team", "see one boat", "key dot", "moan knee", "sock bee one two"]


@pytest.mark.parametrize("words", SENTENCES)
@pytest.mark.parametrize("streaming", [False, True])
def test_words_come_out(model: Model, kind: str, words: str, streaming: bool) -> None:
    result = model.transcribe(spoken(words, KINDS[kind]), streaming=streaming)
    assert result.lexical == words
    starts = [word.start for word in result.words]
    assert starts == sorted(starts) and starts[0] == pytest.approx(0.2, abs=0.1)


def test_words_are_spelled_in_tokens(model: Model, kind: str) -> None:
    if kind == "characters":
        assert model.pronunciations("see") == (("s", "e", "e", "|"), ("s", "e", "e"))
    else:
        assert model.pronunciations("see") == (("▁see",),)
        assert model.pronunciations("knee") == (("▁", "k", "n", "ee"),)


def test_a_stream_ends_utterances_and_shows_partials(model: Model, kind: str) -> None:
    first = spoken("see team", KINDS[kind])
    samples = np.concatenate([first, np.zeros(40_000, np.float32), first])
    stream = model.stream()
    events = [e for i in range(0, len(samples), 1600) for e in stream.accept(samples[i : i + 1600])]
    events += stream.finish()
    finals = [event for event in events if isinstance(event, Final)]
    assert [final.result.lexical for final in finals] == ["see team", "see team"]
    assert finals[0].reason == "silence"
    assert any(isinstance(event, Partial) for event in events)


def test_a_stream_does_not_depend_on_its_blocks(model: Model, kind: str) -> None:
    samples = spoken("see one boat", KINDS[kind], after=3.0)
    heard = []
    for block in (977, 16_000, len(samples)):
        stream = model.stream(partials=False)
        events = [
            e for i in range(0, len(samples), block) for e in stream.accept(samples[i : i + block])
        ]
        events += stream.finish()
        heard.append([e for e in events if isinstance(e, Final)])
    assert heard[0] == heard[1] == heard[2]


NEW = "zork"


def new_word(kind: str) -> np.ndarray:
    return spoken(f"see {NEW}", KINDS[kind])


def test_a_phrase_brings_a_new_word(model: Model, kind: str) -> None:
    samples = new_word(kind)
    assert NEW not in model.transcribe(samples).lexical
    for streaming in (False, True):
        heard = model.transcribe(samples, phrases=[NEW], streaming=streaming).lexical
        assert heard.split()[-1] == NEW


def test_a_phrase_decides_between_words(model: Model, kind: str) -> None:
    # The last letter is swallowed: "see tea" and "see team" sound alike.
    samples = spoken("see tea", KINDS[kind], after=0.0)
    unlikely = [Phrase("see tea", -40.0)]
    assert model.transcribe(samples).lexical == "see tea"
    assert model.transcribe(samples, phrases=unlikely).lexical != "see tea"


def test_a_phrase_that_cannot_be_spelled_is_named(model: Model) -> None:
    with pytest.raises(InputError, match="'quux' cannot be spelled in the model's tokens"):
        model.stream(phrases=["see quux"])


def test_language_adaptation_teaches_words(
    imported: Bundle, model: Model, kind: str, tmp_path: Path
) -> None:
    text = tmp_path / "domain.txt"
    text.write_text("see zork\nzork team\none quux\n" * 20)
    report = adapt_language(imported, LanguageAdaptation(texts=(text,)), tmp_path / "adapted")
    assert report.new_words == (NEW,) and report.unpronounceable == ("quux",)
    adapted = load(tmp_path / "adapted")
    samples = new_word(kind)
    assert NEW not in model.transcribe(samples).lexical
    assert adapted.transcribe(samples).lexical == f"see {NEW}"
    assert adapted.transcribe(samples, streaming=True).lexical == f"see {NEW}"
    # What was known still is, and the network is the same file.
    assert adapted.transcribe(spoken("one boat", KINDS[kind])).lexical == "one boat"
    before, after = imported.description.parts["encoder"], adapted.bundle.part("encoder")
    assert before == after


def test_a_term_is_spelled_as_it_is_said(imported: Bundle, kind: str, tmp_path: Path) -> None:
    entry = PronunciationEntry("WYK", spoken="see key")
    adaptation = PronunciationAdaptation((entry,))
    report = adapt_pronunciations(imported, adaptation, tmp_path / "adapted")
    (word,) = report.words
    model = load(tmp_path / "adapted")
    assert model.pronunciations(word)[0] == tuple(
        token for said in ("see", "key") for token in model.pronunciations(said)[0]
    )


def test_phones_cannot_be_given(imported: Bundle, tmp_path: Path) -> None:
    entry = PronunciationEntry("WYK", phones=("W", "IH", "K"))
    message = r"'WYK' \(W IH K\): this base spells words and knows no phones: give .*--say"
    with pytest.raises(InputError, match=message):
        adapt_pronunciations(imported, PronunciationAdaptation((entry,)), tmp_path / "adapted")


def test_a_spelling_is_learned_from_a_recording(
    imported: Bundle, kind: str, tmp_path: Path
) -> None:
    # "team" as its speakers whistle it: with a y in it.
    recording = tmp_path / "team.wav"
    write_wav(recording, spoken("teym", KINDS[kind]), 16_000)
    adaptation = PronunciationAdaptation(word="team", audio=(recording,))
    report = adapt_pronunciations(imported, adaptation, tmp_path / "adapted")
    best = report.candidates[0]
    assert best.sources == ("heard",) and "y" in best.phones
    assert best.phones in {reading.phones for reading in report.words["team"]}


def test_the_bundle_is_a_bundle_like_any(imported: Bundle, tmp_path: Path) -> None:
    assert verify_bundle(imported.path).ok
    export_bundle(imported.path, tmp_path / "new.attune")
    assert load(tmp_path / "new.attune").bundle.hash == imported.hash


def test_words_that_cannot_be_spelled_are_left_out(small_base: Bundle, tmp_path: Path) -> None:
    tokens = [token for token in LETTERS if token not in ("k", "m")]
    graph = write_network(tmp_path / "whistled.onnx", tokens)
    listed = write_tokens(tmp_path / "tokens.txt", tokens)
    report = import_model(ImportRequest(graph, listed), small_base, tmp_path / "new")
    assert (report.words.words, report.words.left_out) == (8, 5)
    assert sorted(report.words.examples) == ["key", "knee", "moan", "sock", "team"]
    model = load(tmp_path / "new")
    assert "team" not in model.vocabulary and "tea" in model.vocabulary
