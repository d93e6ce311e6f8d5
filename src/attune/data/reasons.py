"""Why an item of a data set was left out, or kept with a warning; and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Problem", "Reason"]


class Reason(StrEnum):
    """What is wrong with an item; the value is its name in reports."""

    NO_FILE = "no audio file"
    UNREADABLE = "audio cannot be read"
    NO_TRANSCRIPT = "audio without transcript"
    EMPTY = "empty transcript"
    CHARACTERS = "characters outside the symbol set"
    ENCODING = "not UTF-8"
    MALFORMED = "malformed line"
    REPEATED = "listed before"
    COMMAND = "not a plain file"
    SEGMENT = "segment outside its recording"
    ARCHIVE = "damaged in the archive"
    OUTSIDE = "a file outside the folder"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    SILENT = "nothing but silence"
    OVERDRIVEN = "clipped throughout"
    TOO_NARROW = "sample rate too low for speech"
    SAME_AUDIO = "the same audio under another name"
    TOO_MANY_WORDS = "more words than the time allows"
    CONTROLS = "control characters"
    ADDRESS = "web address"
    RUN = "one character or phrase over and over"
    LIMIT = "beyond the limits"
    SPOKEN = "spoken form that cannot be said"
    PHONES = "unknown phones"
    SYNTAX = "not understood"
    LIST = "list that cannot be used"
    SAME_ENTRY = "the same entry again"
    # From here on advice: the item is kept.
    OTHER_FILE = "neither audio nor transcript"
    CLIPPED = "clipped in places"
    QUIET = "very quiet"
    NARROW = "sample rate below 16 kHz"
    RESAMPLED = "sample rate above 16 kHz"
    MIXED = "several channels"
    MENDED = "mended"
    UNUSED = "list that no sentence uses"
    UNLIKE = "example that comes out otherwise"

    @property
    def advice(self) -> str:
        """What to do about it, as an imperative."""
        return ADVICE[self]

    @property
    def advisory(self) -> bool:
        """Whether nothing is left out for this reason: it is only a warning."""
        return self in ADVISORY


ADVICE = {
    Reason.NO_FILE: "restore the file, or remove its line",
    Reason.UNREADABLE: "replace it with a WAV, FLAC, Ogg, Opus or MP3 recording that plays",
    Reason.NO_TRANSCRIPT: "add a line with what is said, or remove the file",
    Reason.EMPTY: "write what is said, or remove the line",
    Reason.CHARACTERS: "spell the words out with the letters of the language",
    Reason.ENCODING: "save the file as UTF-8",
    Reason.MALFORMED: "give the line the fields that its format asks for",
    Reason.REPEATED: "keep one line for each recording",
    Reason.COMMAND: "run the command once and name the audio file that it writes",
    Reason.SEGMENT: "correct the start and end times",
    Reason.ARCHIVE: "make the archive again",
    Reason.OUTSIDE: "put the file itself into the folder",
    Reason.TOO_SHORT: "record it again, or remove it",
    Reason.TOO_LONG: "cut it into utterances at pauses",
    Reason.SILENT: "record it again, or remove it; see whether the microphone was muted",
    Reason.OVERDRIVEN: "record it again with the level turned down",
    Reason.TOO_NARROW: "record it again at 16 kHz",
    Reason.SAME_AUDIO: "keep one of the two, with the right transcript",
    Reason.TOO_MANY_WORDS: "give it the transcript of this recording, and no other's",
    Reason.CONTROLS: "remove them; they come from copying or from a damaged file",
    Reason.ADDRESS: "write what people say instead, or remove the line",
    Reason.RUN: "write it as it is said, or remove the line",
    Reason.LIMIT: "shorten it, or divide the file",
    Reason.SPOKEN: "write words in lower-case letters, as they sound: i triple e",
    Reason.PHONES: "use the phones that docs/data-formats.md lists",
    Reason.SYNTAX: "write it as docs/data-formats.md shows",
    Reason.LIST: "define each list once and give it items",
    Reason.SAME_ENTRY: "keep one of them",
    Reason.OTHER_FILE: "leave it out of the data set; nothing was lost",
    Reason.CLIPPED: "turn the level down when you record more",
    Reason.QUIET: "speak closer to the microphone or turn the level up when you record more",
    Reason.NARROW: "record at 16 kHz where you can; the sounds above are missing",
    Reason.RESAMPLED: "nothing need be done: it is converted to 16 kHz when it is read",
    Reason.MIXED: "nothing need be done if one voice is on all channels: they are mixed into one",
    Reason.MENDED: "nothing need be done if it is what was meant",
    Reason.UNUSED: "use it as {@NAME} in a sentence, or remove it",
    Reason.UNLIKE: "correct the rules, or the example",
}

ADVISORY = frozenset(
    {
        Reason.OTHER_FILE,
        Reason.CLIPPED,
        Reason.QUIET,
        Reason.NARROW,
        Reason.RESAMPLED,
        Reason.MIXED,
        Reason.MENDED,
        Reason.UNUSED,
        Reason.UNLIKE,
    }
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: why, where its source names the item (`file:line`, or the file), the detail."""

    reason: Reason
    where: str
    detail: str
    characters: tuple[str, ...] = ()
