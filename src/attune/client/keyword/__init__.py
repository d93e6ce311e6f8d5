"""Keywords that are spotted on the device, verified and followed up by a server."""

from attune.client.keyword.listener import (
    AsyncKeywordListener,
    AsyncListenerStream,
    KeywordListener,
    ListenerStream,
)

__all__ = ["AsyncKeywordListener", "AsyncListenerStream", "KeywordListener", "ListenerStream"]
