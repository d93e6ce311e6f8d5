"""The stages of an advanced keyword: each does its work, or takes up what it did before."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from attune.bundle import Bundle
from attune.bundle.atomic import replace_file, write_errors
from attune.keyword import (
    DEFAULT_SENSITIVITY,
    KeywordPhrase,
    OperatingCurve,
    false_accepts_per_hour,
)
from attune.keyword.bank import NegativeBank
from attune.keyword.base import base_with_bank
from attune.keyword.calibration import KeywordCalibration
from attune.keyword.creation import check_together
from attune.keyword.encoder_stream import KeywordEncoder
from attune.keyword.guidance import LanguageFacts
from attune.keyword.hidden_bank import HiddenBank
from attune.keyword.keyword_graph import KeywordGraph, read_graph
from attune.keyword.look_budget import graph_with_looks
from attune.keyword.second_pass import write_second_pass
from attune.train.claimed_folder import claim_folder
from attune.train.keyword.adapting import (
    Adapted,
    adapt_phrase,
    adapted_content,
    read_adapted,
)
from attune.train.keyword.bank_candidates import mine_bank
from attune.train.keyword.degrading import Degrader
from attune.train.keyword.evaluating import PhraseTrial, said_scores, try_phrase
from attune.train.keyword.examples import phone_places
from attune.train.keyword.fitting import Axes
from attune.train.keyword.hearing import Hearing, Sound, hear_sounds
from attune.train.keyword.prompts import Prompt, PromptCounts, plan_prompts
from attune.train.keyword.recordings import read_recordings
from attune.train.keyword.speaking import read_spoken, speak_prompts
from attune.train.keyword.writing import Made
from attune.train.synthesis import Voice, available_voices

__all__ = ["STAGES", "AdvancedRequest", "Stage", "StageRun"]

Stage = Literal["positives", "negatives", "augment", "adapt", "calibrate", "evaluate"]

STAGES: tuple[Stage, ...] = get_args(Stage)
"""The stages in their order."""

_POSITIVE_COPIES, _NEGATIVE_COPIES = 3, 2
_TALKERS = 40
_TELL_SECONDS = 5.0
_REQUEST = "request.json"


@dataclass(frozen=True)
class AdvancedRequest:
    """What an advanced keyword is made of, besides its phrases.

    `base` holds the encoder and the banks (None: what comes with the package), `sensitivity` is
    what the bundle uses when none is asked for. `recordings` is a manifest of people who say the
    phrases, `negatives` are manifests of speech and noise without them. `counts` None takes as many
    prompts as ten minutes on two cores allow, `voices` None every voice here, `facts` None those of
    the en-US bundle. The same `seed` makes the same keyword.
    """

    base: Bundle | None = None
    sensitivity: float = DEFAULT_SENSITIVITY
    recordings: Path | None = None
    negatives: tuple[Path, ...] = ()
    counts: PromptCounts | None = None
    voices: tuple[Voice, ...] | None = None
    facts: LanguageFacts | None = None
    seed: int = 0
    workers: int = field(default_factory=lambda: min(2, os.cpu_count() or 1))


class StageRun:
    """The stages of one request in its work folder.

    `warnings` are sentences for the person. InputError for phrases that cannot be told apart, no
    voice, an unusable base or manifest, and a folder of another request.
    """

    def __init__(
        self,
        phrases: Sequence[KeywordPhrase],
        request: AdvancedRequest,
        folder: Path,
        tell: Callable[[str], None],
    ) -> None:
        self.phrases, self._request, self._tell = tuple(phrases), request, tell
        self.warnings = check_together(self.phrases)
        false_accepts_per_hour(request.sensitivity)  # refuses what is no sensitivity
        self.base = base_with_bank(request.base)
        voices = request.voices if request.voices is not None else available_voices()
        self._voices = {voice.name: voice for voice in voices}
        self._counts = request.counts or PromptCounts.for_phrases(len(self.phrases))
        self._given = read_recordings(
            self.phrases,
            request.recordings,
            request.negatives,
            self.base.description.language,
        )
        self._folder = folder
        claim_folder(
            folder / _REQUEST,
            {
                "phrases": [
                    [phrase.text, phrase.pronunciations, phrase.pause_weight]
                    for phrase in self.phrases
                ],
                "base": self.base.hash,
                "voices": sorted(self._voices),
                "prompts": asdict(self._counts),
                "recordings": self._given.fingerprint(),
                "seed": request.seed,
            },
            "the work on a keyword",
            fresh="choose a new folder for the work",
            changed="choose a new folder, or remove it",
        )

    def run(self, stage: Stage) -> None:
        """Do a stage's work; those before it have run."""
        began = time.monotonic()
        work: dict[Stage, Callable[[], object]] = {
            "positives": lambda: self._positives,
            "negatives": lambda: self._negatives,
            "augment": lambda: self._heard,
            "adapt": lambda: self._adapted,
            "calibrate": lambda: self._calibration,
            "evaluate": lambda: self._trials,
        }
        work[stage]()
        self._tell(f"{stage}: done in {time.monotonic() - began:.0f} s")

    def made(self) -> Made:
        """What the stages made, all of them run."""
        return Made(
            write_second_pass([one.classifier for one in self._adapted]),
            self._calibration,
            self._trials,
            len({prompt.voice for prompt in self._prompts}),
            len(self._given.rows),
        )

    @cached_property
    def graph(self) -> KeywordGraph:
        """The phrases and how they are listened for."""
        options = read_graph(self.base.part_path("keyword_graph")).options
        return graph_with_looks(self._bank, self.phrases, options)

    @cached_property
    def _bank(self) -> NegativeBank:
        return NegativeBank.read(self.base.part_path("negative_bank"))

    @cached_property
    def _prompts(self) -> tuple[Prompt, ...]:
        self._tell("planning what is said")
        facts = self._request.facts or LanguageFacts.open()
        voices = tuple(self._voices.values())
        return plan_prompts(self.phrases, voices, facts, self._counts, self._request.seed)

    @cached_property
    def _positives(self) -> tuple[int, ...]:
        return self._speak("positives", [p for p in self._prompts if p.role == "positive"])

    @cached_property
    def _negatives(self) -> tuple[int, ...]:
        return self._speak("negatives", [p for p in self._prompts if p.role != "positive"])

    def _speak(self, name: Stage, prompts: Sequence[Prompt]) -> tuple[int, ...]:
        return speak_prompts(
            prompts,
            self._voices,
            self._folder / name,
            workers=self._request.workers,
            progress=self._teller(f"{name}: spoken"),
        )

    @cached_property
    def _encoder(self) -> KeywordEncoder:
        return KeywordEncoder(self.base)

    @cached_property
    def _heard(self) -> Hearing:
        positives, others = (
            [p for p in self._prompts if (p.role == "positive") is said] for said in (True, False)
        )
        sounds = self._sounds("positives", positives, self._positives, _POSITIVE_COPIES)
        sounds += self._sounds("negatives", others, self._negatives, _NEGATIVE_COPIES)
        talkers = [sound.read() for sound in sounds if sound.kind == "speech"][:_TALKERS]
        return hear_sounds(
            [*sounds, *self._given.sounds(len(self._prompts))],
            self.graph,
            self._encoder,
            Degrader(self._given.noises(), talkers, self._request.seed),
            self._folder / "augment",
            workers=self._request.workers,
            progress=self._teller("augment: heard"),
        )

    def _sounds(
        self, name: Stage, prompts: Sequence[Prompt], spoken: Sequence[int], copies: int
    ) -> list[Sound]:
        folder = self._folder / name
        chosen = [(place, prompts[place]) for place in spoken]
        return [
            Sound(
                prompt.number,
                partial(read_spoken, folder, place),
                frozenset({prompt.phrase} if prompt.role == "positive" else ()),
                prompt.voice,
                prompt.role,
                copies,
            )
            for place, prompt in chosen
        ]

    @cached_property
    def _adapted(self) -> tuple[Adapted, ...]:
        kept = self._folder / "adapt.npz"
        if kept.exists():
            return read_adapted(kept, len(self.phrases))
        self._tell("adapt: looking for what sounds alike in the negative bank")
        hidden = None
        width = self._encoder.width
        axes = Axes(np.zeros(width, np.float32), np.zeros((width, 0), np.float32))
        if self.base.has("hidden_bank"):
            path = self.base.part_path("hidden_bank")
            hidden = HiddenBank.read(path, int(self._bank.rows.sum()))
            axes = Axes(hidden.mean, hidden.axes)
        mined = mine_bank(self._bank, hidden, self.graph)
        heard = self._heard
        found = []
        for place, phrase in enumerate(self.phrases):
            self._tell(f"adapt: teaching the second pass of {phrase.text!r}")
            found.append(
                adapt_phrase(
                    heard.examples[place],
                    heard.unheard[place],
                    mined[place],
                    phone_places(phrase),
                    axes,
                    self._bank.row_seconds,
                    self._request.seed,
                )
            )
        self._keep(kept.name, adapted_content(found))
        return tuple(found)

    @cached_property
    def _calibration(self) -> KeywordCalibration:
        curves: tuple[OperatingCurve, ...] = tuple(one.curve for one in self._adapted)
        said = tuple(said_scores(one) for one in self._adapted)
        calibration = KeywordCalibration(curves, self._request.sensitivity, said)
        self._keep("calibrate.json", calibration.content())
        return calibration

    @cached_property
    def _trials(self) -> tuple[PhraseTrial, ...]:
        wanted = false_accepts_per_hour(self._request.sensitivity)
        trials = tuple(
            try_phrase(one, curve.threshold(wanted))
            for one, curve in zip(self._adapted, self._calibration.curves, strict=True)
        )
        for phrase, trial in zip(self.phrases, trials, strict=True):
            self._tell(
                f"evaluate: {phrase.text!r}: heard from voices left out "
                f"{100 * trial.positives:.0f} times of 100, near misses taken for it "
                f"{100 * trial.near_misses:.0f} times of 100"
            )
        found = [asdict(trial) for trial in trials]
        self._keep("evaluate.json", (json.dumps(found, indent=1) + "\n").encode("utf-8"))
        return trials

    def _keep(self, name: str, content: bytes) -> None:
        file = self._folder / name
        with write_errors(file):
            replace_file(file, content)

    def _teller(self, what: str) -> Callable[[int, int], None]:
        told = time.monotonic()

        def tell(done: int, total: int) -> None:
            nonlocal told
            if time.monotonic() - told >= _TELL_SECONDS:
                told = time.monotonic()
                self._tell(f"{what} {done} of {total}")

        return tell
