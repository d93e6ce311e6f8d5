"""A recogniser whose answers are known, for tests of everything around recognition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from attune.audio import stream_audio
from attune.bundle import Bundle
from attune.errors import InputError
from attune.recognize import Alternative, Event, Final, Options, Partial, Token, Word
from attune.recognize import Result as Recognised

__all__ = ["ScriptedModel", "utterance"]


def utterance(text: str, start: float = 0.0, confidence: float = 0.9) -> Recognised:
    """A recognised utterance whose words last 0.4 s each; display text is `text`."""
    shown = text.split()
    words = tuple(
        Word(piece.lower().strip(".,?!"), start + 0.4 * i, start + 0.4 * (i + 1), confidence)
        for i, piece in enumerate(shown)
    )
    lexical = " ".join(word.text for word in words)
    return Recognised(
        text=text,
        lexical=lexical,
        words=words,
        tokens=tuple(Token(piece, i, i + 1) for i, piece in enumerate(shown)),
        alternatives=(
            Alternative(text, lexical, -10.0, confidence),
            Alternative("Something else.", "something else", -12.5, 0.1),
        ),
        confidence=confidence,
        start=start,
        end=start + 0.4 * len(words),
    )


@dataclass
class ScriptedModel:
    """Answers each second of sound with the same sentence, and silence with nothing.

    It reads audio as the recogniser does, so that what is wrong with a recording shows.
    """

    bundle: Bundle
    options: Options
    calls: list[dict[str, Any]]

    SENTENCE = "Turn on the lights."
    vocabulary = ("turn", "on", "off", "the", "light", "lights", "door")

    def transcribe_utterances(
        self, source: Any, *, progress: Any = None, options: Options, **call: Any
    ) -> Iterator[Recognised]:
        self.calls.append({"source": source, "options": options, **call})
        heard = 0.0
        audio = {name: call[name] for name in ("channel", "raw")}
        for block in stream_audio(source, **audio, block_seconds=1.0):
            if np.abs(block).max() > 0.01:
                result = utterance(self.SENTENCE, heard)
                if not options.formatting:
                    result = replace(result, text=result.lexical)
                kept = result.alternatives[: options.alternatives]
                yield replace(result, alternatives=kept)
            heard += len(block) / 16_000
            if progress is not None:
                progress(heard)

    def transcribe(self, source: Any, **call: Any) -> Recognised:
        call = {"channel": None, "raw": None, **call}
        found = list(self.transcribe_utterances(source, **call))
        return found[0] if found else utterance("")

    def stream(self, *, phrases: Sequence[Any] = (), **call: Any) -> Any:
        if "" in (str(phrase).strip("!") for phrase in phrases):
            raise InputError("a phrase has no words")
        seconds = 0.0

        def accept(samples: Sequence[float]) -> list[Event]:
            nonlocal seconds
            first = seconds == 0.0
            if first:
                self.calls.append({"stream": True, "phrases": phrases, **call})
            seconds = stream.seconds = seconds + len(samples) / 16_000
            return [Partial("turn on", (), 0, seconds)] if first else []

        def finish() -> list[Event]:
            return [Final(utterance(self.SENTENCE), "end of audio")]

        stream = SimpleNamespace(accept=accept, finish=finish, seconds=0.0)
        return stream
