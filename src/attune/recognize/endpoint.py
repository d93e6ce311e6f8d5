"""When an utterance has ended: rules on trailing silence, as in Kaldi's online endpointing."""

from __future__ import annotations

from typing import Literal

from attune.recognize.options import Options

__all__ = ["EndReason", "end_of_utterance"]

EndReason = Literal["silence", "length", "quiet", "end of audio"]

_UNSURE_COST = 8.0
_UNSURE_FACTOR = 2.0
_LONG_UTTERANCE = 10.0
_LONG_FACTOR = 0.5


def end_of_utterance(
    seconds: float, silence: float, words: int, completion_cost: float, options: Options
) -> EndReason | None:
    """Whether to end now, and why.

    `seconds` heard of this utterance, `silence` trailing seconds without a phone, `words` in the
    best hypothesis, `completion_cost` how much worse the best hypothesis with whole words is than
    the best of all: a speaker who is in the middle of a word gets twice the time to go on, one who
    has spoken for long ends with half of it.
    """
    if words == 0:
        return "quiet" if silence >= options.initial_silence else None
    needed = options.end_silence
    if completion_cost > _UNSURE_COST:
        needed *= _UNSURE_FACTOR
    elif seconds > _LONG_UTTERANCE:
        needed *= _LONG_FACTOR
    if silence >= needed:
        return "silence"
    return "length" if seconds >= options.max_utterance else None
