"""A stream that outlives its connections: audio is sent again until a server has settled it.

Every final result and every `position` says until where all is told; what lies behind is kept. When
a connection is lost, the next one begins there, so finals are neither lost nor doubled and times go
on.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    WebSocketException,
)

from attune.acoustic import SAMPLE_RATE
from attune.client.address import Credential
from attune.client.errors import ApiError, Unreachable, api_error
from attune.client.patience import Patience
from attune.client.persistence import refusal, retry_after
from attune.client.recognition.events import Accepted, Reconnected, Rejected, RemoteEvent
from attune.client.recognition.unacknowledged import Unacknowledged
from attune.client.recognition.wire import Wishes, read_event, start_message
from attune.errors import AttuneError
from attune.recognize import Final, SpeechStart

__all__ = ["ResumingStream"]

_MESSAGE = SAMPLE_RATE  # samples that are sent at a time, at most
_LEAST = 320  # samples that are worth a message while more may come
_GATHERING = 0.02  # seconds that fewer wait for
_TRY_AGAIN = {408, 429, 502, 503, 504}
_OWED = 2.0  # seconds of audio that a server may keep to itself
_ROUNDING = 0.25  # seconds that a result may end before its audio


class ResumingStream:
    """16 kHz audio to `address` and its events back, over as many connections as it takes.

    `capacity` seconds of audio are kept at most; `timeout` is how long the server may be silent
    while it owes an answer, `patience` how long a lost connection is tried to be made again, both
    in seconds. Runs in one event loop. Methods raise what went wrong: RefusedError, ApiError,
    Unreachable.
    """

    def __init__(
        self,
        address: str,
        credential: Credential,
        wishes: Wishes,
        *,
        capacity: float,
        timeout: float,
        patience: float,
    ) -> None:
        self._address, self._credential, self._wishes = address, credential, wishes
        self._timeout, self._patience = timeout, Patience(patience)
        self._audio = Unacknowledged(round(capacity * SAMPLE_RATE))
        self._sent = self._heard = 0  # samples
        self._origin = 0  # the sample that the current connection began with
        self._connected = self._reached = self._lost = False
        self._finishing = self._ended = False
        self._cut = False  # The server is stopping: what it still says is not the last word.
        self._speaking = self._verified = False
        self._failure: AttuneError | None = None
        self._events: list[RemoteEvent] = []
        self._changed = asyncio.Condition()
        self._running = asyncio.create_task(self._run())

    @property
    def seconds(self) -> float:
        """How much audio was accepted."""
        return self._audio.end / SAMPLE_RATE

    @property
    def unheard(self) -> float:
        """Seconds of audio that no server has heard; 0 while the connection is lost."""
        return 0.0 if self._lost else (self._audio.end - self._heard) / SAMPLE_RATE

    @property
    def ended(self) -> bool:
        """Whether nothing more will be told."""
        return self._ended

    async def opened(self) -> None:
        """Wait until a server has taken the stream on."""
        await self._until(lambda: self._reached)

    async def accept(self, pcm: bytes, ahead: float = math.inf) -> None:
        """Take more audio: 16 kHz int16.

        Waits while there is no room for it, or servers that can be reached have not heard more than
        `ahead` seconds.
        """
        rest = memoryview(pcm)
        while len(rest):
            await self._until(lambda: self._audio.room > 0)
            if self._ended:
                return
            fits = 2 * self._audio.room
            self._audio.append(bytes(rest[:fits]))
            rest = rest[fits:]
            await self._tell()
        await self._until(lambda: self.unheard <= ahead)

    async def end(self) -> None:
        """Say that the audio is over."""
        self._finishing = True
        await self._tell()

    async def finish(self) -> None:
        """Say that the audio is over, and wait until all is told; raises what prevented it."""
        await self.end()
        await self._until(lambda: False)
        self.check()

    async def next_events(self) -> list[RemoteEvent]:
        """Wait for events; none when all were told."""
        await self._until(lambda: bool(self._events))
        return self.taken()

    def taken(self) -> list[RemoteEvent]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def check(self) -> None:
        """Raise what ended the stream before its time, if anything did."""
        if self._failure is not None:
            raise self._failure

    async def close(self) -> None:
        """Close the connection at once. Nothing more is sent or told."""
        self._running.cancel()
        with suppress(asyncio.CancelledError):
            await self._running
        self._ended = True
        await self._tell()

    async def _until(self, fulfilled: Callable[[], bool]) -> None:
        """Wait for a condition or the end; raises what ended the stream before its time, once all
        events before it were taken."""
        async with self._changed:
            await self._changed.wait_for(lambda: fulfilled() or self._ended)
        if not self._events:
            self.check()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _run(self) -> None:
        try:
            await self._connections()
        except AttuneError as error:
            self._failure = error
        except Exception as error:
            # What else can be wrong: a token's function, a server that speaks another protocol.
            self._failure = AttuneError(f"the stream broke off: {type(error).__name__}: {error}")
            self._failure.__cause__ = error
        finally:
            self._ended, self._connected = True, False
            await self._tell()

    async def _connections(self) -> None:
        """One connection after the other until all is told."""
        renewed = False
        while not self._ended:
            wait: float | None = None
            try:
                socket = await self._open()
                renewed = False
                try:
                    await self._serve(socket)
                finally:
                    await _hang_up(socket)
                if self._ended:
                    return
                problem: Exception = Unreachable("the server closed the connection")
            except InvalidStatus as error:
                answer = error.response
                refused = refusal(answer.status_code, answer.headers, bytes(answer.body))
                if answer.status_code == 401 and self._credential.renewable and not renewed:
                    self._credential.forget()
                    renewed = True
                    continue
                if answer.status_code not in _TRY_AGAIN:
                    raise refused from None
                problem, wait = refused, retry_after(answer.headers)
            except ApiError as error:
                # A stream that has become too long for one connection goes on with the next.
                longest = error.status == 413 and self._audio.start > self._origin
                if error.status not in _TRY_AGAIN and not longest:
                    raise
                problem, wait = error, error.retry_after
            except (Unreachable, OSError, WebSocketException) as error:
                problem = error
                if not self._reached:
                    raise Unreachable(_unreachable(self._address, error)) from error
            finally:
                self._connected, self._lost = False, True
                await self._tell()
            await self._before_another(problem, wait)

    async def _before_another(self, problem: Exception, wait: float | None) -> None:
        """Wait until it is time for another connection, and there is need of one."""
        pause = self._patience.pause(wait)
        if pause is None:
            if isinstance(problem, AttuneError):
                raise problem
            raise Unreachable(
                f"{self._address}: the connection was lost and could not be made again within "
                f"{self._patience.seconds:g} s ({problem or type(problem).__name__})"
            ) from problem
        known = -1 if self._owes or not self._reached else self._audio.end
        await asyncio.sleep(pause)
        async with self._changed:
            await self._changed.wait_for(lambda: self._finishing or self._audio.end > known)

    @property
    def _owes(self) -> bool:
        """Whether there is something that a server should have told by and by."""
        return self._finishing or self._audio.end - self._heard > _OWED * SAMPLE_RATE

    async def _open(self) -> ClientConnection:
        return await connect(
            self._address,
            additional_headers=await self._credential.headers_async(),
            compression=None,
            open_timeout=self._timeout,
            ping_interval=self._timeout / 2,
            ping_timeout=self._timeout,
            close_timeout=1.0,
        )

    async def _serve(self, socket: ClientConnection) -> None:
        """Send and receive until the connection is over."""
        self._origin = self._sent = self._heard = self._audio.start
        self._cut = False
        begin = start_message(self._wishes, self._origin / SAMPLE_RATE, SAMPLE_RATE)
        await socket.send(json.dumps(begin))
        ready = await self._received(socket)
        if ready["type"] != "ready":
            self._heed(ready)
        if self._reached:
            self._events.append(Reconnected(self._origin / SAMPLE_RATE))
        self._reached = self._connected = True
        self._lost = False
        await self._tell()
        sending = asyncio.create_task(self._send(socket))
        receiving = asyncio.create_task(self._receive(socket))
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            if not receiving.done():
                # Sending broke, or is over; what the server said before may still come.
                await asyncio.wait({receiving})
            await receiving
        finally:
            await _cancelled(sending, receiving)

    async def _send(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            while True:
                async with self._changed:
                    await self._changed.wait_for(
                        lambda: self._sent < self._audio.end or self._finishing
                    )
                if self._audio.end - self._sent < _LEAST and not self._finishing:
                    await asyncio.sleep(_GATHERING)
                piece = self._audio.take(self._sent, _MESSAGE)
                if not piece:
                    break
                self._sent += len(piece) // 2
                await socket.send(piece)
            await socket.send('{"type": "finish"}')

    async def _receive(self, socket: ClientConnection) -> None:
        while not self._ended:
            message = await self._received(socket)
            self._heed(message)
            await self._tell()

    async def _received(self, socket: ClientConnection) -> dict[str, Any]:
        """The next message; raises an `error` and a silence that is too long."""
        while True:
            try:
                # Unlike `wait_for`, this never swallows a cancellation.
                async with asyncio.timeout(self._timeout):
                    message = json.loads(await socket.recv())
            except TimeoutError:
                if self._connected and not self._owes:
                    continue
                raise
            if message["type"] == "error":
                status = await _status(socket)
                text, after = str(message["message"]), message.get("retry_after")
                raise api_error(status, str(message["code"]), text, after)
            return dict(message)

    def _heed(self, message: dict[str, Any]) -> None:
        """Take in what a server tells."""
        if message["type"] == "end":
            self._ended = message["reason"] != "stopping"
            if not self._ended:
                raise Unreachable("the server is stopping")
            return
        if message["type"] == "final" and self._is_cut(message):
            self._cut = True
        if self._cut:
            return
        if message["type"] == "position":
            self._heard = self._origin + round(message["heard"] * SAMPLE_RATE)
            if self._settles:
                self._settle(message["settled"])
        elif message["type"] == "final":
            self._settle(message["end"])
        event = read_event(message, self._origin / SAMPLE_RATE)
        if event is not None and not self._told_before(event):
            self._events.append(event)
        if isinstance(event, Rejected):
            self._ended = True

    def _settle(self, seconds: float) -> None:
        """All of this connection's audio before `seconds` is told of."""
        settled = self._origin + math.floor(seconds * SAMPLE_RATE)
        if settled > self._audio.start:
            self._patience.renew()
        self._audio.acknowledge(settled)

    def _is_cut(self, final: dict[str, Any]) -> bool:
        """Whether a result only ends where it does because the server stops: the next server hears
        the whole utterance."""
        end = self._origin + final["end"] * SAMPLE_RATE
        complete = self._finishing and end > self._audio.end - _ROUNDING * SAMPLE_RATE
        return final["reason"] == "end of audio" and not complete

    @property
    def _settles(self) -> bool:
        """Whether silence settles audio: not before the utterance that a keyword begins is over."""
        return self._wishes.keyword is None or self._audio.start > 0

    def _told_before(self, event: RemoteEvent) -> bool:
        """Whether an event only comes because the audio was sent once more."""
        match event:
            case SpeechStart():
                before, self._speaking = self._speaking, True
                return before
            case Final():
                self._speaking = False
            case Accepted():
                before, self._verified = self._verified, True
                return before
        return False


async def _status(socket: ClientConnection) -> int:
    """The HTTP status of an error, of which the connection's end tells."""
    with suppress(TimeoutError):
        async with asyncio.timeout(2.0):
            await socket.wait_closed()
    code = socket.close_code or 0
    return code - 4000 if 4400 <= code < 4600 else 500 if code == 1011 else 400


async def _hang_up(socket: ClientConnection) -> None:
    """Close a connection, whether or not anybody is at its other end."""
    try:
        await socket.close()
    finally:
        socket.transport.abort()


async def _cancelled(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _unreachable(address: str, error: Exception) -> str:
    if isinstance(error, InvalidHandshake):
        return f"{address}: no Attune server answers there ({error}): check the address"
    return (
        f"{address}: no server was reached ({error or type(error).__name__}): check the address, "
        "and that `attune serve` runs there"
    )
