"""Recognition for clients: models in memory, routing, streams, limits, what endpoints log."""

from attune.service.recognition.keyword_session import KeywordHeard, KeywordSession
from attune.service.recognition.recognition import Recognition, Reservation
from attune.service.recognition.request import ClientKeyword, RecognitionRequest
from attune.service.recognition.routing import ServedModel
from attune.service.recognition.session import Session, SessionEvent
from attune.service.recognition.traffic import EndpointTraffic, Minute

__all__ = [
    "ClientKeyword",
    "EndpointTraffic",
    "KeywordHeard",
    "KeywordSession",
    "Minute",
    "Recognition",
    "RecognitionRequest",
    "Reservation",
    "ServedModel",
    "Session",
    "SessionEvent",
]
