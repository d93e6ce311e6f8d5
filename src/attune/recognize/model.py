"""A loaded recogniser: transcribes files and opens streams. Threads may share one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from attune.acoustic import SAMPLE_RATE, open_encoder
from attune.audio import RawFormat, speech_segments, stream_audio
from attune.bundle import Bundle, shipped_bundle_path
from attune.decode import CompiledBias, Decoder, DecoderGraph, DecoderOptions, PronunciationTable
from attune.errors import InputError
from attune.lexicon import (
    G2P,
    CompiledLexicon,
    Lexicon,
    Pronunciation,
    Speller,
    silent_tokens,
    speller_of,
)
from attune.recognize.calibration import Calibration
from attune.recognize.opening import Opening
from attune.recognize.options import Options, Phrase
from attune.recognize.phrases import compile_phrases
from attune.recognize.readout import Display, Readout, joined, plain_display
from attune.recognize.results import Final, Result, Token
from attune.recognize.stream import Stream
from attune.text import DisplayRules, Formatter, ProfanityMode

__all__ = ["Model", "load"]

Source = str | Path | bytes | BinaryIO | NDArray[Any]

_GUESSES = 3  # pronunciations of a phrase word that nobody knew
_SEGMENT_SECONDS = 24.0
_BLOCK_SECONDS = 1.0


def load(path: str | Path | None = None, *, language: str = "en-US", threads: int = 1) -> Model:
    """Load a bundle (folder or zip), or the one that comes with the package for `language`.

    `threads` are those of one inference. InputError for a damaged or unsuitable bundle.
    """
    return Model(Bundle.open(path or shipped_bundle_path(language)), threads=threads)


class Model:
    """A recogniser made from a bundle."""

    def __init__(self, bundle: Bundle, *, threads: int = 1) -> None:
        if bundle.description.kind != "recognizer":
            raise InputError(
                f"{bundle.path} is a {bundle.description.kind} bundle: a recognizer is needed"
            )
        self.bundle = bundle
        self.options = Options().changed(bundle.setting_group("decoding"))
        # Preparing a network leaves the interpreter to others: the words are read meanwhile.
        with ThreadPoolExecutor(1) as beside:
            encoder = beside.submit(open_encoder, bundle, threads=threads)
            self._speller = speller_of(bundle)
            self._lexicon = Lexicon.load_compiled(bundle.part_path("lexicon"))
            words, table = tuple(self._lexicon), _table(self._lexicon)
            self._encoder = encoder.result()
        if self._speller is not None and self._speller.tokens != self._lexicon.phones:
            raise InputError(
                f"{bundle.path}: the symbols of the lexicon are not those of the network: import "
                "the network again"
            )
        self._graph = DecoderGraph(
            words,
            table,
            bundle.part_path("language_model"),
            symbols=self._encoder.symbols,
            columns=self._lexicon.phone_index,
            silent=_silent(self._lexicon, self._speller, self._encoder.symbols),
        )
        self.calibration = (
            Calibration.read(bundle.part_path("calibration"))
            if bundle.has("calibration")
            else Calibration()
        )

    @property
    def vocabulary(self) -> Sequence[str]:
        """Every word that can be recognised without phrases."""
        return self._graph.words

    def pronunciations(self, word: str) -> tuple[tuple[str, ...], ...]:
        """The pronunciations of a word in ARPAbet phones, or its spellings in the model's tokens;
        empty if it is not in the lexicon."""
        return tuple(p.phones for p in self._lexicon.pronunciations(word))

    @property
    def row_seconds(self) -> float:
        """Seconds from one row of posteriors to the next."""
        return self._encoder.row_seconds

    @cached_property
    def _g2p(self) -> G2P | None:
        return G2P.load(self.bundle.part_path("g2p")) if self.bundle.has("g2p") else None

    def _pronounce(self, word: str) -> Sequence[Pronunciation]:
        """How a word that is not in the lexicon is said, or spelled."""
        if self._speller is not None:
            return self._speller.read(word).pronunciations
        assert self._g2p is not None
        return self._g2p.pronounce(word, n=_GUESSES)

    @cached_property
    def _formatter(self) -> Formatter:
        def part(role: str) -> Path | None:
            return self.bundle.part_path(role) if self.bundle.has(role) else None

        return Formatter.load(part("formatter"), rules=part("display_rules"))

    def masks(self, words: Sequence[str]) -> bool:
        """Whether the bundle's display rules say to mask any of these words, as they were said.

        Interim results are shown as said: who must not show such words asks before.
        """
        rules = self.display_rules
        return rules is not None and rules.masks(words)

    @property
    def display_rules(self) -> DisplayRules | None:
        """The bundle's display rules, if it has any."""
        return self._formatter.rules

    def prepare(self) -> None:
        """Read now what is otherwise read when it is first needed: nothing is read from the bundle
        afterwards."""
        _ = self._g2p, self._formatter

    def stream(
        self,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Options | None = None,
        partials: bool = True,
        opening: Opening | None = None,
    ) -> Stream:
        """Open a stream of 16 kHz audio. `partials` false leaves out Partial events; `opening`
        finds words that the first utterance begins with, as a keyword's verifier does."""
        options = options or self.options
        return Stream(
            self._encoder.stream(options.chunk),
            self._decoder(options, self._bias(phrases, options)),
            self._readout(options),
            options,
            partials,
            opening,
        )

    def transcribe(
        self,
        source: Source,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Options | None = None,
        channel: int | None = None,
        raw: RawFormat | None = None,
        streaming: bool = False,
        progress: Callable[[float], None] | None = None,
    ) -> Result:
        """Recognise a recording: a path, its bytes, an open file, or 16 kHz samples.

        Whole utterances are heard at once, which is a little better than hearing them chunk by
        chunk as a stream does (`streaming`). `channel` picks one instead of the mix; `raw` says
        what headerless PCM is; `progress` is called with the seconds done. InputError for audio
        that cannot be used.
        """
        heard = 0.0
        utterances = []
        for utterance in self.transcribe_utterances(
            source,
            phrases=phrases,
            options=options,
            channel=channel,
            raw=raw,
            streaming=streaming,
            progress=progress,
        ):
            utterances.append(utterance)
            heard = utterance.end
        return joined(utterances, 0.0, heard)

    def transcribe_utterances(
        self,
        source: Source,
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Options | None = None,
        channel: int | None = None,
        raw: RawFormat | None = None,
        streaming: bool = False,
        progress: Callable[[float], None] | None = None,
    ) -> Iterator[Result]:
        """As `transcribe`, one utterance after the other while the recording is being read.

        Memory does not grow with the recording's length.
        """
        options = options or self.options
        bias = self._bias(phrases, options)
        tell = progress or _ignore
        blocks = _blocks(source, channel, raw)
        if streaming:
            yield from self._by_stream(blocks, bias, options, tell)
            return
        decoder, readout = self._decoder(options, bias), self._readout(options)
        for segment in speech_segments(blocks, max_seconds=_SEGMENT_SECONDS):
            end = segment.start + len(segment.samples) / SAMPLE_RATE
            decoder.reset()
            decoder.advance(self._encoder.whole(segment.samples))
            hypotheses = decoder.n_best(
                options.alternatives, posterior_scale=self.calibration.posterior_scale
            )
            yield readout.result(hypotheses, segment.start, end)
            tell(end)

    def posteriors(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-posteriors of an utterance of up to a minute, 16 kHz: [rows, symbols], the blank
        first; rows lie `row_seconds` apart."""
        return self._encoder.whole(samples)

    def decode(
        self,
        posteriors: NDArray[np.float32],
        *,
        phrases: Sequence[str | Phrase] = (),
        options: Options | None = None,
    ) -> Decoder:
        """A decoder that has heard `posteriors`: for tuning, calibration and inspection."""
        options = options or self.options
        decoder = self._decoder(options, self._bias(phrases, options))
        decoder.advance(posteriors)
        return decoder

    def _by_stream(
        self,
        blocks: Iterator[NDArray[np.float32]],
        bias: CompiledBias | None,
        options: Options,
        tell: Callable[[float], None],
    ) -> Iterator[Result]:
        stream = Stream(
            self._encoder.stream(options.chunk),
            self._decoder(options, bias),
            self._readout(options),
            options,
            False,
        )
        for block in blocks:
            yield from (e.result for e in stream.accept(block) if isinstance(e, Final))
            tell(stream.seconds)
        yield from (e.result for e in stream.finish() if isinstance(e, Final))

    def _bias(self, phrases: Sequence[str | Phrase], options: Options) -> CompiledBias | None:
        if not phrases:
            return None
        known = self._speller is not None or self.bundle.has("g2p")
        pronounce = self._pronounce if known else None
        return compile_phrases(phrases, options.phrase_boost, self._graph, pronounce)

    def _decoder(self, options: Options, bias: CompiledBias | None) -> Decoder:
        priors = self.calibration.priors or None
        return Decoder(
            self._graph,
            DecoderOptions(
                beam=options.beam,
                word_beam=options.beam,
                max_active=options.max_active,
                lm_weight=options.lm_weight,
                word_score=options.word_score,
                blank_scale=options.blank_scale if priors else 0.0,
                priors=priors,
            ),
            bias,
        )

    def _readout(self, options: Options) -> Readout:
        display = (
            partial(self._display, profanity=options.profanity)
            if options.formatting
            else plain_display
        )
        return Readout(self.calibration, display, self._encoder.row_seconds)

    def _display(
        self, words: Sequence[str], pauses: Sequence[float], profanity: ProfanityMode = "masked"
    ) -> Display:
        shown = self._formatter.format(words, pauses, profanity=profanity)
        return Display(shown.text, tuple(Token(t.text, t.start, t.end) for t in shown.tokens))


def _silent(lexicon: CompiledLexicon, speller: Speller | None, symbols: int) -> tuple[int, ...]:
    """Columns that are part of no word: punctuation, and what lies behind the phones."""
    if speller is not None:
        return tuple(1 + place for place in silent_tokens(lexicon.phones))
    return tuple(range(1 + len(lexicon.phones), symbols))


def _table(lexicon: CompiledLexicon) -> PronunciationTable:
    counts = np.diff(lexicon.pronunciation_offsets)
    return PronunciationTable(
        lexicon.phone_codes.astype(np.uint16),
        lexicon.phone_offsets,
        np.repeat(np.arange(len(lexicon), dtype=np.uint32), counts),
        lexicon.log_priors,
    )


def _ignore(seconds: float) -> None:
    pass


def _blocks(
    source: Source, channel: int | None, raw: RawFormat | None
) -> Iterator[NDArray[np.float32]]:
    """16 kHz mono blocks of any source."""
    if isinstance(source, np.ndarray):
        if source.ndim != 1 or source.dtype not in (np.int16, np.float32):
            raise InputError(
                f"samples of type {source.dtype} and shape {source.shape}: give 16 kHz mono, "
                "[samples], int16 or float32"
            )
        scale = np.float32(32768.0 if source.dtype == np.int16 else 1.0)
        samples = source.astype(np.float32) / scale
        if not np.isfinite(samples).all():
            raise InputError("samples hold NaN or infinity: check what made them")
        step = int(_BLOCK_SECONDS * SAMPLE_RATE)
        return (samples[i : i + step] for i in range(0, len(samples), step))
    return stream_audio(
        source, sample_rate=SAMPLE_RATE, channel=channel, raw=raw, block_seconds=_BLOCK_SECONDS
    )
