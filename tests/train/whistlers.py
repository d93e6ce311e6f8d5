"""People who whistle: a base that hears whistled words, and others who whistle them higher.

The words are those of `tones`; the base is a tiny encoder trained on them for a hundred steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tones
import yaml

from attune.audio import write_wav
from attune.bundle import BundleWriter, Lineage, ModelCard, NewPart
from attune.data import Utterance, write_manifest
from attune.language import count_ngrams, encode_text, estimate, write_trie_file
from attune.lexicon import PHONES, Lexicon
from attune.train.acoustic.config import read_config
from attune.train.acoustic.export import export_encoder, load_encoder
from attune.train.acoustic.loop import train_acoustic

__all__ = ["record", "sentences", "whistling_base"]

RATE = 16_000
_CONFIG = {
    "train": ["manifest.tsv"],
    "dev": [],
    "lexicon": "lexicon.tsv",
    "work": "work",
    "alignments": "alignments.tsv",
    "threads": 1,
    "precision": "fp32",
    "checkpoint_steps": 1000,
    "encoder": {
        "front_channels": 4,
        "outer_dim": 32,
        "outer_layers": 1,
        "inner_dim": 32,
        "inner_layers": 1,
        "heads": 2,
        "dropout": 0.0,
        "layer_drop": 0.0,
    },
    "augment": {
        "rooms": 0,
        "room": 0.0,
        "noise": 0.2,
        "band": 0.0,
        "speeds": [1.0],
        "time_masks": 0.0,
        "frequency_masks": 0,
    },
    "optimizer": {
        "steps": 110,
        "warmup": 10,
        "decay": 55,
        "flat_start": 55,
        "peak": 0.005,
        "batch_seconds": 16,
        "average": 0.95,
    },
}


def sentences(count: int, seed: int) -> list[str]:
    """Three to five words each."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(list(tones.LEXICON), 3 + i % 3)) for i in range(count)]


def record(folder: Path, texts: Sequence[str], *, pitch: float = 1.0, speaker: str = "") -> Path:
    """Whistle `texts` at a pitch over faint noise; returns the manifest, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(len(texts))
    rows = []
    for number, text in enumerate(texts):
        with_pitch = {phone: hertz * pitch for phone, hertz in tones.TONES.items()}
        samples = _whistled(text, with_pitch)
        samples = samples + 1e-3 * random.standard_normal(len(samples)).astype(np.float32)
        path = folder / f"{speaker}{number}.wav"
        write_wav(path, samples.astype(np.float32), RATE)
        rows.append(Utterance(path, len(samples) / RATE, speaker, text))
    write_manifest(folder / "manifest.tsv", rows)
    return folder / "manifest.tsv"


def whistling_base(folder: Path) -> Path:
    """A bundle that hears whistled words; its replay set is what it was trained on."""
    texts = sentences(50, 0)
    record(folder, texts)
    lexicon = Lexicon()
    for word, phones in tones.LEXICON.items():
        lexicon.add(word, phones.split())
    lexicon.write(folder / "lexicon.tsv")
    lexicon.compile(folder / "lexicon.bin")
    marks = [f"{i}.wav\t{_marks(text)}\n" for i, text in enumerate(texts)]
    (folder / "alignments.tsv").write_text("path\tphones\n" + "".join(marks))
    (folder / "config.yaml").write_text(yaml.safe_dump(_CONFIG))
    checkpoint = train_acoustic(read_config(folder / "config.yaml"))
    export_encoder(checkpoint, folder / "encoder.onnx")
    write_trie_file(
        estimate(count_ngrams(encode_text([*texts, *tones.TEXT]), 2)).model,
        folder / "language.ngram",
    )
    writer = BundleWriter(
        kind="recognizer",
        language="en-US",
        name="whistles",
        version="1",
        lineage=Lineage("tests", "2026-01-01"),
        model_card=ModelCard("Hears whistled words, for tests.", "Apache-2.0"),
        settings={
            "features": load_encoder(checkpoint)[1].to_json(),
            "chunking": {"lookbehind": 4, "lookahead": 4},
            "decoding": {"lm_weight": 0.3},
        },
    )
    writer.add("encoder", NewPart(folder / "encoder.onnx", "onnx"))
    writer.add("symbols", NewPart("\n".join(["<blank>", *PHONES]).encode(), "text", "symbols.txt"))
    writer.add("lexicon", NewPart(folder / "lexicon.bin", "lexicon"))
    writer.add("language_model", NewPart(folder / "language.ngram", "ngram-trie"))
    return writer.write(folder / "base").path


def _whistled(text: str, hertz: dict[str, float]) -> np.ndarray:
    """`tones.whistle` at other pitches."""
    usual = dict(tones.TONES)
    tones.TONES.update(hertz)
    try:
        return tones.whistle(text)
    finally:
        tones.TONES.update(usual)


def _marks(text: str) -> str:
    """When each phone of `tones.whistle(text)` begins, and the silence behind it."""
    time, marks = 0.2, ["0.00:SIL"]
    for number, word in enumerate(text.split()):
        if number:
            time += tones.PAUSE_SECONDS
        for phone in tones.LEXICON[word].split():
            marks.append(f"{time:.2f}:{phone}")
            time += tones.TONE_SECONDS
            marks.append(f"{time:.2f}:SIL")
            time += tones.GAP_SECONDS
    return " ".join(marks)
