"""`attune adapt`: a bundle made one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from attune.cli.adapt_acoustic import acoustic
from attune.cli.console import emit_report
from attune.cli.options import (
    BaseOption,
    JsonOption,
    NameOption,
    OutOption,
    OverwriteOption,
    open_base,
)
from attune.cli.progress import ProgressBar
from attune.errors import InputError

__all__ = ["app"]

app = typer.Typer(help="Make a bundle your own: its words, its language, its ear.")
app.command("acoustic")(acoustic)


@app.command()
def language(
    out: OutOption,
    text: Annotated[
        list[Path] | None,
        typer.Option(
            "--text",
            "-t",
            metavar="FILE",
            help="Sentences of your domain, one a line, repeated ones weighing more; .gz and .xz "
            "are unpacked. May be repeated.",
            show_default=False,
        ),
    ] = None,
    structured: Annotated[
        list[Path] | None,
        typer.Option(
            "--structured",
            "-s",
            metavar="FILE",
            help="Sentences with lists, as structured text. May be repeated.",
            show_default=False,
        ),
    ] = None,
    pronunciations: Annotated[
        list[Path] | None,
        typer.Option(
            "--pronunciations",
            "-p",
            metavar="FILE",
            help="How terms in the text are said: what `attune data import` wrote "
            "(pronunciations.tsv). May be repeated.",
            show_default=False,
        ),
    ] = None,
    base: BaseOption = None,
    name: NameOption = None,
    min_count: Annotated[
        int | None,
        typer.Option(
            "--min-count",
            min=1,
            metavar="N",
            help="Learn only new words that occur N times or more. Default: 1, and 2 or 3 for text "
            "of more than 250,000 or 5,000,000 words.",
            show_default=False,
        ),
    ] = None,
    max_mb: Annotated[
        float | None,
        typer.Option(
            "--max-mb",
            min=0.1,
            metavar="MB",
            help="Drop the n-grams that matter least until the language model has this size. "
            "Default: the base's and 20 MB.",
            show_default=False,
        ),
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Teach a bundle the words of your domain, and how they follow each other.

    Words that it does not know are pronounced by rule. The new bundle still understands what the
    base understood: the text counts where it has something to say.
    """
    from attune.customize import LanguageAdaptation, adapt_language
    from attune.data import read_pronunciations, read_structured_text

    if not (text or structured):
        raise InputError("give --text, --structured or both")
    for path in (*(text or ()), *(structured or ()), *(pronunciations or ())):
        if not path.is_file():
            raise InputError(f"{path}: no such file: check the name")
    adaptation = LanguageAdaptation(
        texts=tuple(text or ()),
        structured=tuple(read_structured_text(path) for path in structured or ()),
        terms=tuple(e for path in pronunciations or () for e in read_pronunciations(path)),
        min_count=min_count,
        max_bytes=None if max_mb is None else int(max_mb * 1e6),
        name=name,
    )
    with ProgressBar("adapting", None) as bar:
        report = adapt_language(
            open_base(base),
            adaptation,
            out,
            replace=overwrite,
            say=bar.stage,
        )
    emit_report(report, json=json)


@app.command()
def pronunciation(
    out: OutOption,
    file: Annotated[
        list[Path] | None,
        typer.Option(
            "--file",
            "-f",
            metavar="FILE",
            help="Pronunciations that `attune data import` wrote (pronunciations.tsv). May be "
            "repeated.",
            show_default=False,
        ),
    ] = None,
    word: Annotated[
        str | None,
        typer.Option(
            "--word",
            "-w",
            metavar="WORD",
            help="One word to pronounce, with --say, --phones or --audio.",
            show_default=False,
        ),
    ] = None,
    say: Annotated[
        list[str] | None,
        typer.Option(
            "--say",
            metavar="WORDS",
            help='How the word is said, in words: "i triple e". May be repeated.',
            show_default=False,
        ),
    ] = None,
    phones: Annotated[
        list[str] | None,
        typer.Option(
            "--phones",
            metavar="PHONES",
            help='How the word is said, in phones: "S IY K W AH L". May be repeated.',
            show_default=False,
        ),
    ] = None,
    audio: Annotated[
        list[Path] | None,
        typer.Option(
            "--audio",
            metavar="FILE",
            help="Recordings to learn the pronunciation from: of the word alone, or a manifest "
            "whose transcripts hold it. May be repeated.",
            show_default=False,
        ),
    ] = None,
    base: BaseOption = None,
    name: NameOption = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Teach a bundle how words are said: by file, word by word, or from recordings.

    A pronunciation of a word that is known is added to those it has. With --audio the candidates
    are ranked by how well they explain the recordings, and those that win in some are taken.
    """
    from attune.customize import PronunciationAdaptation, adapt_pronunciations
    from attune.data import PronunciationEntry, read_pronunciations
    from attune.lexicon import from_ups

    if (word is None) != (not (say or phones or audio)):
        raise InputError("--word needs --say, --phones or --audio, and they need --word")
    entries = [entry for path in file or () for entry in read_pronunciations(path)]
    if word is not None:
        entries += [PronunciationEntry(word, spoken=text) for text in say or ()]
        entries += [PronunciationEntry(word, phones=from_ups(text)) for text in phones or ()]
    if not entries and not audio:
        raise InputError("give --file, or --word with --say, --phones or --audio")
    adaptation = PronunciationAdaptation(
        entries=tuple(entries), word=word if audio else None, audio=tuple(audio or ()), name=name
    )
    with ProgressBar("adapting", None) as bar:
        report = adapt_pronunciations(
            open_base(base),
            adaptation,
            out,
            replace=overwrite,
            say=bar.stage,
        )
    emit_report(report, json=json)
