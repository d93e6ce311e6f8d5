"""People who whistle: a base that hears whistled words, and others who whistle them higher.

The words are those of `tones`; the base is a tiny encoder trained on them for a hundred steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tones
import yaml
from tiny_encoder import TINY

from attune.audio import write_wav
from attune.bundle import NewPart
from attune.data import Utterance, write_manifest
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
    "precision": "float32",
    "checkpoint_steps": 1000,
    "encoder": {**TINY, "dropout": 0.0, "layer_drop": 0.0},
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
        samples = tones.whistle(text, pitch=pitch)
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
    tones.write_lexicon(folder)
    marks = [f"{i}.wav\t{_marks(text)}\n" for i, text in enumerate(texts)]
    (folder / "alignments.tsv").write_text("path\tphones\n" + "".join(marks))
    (folder / "config.yaml").write_text(yaml.safe_dump(_CONFIG))
    checkpoint = train_acoustic(read_config(folder / "config.yaml"))
    export_encoder(checkpoint, folder / "encoder.onnx")
    writer = tones.tone_writer(
        folder,
        NewPart(folder / "encoder.onnx", "onnx"),
        load_encoder(checkpoint)[1],
        [*texts, *tones.TEXT],
        name="whistles",
        lm_weight=0.3,
    )
    return writer.write(folder / "base").path


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
