"""Keywords that are spotted on the device, verified and followed up by a server."""

from attune.client.keyword.listener import KeywordListener, ListenerStream

__all__ = ["KeywordListener", "ListenerStream"]
