from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from attune.bundle import Bundle, BundleForm, BundleWriter, DataSet, Lineage, ModelCard, NewPart

PARTS = {
    "encoder": NewPart(bytes(range(256)) * 8, "onnx", "encoder.onnx"),
    "symbols": NewPart(b"<blank>\nAA\nAE\n", "text", "symbols.txt"),
    "lexicon": NewPart(b"hello\t1\tHH AH L OW\n", "text", "language/lexicon.txt"),
    "language_model": NewPart(b"ATNGRAM1" + bytes(100), "ngram-trie", "language/words.ngram"),
}


@pytest.fixture
def write_bundle(tmp_path: Path) -> Callable[..., Bundle]:
    """Writes a small recogniser bundle into the test's folder."""

    def write(name: str = "small", form: BundleForm = "folder", replace: bool = False) -> Bundle:
        writer = BundleWriter(
            kind="recognizer",
            language="en-US",
            name="small",
            version="1.0",
            created="2025-01-02T03:04:05Z",
            settings={"decoding": {"lm_weight": 0.8, "beam": 200}, "features": {"bins": 80}},
            lineage=Lineage(
                command="attune train acoustic small.yaml",
                date="2025-01-02",
                data=(DataSet("read", "0" * 64, 4),),
            ),
            model_card=ModelCard(description="A model for tests.", licence="CC0-1.0"),
        )
        for role, part in PARTS.items():
            writer.add(role, part)
        return writer.write(tmp_path / name, form=form, replace=replace)

    return write
