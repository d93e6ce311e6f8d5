"""An utterance that opens with words known from elsewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tones import whistle

from attune.recognize import Event, Final, Model, Partial, Prefix, Word

KEYWORD = "see team"


class Announced:
    """An opening that says its prefixes after given numbers of rows."""

    def __init__(self, announcements: dict[int, Prefix], settled_after: int) -> None:
        self._announcements, self._settled_after = announcements, settled_after
        self._last = max(announcements, default=0)
        self.heard = 0

    @property
    def settled(self) -> bool:
        return self.heard >= self._settled_after

    def look(self, rows: NDArray[np.float32]) -> Prefix | None:
        before, self.heard = self.heard, self.heard + len(rows)
        due = [p for at, p in self._announcements.items() if before < at <= self.heard]
        return due[-1] if due else None

    def close(self) -> Prefix | None:
        return max(self._announcements.items())[1] if self.heard < self._last else None


def prefix(row: int, text: str = "See Team") -> Prefix:
    words = text.lower().split()
    return Prefix(
        text, tuple(Word(w, 0.2 * i, 0.2 * i + 0.2, 0.9) for i, w in enumerate(words)), row
    )


def hear(
    model: Model, samples: NDArray[np.float32], opening: Announced, **changes: object
) -> list[Event]:
    stream = model.stream(opening=opening, options=replace(model.options, **changes))  # type: ignore[arg-type]
    blocks = range(0, len(samples), 1600)
    events = [e for i in blocks for e in stream.accept(samples[i : i + 1600])]
    return events + stream.finish()


def finals(events: list[Event]) -> list[Final]:
    return [e for e in events if isinstance(e, Final)]


# "see team" whistled after 0.2 s: 5 phones of 0.16 s and a pause of 0.12 s end after 1.12 s.
END = 28


@pytest.mark.parametrize("told_at", [END, END + 8, END + 16])
def test_result_begins_with_the_prefix_and_goes_on_behind_it(tones: Model, told_at: int) -> None:
    events = hear(
        tones, whistle("see team one key", after=1.5), Announced({told_at: prefix(END)}, 50)
    )
    (final,) = finals(events)
    assert final.result.text == "See Team, one key."
    assert final.result.lexical == "see team one key"
    assert [w.text for w in final.result.words] == ["see", "team", "one", "key"]
    assert final.result.words[2].start == pytest.approx(1.24, abs=0.08)
    tokens = [(t.text, t.first, t.last) for t in final.result.tokens]
    assert tokens == [("See Team,", 0, 2), ("one", 2, 3), ("key.", 3, 4)]
    assert final.result.alternatives[0].text == final.result.text
    assert final.result.alternatives[0].lexical == final.result.lexical
    assert final.result.start == 0.0


def test_partials_begin_with_the_prefix_at_once(tones: Model) -> None:
    events = hear(tones, whistle("see team one key"), Announced({END: prefix(END)}, 50))
    partials = [e for e in events if isinstance(e, Partial)]
    assert partials[0].text == "see team"
    assert all(p.text.startswith("see team") and p.stable >= 2 for p in partials)


def test_prefix_that_moves_has_its_followers_searched_anew(tones: Model) -> None:
    # First told that the keyword ends before its last word, then where it does.
    moved = Announced({14: prefix(14, "See"), END + 8: prefix(END)}, 50)
    (final,) = finals(hear(tones, whistle("see team one key", after=1.5), moved))
    assert final.result.lexical == "see team one key"


def test_utterance_may_be_the_prefix_alone(tones: Model) -> None:
    opening = Announced({END: prefix(END)}, 40)
    (final,) = finals(hear(tones, whistle("see team", after=2.0), opening, initial_silence=1.0))
    assert (final.reason, final.result.text, final.result.lexical) == (
        "quiet",
        "See Team.",
        KEYWORD,
    )
    assert final.result.confidence == 0.9
    assert [a.text for a in final.result.alternatives] == ["See Team."]


def test_pause_behind_the_prefix_is_the_initial_silence(tones: Model) -> None:
    pause = np.zeros(16000 * 3, np.float32)
    samples = np.concatenate([whistle("see team"), pause, whistle("one key", after=1.5)])
    (final,) = finals(hear(tones, samples, Announced({END: prefix(END)}, 40), initial_silence=4.0))
    assert final.result.lexical == "see team one key"


def test_opening_that_finds_nothing_leaves_a_stream_as_it_is(tones: Model) -> None:
    samples = whistle("see team one key", after=1.5)
    (final,) = finals(hear(tones, samples, Announced({}, 30)))
    (plain,) = finals(hear(tones, samples, Announced({}, 0)))
    assert final.result == plain.result
    assert final.result.lexical == "see team one key"


def test_second_utterance_has_no_prefix(tones: Model) -> None:
    samples = np.concatenate([whistle("see team one", after=1.5), whistle("one key", after=1.5)])
    first, second = finals(hear(tones, samples, Announced({END: prefix(END)}, 1000)))
    assert (first.result.lexical, second.result.lexical) == ("see team one", "one key")


def test_words_alone_are_written_without_marks(tones: Model) -> None:
    opening = Announced({END: prefix(END)}, 40)
    (final,) = finals(
        hear(tones, whistle("see team one key", after=1.5), opening, formatting=False)
    )
    assert final.result.text == "see team one key"
    assert final.result.tokens[0].text == "see team"


def test_prefix_may_be_found_when_the_audio_ends(tones: Model) -> None:
    (final,) = finals(
        hear(tones, whistle("see team", after=0.1), Announced({1000: prefix(END)}, 2000))
    )
    assert (final.reason, final.result.lexical) == ("end of audio", KEYWORD)
