"""Listening for keywords in the background: once or on and on, with events, stopped at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from attune.errors import AttuneError, InputError
from attune.keyword.audio_streams import AudioInput, recording
from attune.keyword.events import Canceled, CanceledReason, KeywordEvent, Recognized

__all__ = ["KeywordRecognizer", "Listener", "ListeningStream"]

_PIECE = 1280  # samples heard between two looks at whether to stop
_READ_SECONDS = 0.1
_PATIENCE = 1.0  # seconds that `stop` waits for a source that does not return


class ListeningStream(Protocol):
    """A stream in which keywords and their commands are heard."""

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        ...

    def accept(self, samples: NDArray[Any]) -> list[KeywordEvent]:
        """Hear more 16 kHz audio; what it brought."""
        ...

    def finish(self) -> list[KeywordEvent]:
        """End the audio: the last events."""
        ...

    def stop(self) -> None:
        """Give up what a keyword began, and go on listening."""
        ...


class Listener(Protocol):
    """What makes such streams: a `KeywordListener` of this package or of `attune.client`."""

    def stream(self) -> ListeningStream:
        """A new stream of 16 kHz mono audio."""
        ...


class KeywordRecognizer:
    """Listens to `audio` with a `KeywordListener` in a thread of its own.

    `audio` is a `PushStream`, a `PullStream`, anything else that reads like them, or the path of a
    recording. `on_event` is called in that thread with every event: `Recognizing`, `Accepted`,
    `Rejected`, `Recognized`, and last `Canceled`. The audio goes on where the last call left it, so
    what follows a result is heard by the next call. Use as a context manager, or call `stop`.
    """

    def __init__(
        self,
        listener: Listener,
        audio: AudioInput | str | os.PathLike[str],
        on_event: Callable[[KeywordEvent], None] | None = None,
    ) -> None:
        self._audio = recording(audio) if isinstance(audio, str | os.PathLike) else audio
        self._stream = listener.stream()
        self._on_event = on_event
        self._rest = np.zeros(0, np.float32)
        self._ended = False
        self._lock = threading.Lock()
        self._session: _Session | None = None
        self._interrupted = threading.Event()
        self._told_of: tuple[str, float] | None = None  # the keyword of the last event

    @property
    def seconds(self) -> float:
        """How much audio was heard."""
        return self._stream.seconds

    def recognize_once(self, timeout: float | None = None) -> Recognized | Canceled:
        """Wait for the next keyword, and with a recogniser for the utterance that it begins.

        Rejected keywords do not end the wait; the end of the audio, `stop` and `timeout` seconds
        do (`Canceled`). InputError while listening already.
        """
        future = self.recognize_once_async()
        try:
            return future.result(timeout)
        except TimeoutError:
            self.stop()
            return future.result()

    def recognize_once_async(self) -> Future[Recognized | Canceled]:
        """As `recognize_once`, without waiting."""
        return self._launch(once=True).outcome

    def start(self) -> Future[Recognized | Canceled]:
        """Listen on and on. The future is done when listening has ended, with `Canceled`."""
        return self._launch(once=False).outcome

    def stop(self) -> None:
        """End listening at once: no event but `Canceled` follows. What was written is kept.

        A source that does not return from reading is left behind; whatever it brings is dropped.
        """
        with self._lock:
            session = self._session
        if session is None:
            return
        session.stopping.set()
        if session.thread is not threading.current_thread():
            session.thread.join(_PATIENCE)
            self._end(session, "stopped")

    def interrupt(self) -> None:
        """Give up the command that is being heard; listening goes on for the next keyword."""
        self._interrupted.set()

    def __enter__(self) -> KeywordRecognizer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self, once: bool) -> _Session:
        with self._lock:
            if self._session is not None and not self._session.left(_PATIENCE):
                raise InputError(
                    "the audio source has not returned from reading: make a new recognizer, with "
                    "another source"
                    if self._session.outcome.done()
                    else "the recognizer is listening: stop it first"
                )
            session = _Session(lambda: self._run(session, once))
            self._session = session
        session.thread.start()
        return session

    def _run(self, session: _Session, once: bool) -> None:
        try:
            while not session.stopping.is_set():
                if self._interrupted.is_set():
                    self._interrupted.clear()
                    self._stream.stop()
                events, over = self._hear(session)
                for event in events:
                    if session.stopping.is_set():
                        break
                    if self._is_given_up(event):
                        continue
                    self._tell(event)
                    if once and isinstance(event, Recognized):
                        if session.claim():
                            session.outcome.set_result(event)
                        return
                if over:
                    self._end(session, "end of audio")
                    return
            self._stream.stop()
            self._end(session, "stopped")
        except _CallbackFailed as error:
            if session.claim():
                session.outcome.set_result(Canceled("error", f"on_event raised {error}"))
        except AttuneError as error:
            self._end(session, "error", str(error))
        except Exception as error:
            self._end(session, "error", f"{type(error).__name__}: {error}")

    def _hear(self, session: _Session) -> tuple[list[KeywordEvent], bool]:
        """Hear the next piece of audio; what it brought, and whether it was the last."""
        if not len(self._rest) and not self._ended:
            block = self._audio.read(_READ_SECONDS)
            if session.outcome.done():  # It was stopped and left behind meanwhile.
                return [], False
            self._ended = block is None
            if block is not None:
                self._rest = block
            if session.stopping.is_set():
                return [], False
        piece, self._rest = self._rest[:_PIECE], self._rest[_PIECE:]
        events = self._stream.accept(piece) if len(piece) else []
        if self._ended and not len(self._rest):
            return events + self._stream.finish(), True
        return events, False

    def _is_given_up(self, event: KeywordEvent) -> bool:
        """Whether an event is of the command that was interrupted when one before it was told."""
        if isinstance(event, Canceled):
            return False
        told, self._told_of = self._told_of, (event.detection.keyword, event.detection.time)
        return self._interrupted.is_set() and told == self._told_of

    def _tell(self, event: KeywordEvent) -> None:
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception as error:
            raise _CallbackFailed(f"{type(error).__name__}: {error}") from error

    def _end(self, session: _Session, reason: CanceledReason, detail: str = "") -> None:
        if not session.claim():
            return
        event = Canceled(reason, detail)
        try:
            self._tell(event)
        except _CallbackFailed as error:
            event = Canceled("error", f"on_event raised {error}")
        session.outcome.set_result(event)


class _CallbackFailed(Exception):
    """What `on_event` raised: it is not told anything more."""


class _Session:
    """One stretch of listening: its thread, and how it ended."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.thread = threading.Thread(target=run, name="attune-keyword", daemon=True)
        self.stopping = threading.Event()
        self.outcome: Future[Recognized | Canceled] = Future()
        self._lock = threading.Lock()
        self._claimed = False

    def claim(self) -> bool:
        """Whether the caller, and nobody before it, is to settle the outcome."""
        with self._lock:
            claimed, self._claimed = self._claimed, True
        return not claimed

    def left(self, patience: float) -> bool:
        """Whether the thread has ended; one that has its outcome may take `patience` seconds."""
        if self.outcome.done() and self.thread is not threading.current_thread():
            self.thread.join(patience)
        return not self.thread.is_alive()
