"""The actor between a server and the replicas that hear its streams: a conversation in turns."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Finish", "Gone", "Mailbox", "Next"]


@dataclass(frozen=True, slots=True)
class Finish:
    """There is no more audio."""


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next?"""


@dataclass(frozen=True, slots=True)
class Gone:
    """The other side has left the conversation."""


def _slot() -> asyncio.Queue[Any]:
    return asyncio.Queue(1)


@dataclass(slots=True)
class _Conversation:
    said: asyncio.Queue[Any] = field(default_factory=_slot)
    answered: asyncio.Queue[Any] = field(default_factory=_slot)


class Mailbox:
    """Conversations by their ids, each between a server, which begins it, and a replica.

    Both wait for each other, so one message of each conversation is here at most, and who asks is
    held back as far as who answers is behind.
    """

    def __init__(self) -> None:
        self._conversations: dict[str, _Conversation] = {}

    async def begin(self, conversation_id: str, message: Any) -> None:
        """From the server, before it looks for a replica: what that is to be asked first."""
        conversation = self._conversations[conversation_id] = _Conversation()
        conversation.said.put_nowait(message)

    async def first_answer(self, conversation_id: str) -> Any:
        """From the server: the answer to that; Gone as for `ask`."""
        conversation = self._conversations.get(conversation_id)
        return Gone() if conversation is None else await conversation.answered.get()

    async def ask(self, conversation_id: str, message: Any) -> Any:
        """From the server: the answer, Gone when the conversation was ended meanwhile."""
        conversation = self._conversations.get(conversation_id)
        if conversation is None:
            return Gone()
        await conversation.said.put(message)
        return await conversation.answered.get()

    async def first(self, conversation_id: str) -> Any:
        """From the replica: what the server began with, Gone when it has left."""
        conversation = self._conversations.get(conversation_id)
        return Gone() if conversation is None else await conversation.said.get()

    async def answer(self, conversation_id: str, answer: Any) -> Any:
        """From the replica: what the server says to the answer, Gone when it has left."""
        conversation = self._conversations.get(conversation_id)
        if conversation is None:
            return Gone()
        await conversation.answered.put(answer)
        return await conversation.said.get()

    async def end(self, conversation_id: str) -> None:
        """From the server: it leaves, and who waits on either side is told so."""
        conversation = self._conversations.pop(conversation_id, None)
        if conversation is not None:
            for slot in (conversation.said, conversation.answered):
                while not slot.empty():
                    slot.get_nowait()
                slot.put_nowait(Gone())
