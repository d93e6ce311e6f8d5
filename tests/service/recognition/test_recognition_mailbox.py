"""What passes between a server and the replica that hears for it."""

from __future__ import annotations

import asyncio

from attune.service.recognition.replicas.mailbox import Gone, Mailbox


def test_questions_and_answers_take_turns() -> None:
    async def replica(mailbox: Mailbox) -> list[int]:
        heard = [await mailbox.first("a")]
        while not isinstance(said := await mailbox.answer("a", heard[-1] * 10), Gone):
            heard.append(said)
        return heard

    async def attempt() -> None:
        mailbox = Mailbox()
        await mailbox.begin("a", 1)
        answering = asyncio.create_task(replica(mailbox))
        assert await mailbox.first_answer("a") == 10
        assert [await mailbox.ask("a", number) for number in (2, 3)] == [20, 30]
        await mailbox.end("a")
        assert await answering == [1, 2, 3]

    asyncio.run(attempt())


def test_who_waits_is_told_that_the_server_has_left() -> None:
    async def attempt() -> None:
        mailbox = Mailbox()
        await mailbox.begin("a", 1)
        waiting = asyncio.create_task(mailbox.first_answer("a"))
        assert await mailbox.first("a") == 1
        await mailbox.end("a")
        await mailbox.end("a")
        assert isinstance(await waiting, Gone)
        for late in (mailbox.first("a"), mailbox.answer("a", 10), mailbox.ask("a", 2)):
            assert isinstance(await late, Gone)

    asyncio.run(attempt())


def test_an_answer_that_nobody_took_holds_up_nobody() -> None:
    async def attempt() -> None:
        mailbox = Mailbox()
        await mailbox.begin("a", 1)
        assert await mailbox.first("a") == 1
        answering = asyncio.create_task(mailbox.answer("a", 10))
        await asyncio.sleep(0)
        await mailbox.end("a")
        assert isinstance(await answering, Gone)

    asyncio.run(attempt())
