"""What adaptation makes of a user's recordings before it trains: parts, labels, noise, rooms."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
import tones

from attune.audio import write_wav
from attune.bundle import Bundle, Lineage, NewPart, derive
from attune.data import Utterance, write_manifest
from attune.errors import InputError
from attune.lexicon import Lexicon
from attune.recognize import Model
from attune.train.adaptation.journal import Journal
from attune.train.adaptation.labels import Label, PhoneReader, label_rows
from attune.train.adaptation.plan import Method, make_plan
from attune.train.adaptation.pseudo_labels import guess_rows
from attune.train.adaptation.replay import find_replay, part_replay
from attune.train.adaptation.request import AcousticAdaptation, begin_work
from attune.train.adaptation.splitting import split_rows
from attune.train.adaptation.surroundings import (
    listen,
    reverberation,
    room_response,
    write_surroundings,
)

RATE = 16_000


def rows_of(speakers: int, sentences: int, seconds: float = 4.0) -> list[Utterance]:
    """Every speaker says every sentence."""
    return [
        Utterance(Path(f"{speaker}-{sentence}.wav"), seconds, f"s{speaker}", f"sentence {sentence}")
        for speaker in range(speakers)
        for sentence in range(sentences)
    ]


@pytest.mark.parametrize(
    ("rows", "by", "least", "most"),
    [
        (rows_of(20, 50), "speaker", 400, 700),
        (rows_of(1, 200), "sentence", 90, 130),
        (rows_of(3, 100), "sentence", 120, 150),
        (rows_of(6, 10), "speaker", 40, 80),
        ([Utterance(Path(f"{i}.wav"), 4.0, "", f"{i}") for i in range(100)], "sentence", 90, 104),
        (rows_of(1, 2), "sentence", 4, 4),
        (rows_of(1, 1), "sentence", 0, 0),
        (rows_of(40, 400), "speaker", 900, 2600),
    ],
    ids=["speakers", "one", "three", "few", "unknown", "two rows", "one row", "hours"],
)
def test_a_part_is_held_out(rows: list[Utterance], by: str, least: float, most: float) -> None:
    split = split_rows(rows, str.lower)
    assert split.by == by
    assert least <= sum(row.seconds for row in split.held_out) <= most
    assert sorted([*split.training, *split.held_out], key=str) == sorted(rows, key=str)
    key = {"speaker": lambda row: row.speaker, "sentence": lambda row: row.text}[by]
    assert not {key(r) for r in split.training} & {key(r) for r in split.held_out}
    assert split_rows(rows[::-1], str.lower).held_out == split.held_out[::-1]


@pytest.mark.parametrize(
    ("seconds", "method", "chosen", "minutes"),
    [
        (60, Method.AUTO, Method.ADAPTERS, 40),
        (300, Method.AUTO, Method.ADAPTERS, 200),
        (1800, Method.AUTO, Method.ADAPTERS, 560),
        (7200, Method.AUTO, Method.FULL, 1280),
        (7200, Method.ADAPTERS, Method.ADAPTERS, 1280),
    ],
)
def test_plans(seconds: float, method: Method, chosen: Method, minutes: float) -> None:
    plan = make_plan(seconds, 900, method)
    assert plan.method is chosen
    # What is heard in training, user's and replayed, in minutes of audio.
    assert plan.steps * 48 / 60 == pytest.approx(minutes, rel=0.1)
    heard = plan.passes * (seconds + plan.replay_weight * 900)
    assert plan.passes * seconds / heard == pytest.approx(0.75, rel=0.01)


def test_too_little_speech_is_told() -> None:
    with pytest.raises(InputError, match="only 59 s of speech can be learnt from: give 60 s"):
        make_plan(59, 0, Method.AUTO)


def test_journals_survive_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    with Journal.open(path) as journal:
        journal.add("a", {"x": 1})
        journal.add("b\tc", None)
    with path.open("ab") as file:
        file.write(b'["d", {"x"')
    with Journal.open(path) as journal:
        assert "a" in journal and "b\tc" in journal and "d" not in journal
        journal.add("d", 2)
    with Journal.open(path) as journal:
        assert journal["d"] == 2 and journal["a"] == {"x": 1}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The recogniser of whistles; `dot` may also be said as `D T`."""
    folder = tmp_path_factory.mktemp("tones")
    base = Bundle.open(tones.write_tone_bundle(folder / "base"))
    lexicon = Lexicon()
    for word, phones in tones.LEXICON.items():
        lexicon.add(word, phones.split())
    lexicon.add("dot", ["D", "T"], 0.5)
    lexicon.compile(folder / "lexicon.bin")
    parts = {"lexicon": NewPart(folder / "lexicon.bin", "lexicon")}
    lineage = Lineage("test", "2026-01-01")
    return Model(derive(base, folder / "new", name="two", lineage=lineage, parts=parts))


