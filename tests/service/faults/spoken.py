"""Two sentences with pauses, and clients that stream them and go on after whatever happens."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import numpy as np
from mortal_server import SAMPLES
from numpy.typing import NDArray

from attune.audio import read_audio
from attune.client import Recognizer
from attune.recognize import Final

__all__ = ["SAID", "Speaker", "speech"]

RATE = 16_000
SAID = [
    "Will it rain in the afternoon?",
    "Turn on the light in the kitchen and closed the front door.",
]
"""As the base model has them."""


@cache
def speech() -> NDArray[np.float32]:
    """About 10 s."""
    pause = np.zeros(RATE * 3 // 2, np.float32)
    parts = [read_audio(SAMPLES / name) for name in ("weather.wav", "command.flac")]
    return np.concatenate([parts[0], pause, parts[1], pause])


class Speaker(threading.Thread):
    """A client that speaks a share of `speech`, waits for `go_on`, and speaks the rest."""

    def __init__(self, recognizer: Recognizer, share: float, go_on: threading.Event) -> None:
        super().__init__(daemon=True)
        self._recognizer, self._go_on = recognizer, go_on
        self._place = round(share * len(speech()))
        self.events: list[Any] = []
        self.failure: BaseException | None = None
        self.sent = threading.Event()

    @property
    def texts(self) -> list[str]:
        """What was understood so far, utterance by utterance."""
        return [one.result.text for one in list(self.events) if isinstance(one, Final)]

    def run(self) -> None:
        try:
            with self._recognizer.stream() as stream:
                for first in range(0, self._place, 3200):
                    self.events += stream.accept(speech()[first : min(first + 3200, self._place)])
                self.sent.set()
                while not self._go_on.wait(0.05):
                    self.events += stream.events()
                for first in range(self._place, len(speech()), 3200):
                    self.events += stream.accept(speech()[first : first + 3200])
                self.events += stream.finish()
        except BaseException as error:
            self.failure = error
        finally:
            self.sent.set()
