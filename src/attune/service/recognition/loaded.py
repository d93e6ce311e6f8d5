"""A recogniser in memory, with what its streams need besides: checked options, keywords."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import fields
from pathlib import Path

from attune.errors import InputError
from attune.keyword import BaseEncoder, KeywordPhrase, RecognizerVerifier
from attune.keyword.guidance import (
    LanguageFacts,
    chosen_pronunciations,
    phrase_pronunciations,
    read_writing,
)
from attune.recognize import Model, Options, load
from attune.service.recognition.client_keyword import ClientKeywordOpening
from attune.service.recognition.request import ClientKeyword

__all__ = ["LoadedRecognizer"]

_VERIFIERS = 32
_ANY_PHRASE = KeywordPhrase("attune", (("AH", "T", "UW", "N"),))
# What a client may ask one core to spend on its stream.
_MOST = {"beam": 24.0, "max_active": 10_000, "alternatives": 20}


class LoadedRecognizer:
    """A recogniser that many streams share; threads may, too."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._keywords: OrderedDict[tuple[str, ...], tuple[list[KeywordPhrase], RecognizerVerifier]]
        self._keywords = OrderedDict()
        self._lock = threading.Lock()
        self._facts: Future[LanguageFacts] = Future()
        self._ear: BaseEncoder | None = None  # read before the facts
        threading.Thread(target=self._prepare, name="prepare-keywords", daemon=True).start()

    @classmethod
    def load(cls, folder: Path) -> LoadedRecognizer:
        """Load a bundle and everything in it, so that nothing is read when a first stream ends.

        What keywords need besides is prepared meanwhile, in a thread of its own.
        """
        model = load(folder)
        model.prepare()
        return cls(model)

    @property
    def knows_keywords(self) -> bool:
        """Whether a keyword's verdict has nothing left to wait for."""
        return self._facts.done() and self._facts.exception() is None

    def options(self, changes: Mapping[str, object]) -> Options:
        """The model's options with a client's changes; InputError for an unknown one and for
        values that nobody needs and that cost the others."""
        known = {field.name for field in fields(Options)}
        for name, value in changes.items():
            if name not in known:
                raise InputError(f"option {name!r} is unknown: use {', '.join(sorted(known))}")
            most = _MOST.get(name)
            if most is not None and isinstance(value, int | float) and value > most:
                raise InputError(f"option {name}: {value} is more than {most}, the most here")
        return self.model.options.changed(changes)

    def opening(self, keyword: ClientKeyword) -> ClientKeywordOpening:
        """What verifies a client's keyword in a new stream; InputError for texts that cannot be
        pronounced, and for a recogniser that does not hear phones."""
        with self._lock:
            known = self._keywords.get(keyword.texts)
            if known is None:
                phrases = [self._phrase(text) for text in keyword.texts]
                known = phrases, self._verifier(phrases)
                if len(self._keywords) >= _VERIFIERS:
                    self._keywords.popitem(last=False)
            self._keywords[keyword.texts] = known
            self._keywords.move_to_end(keyword.texts)
        phrases, verifier = known
        return ClientKeywordOpening(keyword, phrases, verifier, self.model.row_seconds)

    def _verifier(self, phrases: list[KeywordPhrase]) -> RecognizerVerifier:
        """A client names its keyword, whose network stays on its device: that of the base which
        keywords are made from is the same, or nearly."""
        return RecognizerVerifier(self.model, phrases, keywords=self._ear)

    def _phrase(self, text: str) -> KeywordPhrase:
        written = read_writing(text)
        if not written.words:
            raise InputError(f"keyword {text!r}: {written.findings[-1].message}")
        try:
            facts = self._facts.result()
        except InputError as error:
            # One of its own for each who asks: they are raised in several threads.
            raise InputError(str(error)) from error
        found = phrase_pronunciations(written.words, facts)
        return KeywordPhrase(text, tuple(p.phones for p in chosen_pronunciations(found, ())))

    def _prepare(self) -> None:
        """Read now what a first keyword would wait for, and what its first search prepares."""
        try:
            facts = LanguageFacts.open(self.model.bundle.path)
            _ = facts.pronouncer
            self._ear = BaseEncoder.shipped(self.model.bundle.description.language)
            self._verifier([_ANY_PHRASE])
        except BaseException as error:
            self._facts.set_exception(error)
        else:
            self._facts.set_result(facts)
