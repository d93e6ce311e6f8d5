"""The part `keyword_graph`: phrases, their pronunciations and how their paths are scored.

JSON, so that other runtimes can read it: `phrases`, each with `text` and `pronunciations` (phones
separated by spaces), `pause` (how much its score falls where speech goes on right after it; 0 in
bundles that are older) and, where there is a closer look, `look` (the score from which it is taken;
older bundles lack it), and `scoring` with the fields of `attune.decode.SpotOptions`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from attune.bundle.fields import Fields
from attune.decode import SpotOptions
from attune.errors import InputError
from attune.keyword.phrase import KeywordPhrase
from attune.lexicon import parse_phones

__all__ = ["KeywordGraph", "read_graph", "write_graph"]


@dataclass(frozen=True)
class KeywordGraph:
    """Phrases and how they are scored.

    `look_from` is, for each phrase, the score from which a closer look is taken at a place
    (`attune.keyword.look_budget`); where it is empty all have the same.
    """

    phrases: tuple[KeywordPhrase, ...]
    options: SpotOptions = field(default_factory=SpotOptions)
    look_from: tuple[float, ...] = ()


def write_graph(graph: KeywordGraph) -> bytes:
    """The part's content."""
    looks = graph.look_from or (None,) * len(graph.phrases)
    value = {
        "scoring": asdict(graph.options),
        "phrases": [
            {
                "text": phrase.text,
                "pronunciations": [" ".join(phones) for phones in phrase.pronunciations],
                "pause": phrase.pause_weight,
                **({} if look is None else {"look": round(look, 4)}),
            }
            for phrase, look in zip(graph.phrases, looks, strict=True)
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
        looks = tuple(float(one["look"]) for one in value["phrases"] if "look" in one)
        if len(looks) not in (0, len(phrases)):
            raise ValueError("some phrases have no look")
    except (ValueError, KeyError, TypeError, AttributeError, InputError) as error:
        raise InputError(
            f"{path}: not the scoring graph of a keyword ({error}): make the keyword again"
        ) from error
    return KeywordGraph(phrases, options, looks)


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
