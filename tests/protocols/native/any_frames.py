"""Frames of all kinds for WebSockets, whether a conversation knows them or not, and whether a
server that got them is at rest again."""

from __future__ import annotations

import json
import struct

from hypothesis import strategies as st
from running import RunningServer
from speaking import pcm

from attune.service.recognition.in_threads import ThreadRecognizers

__all__ = ["FINISH", "FRAMES", "SAMPLES_IN_FLOATS", "idle"]

FINISH = json.dumps({"type": "finish"})

_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("start")
)
_names = st.sampled_from(
    [
        *("type", "rate", "encoding", "channels", "partials", "offset", "phrases", "options"),
        *("keyword", "text", "start", "end", "config", "sample_rate", "words", "max_alternatives"),
        *("phrase_list", "eof", "reset", "end_silence", "beam"),
    ]
)
_values = st.recursive(
    _scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=8,
)
_objects = st.dictionaries(_names, _values, max_size=5)
_starts = st.fixed_dictionaries({"type": st.just("start")}, optional={"rate": _values}).flatmap(
    lambda start: _objects.map(lambda more: {**more, **start})
)
FRAMES = st.one_of(
    st.binary(max_size=4000),
    st.integers(1, 60).map(lambda count: pcm("dictation.wav")[: 3200 * count]),
    st.text(max_size=50),
    st.one_of(_objects, _starts, st.just({"config": {"words": 1}})).map(json.dumps),
    st.sampled_from([FINISH, '{"eof": 1}', '{"reset": 1}', '{"type": "start"}']),
)
"""A text or binary message."""

SAMPLES_IN_FLOATS = st.builds(
    lambda value, count: struct.pack("<f", value) * count, st.floats(width=32), st.integers(1, 8000)
)
"""Samples of any value there is, the largest and none at all among them."""


def idle(server: RunningServer) -> bool:
    """Whether no stream has a place or a model."""
    recognition = server.service.recognition
    recognizers = recognition._recognizers
    assert isinstance(recognizers, ThreadRecognizers)
    entries = [*recognizers.models._entries.values(), *recognition._keywords._entries.values()]
    leases = sum(entry.leases for entry in entries)
    return recognition._admission.taken == 0 and leases == 0
