"""Recognition from end to end, on whistled words whose every phone is known."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tones import GAP_SECONDS, LEXICON, PAUSE_SECONDS, TONE_SECONDS, whistle

from attune.audio import read_audio, write_wav
from attune.bundle import shipped_bundle_path
from attune.errors import InputError
from attune.recognize import Final, Model, Options, Partial, Phrase, SpeechStart, load

SAMPLES = Path(__file__).parents[2] / "samples"
SENTENCES = ["see team", "see one boat", "one key", "key dot", "moan knee", "sock bee one two"]


@pytest.mark.parametrize("words", SENTENCES)
@pytest.mark.parametrize("streaming", [False, True])
def test_words_come_out(tones: Model, words: str, streaming: bool) -> None:
    result = tones.transcribe(whistle(words), streaming=streaming)
    assert result.lexical == words
    assert [w.text for w in result.words] == words.split()
    assert 0.0 < result.confidence <= 1.0


@pytest.mark.parametrize("streaming", [False, True])
def test_first_and_last_words_are_not_lost(tones: Model, streaming: bool) -> None:
    samples = whistle("see one boat", before=0.0, after=0.0)
    # The last tone's gap is silence: cut it off, so that sound fills the recording.
    samples = samples[: -int(GAP_SECONDS * 16000)]
    assert tones.transcribe(samples, streaming=streaming).lexical == "see one boat"


def test_words_have_the_times_of_their_tones(tones: Model) -> None:
    result = tones.transcribe(whistle("see one boat", before=0.5))
    at = 0.5
    for word in result.words:
        phones = len(LEXICON[word.text].split())
        length = phones * (TONE_SECONDS + GAP_SECONDS)
        assert word.start == pytest.approx(at, abs=0.06)
        assert word.end == pytest.approx(at + length - GAP_SECONDS, abs=0.06)
        at += length + PAUSE_SECONDS


@given(cuts=st.lists(st.integers(1, 8000), max_size=8))
def test_a_stream_does_not_depend_on_its_blocks(tones: Model, cuts: list[int]) -> None:
    samples = whistle("see team", after=1.5)
    stream, events, at = tones.stream(), [], 0
    for cut in [*cuts, len(samples)]:
        events += stream.accept(samples[at : at + cut])
        at += cut
    events += stream.finish()
    finals = [e.result.lexical for e in events if isinstance(e, Final)]
    assert finals == ["see team"]


def test_silence_ends_an_utterance_and_the_next_begins(tones: Model) -> None:
    samples = np.concatenate([whistle("see team", after=1.4), whistle("one key", after=1.4)])
    stream = tones.stream()
    events = [e for i in range(0, len(samples), 1600) for e in stream.accept(samples[i : i + 1600])]
    kinds = [type(e) for e in events if not isinstance(e, Partial)]
    assert kinds == [SpeechStart, Final, SpeechStart, Final]
    first, second = (e for e in events if isinstance(e, Final))
    assert (first.result.lexical, second.result.lexical) == ("see team", "one key")
    assert first.reason == "silence"
    assert second.result.start >= first.result.end
    assert second.result.words[0].start == pytest.approx(first.result.end, abs=1.5)
    assert stream.finish() == []


def test_partials_grow_and_their_stable_words_stay(tones: Model) -> None:
    stream, samples = tones.stream(), whistle("sock bee one two")
    partials: list[Partial] = []
    for i in range(0, len(samples), 800):
        partials += [e for e in stream.accept(samples[i : i + 800]) if isinstance(e, Partial)]
    final = next(e for e in stream.finish() if isinstance(e, Final)).result.lexical.split()
    assert len(partials) >= 2
    for partial in partials:
        assert [w.text for w in partial.words][: partial.stable] == final[: partial.stable]


def test_long_speech_is_cut(tones: Model) -> None:
    options = replace(tones.options, max_utterance=2.0)
    samples = whistle(" ".join(["see", "one", "boat"] * 4))
    stream = tones.stream(options=options)
    events = stream.accept(samples) + stream.finish()
    finals = [e for e in events if isinstance(e, Final)]
    assert len(finals) > 1
    assert finals[0].reason == "length"
    heard = " ".join(f.result.lexical for f in finals)
    assert heard.split()[:2] == ["see", "one"]


def test_alternatives_are_ranked(tones: Model) -> None:
    result = tones.transcribe(whistle("see team"))
    assert result.alternatives[0].lexical == result.lexical
    scores = [a.score for a in result.alternatives]
    assert scores == sorted(scores, reverse=True)
    assert len({a.lexical for a in result.alternatives}) == len(result.alternatives)


def test_phrase_makes_an_unlikely_word_win(tones: Model) -> None:
    # Half way between "tea" and "team": the last phone is faint.
    samples = whistle("see tea", after=0.0)
    options = replace(tones.options, lm_weight=1.0)
    plain = tones.transcribe(samples, options=options).lexical
    boosted = tones.transcribe(
        samples, options=options, phrases=[Phrase("see two", -30), Phrase("see team", -30)]
    ).lexical
    assert boosted == "see tea"
    assert plain in {"see tea", "see team"}


def test_unknown_phrase_word_without_g2p_is_an_input_error(tones: Model) -> None:
    with pytest.raises(InputError, match="zork"):
        tones.transcribe(whistle("see"), phrases=["zork"])


def test_nothing_heard_is_an_empty_result(tones: Model) -> None:
    for samples in (np.zeros(16000, np.float32), np.zeros(160, np.float32)):
        result = tones.transcribe(samples)
        assert (result.text, result.words, result.confidence) == ("", (), 0.0)
    assert tones.stream().finish() == []


def test_int16_equals_float(tones: Model) -> None:
    samples = whistle("one key")
    integers = np.rint(samples * 32767).astype(np.int16)
    stream = tones.stream(partials=False)
    events = stream.accept(integers) + stream.finish()
    assert [e.result.lexical for e in events if isinstance(e, Final)] == ["one key"]


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros((2, 100), np.float32),
        np.zeros(100, np.int32),
        np.array([0.0, np.nan], np.float32),
    ],
)
def test_unusable_samples_are_input_errors(tones: Model, samples: np.ndarray) -> None:
    with pytest.raises(InputError, match="samples"):
        tones.stream().accept(samples)
    with pytest.raises(InputError):
        tones.transcribe(samples)


def test_finished_stream_refuses_audio(tones: Model) -> None:
    stream = tones.stream()
    stream.finish()
    with pytest.raises(InputError, match="finished"):
        stream.accept(np.zeros(10, np.float32))


def test_long_recording_comes_in_utterances(tones: Model, tmp_path: Path) -> None:
    samples = np.concatenate([whistle(s, after=2.0) for s in SENTENCES * 5])
    path = tmp_path / "long.wav"
    write_wav(path, samples, 16000)
    heard: list[float] = []
    result = tones.transcribe(path, progress=heard.append)
    assert result.lexical.split() == " ".join(SENTENCES * 5).split()
    assert len(result.utterances) > 1
    assert heard == sorted(heard)
    assert heard[-1] == pytest.approx(len(samples) / 16000, abs=0.01)
    starts = [w.start for w in result.words]
    assert starts == sorted(starts)


def test_threads_share_a_model(tones: Model) -> None:
    heard: dict[int, str] = {}

    def listen(i: int) -> None:
        stream, samples = tones.stream(partials=False), whistle(SENTENCES[i % len(SENTENCES)])
        events = [
            e for k in range(0, len(samples), 3200) for e in stream.accept(samples[k : k + 3200])
        ]
        events += stream.finish()
        heard[i] = " ".join(e.result.lexical for e in events if isinstance(e, Final))

    threads = [threading.Thread(target=listen, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert heard == {i: SENTENCES[i % len(SENTENCES)] for i in range(12)}


@pytest.mark.parametrize(
    "change", [{"beam": 0.0}, {"alternatives": 0}, {"end_silence": float("nan")}, {"chunk": "x"}]
)
def test_option_errors_name_the_option(change: dict[str, object]) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        replace(Options(), **change)  # type: ignore[arg-type]


def test_what_is_prepared_needs_its_bundle_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(shipped_bundle_path("en-US"), folder)
    model = load(folder)
    model.prepare()
    shutil.rmtree(folder)
    dictation = read_audio(SAMPLES / "dictation.wav")
    result = model.transcribe(dictation, phrases=["zorblatt"])
    assert result.text.startswith("We had a long walk by the river,")
