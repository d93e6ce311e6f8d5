"""What voices are asked to say for a keyword: who says what, how, and in which surroundings.

Everything follows from the seed: the same phrases and voices give the same prompts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from attune.errors import InputError
from attune.keyword import KeywordPhrase
from attune.keyword.guidance import LanguageFacts, SpokenWords, phrase_pronunciations
from attune.train.keyword.near_misses import near_misses
from attune.train.synthesis import PhoneVoice, Voice

__all__ = ["Prompt", "PromptCounts", "PromptRole", "plan_prompts"]

PromptRole = Literal["positive", "near miss", "speech"]

_RATES, _PITCHES = (0.75, 1.35), (0.8, 1.25)
# The odds of an engine's voices together: recorded speakers are few, but sound like people.
_ENGINE_ODDS = {"flite": 4.0, "festival": 1.0, "espeak": 4.0}
_CARRIED = 0.4  # of the positives stand in speech, half with words before and half after
_SPEECH_WORDS = (2, 4)  # phrases of up to three words each
_FREQUENT = 20_000


@dataclass(frozen=True)
class PromptCounts:
    """How many prompts of each role; positives and near misses are for each phrase."""

    positives: int = 480
    near_misses: int = 320
    speech: int = 240

    @classmethod
    def for_phrases(cls, phrases: int) -> PromptCounts:
        """As many as ten minutes on two cores allow for a number of phrases."""
        share = min(1.0, 2.0 / max(1, phrases))
        return cls(max(60, round(480 * share)), max(40, round(320 * share)), 240)


@dataclass(frozen=True)
class Prompt:
    """One thing to say: the phones of its words, between those of other words said in one breath.

    `phrase` is the phrase's place, -1 for speech that belongs to none. `rate` and `pitch` are
    factors on the voice's own.
    """

    number: int
    role: PromptRole
    phrase: int
    words: SpokenWords
    before: SpokenWords
    after: SpokenWords
    voice: str
    rate: float
    pitch: float

    @property
    def label(self) -> str:
        """The prompt in one line, for a journal."""
        said = " ".join(
            "-".join(w) for w in (*self.before, ("|",), *self.words, ("|",), *self.after)
        )
        return f"{self.role} {self.phrase} {self.rate:.3f} {self.pitch:.3f} {said}"


def plan_prompts(
    phrases: Sequence[KeywordPhrase],
    voices: Sequence[Voice],
    facts: LanguageFacts,
    counts: PromptCounts,
    seed: int,
) -> tuple[Prompt, ...]:
    """The prompts of every phrase and of other speech, numbered from 0.

    Raises InputError when no voice can speak phones.
    """
    able = [voice for voice in voices if isinstance(voice, PhoneVoice)]
    if not able:
        raise InputError(
            "no voice here can speak phones: install espeak-ng, flite or festival (Debian: apt "
            "install espeak-ng flite festival), or `pip install espeakng-loader`"
        )
    casting = _Casting(able, seed)
    talk = _Talk(facts)
    prompts: list[Prompt] = []

    def add(role: PromptRole, phrase: int, words: SpokenWords, carried: bool) -> None:
        number = len(prompts)
        random = np.random.default_rng([seed, number])
        before: SpokenWords = ()
        after: SpokenWords = ()
        if carried and random.random() < _CARRIED:
            if random.random() < 0.5:
                before = talk.some(random)
            else:
                after = talk.some(random)
        voice, rate, pitch = casting.draw(random)
        prompts.append(Prompt(number, role, phrase, words, before, after, voice.name, rate, pitch))

    for place, phrase in enumerate(phrases):
        said = _words_of(phrase, facts)
        for number in range(counts.positives):
            add("positive", place, said[number % len(said)], True)
        random = np.random.default_rng([seed, place, 0x9EA6])
        misses = near_misses(phrase, facts, talk.frequent_words, counts.near_misses, random)
        for words in misses:
            add("near miss", place, words, True)
    for number in range(counts.speech):
        random = np.random.default_rng([seed, number, 0x59EC])
        rounds = int(random.integers(_SPEECH_WORDS[0], _SPEECH_WORDS[1] + 1))
        add("speech", -1, tuple(w for _ in range(rounds) for w in talk.some(random)), False)
    return tuple(prompts)


def _words_of(phrase: KeywordPhrase, facts: LanguageFacts) -> list[SpokenWords]:
    """Each pronunciation as words, where it is one that the lexicon or the letters give."""
    try:
        known = phrase_pronunciations(phrase.text.lower().split(), facts)
    except (InputError, KeyError):
        known = ()
    by_phones = {each.phones: each.words for each in known}
    return [by_phones.get(phones, (phones,)) for phones in phrase.pronunciations]


class _Casting:
    """Who speaks, how fast and how high."""

    def __init__(self, voices: Sequence[Voice], seed: int) -> None:
        self._choirs: dict[str, list[Voice]] = {}
        for voice in voices:
            self._choirs.setdefault(voice.engine, []).append(voice)
        odds = np.array([_ENGINE_ODDS.get(engine, 1.0) for engine in self._choirs])
        self._odds = odds / odds.sum()

    def draw(self, random: np.random.Generator) -> tuple[Voice, float, float]:
        choir = list(self._choirs.values())[random.choice(len(self._odds), p=self._odds)]
        rate, pitch = (
            math.exp(random.uniform(math.log(low), math.log(high)))
            for low, high in (_RATES, _PITCHES)
        )
        return choir[random.integers(len(choir))], rate, pitch


class _Talk:
    """Frequent phrases of a language as phones."""

    def __init__(self, facts: LanguageFacts) -> None:
        self._lexicon, phrases = facts.lexicon, facts.phrases
        often = np.argsort(-phrases.per_hour, kind="stable")[:_FREQUENT]
        self._words = phrases.words[often]
        odds = np.sqrt(phrases.per_hour[often])
        self._odds = odds / odds.sum()
        alone = self._words[self._words[:, 1] < 0][:2000, 0]
        self.frequent_words = [
            phones for word in np.unique(alone).tolist() if len(phones := self._phones(word)) > 1
        ]

    def some(self, random: np.random.Generator) -> SpokenWords:
        """A frequent phrase of one to three words."""
        row = self._words[random.choice(len(self._words), p=self._odds)]
        return tuple(self._phones(word) for word in row[row >= 0].tolist())

    def _phones(self, word: int) -> tuple[str, ...]:
        return tuple(self._lexicon.pronunciations(self._lexicon.word(word))[0].phones)
