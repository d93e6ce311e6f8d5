"""What a recogniser that serves has ready before anybody asks for it."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deployments import Ground, asked
from numpy.typing import NDArray
from tones import whistle, write_tone_bundle
from waiting import eventually

from attune.bundle import shipped_bundle_path
from attune.errors import InputError
from attune.keyword import BaseEncoder, KeywordPhrase, RecognizerVerifier
from attune.keyword.guidance import LanguageFacts
from attune.language import NgramModel
from attune.lexicon import G2P, CompiledLexicon
from attune.recognize import Final
from attune.service.recognition import ClientKeyword, Recognition
from attune.service.recognition.loaded import LoadedRecognizer

KEYWORD = ClientKeyword(("hello attune",), 0.5, 1.2)


def loaded_by(recognition: Recognition) -> LoadedRecognizer:
    """The only recogniser in memory."""
    (entry,) = recognition._recognizers.models._entries.values()  # type: ignore[attr-defined]
    model: LoadedRecognizer = entry.future.result()
    return model


def test_keywords_are_prepared_though_nobody_asked_for_one(
    shared: Ground, dictation: NDArray[np.float32]
) -> None:
    recognition = shared.recognition()

    async def stream() -> None:
        async with await recognition.open(asked()) as session:
            await session.accept(dictation)

    asyncio.run(stream())
    eventually(lambda: loaded_by(recognition).knows_keywords)


def test_the_first_keyword_reads_and_prepares_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = LoadedRecognizer.load(shipped_bundle_path("en-US"))
    eventually(lambda: loaded.knows_keywords)

    def late(*_: object, **__: object) -> Any:
        raise AssertionError("this should have been read before")

    for name in ("open", "load"):
        for kind in (LanguageFacts, NgramModel, G2P, CompiledLexicon):
            if hasattr(kind, name):
                monkeypatch.setattr(kind, name, late)
    begun = time.process_time()
    loaded.opening(KEYWORD)
    first = time.process_time() - begun
    begun = time.process_time()
    loaded.opening(ClientKeyword(("good morning computer",), 0.5, 1.2))
    second = time.process_time() - begun
    # Reading all takes half a second and more.
    assert first < second + 0.2


def test_loading_does_not_wait_for_it_and_keywords_do(
    monkeypatch: pytest.MonkeyPatch, dictation: NDArray[np.float32]
) -> None:
    go_on, opened, read = threading.Event(), [], LanguageFacts.open

    def slow(path: Path) -> LanguageFacts:
        opened.append(path)
        assert go_on.wait(60)
        return read(path)

    monkeypatch.setattr(LanguageFacts, "open", slow)
    loaded = LoadedRecognizer.load(shipped_bundle_path("en-US"))
    assert not loaded.knows_keywords
    stream = loaded.model.stream()
    events = stream.accept(dictation) + stream.finish()
    assert any(isinstance(event, Final) for event in events)
    with ThreadPoolExecutor(4) as threads:
        openings = [threads.submit(loaded.opening, KEYWORD) for _ in range(4)]
        time.sleep(0.2)
        assert not any(opening.done() for opening in openings)
        go_on.set()
        assert all(opening.result(60) for opening in openings)
    assert loaded.knows_keywords
    assert len(opened) == 1


def test_the_search_is_prepared_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    searched = []
    margin = RecognizerVerifier._margin

    def counted(self: RecognizerVerifier, *arguments: Any) -> float:
        searched.append(arguments)
        return margin(self, *arguments)

    monkeypatch.setattr(RecognizerVerifier, "_margin", counted)
    loaded = LoadedRecognizer.load(shipped_bundle_path("en-US"))
    eventually(lambda: loaded.knows_keywords)
    assert searched


def test_keywords_are_heard_by_their_own_network_as_well() -> None:
    loaded = LoadedRecognizer.load(shipped_bundle_path("en-US"))
    opening = loaded.opening(KEYWORD)
    stream, audio = loaded.model.stream(opening=opening), np.zeros(48_000, np.float32)
    opening.hear(audio)
    stream.accept(audio)
    phrase = KeywordPhrase("attune", (("AH", "T", "UW", "N"),))
    alone, together = (
        RecognizerVerifier(loaded.model, [phrase], keywords=keywords)
        for keywords in (None, BaseEncoder.shipped("en-US"))
    )
    assert opening.verdict is not None
    assert not opening.verdict.accepted
    assert opening.verdict.threshold == together.threshold != alone.threshold


def test_a_recogniser_that_cannot_pronounce_serves_all_the_same(tmp_path: Path) -> None:
    loaded = LoadedRecognizer.load(write_tone_bundle(tmp_path / "tones"))
    for _ in range(2):
        with pytest.raises(InputError, match="which this bundle lacks"):
            loaded.opening(KEYWORD)
    assert not loaded.knows_keywords
    stream = loaded.model.stream()
    events = stream.accept(whistle("see team")) + stream.finish()
    (final,) = [event for event in events if isinstance(event, Final)]
    assert final.result.lexical == "see team"
