"""The Wyoming protocol of Home Assistant and voice satellites: speech to text and wake words.

Wyoming has no keys, so it is off unless an address is set, and then open to whoever can connect
there: to a TCP port of the service's host, this machine alone unless it was told otherwise, or to a
Unix socket. A server may be kept to one
project's endpoints and keywords.
"""

from attune.protocols.wyoming.listening import tcp_uri
from attune.protocols.wyoming.server import WyomingServer, start_wyoming

__all__ = ["WyomingServer", "start_wyoming", "tcp_uri"]
