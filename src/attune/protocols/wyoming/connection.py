"""One client's connection: its events in order, each to what it is about."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time

from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event as WyomingEvent
from wyoming.event import Eventable, async_write_event
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.wake import Detect

from attune.errors import AttuneError
from attune.protocols.failures import failure_of
from attune.protocols.wyoming.description import describe
from attune.protocols.wyoming.keywords import Keywords
from attune.protocols.wyoming.transcribing import Transcribing, read_transcribe
from attune.protocols.wyoming.waking import Waking, read_detect
from attune.protocols.wyoming.wire import read_event
from attune.service import Service
from attune.service.access import Principal

__all__ = ["Connection"]

_LOG = logging.getLogger(__name__)


class Connection:
    """Answers a client until it leaves, is idle for too long, or sends what cannot be.

    `detect` turns the connection to wake words, `transcribe` to speech, for every stream that
    follows; without either a stream is speech. What goes wrong is told by an `error` and ends the
    connection, so that no client waits for an answer that does not come. Events of other kinds are
    left aside, as the protocol has it.
    """

    def __init__(
        self,
        service: Service,
        principal: Principal,
        keywords: Keywords,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._service, self._principal, self._keywords = service, principal, keywords
        self._reader, self._writer = reader, writer
        self._limits = service.settings.limits
        self._wanted: Transcribe | Detect = Transcribe()
        self._stream: Transcribing | Waking | None = None
        self._second = time.monotonic()
        self._events = 0

    async def run(self) -> None:
        """Serve the client to its end; raises nothing but cancellation."""
        try:
            while (event := await self._next()) is not None:
                await self._handle(event)
        except (ConnectionError, TimeoutError):
            pass  # It has gone, or might as well have.
        except asyncio.CancelledError:
            await self._fail("ServiceUnavailable", "the service is stopping: try again soon")
            raise
        except AttuneError as error:
            failure = failure_of(error)
            await self._fail(failure.code, failure.message)
        except Exception:
            _LOG.exception("an error that is ours")
            await self._fail("InternalServerError", "something went wrong here")
        finally:
            if self._stream is not None:
                await self._stream.close()

    async def refuse(self, error: AttuneError) -> None:
        """Tell the client why it is not served."""
        failure = failure_of(error)
        await self._fail(failure.code, failure.message)

    async def _next(self) -> WyomingEvent | None:
        async with asyncio.timeout(self._limits.idle):
            event = await read_event(self._reader, self._limits.message)
        await self._slow_down()
        return event

    async def _slow_down(self) -> None:
        """Let a client that sends more events than a second may have wait for the next one."""
        now = time.monotonic()
        if now - self._second >= 1.0:
            self._second, self._events = now, 0
        self._events += 1
        if self._events > self._limits.messages:
            await asyncio.sleep(self._second + 1.0 - now)

    async def _handle(self, event: WyomingEvent) -> None:
        if AudioChunk.is_type(event.type):
            stream = self._stream or await self._begin(event)
            await stream.hear(event)
        elif AudioStart.is_type(event.type):
            await self._end_stream()
            await self._begin(event)
        elif AudioStop.is_type(event.type):
            if self._stream is not None:
                await self._stream.finish()
            await self._end_stream()
        elif Transcribe.is_type(event.type):
            self._wanted = read_transcribe(event)
        elif Detect.is_type(event.type):
            self._wanted = read_detect(event)
        elif Describe.is_type(event.type):
            served = await asyncio.to_thread(self._service.recognition.models, self._principal)
            offered = await asyncio.to_thread(self._keywords.offered)
            await self._send(describe(served, offered))
        elif Ping.is_type(event.type):
            text = event.data.get("text")
            await self._send(Pong(text if isinstance(text, str) else None))

    async def _begin(self, event: WyomingEvent) -> Transcribing | Waking:
        service, principal, wanted = self._service, self._principal, self._wanted
        if isinstance(wanted, Detect):
            self._stream = await Waking.begin(
                service, principal, self._keywords, wanted, event, self._send
            )
        else:
            self._stream = await Transcribing.begin(service, principal, wanted, event, self._send)
        return self._stream

    async def _end_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            await stream.close()

    async def _send(self, message: Eventable) -> None:
        async with asyncio.timeout(self._limits.idle):
            await async_write_event(message.event(), self._writer)

    async def _fail(self, code: str, text: str) -> None:
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(1.0):
                await async_write_event(Error(text=text, code=code).event(), self._writer)
