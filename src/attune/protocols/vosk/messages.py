"""The messages of vosk-server: its configuration, partial and final results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from attune.audio import RawFormat
from attune.errors import InputError
from attune.recognize import Final, Word

__all__ = ["VoskConfig", "final_message", "partial_message"]

_MOST_ALTERNATIVES = 20


@dataclass(frozen=True, slots=True)
class VoskConfig:
    """What a client configured: the rate in Hz of its 16-bit mono audio, phrases to expect, whether
    results have words with times, and how many alternatives (0: the best reading alone)."""

    rate: int = 16_000
    phrases: tuple[str, ...] = ()
    words: bool = False
    alternatives: int = 0

    def changed(self, config: object) -> VoskConfig:
        """This with the values of a `config` message, others of which are left unread as
        vosk-server does; InputError naming the one that is wrong."""
        if not isinstance(config, Mapping):
            raise InputError("config is not an object")
        changes: dict[str, Any] = {}
        if "sample_rate" in config:
            changes["rate"] = _whole(config["sample_rate"], "sample_rate")
        if "max_alternatives" in config:
            count = _whole(config["max_alternatives"], "max_alternatives")
            changes["alternatives"] = max(0, min(count, _MOST_ALTERNATIVES))
        if "words" in config:
            changes["words"] = bool(config["words"])
        if "phrase_list" in config:
            phrases = config["phrase_list"]
            if not isinstance(phrases, list) or not all(isinstance(p, str) for p in phrases):
                raise InputError("config: phrase_list is not a list of texts")
            # Vosk's grammars end in this, for whatever else is said.
            changes["phrases"] = tuple(p for p in phrases if p.strip() not in ("", "[unk]"))
        return replace(self, **changes)

    def format(self) -> RawFormat:
        """How the audio's bytes are to be read."""
        return RawFormat(self.rate)


def partial_message(text: str) -> dict[str, Any]:
    """What is heard of the current utterance."""
    return {"partial": text}


def final_message(finals: Sequence[Final], config: VoskConfig) -> dict[str, Any]:
    """The utterances that ended, as one."""
    if config.alternatives:
        return {"alternatives": _alternatives(finals, config)}
    message: dict[str, Any] = {}
    if config.words:
        message["result"] = [_word(word) for final in finals for word in final.result.words]
    return {**message, "text": " ".join(final.result.lexical for final in finals)}


def _alternatives(finals: Sequence[Final], config: VoskConfig) -> list[dict[str, Any]]:
    if len(finals) != 1:
        words = [word for final in finals for word in final.result.words]
        texts = [(" ".join(final.result.lexical for final in finals), 1.0)]
    else:
        words = list(finals[0].result.words)
        texts = [(a.lexical, a.confidence) for a in finals[0].result.alternatives]
    found: list[dict[str, Any]] = [
        {"confidence": confidence, "text": text} for text, confidence in texts
    ]
    if config.words:
        # Times are known of the best reading.
        found[0]["result"] = [
            {"start": word.start, "end": word.end, "word": word.text} for word in words
        ]
    return found[: config.alternatives]


def _word(word: Word) -> dict[str, Any]:
    return {"conf": word.confidence, "start": word.start, "end": word.end, "word": word.text}


def _whole(value: object, name: str) -> int:
    try:
        # Clients send 16000.0, "16000" and 16000.
        number = float(value) if isinstance(value, str | int | float) else 0.5
        if number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise InputError(f"config: {name} {str(value)[:40]!r} is not a whole number")
