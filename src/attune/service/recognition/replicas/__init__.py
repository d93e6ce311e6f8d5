"""Recognisers as Ray Serve replicas, which hear the streams of all servers of an installation.

Ray Serve takes whole requests, and a stream is none: so a server has a mailbox, an actor, through
which audio goes to the replica that hears the stream, and events come back, in turns. The request
to Ray Serve is the stream as a whole; by how many are under way replicas are added and taken away.
"""

from attune.service.recognition.replicas.recognizers import ReplicaRecognizers

__all__ = ["ReplicaRecognizers"]
