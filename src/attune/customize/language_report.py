"""What an adaptation of language is told as: a text for people, JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["LanguageAdaptationReport"]

_SHOWN_WORDS = 12


@dataclass(frozen=True)
class LanguageAdaptationReport:
    """What was adapted, and the perplexities that show it.

    `sentences` and `words` of the text; `new_words` that the base did not know; `unpronounceable`
    words that were left out; `unknown_rate`: share of the text's words that the base did not know;
    `domain_share` of the mixture where the context says nothing. Perplexities are those of base and
    result on the domain's held-out lines (`domain_*`) and on sentences drawn from the base
    (`general_*`), words that neither knows left out.
    """

    path: Path
    sentences: int
    words: int
    new_words: tuple[str, ...]
    unpronounceable: tuple[str, ...]
    unknown_rate: float
    domain_share: float
    domain_before: float
    domain_after: float
    general_before: float
    general_after: float
    bytes: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "path": str(self.path),
            "sentences": self.sentences,
            "words": self.words,
            "new_words": list(self.new_words),
            "unpronounceable": list(self.unpronounceable),
            "unknown_rate": round(self.unknown_rate, 6),
            "domain_share": round(self.domain_share, 6),
            "perplexity": {
                "domain": {"before": self.domain_before, "after": self.domain_after},
                "general": {"before": self.general_before, "after": self.general_after},
            },
            "bytes": self.bytes,
            "seconds": round(self.seconds, 3),
        }

    def to_text(self) -> str:
        """For people."""
        lines = [
            f"{self.path}: {self.words:,} words in {self.sentences:,} sentences, "
            f"in {self.seconds:.0f} s",
            f"new words {len(self.new_words):,} ({self.unknown_rate * 100:.2f} % of the text)"
            + _listed(self.new_words),
        ]
        if self.unpronounceable:
            left_out = _listed(self.unpronounceable)
            lines.append(f"left out {len(self.unpronounceable):,}{left_out}")
        lines += [
            f"perplexity of the domain {self.domain_before:.1f} -> {self.domain_after:.1f}, "
            f"in general {self.general_before:.1f} -> {self.general_after:.1f}",
            f"language model {self.bytes / 1e6:.1f} MB",
        ]
        return "\n".join(lines)


def _listed(words: tuple[str, ...]) -> str:
    if not words:
        return ""
    more = ", ..." if len(words) > _SHOWN_WORDS else ""
    return f": {', '.join(words[:_SHOWN_WORDS])}{more}"
