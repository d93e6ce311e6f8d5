"""A WebSocket server around PocketSphinx, for scale beside Attune's.

    python benchmarks/pocketsphinx_server.py PORT

Takes 16-bit mono at 16 kHz and {"type": "finish"}; sends {"type": "final", "text", "end"} at the
end of each stretch of speech and {"type": "end"}, as /v1/stream does. One decoder a stream, a
thread a core.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from pocketsphinx import Decoder, Endpointer
from websockets.asyncio.server import ServerConnection, serve

WINDOW, RATIO = 0.8, 0.9  # seconds of which so much is silence end an utterance, as Attune's 0.8 s


class Stream:
    """One stream: finds speech and decodes it as it comes."""

    def __init__(self) -> None:
        self._endpointer = Endpointer(window=WINDOW, ratio=RATIO, sample_rate=16_000)
        self._decoder = Decoder(samprate=16_000, loglevel="FATAL")
        self._rest = b""
        self._speaking = False
        self._heard = 0.0

    def accept(self, pcm: bytes) -> list[dict[str, object]]:
        """Hear more."""
        self._rest += pcm
        size = self._endpointer.frame_bytes
        finals = []
        while len(self._rest) >= size:
            frame, self._rest = self._rest[:size], self._rest[size:]
            self._heard += size / 32_000
            speech = self._endpointer.process(frame)
            if speech is None:
                continue
            if not self._speaking:
                self._decoder.start_utt()
                self._speaking = True
            self._decoder.process_raw(speech, no_search=False, full_utt=False)
            if not self._endpointer.in_speech:
                finals.append(self._end())
        return finals

    def finish(self) -> list[dict[str, object]]:
        """The last utterance."""
        last = self._endpointer.end_stream(self._rest)
        if not self._speaking:
            return []
        if last:
            self._decoder.process_raw(last, no_search=False, full_utt=False)
        return [self._end()]

    def _end(self) -> dict[str, object]:
        self._decoder.end_utt()
        self._speaking = False
        found = self._decoder.hyp()
        return {"type": "final", "text": found.hypstr if found else "", "end": self._heard}


async def hear(socket: ServerConnection, pool: ThreadPoolExecutor) -> None:
    """One connection."""
    loop = asyncio.get_running_loop()
    stream = await loop.run_in_executor(pool, Stream)
    await socket.send(json.dumps({"type": "ready"}))
    async for message in socket:
        if isinstance(message, bytes):
            found = await loop.run_in_executor(pool, stream.accept, message)
        else:
            found = await loop.run_in_executor(pool, stream.finish)
        for event in found:
            await socket.send(json.dumps(event))
        if isinstance(message, str):
            await socket.send(json.dumps({"type": "end"}))
            return


async def main(port: int) -> None:
    """Serve until killed."""
    pool = ThreadPoolExecutor(os.cpu_count())
    async with serve(
        lambda socket: hear(socket, pool), "127.0.0.1", port, ping_interval=None
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
