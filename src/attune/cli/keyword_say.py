"""`attune keyword say`: hear how a phrase is pronounced before a keyword is made of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from attune.cli.console import emit, emit_json, note
from attune.cli.keyword_phrases import FactsOption, PronunciationOption
from attune.cli.options import JsonOption

if TYPE_CHECKING:
    from attune.keyword.guidance import PhrasePronunciation

__all__ = ["say"]

_PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("afplay",),
    ("play", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)
_LONGEST_SECONDS = 30


def say(
    phrase: Annotated[
        str, typer.Argument(metavar="PHRASE", help="The phrase.", show_default=False)
    ],
    pronunciation: PronunciationOption = None,
    voice: Annotated[
        str | None,
        typer.Option(
            "--voice",
            metavar="VOICE",
            help="The voice, such as flite:slt or espeak:en-gb+f3. Default: the first that is "
            "installed.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FOLDER",
            help="Write WAV files into this folder in place of playing them.",
            show_default=False,
        ),
    ] = None,
    model: FactsOption = None,
    json: JsonOption = False,
) -> None:
    """Say the pronunciations of a phrase: all of them, or those given.

    They are played one after the other with the system's player; where there is none, the files
    stay in a temporary folder, which is told.
    """
    from attune.audio import write_wav
    from attune.bundle.atomic import write_errors
    from attune.train.synthesis import (
        SAMPLE_RATE,
        PhoneVoice,
        available_voices,
        find_voice,
        synthesize_phones,
    )

    found = _pronunciations(phrase, pronunciation, model)
    able = [each.name for each in available_voices() if isinstance(each, PhoneVoice)]
    chosen = find_voice(voice or (able[0] if able else ""))
    player = None if out is not None or json else _player()
    folder = out or Path(tempfile.mkdtemp(prefix="attune-say-"))
    with write_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    said = []
    for number, each in enumerate(found, start=1):
        samples = synthesize_phones(each.words, chosen)
        name = each.id if each.id != "typed" else f"typed-{number}"
        path = folder / f"{_file_name(phrase)}-{name}.wav"
        write_wav(path, samples, SAMPLE_RATE)
        said.append({**each.to_json(), "file": str(path), "voice": chosen.name})
        if not json:
            emit(f"{each.id:>2}  {each}   {path if player is None else ''}".rstrip())
        if player is not None and not _play(player, path):
            player = None
    if json:
        emit_json({"phrase": phrase, "pronunciations": said})
    elif player is not None:
        shutil.rmtree(folder)
    elif out is None:
        note(f"nothing here plays sound: listen to the files in {folder}")


def _pronunciations(
    phrase: str, wanted: list[str] | None, model: Path | None
) -> tuple[PhrasePronunciation, ...]:
    from attune.keyword.guidance import (
        LanguageFacts,
        chosen_pronunciations,
        phrase_pronunciations,
        read_writing,
        require_usable,
    )

    if wanted and not any(each.strip().isdigit() for each in wanted):
        return chosen_pronunciations((), wanted)
    written = read_writing(phrase)
    require_usable(written.findings)
    found = phrase_pronunciations(written.words, LanguageFacts.open(model))
    return chosen_pronunciations(found, wanted) if wanted else found


def _player() -> list[str] | None:
    """The command that plays a file on this machine, None when there is none."""
    for command in _PLAYERS:
        if shutil.which(command[0]):
            return list(command)
    return None


def _play(player: list[str], path: Path) -> bool:
    """Play a file; False when the player cannot, such as without a sound card."""
    try:
        done = subprocess.run(
            [*player, str(path)], capture_output=True, timeout=_LONGEST_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _file_name(phrase: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", phrase.lower()).strip("-") or "phrase"
