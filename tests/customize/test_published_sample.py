"""The published sample data of Azure Custom Speech: all of it imported, adapted with, measured."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from attune.audio import read_audio
from attune.bundle import Bundle, shipped_bundle_path, shipped_languages
from attune.customize import LanguageAdaptation, adapt_language
from attune.data import (
    Manifest,
    import_data,
    import_text,
    read_pronunciations,
    read_structured_text,
)
from attune.evaluate import align_words
from attune.recognize import Model, load
from attune.text import normalize

CORPUS = Path(os.environ.get("ATTUNE_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))
SAMPLE = CORPUS / "azure-customspeech-sample" / "en-US"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.corpus,
    pytest.mark.skipif(
        not SAMPLE.is_dir(),
        reason=f"the published sample data is not at {SAMPLE}: set ATTUNE_CORPUS to its folder",
    ),
    pytest.mark.skipif("en-US" not in shipped_languages(), reason="no en-US bundle is shipped"),
]


def word_error(model: Model, manifest: Path, every: int = 1) -> float:
    errors = words = 0
    for row in list(Manifest(manifest))[::every]:
        heard = [word.text for word in model.transcribe(read_audio(row.path)).words]
        counts = align_words(normalize(row.text).split(), heard).counts
        errors, words = errors + counts.errors, words + counts.words
    return errors / words


def test_its_text_mends_its_test_recording_and_harms_nothing_else(tmp_path: Path) -> None:
    training, testing = SAMPLE / "general" / "training", SAMPLE / "general" / "testing"
    import_data(testing / "audio-and-trans.zip", tmp_path / "test", purpose="testing")
    kinds = {
        "related-text.txt": "language",
        "pronunciation.txt": "pronunciation",
        "structured-text.md": "structured",
    }
    for name, kind in kinds.items():
        report = import_text(training / name, tmp_path / kind)
        assert report.dropped == (), report.to_text()
    adaptation = LanguageAdaptation(
        texts=(tmp_path / "language" / "text.txt",),
        structured=(read_structured_text(tmp_path / "structured" / "structured.md"),),
        terms=read_pronunciations(tmp_path / "pronunciation" / "pronunciations.tsv"),
    )
    base = Bundle.open(shipped_bundle_path("en-US"), verify="sizes")
    adapt_language(base, adaptation, tmp_path / "adapted")
    before, after = load(), load(tmp_path / "adapted")
    recording = tmp_path / "test" / "manifest.tsv"
    assert word_error(after, recording) < 0.5 * word_error(before, recording)
    general = CORPUS / "dev-librispeech.tsv"
    assert word_error(after, general, every=4) <= 1.02 * word_error(before, general, every=4)
