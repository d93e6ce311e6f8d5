"""A server's side of one stream or recording at a replica."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ray.exceptions import RayError
from ray.serve.exceptions import BackPressureError, RayServeException

from attune.errors import AttuneError
from attune.service.errors import Busy, Unavailable
from attune.service.recognition.replicas.application import Place
from attune.service.recognition.replicas.mailbox import Gone
from attune.service.tables import new_id

__all__ = ["Conversation", "begun"]

_PATIENCE_SECONDS = 60.0
_ATTEMPTS = 3
_log = logging.getLogger(__name__)
_RETRY_SECONDS = 5
_BUSY = "all recognisers of the cluster are busy: try again soon"
_CLOSED = "the stream was closed: open another"
_LOST = "the machine of the cluster that heard this was lost: try again"


async def begun(
    place: Place, call: Callable[[Any, Any, str], Any], message: object
) -> tuple[Conversation, Any]:
    """A conversation that begins with `message`, and the first answer. `call` makes the request to
    Ray Serve from the handle, the mailbox and the id of the conversation.

    Busy when no replica has room, and what `Conversation.ask` raises. A replica whose end Ray Serve
    has not noticed yet is tried again elsewhere.
    """
    for attempt in range(_ATTEMPTS):
        conversation = Conversation(place)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return conversation, await conversation.begin(call, message)
        except BaseException as error:
            conversation.end()
            if isinstance(error, TimeoutError):
                raise Busy(_BUSY, _RETRY_SECONDS) from None
            if not isinstance(error, Unavailable) or attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


class Conversation:
    """Asks one thing at a time."""

    def __init__(self, place: Place) -> None:
        self._place, self._mailbox, self._id = place, place.mailbox, new_id()
        self._response: Any = None
        self._request: asyncio.Future[Exception | None] | None = None
        self._begun = self._ended = False

    async def begin(self, call: Callable[[Any, Any, str], Any], message: object) -> Any:
        """The first answer, as `ask`."""
        try:
            await _reply(self._mailbox.begin.remote(self._id, message))
            self._response = call(self._place.handle, self._mailbox, self._id)
        except (RayError, RayServeException) as error:
            raise Unavailable(_LOST, 1) from error
        self._request = asyncio.ensure_future(_end_of(self._response))
        answer = await self._answer(self._mailbox.first_answer.remote(self._id))
        self._begun = True
        return answer

    async def ask(self, message: object) -> Any:
        """The answer. AttuneError that the replica answered, Unavailable when it was lost or the
        conversation was ended meanwhile."""
        return await self._answer(self._mailbox.ask.remote(self._id, message))

    async def _answer(self, reference: Any) -> Any:
        assert self._request is not None
        asked = _reply(reference)
        try:
            await asyncio.wait({asked, self._request}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                self._check_end(self._request.result())
            answer = await asked
        except RayError as error:
            raise Unavailable(_LOST, 1) from error
        finally:
            asked.cancel()
        if isinstance(answer, Gone):
            raise Unavailable(_CLOSED)
        if isinstance(answer, AttuneError):
            raise answer
        return answer

    def end(self) -> None:
        """Leave; the replica is told. Ending twice is ending once."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(RayError):
            self._mailbox.end.remote(self._id)
        if self._response is not None and not self._begun:  # It may be waiting for a replica.
            self._response.cancel()

    def _check_end(self, error: Exception | None) -> None:
        """Raises why the request ended before its answer came, unless by itself."""
        if self._ended:
            raise Unavailable(_CLOSED)
        if isinstance(error, BackPressureError):
            raise Busy(_BUSY, _RETRY_SECONDS)
        if error is not None:
            _log.warning("a stream was lost: %s", error)
            raise Unavailable(_LOST, 1) from error


def _reply(reference: Any) -> asyncio.Future[Any]:
    """What an actor's method returns or raises. Who cancels this does not touch Ray's own future,
    which Ray Client does not expect."""
    loop = asyncio.get_running_loop()
    reply: asyncio.Future[Any] = loop.create_future()

    def settle(done: Future[Any]) -> None:
        if reply.done():
            return
        if (error := done.exception()) is not None:
            reply.set_exception(error)
        else:
            reply.set_result(done.result())

    def tell(done: Future[Any]) -> None:
        with contextlib.suppress(RuntimeError):  # The loop is closed: nobody waits.
            loop.call_soon_threadsafe(settle, done)

    reference.future().add_done_callback(tell)
    return reply


async def _end_of(response: Any) -> Exception | None:
    """Why a request to Ray Serve ended; None when by itself."""
    try:
        await response
    except (RayError, RayServeException) as error:
        return error
    return None