def recorded(path: Path, samples: np.ndarray, text: str) -> Utterance:
    write_wav(path, samples.astype(np.float32), RATE)
    return Utterance(path, len(samples) / RATE, "", text)


def labels_of(model: Model, rows: list[Utterance], journal: Path) -> list[Label]:
    with Journal.open(journal) as kept:
        return label_rows(model, rows, str.lower, PhoneReader(model), kept)


def test_transcripts_are_checked_by_ear(model: Model, tmp_path: Path) -> None:
    said = ["see one boat", "one two key", "bee sock team", "moan knee tea", "key dot see"] * 3
    rows = [recorded(tmp_path / f"{i}.wav", tones.whistle(t), t) for i, t in enumerate(said)]
    long = "see team one boat bee sock moan knee key dot"
    cut = tones.whistle(long)[: int(3.2 * RATE)]
    wrong = [
        (cut, long, "the transcript is not what is heard, or only in part"),
        (tones.whistle(long), "see team one", "the transcript is not what is heard"),
        (tones.whistle(long), "boat two key moan tea o sock bee one see", "is not what is heard"),
        (tones.whistle("see")[:4000], long, "the transcript does not fit into the recording"),
        (tones.whistle("see one"), "see xylophone", "nothing is known of how 'xylophone' is said"),
        (tones.whistle("see one"), " ", "the transcript is empty"),
        (np.zeros(61 * RATE), "see one", "longer than a minute: cut it into utterances"),
    ]
    for number, (samples, text, _) in enumerate(wrong):
        rows.append(recorded(tmp_path / f"wrong{number}.wav", samples, text))
    (tmp_path / "text.wav").write_text("no audio")
    rows.append(Utterance(tmp_path / "text.wav", 1.0, "", "see"))
    found = labels_of(model, rows, tmp_path / "journal")
    assert [label.problem for label in found[: len(said)]] == [""] * len(said)
    assert found[0].phones == tuple(["S", "IY", "M", "AA", "N", "B", "OW", "T"])
    for label, (_, _, problem) in zip(found[len(said) :], wrong, strict=False):
        assert problem in label.problem and label.phones == ()
    assert found[-1].problem and "text.wav:" not in found[-1].problem
    # A second time nothing is heard again: the recordings may be gone.
    for row in rows:
        row.path.unlink()
    assert labels_of(model, rows, tmp_path / "journal") == found


def test_the_pronunciation_that_was_spoken_is_learnt(model: Model, tmp_path: Path) -> None:
    pieces = [np.zeros(3200), tones.whistle_phones("K IY"), np.zeros(2000)]
    rows = [
        recorded(
            tmp_path / f"{len(phones)}.wav",
            np.concatenate([*pieces, tones.whistle_phones(phones), np.zeros(4800)]),
            "key dot",
        )
        for phones in ("D AA T", "D T")
    ]
    found = labels_of(model, rows, tmp_path / "journal")
    assert [" ".join(label.phones) for label in found] == ["K IY D AA T", "K IY D T"]


