"""What an import of a network is told as: a text for people, JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from attune.bundle.fields import JsonValue
from attune.convert.vocabulary import SpelledWords

__all__ = ["TRIAL_SECONDS", "ImportReport"]

TRIAL_SECONDS = 4.0
"""Length of the sound on which posteriors are compared."""


@dataclass(frozen=True)
class ImportReport:
    """What was imported, and what was measured on `TRIAL_SECONDS` of sound.

    `difference`: largest difference of a posterior probability from the source framework's (None
    for ONNX files: there is no other); `int8_distance`: mean over the rows of the total variation
    distance (0..1) of the posteriors that rounding brought (None without). `tokens` counts the
    blank; `row_seconds` lie between rows of posteriors; `latency_seconds`: the longest that a live
    stream waits for a row.
    """

    path: Path
    architecture: str
    units: str
    tokens: int
    row_seconds: float
    words: SpelledWords
    difference: float | None
    int8_distance: float | None
    latency_seconds: float
    bytes: int
    seconds: float

    def to_json(self) -> dict[str, JsonValue]:
        """For programs."""
        return {
            "path": str(self.path),
            "architecture": self.architecture,
            "units": self.units,
            "tokens": self.tokens,
            "row_seconds": self.row_seconds,
            "words": self.words.words,
            "left_out": self.words.left_out,
            "left_out_examples": list(self.words.examples),
            "posterior_difference": self.difference,
            "int8_distance": self.int8_distance,
            "latency_seconds": self.latency_seconds,
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
        }

    def to_text(self) -> str:
        """For people."""
        words = self.words
        lines = [
            f"{self.path}: {self.architecture}, {self.tokens:,} tokens ({self.units}), a row "
            f"every {self.row_seconds * 1000:g} ms, network {self.bytes / 1e6:.1f} MB",
            f"words spelled {words.words:,}",
        ]
        if words.left_out:
            more = ", ..." if words.left_out > len(words.examples) else ""
            lines.append(f"left out {words.left_out:,}: {', '.join(words.examples)}{more}")
        if self.difference is not None:
            lines.append(
                f"posteriors differ by at most {self.difference:.2g} from the source's "
                "(probabilities)"
            )
        if self.int8_distance is not None:
            lines.append(f"int8 weights move posteriors by {self.int8_distance:.2g} in the mean")
        lines.append(f"a live stream's words come up to {self.latency_seconds:g} s late")
        return "\n".join(lines)
