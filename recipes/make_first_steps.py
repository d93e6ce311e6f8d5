"""Make the sample data of the portal's first steps again: recordings, notes and names.

    python recipes/make_first_steps.py [FOLDER]

Needs flite (Debian: apt install flite). Nothing was recorded from a person for this project; the
voices' own licences allow their speech to be shared freely.
"""

from __future__ import annotations

import itertools
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import soundfile

from attune.errors import AttuneError
from attune.train.synthesis import SAMPLE_RATE, find_voice, synthesize

FOLDER = Path(__file__).parents[1] / "src" / "attune" / "portal" / "samples"
VOICES = ("flite:slt", "flite:rms", "flite:awb")

SAID = (
    "The axolotl eats at night.",
    "Please weigh the axolotl and the agkistrodon in the morning.",
    "The agkistrodon needs fresh water.",
    "Clean the terrarium of the tuatara before the keepers come.",
    "Has anybody fed the chuckwalla today?",
    "The tuatara did not eat on Monday.",
    "Look after the axolotl while the doctor is away.",
    "Feed the chuckwalla and the gecko in the evening.",
    "The lamp over the agkistrodon is broken.",
    "Weigh the tuatara and write it down.",
    "The chuckwalla sleeps under the warm stone.",
    "Open the reptile house at nine o'clock.",
)

ANIMALS = ("axolotl", "agkistrodon", "tuatara", "chuckwalla")
TASKS = (
    "Weigh the {} {}.",
    "Feed the {} {}.",
    "Please look after the {} {}.",
    "Clean the terrarium of the {} {}.",
)
TIMES = ("in the morning", "at night", "today", "before the keepers come")
NOTES = (
    "The {} eats little.",
    "The {} needs fresh water and a warm stone.",
    "The {} did not eat on Sunday.",
    "Has anybody seen the {}?",
    "The lamp of the {} is broken.",
    "Write down the weight of the {}.",
    "The doctor looks at the {} on Friday.",
    "The {} sleeps while the visitors are here.",
    "The {} and the gecko are fed in the evening.",
)
NAMES = {"RTH": "r t h", "agkistrodon": "a kiss tro don", "chuckwalla": "chuck wall uh"}


def notes() -> list[str]:
    """Sentences such as the keepers write, none of them one of those that are spoken."""
    tasks = [
        task.format(animal, time) for task, animal, time in itertools.product(TASKS, ANIMALS, TIMES)
    ]
    about = [note.format(animal) for note, animal in itertools.product(NOTES, ANIMALS)]
    spoken = {text.lower() for text in SAID}
    return [line for line in (*tasks, *about) if line.lower() not in spoken]


def recordings() -> bytes:
    """The spoken sentences and their transcripts, as a zip."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        lines = []
        for number, text in enumerate(SAID, start=1):
            samples = synthesize(text, find_voice(VOICES[number % len(VOICES)]))
            encoded = BytesIO()
            soundfile.write(encoded, samples, SAMPLE_RATE, format="OGG", subtype="OPUS")
            entry = zipfile.ZipInfo(f"note-{number:02d}.ogg", (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, encoded.getvalue())
            lines.append(f"{entry.filename}\t{text}\n")
        archive.writestr(zipfile.ZipInfo("trans.txt", (2026, 1, 1, 0, 0, 0)), "".join(lines))
    return content.getvalue()


def main() -> None:
    """Write the three files."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recordings.zip").write_bytes(recordings())
    (folder / "notes.txt").write_text("\n".join(notes()) + "\n", "utf-8")
    names = "".join(f"{word}\t{said}\n" for word, said in NAMES.items())
    (folder / "names.txt").write_text(names, "utf-8")


if __name__ == "__main__":
    try:
        main()
    except AttuneError as error:
        sys.exit(f"{Path(sys.argv[0]).name}: {error}")