def test_recordings_without_transcripts_are_guessed(model: Model, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = [
        recorded(tmp_path / "a.wav", tones.whistle("see team one"), "not looked at"),
        recorded(tmp_path / "noise.wav", 0.05 * random.standard_normal(2 * RATE), ""),
        recorded(
            tmp_path / "long.wav",
            np.concatenate([tones.whistle("one two key see boat tea", after=0.6)] * 9),
            "",
        ),
    ]
    (tmp_path / "text.wav").write_text("no audio")
    rows.append(Utterance(tmp_path / "text.wav", 1.0, "", ""))
    for _ in range(2):
        with Journal.open(tmp_path / "journal") as journal:
            found = guess_rows(model, rows, PhoneReader(model), tmp_path / "pieces", journal)
        usable = [label for label in found if label.phones]
        assert usable[0].text == "see team one" and usable[0].path == tmp_path / "a.wav"
        assert " ".join(usable[0].phones) == "S IY T IY M M AA N"
        pieces = [label for label in usable[1:] if label.path.parent == tmp_path / "pieces"]
        assert len(pieces) > 1 and all(label.path.is_file() for label in pieces)
        assert all(label.seconds <= 12 for label in pieces)
        assert not any(label.phones for label in found if label.path.name == "noise.wav")
        assert found[-1].problem


def test_pauses_become_noise(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    rows = []
    for number in range(12):
        speech = 0.3 * random.standard_normal(RATE)
        samples = np.concatenate([np.zeros(RATE), speech, np.zeros(RATE)])
        samples += 0.01 * random.standard_normal(len(samples))
        rows.append(recorded(tmp_path / f"{number}.wav", samples, "x"))
    found = listen(rows)
    assert 12 < len(found.noise) / RATE < 24
    assert np.std(found.noise) == pytest.approx(0.01, rel=0.2)
    assert found.snr == pytest.approx(29.5, abs=3)
    noise, rooms = write_surroundings(found, tmp_path / "surroundings")
    assert noise is not None and rooms is None


def convolved(dry: np.ndarray, response: np.ndarray) -> np.ndarray:
    size = len(dry) + len(response)
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(response, size), size)
    return np.asarray(wet[: len(dry)])


@pytest.mark.parametrize("seconds", [0.35, 0.6])
def test_a_room_is_heard_in_how_words_end(seconds: float, tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    rows = []
    for number in range(12):
        bursts = [
            part
            for _ in range(4)
            for part in (0.3 * random.standard_normal(RATE // 2), np.zeros(int(1.2 * RATE)))
        ]
        dry = np.concatenate([np.zeros(RATE // 2), *bursts])
        wet = convolved(dry, room_response(seconds, random))
        wet += 1e-4 * random.standard_normal(len(wet))
        rows.append(recorded(tmp_path / f"{number}.wav", wet / 20, "x"))
    found = listen(rows)
    assert found.reverberation == pytest.approx(seconds, rel=0.35)
    _, rooms = write_surroundings(found, tmp_path / "surroundings")
    assert rooms is not None and len(list(rooms.iterdir())) == 8


def test_rooms_are_not_made_up_from_nothing() -> None:
    assert reverberation([0.4] * 9) is None
    assert reverberation([0.05] * 50) is None
    assert reverberation([0.4] * 50) == pytest.approx(0.4)


def test_nothing_is_heard_in_silence(tmp_path: Path) -> None:
    rows = [recorded(tmp_path / "zero.wav", np.zeros(3 * RATE), "x")]
    found = listen([*rows, Utterance(tmp_path / "gone.wav", 1.0, "", "x")])
    assert (len(found.noise), found.snr, found.reverberation) == (0, None, None)
    assert write_surroundings(found, tmp_path / "surroundings") == (None, None)


def replay_zip(folder: Path, *, general: bool = False) -> Path:
    path = folder / "replay.zip"
    with zipfile.ZipFile(path, "w") as archive:
        lines = ["path\tseconds\tspeaker\ttext"]
        for number in range(40):
            recorded(folder / "one.wav", tones.whistle("see"), "see")
            archive.write(folder / "one.wav", f"set/{number}.wav")
            lines.append(f"set/{number}.wav\t0.5\t\tsee {number}")
        archive.writestr("manifest.tsv", "\n".join(lines) + "\n")
        if general:
            archive.writestr("general.tsv", "\n".join([lines[0], *lines[4:9]]) + "\n")
    return path


def test_a_replay_set_is_parted(model: Model, tmp_path: Path) -> None:
    manifest = find_replay(model.bundle, str(replay_zip(tmp_path)), tmp_path / "work")
    training, general = part_replay(manifest)
    assert len(training) + len(general) == 40
    assert 1 <= len(general) <= 11
    assert all(row.path.is_file() for row in (*training, *general))
    assert find_replay(model.bundle, str(manifest), tmp_path) == manifest
    assert find_replay(model.bundle, "none", tmp_path) is None
    assert find_replay(model.bundle, None, tmp_path) is None
    assert part_replay(None) == ([], [])


def test_a_replay_set_may_bring_what_it_is_measured_on(model: Model, tmp_path: Path) -> None:
    path = replay_zip(tmp_path, general=True)
    training, general = part_replay(find_replay(model.bundle, str(path), tmp_path / "work"))
    assert (len(training), len(general)) == (40, 5)


def test_a_bundle_brings_its_replay_set(model: Model, tmp_path: Path) -> None:
    parts = {"replay": NewPart(replay_zip(tmp_path), "zip")}
    lineage = Lineage("test", "2026-01-01")
    bundle = derive(model.bundle, tmp_path / "new", name="r", lineage=lineage, parts=parts)
    manifest = find_replay(bundle, None, tmp_path / "work")
    assert manifest is not None and len(part_replay(manifest)[0]) > 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 and then nothing", "not a manifest"),
        ({"other.txt": b"x"}, "no manifest.tsv in it: not a replay set"),
        ({"manifest.tsv": b"path\tseconds\tspeaker\ttext\ngone.wav\t1\t\tx\n"}, "gone.wav"),
        (None, "no such file: give a manifest, a zip, or none"),
    ],
)
def test_wrong_replay_sets_are_told(
    model: Model, tmp_path: Path, content: object, said: str
) -> None:
    path = tmp_path / "replay.zip"
    if isinstance(content, dict):
        with zipfile.ZipFile(path, "w") as archive:
            for name, value in content.items():
                archive.writestr(name, value)
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(InputError, match=said):
        part_replay(find_replay(model.bundle, str(path), tmp_path / "work"))


def test_a_work_folder_belongs_to_one_thing(model: Model, tmp_path: Path) -> None:
    data = tmp_path / "data.tsv"
    write_manifest(data, [recorded(tmp_path / "a.wav", tones.whistle("see"), "see")])
    work = tmp_path / "work"
    begin_work(model.bundle, AcousticAdaptation(data), work)
    begin_work(model.bundle, AcousticAdaptation(data, name="another name"), work)
    with pytest.raises(InputError, match=r"was begun with other settings \(unsupervised\)"):
        begin_work(model.bundle, AcousticAdaptation(data, unsupervised=True), work)
    data.write_text(data.read_text() + "a.wav\t1\t\tsee\n")
    with pytest.raises(InputError, match=r"other settings \(data\)"):
        begin_work(model.bundle, AcousticAdaptation(data), work)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter").write_text("years of work")
    with pytest.raises(InputError, match="holds something else"):
        begin_work(model.bundle, AcousticAdaptation(data), tmp_path / "thesis")
    assert len(list(work.iterdir())) == 1
