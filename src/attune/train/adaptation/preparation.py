"""From the user's recordings to the files that a training run reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from attune.bundle import Bundle
from attune.bundle.atomic import replace_file, write_errors
from attune.data import Utterance, write_manifest
from attune.language import NgramModel, sample_sentences
from attune.lexicon import CompiledLexicon, Lexicon
from attune.recognize import Model
from attune.train.adaptation.journal import Journal
from attune.train.adaptation.labels import Label, PhoneReader, label_rows
from attune.train.adaptation.plan import Material, require_speech
from attune.train.adaptation.pseudo_labels import guess_rows
from attune.train.adaptation.surroundings import Surroundings, listen, write_surroundings

__all__ = ["Parts", "Prepared", "prepare", "write_rows"]

_SENTENCES = 2000


@dataclass(frozen=True)
class Parts:
    """Rows by what they are for: to learn from, to measure on, to replay, to see what is forgotten.

    `guess`: transcripts of what is learnt are the base's own.
    """

    training: Sequence[Utterance]
    held_out: Sequence[Utterance]
    replay: Sequence[Utterance]
    general: Sequence[Utterance]
    guess: bool


@dataclass(frozen=True)
class Prepared:
    """`material` for training; `learnt`, what is in it of the user's, and `left_out`, what is not;
    `unusable` are rows to measure on whose transcript is not theirs. `unknown_words` are not in the
    lexicon and were read by their letters."""

    material: Material
    learnt: tuple[Label, ...]
    left_out: tuple[Label, ...]
    unusable: frozenset[Path]
    replay_seconds: float
    unknown_words: tuple[str, ...]
    surroundings: Surroundings


def prepare(
    model: Model,
    parts: Parts,
    normalize: Callable[[str], str],
    work: Path,
    progress: Callable[[float], None] = lambda seconds: None,
) -> Prepared:
    """Listen to everything with the base, and write what training reads into `work`.

    `progress` is called with the seconds of audio heard. InputError for too little usable speech.
    """
    folder = work / "material"
    folder.mkdir(exist_ok=True)
    reader = PhoneReader(model)
    heard = 0.0

    def tell(seconds: float) -> None:
        progress(heard + seconds)

    with Journal.open(work / "heard.jsonl") as journal:

        def label(rows: Sequence[Utterance]) -> list[Label]:
            nonlocal heard
            found = label_rows(model, rows, normalize, reader, journal, tell)
            heard += sum(row.seconds for row in rows)
            return found

        if parts.guess:
            with Journal.open(work / "guessed.jsonl") as guesses:
                segments = work / "pieces"
                own = guess_rows(model, parts.training, reader, segments, guesses, tell)
            heard += sum(row.seconds for row in parts.training)
        else:
            own = label(parts.training)
        require_speech(sum(label.seconds for label in own if label.phones))
        unknown = tuple(sorted(reader.guessed))
        replayed = label(parts.replay)
        held_out = label(parts.held_out)
    surroundings = listen(parts.training)
    noise, rooms = write_surroundings(surroundings, work / "surroundings")
    sets = {"speech": own, "replay": replayed, "held-out": held_out}
    usable = {name: [label for label in labels if label.phones] for name, labels in sets.items()}
    files = {name: write_rows(folder / f"{name}.tsv", found) for name, found in usable.items()}
    speech = files["speech"]
    sentences, lexicon = _write_sentences(model.bundle, folder)
    return Prepared(
        Material(
            speech=speech if speech is not None else folder / "speech.tsv",
            replay=files["replay"],
            dev=tuple(f for f in (files["held-out"],) if f is not None),
            spoken=_write_spoken(folder, (x for found in usable.values() for x in found)),
            lexicon=lexicon,
            sentences=sentences,
            noise=noise,
            rooms=rooms,
            snr=surroundings.snr,
        ),
        learnt=tuple(usable["speech"]),
        left_out=tuple(label for label in own if not label.phones),
        unusable=frozenset(label.path for label in held_out if not label.phones),
        replay_seconds=sum(label.seconds for label in usable["replay"]),
        unknown_words=unknown,
        surroundings=surroundings,
    )


def write_rows(path: Path, rows: Iterable[Label | Utterance]) -> Path | None:
    """Write a manifest, None for no rows."""
    found = [Utterance(row.path, row.seconds, "", row.text) for row in rows]
    if not found:
        return None
    write_manifest(path, found)
    return path


def _write_spoken(folder: Path, labels: Iterable[Label]) -> Path:
    lines = ["path\tphones\n"]
    lines += [f"{label.path.absolute()}\t{' '.join(label.phones)}\n" for label in labels]
    path = folder / "spoken.tsv"
    with write_errors(path):
        replace_file(path, "".join(lines).encode("utf-8", "surrogateescape"))
    return path


def _write_sentences(bundle: Bundle, folder: Path) -> tuple[Path, Path]:
    """Sentences drawn from the base's language model, and a lexicon of their words.

    Transcripts compete with them for what may be said: against the user's own text alone the
    encoder would learn the user's sentences by heart in place of the sounds.
    """
    text, words = folder / "sentences.txt", folder / "lexicon.tsv"
    if not (text.exists() and words.exists()):
        model = NgramModel.open(bundle.part_path("language_model")).to_backoff_model()
        sentences = sample_sentences(model, _SENTENCES)
        known = CompiledLexicon.load(bundle.part_path("lexicon"))
        lexicon = Lexicon()
        for word in {word for sentence in sentences for word in sentence.split()}:
            for reading in known.pronunciations(word)[:1]:
                lexicon.add(word, reading.phones)
        lexicon.write(words)
        replace_file(text, "".join(f"{sentence}\n" for sentence in sentences).encode())
    return text, words
