"""Live recognition: samples in, partial and final results out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, PosteriorStream, as_float
from attune.decode import Decoder, DecodeResult
from attune.errors import InputError
from attune.recognize.endpoint import EndReason, end_of_utterance
from attune.recognize.opening import Opening, Prefix, with_prefix
from attune.recognize.options import Options
from attune.recognize.readout import Readout
from attune.recognize.results import Event, Final, Partial, Result, SpeechStart

__all__ = ["Stream"]

_BRISK_PAUSE = 0.2


class Stream:
    """One stream of 16 kHz mono audio. Made by `Model.stream`; one thread at a time.

    Utterances end by silence or length; the next begins at once, with the last words as context.
    With an `opening` the first utterance is not searched before its prefix is found.
    """

    def __init__(
        self,
        encoder: PosteriorStream,
        decoder: Decoder,
        readout: Readout,
        options: Options,
        partials: bool,
        opening: Opening | None = None,
    ) -> None:
        self._encoder, self._decoder = encoder, decoder
        self._readout, self._options, self._partials = readout, options, partials
        self._samples = 0
        self._rows = 0  # decoded since the stream began
        self._first_row = 0  # of this utterance
        self._begun = False
        # In smaller steps before a first word, which somebody waits for, and in a pause, which may
        # be the end.
        self._brisk = True
        self._shown: tuple[str, ...] = ()
        self._finished = False
        self._opening = opening
        self._unsettled: list[NDArray[np.float32]] = []  # rows while the opening may still move
        self._prefix: Prefix | None = None

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._samples / SAMPLE_RATE

    def accept(self, samples: NDArray[Any]) -> list[Event]:
        """Hear more audio: int16, or float32 in [-1, 1], [samples], any number.

        Returns what it brought. InputError for another type or shape, NaN, or a finished stream.
        """
        if self._finished:
            raise InputError("the stream is finished: make a new one for more audio")
        audio = as_float(samples)
        self._samples += len(audio)
        self._encoder.push(audio)
        events: list[Event] = []
        while len(rows := self._encoder.take(brisk=self._brisk)):
            events += self._decode(rows)
        return events

    def finish(self) -> list[Event]:
        """End the audio: the last results. The stream takes no more."""
        if self._finished:
            return []
        self._finished = True
        events = self._decode(self._encoder.finish())
        if self._opening is not None and self._unsettled:
            nothing = self._unsettled[-1][:0]
            events += self._search(self._behind_prefix(nothing, self._opening.close(), True))
        if self._rows > self._first_row or self._prefix is not None:
            events += self._end("end of audio")
        return events

    def _decode(self, rows: NDArray[np.float32]) -> list[Event]:
        """Decode in steps of a chunk, however many rows the encoder computed together."""
        step = self._encoder.chunk_rows
        return [e for i in range(0, len(rows), step) for e in self._chunk(rows[i : i + step])]

    def _chunk(self, rows: NDArray[np.float32]) -> list[Event]:
        self._rows += len(rows)
        if self._opening is not None:
            self._unsettled.append(rows)
            prefix = self._opening.look(rows)
            rows = self._behind_prefix(rows, prefix, self._opening.settled)
            if self._opening is not None and self._prefix is None:
                return []
        return self._search(rows)

    def _search(self, rows: NDArray[np.float32]) -> list[Event]:
        self._decoder.advance(rows)
        best = self._decoder.best(unfinished=True, posterior_scale=None)
        pause = best.trailing_frames * self._readout.row_seconds
        self._brisk = not best.words or pause > _BRISK_PAUSE
        events: list[Event] = []
        if best.words and not self._begun:
            self._begun = True
            events.append(SpeechStart(self._time(self._first_row + best.words[0].start)))
        reason = end_of_utterance(
            (self._rows - self._first_row) * self._readout.row_seconds,
            pause,
            len(best.words),
            best.completion_cost,
            self._options,
        )
        if reason is not None:
            return events + self._end(reason)
        if self._partials:
            events += self._partial(best)
        return events

    def _behind_prefix(
        self, rows: NDArray[np.float32], prefix: Prefix | None, settled: bool
    ) -> NDArray[np.float32]:
        """What to search of the last `rows`, and before them where a prefix was just found, or it
        is settled that there is none."""
        if prefix is not None:
            self._prefix, self._first_row = prefix, prefix.row
            self._decoder.reset()
            rows = np.concatenate(self._unsettled)[prefix.row :]
        if settled:
            if self._prefix is None:
                rows = np.concatenate(self._unsettled)
            self._opening, self._unsettled = None, []
        return rows

    def _partial(self, best: DecodeResult) -> list[Event]:
        now = self._time(self._rows)
        known = self._prefix.words if self._prefix is not None else ()
        words = (*(word.text for word in known), *(word.text for word in best.words))
        if words == self._shown:
            return []
        self._shown = words
        timed = self._readout.words(best.words, self._time(self._first_row), now)
        return [Partial(" ".join(words), (*known, *timed), len(known) + best.stable_words, now)]

    def _end(self, reason: EndReason) -> list[Event]:
        hypotheses = self._decoder.n_best(
            self._options.alternatives,
            posterior_scale=self._readout.calibration.posterior_scale,
        )
        start, end = self._time(self._first_row), min(self._time(self._rows), self.seconds)
        result = self._opened(self._readout.result(hypotheses, start, max(start, end)))
        # Only a cut in mid-speech goes on with the same sentence.
        context = [w.text for w in result.words[-3:]] if reason == "length" else []
        shown = self._shown
        self._decoder.reset(context)
        self._first_row, self._begun, self._shown = self._rows, False, ()
        if result.words:
            return [Final(result, reason)]
        # Noise that looked like words for a while: what was shown of them is taken back.
        return [Partial("", (), 0, self._time(self._rows))] if shown else []

    def _opened(self, result: Result) -> Result:
        """The result with the prefix that its utterance has; the next has none."""
        prefix = self._prefix
        self._opening, self._unsettled, self._prefix = None, [], None
        if prefix is None:
            return result
        return with_prefix(
            result, prefix, self._readout.display if self._options.formatting else None
        )

    def _time(self, row: int) -> float:
        return round(row * self._readout.row_seconds, 3)
