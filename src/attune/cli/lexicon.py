"""`attune lexicon`: how a bundle says words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from attune.cli.console import emit, emit_json
from attune.cli.options import JsonOption, ModelOption, open_base

if TYPE_CHECKING:
    from attune.lexicon import Reading

__all__ = ["app"]

app = typer.Typer(help="Look up how words are pronounced.")

_GUESSES = 5


@app.callback()
def lexicon() -> None:
    """Keeps `show` a command of its own, though it is the only one."""


@app.command()
def show(
    word: Annotated[
        list[str],
        typer.Argument(metavar="WORD...", help="Words to look up.", show_default=False),
    ],
    model: ModelOption = None,
    json: JsonOption = False,
) -> None:
    """Show the pronunciations of words, and where they come from.

    Words that are not in the lexicon are shown as they would be pronounced, with the further
    readings that their letters allow.
    """
    from attune.lexicon import G2P, CompiledLexicon, Speller, is_normalised, to_ipa, word_reader
    from attune.text import normalize

    bundle = open_base(model)
    listed = CompiledLexicon.load(bundle.part_path("lexicon"))
    reader = word_reader(bundle, listed)
    spells = isinstance(reader, Speller)
    g2p = None if reader is None or spells else G2P.load(bundle.part_path("g2p"))
    found: list[dict[str, Any]] = []
    for text in word:
        lower = text.lower()
        for each in [lower] if lower in listed else normalize(text).split() or [lower]:
            reading: Reading | None = None
            guesses = []
            if reader is not None and reader.can_read(each):
                reading = reader.read(each)
            if g2p is not None and is_normalised(each):
                guesses = g2p.pronounce(each, _GUESSES)
            readings = listed.pronunciations(each) or (reading.pronunciations if reading else ())
            source = "listed" if each in listed else reading.source if reading else "unknown"
            shown = {item.phones for item in readings}
            found.append(
                {
                    "word": each,
                    "source": source,
                    "pronunciations": [
                        {
                            "phones": str(item),
                            "ipa": None if spells else to_ipa(item.phones),
                            "probability": round(item.probability, 4),
                        }
                        for item in readings
                    ],
                    "by_letters": [
                        {"phones": str(item), "share": round(item.probability, 4)}
                        for item in guesses
                        if item.phones not in shown
                    ],
                }
            )
    if json:
        emit_json({"model": str(bundle.path), "words": found})
    else:
        emit("\n".join(line for entry in found for line in _lines(entry)))


_SAID = {
    "listed": "in the lexicon",
    "g2p": "not in the lexicon; by its letters",
    "spelled": "not in the lexicon; spelled in the model's tokens",
    "unknown": "not in the lexicon, and cannot be pronounced by rule",
}


def _lines(entry: dict[str, Any]) -> list[str]:
    source = entry["source"]
    said = _SAID.get(source, f"not in the lexicon; from words in it ({source})")
    lines = [f"{entry['word']}: {said}"]
    for item in entry["pronunciations"]:
        ipa = f"  [{item['ipa']}]" if item["ipa"] is not None else ""
        lines.append(f"  {item['probability']:.2f}  {item['phones']}{ipa}")
    if entry["by_letters"]:
        others = "; ".join(
            f"{item['phones']} ({item['share']:.2f})" for item in entry["by_letters"]
        )
        lines.append(f"  letters also allow: {others}")
    return lines
