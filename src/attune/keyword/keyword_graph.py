"""The part `keyword_graph`: phrases, their pronunciations and how their paths are scored.

JSON, so that other runtimes can read it: `phrases`, each with `text` and `pronunciations` (phones
separated by spaces) and `pause` (how much its score falls where speech goes on right after it; 0
in bundles that are older), and `scoring` with the fields of `attune.decode.SpotOptions`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from attune.bundle.fields import Fields
from attune.decode import SpotOptions
from attune.errors import InputError
from attune.keyword.phrase import KeywordPhrase
from attune.lexicon import parse_phones

__all__ = ["KeywordGraph", "read_graph", "write_graph"]


@dataclass(frozen=True)
class KeywordGraph:
    """Phrases and how they are scored."""

    phrases: tuple[KeywordPhrase, ...]
    options: SpotOptions


def write_graph(phrases: Sequence[KeywordPhrase], options: SpotOptions) -> bytes:
    """The part's content."""
    value = {
        "scoring": asdict(options),
        "phrases": [
            {
                "text": phrase.text,
                "pronunciations": [" ".join(phones) for phones in phrase.pronunciations],
                "pause": phrase.pause_weight,
            }
            for phrase in phrases
        ],
    }
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def read_graph(path: Path) -> KeywordGraph:
    """The part at `path`; InputError naming what is wrong."""
    try:
        value = json.loads(path.read_bytes())
        phrases = tuple(
            KeywordPhrase(
                one["text"],
                tuple(parse_phones(p) for p in one["pronunciations"]),
                float(one.get("pause", 0.0)),
            )
            for one in value["phrases"]
        )
        options = _options(Fields(value["scoring"], "scoring"))
    except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        raise InputError(
            f"{path}: not the scoring graph of a keyword ({error}): make the keyword again"
        ) from error
    return KeywordGraph(phrases, options)


def _options(scoring: Fields) -> SpotOptions:
    options = SpotOptions(
        relative=scoring.number("relative"),
        phone_minimum=scoring.number("phone_minimum"),
        blank_floor=scoring.number("blank_floor"),
        lowest=scoring.number("lowest"),
        mid_speech=scoring.number("mid_speech"),
        rows_a_phone=scoring.count("rows_a_phone"),
        rows_more=scoring.count("rows_more"),
        pause_rows=scoring.count("pause_rows"),
    )
    scoring.finish()
    return options
