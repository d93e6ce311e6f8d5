"""Audio that arrives in pieces, decoded as it comes."""

from attune.audio.incoming.stream import IncomingAudio

__all__ = ["IncomingAudio"]
