"""Recognition by a server, over connections that may break."""

from attune.client.recognition.events import Accepted, Reconnected, Rejected, RemoteEvent
from attune.client.recognition.recognizer import AsyncRecognizer, Recognizer
from attune.client.recognition.sources import Source
from attune.client.recognition.streams import AsyncRemoteStream, RemoteStream

__all__ = [
    "Accepted",
    "AsyncRecognizer",
    "AsyncRemoteStream",
    "Recognizer",
    "Reconnected",
    "Rejected",
    "RemoteEvent",
    "RemoteStream",
    "Source",
]
