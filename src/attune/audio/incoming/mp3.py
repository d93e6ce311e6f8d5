"""MP3 as it arrives: frames are decoded in pieces that overlap by what they borrow from before."""

from __future__ import annotations

from attune.audio.incoming.arrival import (
    BLOCK_SECONDS,
    PIECE_SECONDS,
    FrameBlocks,
    decode_piece,
)
from attune.audio.incoming.mp3_frames import Mp3Frame, Mp3Header, encoder_delay, info_frame
from attune.errors import InputError

__all__ = ["Mp3Arrival"]

_MOST_GARBAGE = 1 << 16
_ID3_HEADER = 10
_MOST_HEARD = 64
_WARM_FRAMES = 3  # The filters remember two frames, and the first of them one before it.


class Mp3Arrival:
    """MPEG 1, 2 and 2.5, layer III, with ID3 tags around it."""

    sample_rate = 0
    channels = 0

    def __init__(self, name: str) -> None:
        self._name = name
        self._ahead = bytearray()
        self._passing = 0  # bytes of a tag
        self._began = False
        self._form: Mp3Header | None = None
        self._garbage = 0
        self._heard: list[Mp3Frame] = []
        self._waiting: list[Mp3Frame] = []
        self._skip = 0
        self._left: int | None = None

    def push(self, data: bytes) -> FrameBlocks:
        """See `Arrival.push`."""
        self._ahead += data
        if not self._pass_tag():
            return
        while (frame := self._next_frame()) is not None:
            if self._form is None:
                self._form = frame.header
                self.sample_rate, self.channels = frame.header.sample_rate, frame.header.channels
                delay = encoder_delay(frame)
                if delay is not None:  # No sound: it describes what follows.
                    self._skip, self._left = delay.begin, delay.samples
                    continue
            self._waiting.append(frame)
            if self._pending >= BLOCK_SECONDS:
                yield from self._decode()
        if self._pending >= PIECE_SECONDS:
            yield from self._decode()

    def finish(self) -> FrameBlocks:
        """See `Arrival.finish`."""
        if self._waiting:
            yield from self._decode()

    @property
    def _pending(self) -> float:
        if self._form is None:
            return 0.0
        return len(self._waiting) * self._form.samples / self._form.sample_rate

    def _pass_tag(self) -> bool:
        """Pass over an ID3v2 tag at the beginning (id3.org, ID3v2.4 3.1); whether it is behind."""
        if not self._began:
            if len(self._ahead) < _ID3_HEADER:
                return False
            self._began = True
            if self._ahead.startswith(b"ID3"):
                sizes = self._ahead[6:_ID3_HEADER]
                self._passing = _ID3_HEADER + sum(b << 7 * (3 - i) for i, b in enumerate(sizes))
        passed = min(self._passing, len(self._ahead))
        del self._ahead[:passed]
        self._passing -= passed
        return not self._passing

    def _next_frame(self) -> Mp3Frame | None:
        at = 0
        while len(self._ahead) >= at + 4:
            header = Mp3Header.read(self._ahead[at : at + 4])
            if header is not None and (self._form is None or header.continues(self._form)):
                if len(self._ahead) < at + header.size:
                    break
                frame = Mp3Frame(header, bytes(self._ahead[at : at + header.size]))
                del self._ahead[: at + header.size]
                self._garbage = 0
                return frame
            following = self._ahead.find(b"\xff", at + 1)
            at = len(self._ahead) if following < 0 else following
        del self._ahead[:at]
        self._garbage += at
        if self._garbage > _MOST_GARBAGE:
            raise InputError(f"{self._name}: damaged, no MP3 frame where one should begin.")
        return None

    def _decode(self) -> FrameBlocks:
        assert self._form is not None
        frames = self._heard + self._waiting
        new = len(self._waiting) * self._form.samples
        pieces = [frames[0].silent(0), *_decodable(frames)]
        stream = info_frame(self._form, len(pieces)) + b"".join(pieces)
        # The decoder takes its own delay off the beginning, which the silent frame makes room for.
        decoded, _ = decode_piece(stream, len(pieces) * self._form.samples, self._name)
        self._heard, self._waiting = _remembered(frames), []
        fresh = decoded[max(0, len(decoded) - new) :]
        skip = min(self._skip, len(fresh))
        self._skip -= skip
        fresh = fresh[skip:]
        if self._left is not None:
            fresh = fresh[: self._left]
            self._left -= len(fresh)
        yield fresh


def _remembered(frames: list[Mp3Frame]) -> list[Mp3Frame]:
    """The last frames, as far back as the next ones can depend on them."""
    kept, lent = 0, 0
    for frame in reversed(frames):
        kept += 1
        lent += frame.main_bytes if kept > _WARM_FRAMES else 0
        if lent >= frame.header.most_borrowed or kept == _MOST_HEARD:
            break
    return frames[len(frames) - kept :]


def _decodable(frames: list[Mp3Frame]) -> list[bytes]:
    """The frames, silent where they borrow from frames that are not there."""
    lent = 0
    pieces = []
    for frame in frames:
        borrowed = frame.borrowed
        if borrowed <= lent:
            pieces.append(frame.data)
        else:
            borrowed = min(lent, frame.header.most_borrowed)
            pieces.append(frame.silent(borrowed))
        lent = borrowed + frame.main_bytes
    return pieces
