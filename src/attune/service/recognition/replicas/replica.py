"""One replica: a process somewhere in the cluster with recognisers in its memory and one core."""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import replace
from typing import Any

from attune.errors import AttuneError
from attune.recognize import Result
from attune.service.blobs import Store
from attune.service.database import Database
from attune.service.recognition.hearing import Hearing
from attune.service.recognition.in_threads import ThreadRecognizer, ThreadRecognizers
from attune.service.recognition.replicas.mailbox import Finish, Gone
from attune.service.recognition.request import RecognitionRequest
from attune.service.recognition.workers import Workers
from attune.service.settings import Settings

__all__ = ["Replica"]

_MEMORY_SHARE = 0.5  # of a core's share of the machine's, for the files behind loaded models


class Replica:
    """What Ray Serve starts; a call is a stream or a recording from its beginning to its end.

    `mailbox` is the actor of the server that calls. What a client may be told is answered there.
    """

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings.database_url)
        store = Store(settings.blobs_url, settings.data / "cache", self._database, settings.cache)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        most = int(_MEMORY_SHARE * memory / (os.cpu_count() or 1))
        self._recognizers = ThreadRecognizers(store, Workers(1), most)

    async def check_health(self) -> None:
        """Ray Serve asks every few seconds: the moment to unload what is idle."""
        self._recognizers.sweep()

    async def hear(self, mailbox: Any, stream_id: str, bundle_hash: str) -> None:
        """Hear a stream that a RecognitionRequest begins; pieces of audio and Finish follow."""
        request = await mailbox.first.remote(stream_id)
        if isinstance(request, Gone):
            return
        hearing: Hearing | None = None
        answer: object
        try:
            try:
                hearing = await self._begun(bundle_hash, request)
                answer = hearing.manner
            except AttuneError as error:
                answer = error
            while not isinstance(said := await mailbox.answer.remote(stream_id, answer), Gone):
                assert hearing is not None
                answer = await (
                    hearing.finish() if isinstance(said, Finish) else hearing.hear(said)
                )
        finally:
            if hearing is not None:
                hearing.close()

    async def transcribe(
        self, mailbox: Any, recording_id: str, bundle_hash: str, longest: float
    ) -> None:
        """Recognise a recording of at most `longest` seconds: a Recording without its source and
        the RecognitionRequest begin, the bytes and Finish follow, then Next for each utterance; the
        last answer is the length in seconds."""
        begun = await mailbox.first.remote(recording_id)
        if isinstance(begun, Gone):
            return
        recording, request = begun

        async def told(utterance: Result) -> None:
            if isinstance(await mailbox.answer.remote(recording_id, utterance), Gone):
                raise _ServerLeft

        answer: object
        with tempfile.TemporaryFile() as file:
            while not isinstance(said := await mailbox.answer.remote(recording_id, None), Finish):
                if isinstance(said, Gone):
                    return
                await asyncio.to_thread(file.write, said)
            file.seek(0)
            # `Next` follows.
            await mailbox.answer.remote(recording_id, None)
            try:
                recognizer = await self._recognizers.lease(bundle_hash)
                try:
                    answer = await recognizer.transcribe(
                        replace(recording, source=file), request, longest, told
                    )
                finally:
                    recognizer.release()
            except AttuneError as error:
                answer = error
            except _ServerLeft:
                return
            await mailbox.answer.remote(recording_id, answer)

    async def _begun(self, bundle_hash: str, request: RecognitionRequest) -> Hearing:
        recognizer: ThreadRecognizer = await self._recognizers.lease(bundle_hash)
        try:
            return await recognizer.hear(request)
        except BaseException:
            recognizer.release()
            raise


class _ServerLeft(Exception):
    """Nobody waits for the rest."""
